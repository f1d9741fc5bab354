"""What speaks against starting a run, or is worth knowing before: data, with what a person can do about it."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from ..ids import ChannelId


class Check(StrEnum):
    """What was looked at."""

    READINGS = "data"
    TEMPLATE = "template"
    PERMISSIONS = "permissions"
    DELIVERY = "delivery"
    SIGNATURE = "signature"
    SAFETY = "safety"
    FREE = "free"
    PLAN = "plan"


class Severity(StrEnum):
    """How serious a finding is; an error is never overruled."""

    WARN = "warn"
    ERROR = "error"


class Advice(StrEnum):
    """What a person can do about a finding; each has a translated sentence."""

    CHECK_POWER_AND_NETWORK = "check_power_and_network"
    CHECK_BROKER = "check_broker"
    WAIT_A_MOMENT = "wait_a_moment"
    CLEAR_STOP = "clear_stop"
    END_LOCK_OUT = "end_lock_out"
    LET_GO = "let_go"
    RELEASE_HOLD = "release_hold"
    CHECK_SENSOR = "check_sensor"
    CONFIGURE_OUTPUT = "configure_output"
    CHANGE_SEQUENCE = "change_sequence"
    CHANGE_SAFETY = "change_safety"
    CHOOSE_ROLE = "choose_role"
    CORRECT_TEMPLATE = "correct_template"
    ASK_ADMINISTRATOR = "ask_administrator"
    NAME_APPROVER = "name_approver"
    LOOK_INTO_LOG = "look_into_log"


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One finding; ``code`` names its sentence, and ``details`` are what that needs.

    ``error_tech`` is what a mistake of ours was, for administrators alone.
    """

    check: Check
    severity: Severity
    code: str
    advice: Advice
    place: str = ""
    channel: ChannelId | None = None
    details: dict[str, str | int | float] = {}
    error_tech: str = ""


class Require(StrEnum):
    """What a start asks for: nothing to say at all, or nothing that speaks against it."""

    OK = "ok"
    WARN = "warn"


class Verdict(StrEnum):
    """What a preflight comes to."""

    OK = "ok"
    WARN = "warn"
    REFUSED = "refused"


def verdict_of(findings: Iterable[Finding], require: Require = Require.WARN) -> Verdict:
    """Return what findings come to."""
    severities = {finding.severity for finding in findings}
    if Severity.ERROR in severities or (severities and require is Require.OK):
        return Verdict.REFUSED
    return Verdict.WARN if severities else Verdict.OK
