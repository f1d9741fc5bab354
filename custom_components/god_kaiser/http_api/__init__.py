"""The interface over HTTP, for everything that is not a browser."""
