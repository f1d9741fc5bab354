"""Watches the whole house for what is an alarm, and tells the desk."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_interval

from ..core.alarms.alarm import Alarm
from ..core.alarms.delays import Signal
from ..core.alarms.kinds import AlarmKind
from ..core.health.finding import Finding, HealthCode
from ..core.ids import ChannelId, DeviceId, device_of
from ..core.journal.kinds import Level
from ..core.rules.happenings import RuleHappening
from ..core.sequences.happenings import END_OF, Happening
from .alarm_desk import AlarmDesk
from .alarm_devices import DeviceAlarms
from .alarm_notices import AlarmNotices
from .alarm_sensors import SensorAlarms
from .engine_loop import EngineLoop
from .failures import codes_in_words
from .hall import Examined, Hall
from .health_desk import HealthDesk, health_of
from .rule_words import why_of
from .watchers import Key

_LOOK_AGAIN: Final = timedelta(seconds=15)
# After a restart it takes a quarter of an hour until rules that are in trouble say so again.
_RULES_SETTLE: Final = 1200.0
_FAILED: Final = frozenset({Happening.RUN_FAILED, Happening.RUN_TIMED_OUT})
_ANSWERED: Final = frozenset(
    {
        *END_OF.values(),
        *(Happening.RUN_RESUMED, Happening.RUN_STOPPING, Happening.APPROVAL_GIVEN),
        *(Happening.APPROVAL_REFUSED, Happening.APPROVAL_EXPIRED),
    }
)
_STORAGE: Final = frozenset({HealthCode.RUN_NOT_STORED, HealthCode.STORE_SET_ASIDE, HealthCode.DEFINITION_SET_ASIDE})
# These have alarms of their own, which are raised at once.
_ELSEWHERE: Final = frozenset({HealthCode.BROKER_AWAY, HealthCode.JOURNAL_FAILING})
_OF_FINDINGS: Final = (AlarmKind.DEVICE_FLAPPING, AlarmKind.STORAGE_FAILING, AlarmKind.HEALTH_FINDING)
_OF_RULES: Final = (AlarmKind.RULE_CRITICAL, AlarmKind.RULE_DEGRADED)
JOURNAL: Final = "journal"
MEMORY: Final = "memory"


class AlarmWatch:
    """Turns what happens in a hub into alarms."""

    def __init__(
        self, hall: Hall, examined: Examined, health: HealthDesk, notices: AlarmNotices, *, desk: AlarmDesk, hub: str
    ) -> None:
        """Remember where to look."""
        self._hall = hall
        self._examined = examined
        self._health = health
        self._desk = desk
        self._hub = DeviceId(hub)
        self._devices = DeviceAlarms(hall, desk)
        self._sensors = SensorAlarms(hall, desk)
        self.notices = notices
        self._since = 0.0
        self._ends: list[Callable[[], None]] = []

    @callback
    def begin(self) -> None:
        """Go on where everything stood before the restart, then watch."""
        self.notices.begin()
        self._desk.restore()
        self._since = EngineLoop.now().monotonic
        self._devices.begin()
        self._follow_findings(is_whole=False)
        watchers = self._hall.watchers
        self._ends = [
            watchers.watch_everything(self._shown),
            watchers.watch_occasions(self._devices.hear),
            watchers.watch(self._hub, self._devices.look_at_stops),
            watchers.watch(health_of(self._hub), self._checked),
            self._examined.sequences.events.watch(self._hear_run),
            self._examined.rules.events.watch(self._hear_rule),
            async_track_time_interval(self._hall.hass, self._look_again, _LOOK_AGAIN),
        ]

    @callback
    def stop(self) -> None:
        """Watch no more."""
        while self._ends:
            self._ends.pop()()
        self.notices.stop()
        self._desk.stop()

    @callback
    def _shown(self, key: Key) -> None:
        if ChannelId(key) in self._hall.engine.fleet.readings:
            self._sensors.look(ChannelId(key))
        else:
            self._devices.look(DeviceId(key))

    @callback
    def _look_again(self, _now: object) -> None:
        """Look at what nobody tells when it changes."""
        self._devices.look_at_outputs()
        self._devices.look_at_stops()
        self._desk.hear(
            Signal(AlarmKind.STORAGE_FAILING, not self._hall.journal.writer.is_healthy, JOURNAL),
            Signal(AlarmKind.STORAGE_FAILING, self._hall.memory.is_failing, MEMORY),
        )
        self._desk.forget([alarm for alarm in self._desk.alarms if alarm.is_present and self._is_gone(alarm)])

    def _is_gone(self, alarm: Alarm) -> bool:
        """Tell whether what an alarm is about does not exist any more, or has recovered without a word."""
        fleet = self._hall.engine.fleet
        if alarm.device and alarm.device not in fleet.devices:
            return True
        if alarm.kind is AlarmKind.RUN_WAITING:
            known = self._hall.engine.programs.runs.all.get(alarm.subject)
            return known is None or known.is_over
        if alarm.kind in _OF_RULES:
            rules = self._examined.rules
            is_settled = EngineLoop.now().monotonic - self._since > _RULES_SETTLE
            return alarm.subject not in rules.rules or (is_settled and not rules.trouble_of(alarm.subject))
        is_channel = "/" in alarm.subject and device_of(ChannelId(alarm.subject)) == alarm.device
        return is_channel and fleet.channel(ChannelId(alarm.subject)) is None

    @callback
    def _hear_run(self, told: Mapping[str, Any]) -> None:
        run, name, happening = str(told["execution_id"]), str(told["sequence_name"]), told["event_type"]
        details: dict[str, str | int | float] = {"sequence": name, "sequence_id": str(told["sequence_id"])}
        if happening in _FAILED:
            reason = codes_in_words(self._hall.hass, str(told["data"].get("reason") or ""))
            failed = {**details, "reason": reason, "run_id": run}
            self._desk.hear(Signal(AlarmKind.RUN_FAILED, True, str(told["sequence_id"]), details=failed))
        asks = happening == Happening.APPROVAL_REQUESTED or (
            happening == Happening.RUN_INTERRUPTED and bool(told["data"].get("asks"))
        )
        if asks or happening in _ANSWERED:
            self._desk.hear(Signal(AlarmKind.RUN_WAITING, asks, run, details=details))

    @callback
    def _hear_rule(self, told: Mapping[str, Any]) -> None:
        rule, name = str(told["rule_id"]), str(told["rule_name"])
        match told["event_type"]:
            case RuleHappening.ESCALATED | RuleHappening.DEGRADED as happening:
                kind = AlarmKind.RULE_CRITICAL if happening == RuleHappening.ESCALATED else AlarmKind.RULE_DEGRADED
                why = why_of(self._hall.hass, str(told["data"].get("why", "")))
                self._desk.hear(Signal(kind, True, rule, details={"rule": name, "why": why}))
            case RuleHappening.RECOVERED:
                self._desk.hear(*(Signal(kind, False, rule) for kind in _OF_RULES))

    @callback
    def _checked(self) -> None:
        self._follow_findings(is_whole=True)

    def _follow_findings(self, *, is_whole: bool) -> None:
        """Raise what was found; only a look at everything tells what is over."""
        found = [self._signal(each) for each in self._findings()]
        self._desk.hear(*found)
        if is_whole:
            there = {(signal.kind, signal.subject) for signal in found} | {
                (AlarmKind.STORAGE_FAILING, JOURNAL),
                (AlarmKind.STORAGE_FAILING, MEMORY),
            }
            self._desk.forget(
                [
                    alarm
                    for alarm in self._desk.alarms
                    if alarm.kind in _OF_FINDINGS and alarm.is_present and (alarm.kind, alarm.subject) not in there
                ]
            )

    def _findings(self) -> list[Finding]:
        return [
            each
            for each in self._health.findings
            if each.code is HealthCode.LINK_FLAPPING
            or (each.code not in _ELSEWHERE and (each.severity is Level.ERROR or each.code in _STORAGE))
        ]

    def _signal(self, finding: Finding) -> Signal:
        if finding.code is HealthCode.LINK_FLAPPING:
            return Signal(AlarmKind.DEVICE_FLAPPING, True, finding.subject, finding.subject, finding.details)
        kind = AlarmKind.STORAGE_FAILING if finding.code in _STORAGE else AlarmKind.HEALTH_FINDING
        subject = f"{finding.code}:{finding.subject}" if finding.subject else finding.code.value
        details: dict[str, str | int | float] = {"code": finding.code.value, "finding": self._health.text(finding)}
        if finding.channel is not None:
            details["channel"] = finding.channel
        return Signal(kind, True, subject, details=details)
