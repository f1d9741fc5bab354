"""Empty stand-ins for packages that Home Assistant imports at start for its voice assistant, and that must be compiled.

Without them the action list of the user interface cannot be read. Nothing here uses voice. scripts/setup puts this
folder at the end of the search path of its environments, so a real package wins.
"""
