"""The pure core: no Home Assistant, no clock, no input or output."""

from .engine import Engine

__all__ = ["Engine"]
