"""Steps that tell or ask people something."""

from enum import StrEnum

from .base import StepBase


class Level(StrEnum):
    """How serious a line in the log of a run is."""

    OK = "ok"
    WARN = "warn"
    ERROR = "error"


class Log(StepBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="log"):
    """Writes a line into the log of the run; the text may be a template."""

    text: str
    level: Level = Level.OK


class Notify(StepBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="notify"):
    """Sends a message through a notify entity, or shows it in Home Assistant where none is named."""

    text: str
    title: str = ""
    to: tuple[str, ...] = ()


class AtDeadline(StrEnum):
    """What an approval that nobody has given counts as."""

    REJECT = "reject"
    APPROVE = "approve"
    ASK_AGAIN = "ask_again"


class Approval(StepBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="approval"):
    """Waits until a person agrees, for ``timeout`` seconds at most; without names every person may."""

    text: str
    by: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    at_deadline: AtDeadline = AtDeadline.REJECT
