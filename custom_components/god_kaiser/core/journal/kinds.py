"""Everything that is written into the journal beside what runs and rules tell, and what kind of thing each is."""

from enum import StrEnum
from typing import NamedTuple

from ..rules.happenings import RuleHappening
from ..sequences.happenings import Happening


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    ERROR = "error"


class Domain(StrEnum):
    """Which part of the house it is about."""

    PREFLIGHT = "preflight"
    STEP = "step"
    DELIVERY = "delivery"
    SIGNATURE = "signature"
    SAFETY = "safety"
    RULE = "rule"
    DEVICE = "device"
    CONFIGURATION = "configuration"
    HEALTH = "health"


class Noted(StrEnum):
    """What the hub itself notes: devices, decisions, stops, what people have changed, and how it is."""

    DEVICE_ONLINE = "device.online"
    DEVICE_OFFLINE = "device.offline"
    DEVICE_ERROR = "device.error"
    DEVICE_CONFIGURED = "device.configured"
    DEVICE_NOT_CONFIGURED = "device.configuration_failed"
    BROKER_ONLINE = "broker.online"
    BROKER_OFFLINE = "broker.offline"
    STOP_PRESSED = "stop.pressed"
    STOP_CONFIRMED = "stop.confirmed"
    STOP_OUTCOME = "stop.outcome"
    STOP_CLEARED = "stop.cleared"
    STOP_REFUSED = "stop.refused"
    STOP_NOT_EFFECTIVE = "stop.not_effective"
    OUTPUT_RESTED = "output.forced_to_rest"
    OUTPUT_LOCKED = "output.locked_out"
    OUTPUT_UNLOCKED = "output.lock_out_ended"
    OUTPUT_ALERT = "output.alert"
    OUTPUT_ASKED = "output.asked"
    OUTPUT_CHANGED = "output.changed"
    OUTPUT_REFUSED_BY_DEVICE = "output.refused_by_device"
    OUTPUT_CONFIRMED = "output.confirmed"
    OUTPUT_UNCONFIRMED = "output.unconfirmed"
    DECISION_ALLOWED = "decision.allowed"
    DECISION_REFUSED = "decision.refused"
    ACTION_DONE = "action.done"
    ACTION_REFUSED = "action.refused"
    PLAN_CHANGED = "device.plan_changed"
    DEVICE_REMOVED = "device.removed"
    SAFETY_CHANGED = "output.safety_changed"
    CONFIG_IMPORTED = "config.imported"
    CONFIG_IMPORT_UNDONE = "config.import_undone"
    HUB_STARTED = "hub.started"
    HUB_CRASHED = "hub.crash_found"
    JOURNAL_SET_ASIDE = "journal.set_aside"
    JOURNAL_GAP = "journal.gap"
    JOURNAL_LOST = "journal.lost"
    JOURNAL_PROBE = "journal.probe"
    HEALTH_FOUND = "health.found"
    HEALTH_GONE = "health.gone"
    HEALTH_REVIEW = "health.review"
    RECOVERY_TRIED = "recovery.tried"
    RECOVERY_HANDED_OVER = "recovery.handed_over"
    RECOVERY_SUCCEEDED = "recovery.succeeded"
    RECOVERY_CLEANED = "recovery.cleaned_up"
    RUN_STANDS_STILL = "recovery.run_stands_still"
    RUN_NOT_ARCHIVED = "recovery.run_not_archived"
    ALARM_RAISED = "alarm.raised"
    ALARM_RETURNED = "alarm.returned"
    ALARM_ACKNOWLEDGED = "alarm.acknowledged"
    ALARM_RESET = "alarm.reset"
    ALARM_SHELVED = "alarm.shelved"
    ALARM_UNSHELVED = "alarm.unshelved"
    ALARM_SUPPRESSED = "alarm.suppressed"
    ALARM_RELEASED = "alarm.released"
    ALARM_LIMITS_CHANGED = "alarm.limits_changed"
    ALARM_NOTIFIED = "alarm.notified"
    ALARM_NOT_NOTIFIED = "alarm.notification_failed"
    ALARM_QUIET_IGNORED = "alarm.quiet_hours_ignored"
    ALARM_FLOOD = "alarm.flood"
    ALARM_FLOOD_OVER = "alarm.flood_over"


class Nature(NamedTuple):
    """How something is kept: its part of the house, how bad it is, and whether it belongs into the audit trail.

    What is in the trail finds a place long after the queue has none for anything else.
    """

    domain: Domain
    level: Level = Level.OK
    is_audit: bool = False

    @property
    def is_vital(self) -> bool:
        """Tell whether nobody may miss it, however much happens."""
        return self.is_audit or self.domain is Domain.SAFETY


_SAFETY = Nature(Domain.SAFETY, Level.WARN, is_audit=True)
_CONFIGURATION = Nature(Domain.CONFIGURATION, is_audit=True)
_DELIVERY = Nature(Domain.DELIVERY)
_NATURES: dict[str, Nature] = {
    Noted.DEVICE_ONLINE: Nature(Domain.DEVICE),
    Noted.DEVICE_OFFLINE: Nature(Domain.DEVICE, Level.WARN),
    Noted.DEVICE_ERROR: Nature(Domain.DEVICE, Level.WARN),
    Noted.DEVICE_CONFIGURED: _CONFIGURATION,
    Noted.DEVICE_NOT_CONFIGURED: Nature(Domain.CONFIGURATION, Level.ERROR, is_audit=True),
    Noted.BROKER_ONLINE: Nature(Domain.HEALTH),
    Noted.BROKER_OFFLINE: Nature(Domain.HEALTH, Level.WARN),
    Noted.STOP_PRESSED: _SAFETY,
    Noted.STOP_CONFIRMED: Nature(Domain.SAFETY, is_audit=True),
    # A warning where not everything rests.
    Noted.STOP_OUTCOME: Nature(Domain.SAFETY, is_audit=True),
    Noted.STOP_CLEARED: _SAFETY,
    Noted.STOP_REFUSED: _SAFETY,
    Noted.STOP_NOT_EFFECTIVE: Nature(Domain.SAFETY, Level.ERROR, is_audit=True),
    Noted.OUTPUT_RESTED: _SAFETY,
    Noted.OUTPUT_LOCKED: _SAFETY,
    Noted.OUTPUT_UNLOCKED: Nature(Domain.SAFETY, is_audit=True),
    Noted.OUTPUT_ALERT: Nature(Domain.SAFETY, Level.WARN),
    Noted.OUTPUT_REFUSED_BY_DEVICE: Nature(Domain.DELIVERY, Level.WARN),
    Noted.OUTPUT_ASKED: _DELIVERY,
    Noted.OUTPUT_CHANGED: _DELIVERY,
    Noted.OUTPUT_CONFIRMED: _DELIVERY,
    Noted.OUTPUT_UNCONFIRMED: Nature(Domain.DELIVERY, Level.WARN),
    Noted.DECISION_ALLOWED: _DELIVERY,
    Noted.DECISION_REFUSED: _SAFETY,
    Noted.ACTION_DONE: _CONFIGURATION,
    Noted.ACTION_REFUSED: Nature(Domain.CONFIGURATION, Level.WARN, is_audit=True),
    Noted.PLAN_CHANGED: _CONFIGURATION,
    Noted.DEVICE_REMOVED: _CONFIGURATION,
    Noted.SAFETY_CHANGED: _CONFIGURATION,
    Noted.CONFIG_IMPORTED: _CONFIGURATION,
    Noted.CONFIG_IMPORT_UNDONE: Nature(Domain.CONFIGURATION, Level.WARN, is_audit=True),
    Noted.HUB_STARTED: Nature(Domain.HEALTH, is_audit=True),
    Noted.HUB_CRASHED: Nature(Domain.HEALTH, Level.WARN, is_audit=True),
    Noted.JOURNAL_SET_ASIDE: Nature(Domain.HEALTH, Level.ERROR, is_audit=True),
    Noted.JOURNAL_GAP: Nature(Domain.HEALTH, Level.ERROR, is_audit=True),
    Noted.JOURNAL_LOST: Nature(Domain.HEALTH, Level.WARN, is_audit=True),
    Noted.JOURNAL_PROBE: Nature(Domain.HEALTH),
    Noted.HEALTH_FOUND: Nature(Domain.HEALTH, Level.WARN),
    Noted.HEALTH_GONE: Nature(Domain.HEALTH),
    Noted.HEALTH_REVIEW: Nature(Domain.HEALTH),
    Noted.RECOVERY_TRIED: Nature(Domain.HEALTH, Level.WARN, is_audit=True),
    Noted.RECOVERY_HANDED_OVER: Nature(Domain.HEALTH, Level.ERROR, is_audit=True),
    Noted.RECOVERY_SUCCEEDED: Nature(Domain.HEALTH, is_audit=True),
    Noted.RECOVERY_CLEANED: Nature(Domain.HEALTH, Level.WARN, is_audit=True),
    Noted.RUN_STANDS_STILL: Nature(Domain.HEALTH, Level.ERROR, is_audit=True),
    Noted.RUN_NOT_ARCHIVED: Nature(Domain.HEALTH, Level.ERROR, is_audit=True),
    # What an alarm is about decides how it is kept; this is the usual of it.
    Noted.ALARM_RAISED: Nature(Domain.HEALTH, Level.WARN),
    Noted.ALARM_RETURNED: Nature(Domain.HEALTH),
    Noted.ALARM_ACKNOWLEDGED: Nature(Domain.HEALTH, is_audit=True),
    Noted.ALARM_RESET: Nature(Domain.HEALTH, is_audit=True),
    Noted.ALARM_SHELVED: Nature(Domain.HEALTH, Level.WARN, is_audit=True),
    Noted.ALARM_UNSHELVED: Nature(Domain.HEALTH, is_audit=True),
    Noted.ALARM_SUPPRESSED: Nature(Domain.HEALTH),
    Noted.ALARM_RELEASED: Nature(Domain.HEALTH),
    Noted.ALARM_LIMITS_CHANGED: _CONFIGURATION,
    Noted.ALARM_NOTIFIED: Nature(Domain.HEALTH),
    Noted.ALARM_NOT_NOTIFIED: Nature(Domain.HEALTH, Level.ERROR, is_audit=True),
    Noted.ALARM_QUIET_IGNORED: Nature(Domain.HEALTH, Level.ERROR, is_audit=True),
    Noted.ALARM_FLOOD: Nature(Domain.HEALTH, Level.WARN),
    Noted.ALARM_FLOOD_OVER: Nature(Domain.HEALTH),
    Happening.RUN_STARTED: Nature(Domain.STEP, is_audit=True),
    Happening.RUN_PAUSED: Nature(Domain.STEP, is_audit=True),
    Happening.RUN_HELD: Nature(Domain.STEP, is_audit=True),
    Happening.RUN_RESUMED: Nature(Domain.STEP, is_audit=True),
    Happening.RUN_INTERRUPTED: Nature(Domain.STEP, Level.WARN, is_audit=True),
    Happening.RUN_COMPLETED: Nature(Domain.STEP, is_audit=True),
    Happening.RUN_FAILED: Nature(Domain.STEP, Level.ERROR, is_audit=True),
    Happening.RUN_CANCELLED: Nature(Domain.STEP, is_audit=True),
    Happening.RUN_TIMED_OUT: Nature(Domain.STEP, Level.ERROR, is_audit=True),
    Happening.PREFLIGHT_PASSED: Nature(Domain.PREFLIGHT),
    Happening.PREFLIGHT_REFUSED: Nature(Domain.PREFLIGHT, Level.ERROR, is_audit=True),
    Happening.PHASE_FAILED: Nature(Domain.STEP, Level.ERROR),
    Happening.PHASE_RETRYING: Nature(Domain.STEP, Level.WARN),
    Happening.STEP_RETRYING: Nature(Domain.STEP, Level.WARN),
    Happening.STEP_FAILED: Nature(Domain.STEP, Level.ERROR),
    Happening.STEP_SKIPPED: Nature(Domain.STEP, Level.WARN),
    Happening.COMMAND_SENT: _DELIVERY,
    Happening.COMMAND_CONFIRMED: _DELIVERY,
    Happening.COMMAND_FAILED: Nature(Domain.DELIVERY, Level.WARN),
    Happening.APPROVAL_REQUESTED: Nature(Domain.SIGNATURE),
    Happening.APPROVAL_GIVEN: Nature(Domain.SIGNATURE, is_audit=True),
    Happening.APPROVAL_REFUSED: Nature(Domain.SIGNATURE, Level.WARN, is_audit=True),
    Happening.APPROVAL_EXPIRED: Nature(Domain.SIGNATURE, Level.WARN, is_audit=True),
    RuleHappening.OUTPUT_TAKEN: Nature(Domain.RULE, Level.WARN),
    RuleHappening.DEGRADED: Nature(Domain.RULE, Level.ERROR, is_audit=True),
    RuleHappening.ESCALATED: Nature(Domain.RULE, Level.ERROR, is_audit=True),
    RuleHappening.RECOVERED: Nature(Domain.RULE, is_audit=True),
}
_OF_RULES, _OF_RUNS = Nature(Domain.RULE), Nature(Domain.STEP)
KINDS: tuple[str, ...] = (*Noted, *Happening, *RuleHappening)


def nature_of(kind: str) -> Nature:
    """Return how something is kept; what is not listed is an ordinary step of a run, or of a rule."""
    return _NATURES.get(kind) or (_OF_RULES if kind.startswith("rule.") else _OF_RUNS)
