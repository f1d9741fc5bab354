"""The wire: topics, what devices say, and what we say to them."""
