"""A step that calls an action of Home Assistant."""

from typing import Any

from .base import StepBase


class CallAction(StepBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="call"):
    """Calls an action; its fields may be templates, and ``response`` is the variable that takes its answer."""

    action: str
    target: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    response: str = ""
    is_idempotent: bool = False
