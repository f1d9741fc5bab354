"""A step that waits for something to become true."""

from enum import StrEnum

from ...conditions import Condition
from .base import StepBase


class AtTimeout(StrEnum):
    """What becomes of a step whose time is over before its condition is true."""

    FAIL = "fail"
    GO_ON = "go_on"


class WaitUntil(StepBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="wait_until"):
    """Waits until a condition is true, for ``timeout`` seconds at most; what is not known does not count as true."""

    condition: Condition
    at_timeout: AtTimeout = AtTimeout.FAIL
