"""A step that waits."""

from .base import StepBase


class Delay(StepBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="delay"):
    """Lets time pass; the number of seconds may be a template."""

    seconds: float | str
