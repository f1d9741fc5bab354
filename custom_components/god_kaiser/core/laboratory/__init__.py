"""Tries rules out on the real engine: against what has happened, and against everything that might."""
