"""Stands in for the package of the same name."""


class MicroVad:
    """Would detect speech."""
