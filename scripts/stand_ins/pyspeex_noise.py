"""Stands in for the package of the same name."""


class AudioProcessor:
    """Would suppress noise."""
