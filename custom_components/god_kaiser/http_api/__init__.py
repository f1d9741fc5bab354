"""The interface for programs: over HTTP, for everything that is not a browser, and as one command of the websocket."""
