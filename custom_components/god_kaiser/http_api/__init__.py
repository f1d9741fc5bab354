"""The interface over HTTP, for everything that is no browser: one table of endpoints, and the stream of events."""
