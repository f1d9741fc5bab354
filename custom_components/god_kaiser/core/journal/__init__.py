"""What has happened, as it is written down for people: kinds, entries, and the chain that shows whether anybody changed them."""
