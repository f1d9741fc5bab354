"""Tells people: log lines once per change, events on the bus, repair issues."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_send

from ..const import DOMAIN, EVENT_SYSTEM, SIGNAL_OCCASION
from ..core.effects import Occasion, RaiseIssue, Tell
from ..core.ids import DeviceId
from ..core.safety.estop import StopMemory, StopScope
from ..core.sequences.happenings import Happening
from ..core.sequences.status import RunStatus
from .bus_mirror import BusMirror
from .figures import written_moment_text
from .journal.hindrance import Hindrance
from .journal.notes import nature_of_occasion
from .naming import NOTHING, Names
from .occasion_log import OccasionLog
from .plain_words import as_code, plain, tame

_MOST_NAMES: Final = 10


class RuleComplaint(StrEnum):
    """What there is to complain about a rule: the key of the repair issue."""

    SET_ASIDE = "rule_set_aside"
    DEGRADED = "rule_degraded"
    GAVE_UP = "rule_gave_up"


class Written(StrEnum):
    """What is written to the disk all the time: the key of the repair issue when that takes it no more."""

    STOP = "stop_not_saved"
    JOURNAL = "journal_not_written"
    DEFINITIONS = "definitions_not_written"


_ON_DISK: Final = {
    Written.STOP: ir.IssueSeverity.CRITICAL,
    Written.JOURNAL: ir.IssueSeverity.ERROR,
    Written.DEFINITIONS: ir.IssueSeverity.ERROR,
}
_SEVERITIES: Final = {RuleComplaint.DEGRADED: ir.IssueSeverity.WARNING}


class Asked(NamedTuple):
    """What a person is to decide, about whom, and the words for it."""

    key: str
    about: str
    words: dict[str, str]


class Announcer:
    """Turns what the engine tells into what people see."""

    def __init__(self, hass: HomeAssistant, entry_id: str, kaiser_id: str, names: Names) -> None:
        """Remember for whom we speak, and of what."""
        self._hass = hass
        self._entry_id = entry_id
        self._kaiser_id = kaiser_id
        self.names = names
        self.bus = BusMirror(hass, entry_id, kaiser_id)
        self.ineffective: set[DeviceId] = set()
        self._log = OccasionLog(kaiser_id, names)

    @callback
    def tell(self, tell: Tell, device_name: str, registry_id: str | None) -> None:
        """Log an occasion where it is worth a line, and put it on the bus."""
        self._log.write(tell, device_name)
        if tell.occasion is Occasion.STOP_NOT_EFFECTIVE and tell.device is not None:
            self._stop_ineffective(tell, tell.device, device_name)
        content: dict[str, object] = {
            "type": tell.occasion.value,
            "entry_id": self._entry_id,
            "esp_id": tell.device,
            "device_id": registry_id,
            "name": device_name,
            **tell.details,
        }
        context = Context(id=tell.call) if tell.call else None
        self.bus.put(EVENT_SYSTEM, content, tell.occasion, nature_of_occasion(tell), context)
        async_dispatcher_send(self._hass, SIGNAL_OCCASION, content)

    @callback
    def raise_issue(self, issue: RaiseIssue, device_name: str) -> None:
        """Ask a person to look at a configuration that a device does not take."""
        items = [
            f"GPIO {failure.gpio}: {plain(failure.error)}" if failure.gpio is not None else plain(failure.error)
            for failure in issue.failures[:5]
        ]
        words = {"device": device_name, "failures": ", ".join(items)}
        self._complain(self._issue_id(issue.device), "configuration_refused", ir.IssueSeverity.ERROR, **words)

    @callback
    def clear_issue(self, device: DeviceId) -> None:
        """Withdraw that request."""
        ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(device))

    @callback
    def show_stop(self, memory: StopMemory) -> None:
        """Have a repair issue as long as anything is stopped: who did it last, why and when."""
        issue_id = f"{self._entry_id}_emergency_stop"
        if (scope := memory.shown) is None:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.CRITICAL,
            translation_key="emergency_stop_active" if memory.everything else "emergency_stop_devices",
            translation_placeholders=_told(self._hass, self.names, scope)
            | {"devices": self._list_of(sorted(memory.devices))},
        )

    def _list_of(self, devices: list[DeviceId]) -> str:
        names = [tame(self.names.of_device(device)) for device in devices[:_MOST_NAMES]]
        return ", ".join(names) + (" …" if len(devices) > _MOST_NAMES else "") or NOTHING

    @callback
    def remember_ineffective(self, devices: Iterable[DeviceId]) -> None:
        """Find out about which devices people were warned before a restart."""
        issues = ir.async_get(self._hass).issues
        known = (device for device in devices if (DOMAIN, self._ineffective_id(device)) in issues)
        self.ineffective = set(known)

    def _stop_ineffective(self, tell: Tell, device: DeviceId, name: str) -> None:
        self.ineffective.add(device)
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._ineffective_id(device),
            is_fixable=False,
            is_persistent=True,
            severity=ir.IssueSeverity.CRITICAL,
            translation_key="stop_not_effective",
            translation_placeholders={
                "device": name,
                "outputs": tame(self.names.in_words(tell.details).get("channels", NOTHING)),
            },
        )

    @callback
    def stop_effective(self, device: DeviceId) -> None:
        """Withdraw the warning that a device does not obey."""
        self.ineffective.discard(device)
        ir.async_delete_issue(self._hass, DOMAIN, self._ineffective_id(device))

    @callback
    def hear_run(self, told: Mapping[str, Any]) -> None:
        """Ask what is to become of a run that waits for a person's word after a restart, until it is known."""
        issue_id = f"{self._entry_id}_{told['execution_id']}_interrupted"
        if told["event_type"] == Happening.RUN_INTERRUPTED and told["data"].get("asks"):
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                issue_id,
                is_fixable=True,
                severity=ir.IssueSeverity.WARNING,
                translation_key="run_interrupted",
                translation_placeholders={"sequence": tame(told["sequence_name"])},
                data={
                    "entry_id": self._entry_id,
                    "run_id": told["execution_id"],
                    "sequence": tame(told["sequence_name"]),
                },
            )
        elif told["status"] != RunStatus.INTERRUPTED:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)

    @callback
    def raise_rule(self, complaint: RuleComplaint, rule: str, name: str, why: str) -> None:
        """Ask a person to look at a rule that cannot be used, or that does not do what it is there for."""
        words = {"rule": tame(name), "why": tame(why) or NOTHING}
        is_fixable = complaint is RuleComplaint.GAVE_UP
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._rule_id(rule),
            is_fixable=is_fixable,
            severity=_SEVERITIES.get(complaint, ir.IssueSeverity.ERROR),
            translation_key=complaint.value,
            translation_placeholders=words,
            data={"entry_id": self._entry_id, "rule_id": rule, **words} if is_fixable else None,
        )

    @callback
    def clear_rule(self, rule: str) -> None:
        """Withdraw that request."""
        ir.async_delete_issue(self._hass, DOMAIN, self._rule_id(rule))

    @callback
    def clear_rules(self) -> None:
        """Withdraw what was said about all rules: where they stand is found out anew."""
        self._clear(self._rule_id(""))
        self._clear(self._gaps_id(""))

    @callback
    def show_gaps(self, rule: str, name: str, missing: Iterable[str]) -> None:
        """Have a repair issue as long as a rule names what does not exist."""
        issue_id = self._gaps_id(rule)
        if not (gaps := [as_code(each) for each in missing]):
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            return
        words = {
            "rule": tame(name),
            "missing": ", ".join(gaps[:_MOST_NAMES]) + (" …" if len(gaps) > _MOST_NAMES else ""),
        }
        self._complain(issue_id, "rule_has_gaps", ir.IssueSeverity.WARNING, **words)

    @callback
    def show_health(self, category: str, texts: Sequence[str], *, is_error: bool) -> None:
        """Have one repair issue as long as anything of one kind is wrong that a person must look after."""
        issue_id = f"{self._entry_id}_health_{category}"
        if not texts:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            return
        lines = [f"- {tame(text)}" for text in texts[:_MOST_NAMES]] + ["- …"] * (len(texts) > _MOST_NAMES)
        severity = ir.IssueSeverity.ERROR if is_error else ir.IssueSeverity.WARNING
        self._complain(issue_id, f"health_{category}", severity, findings="\n".join(lines))

    @callback
    def ask(self, asked: Asked) -> None:
        """Have a repair issue about which a person decides by a click."""
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            f"{self._entry_id}_{asked.about}_{asked.key}",
            is_fixable=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key=asked.key,
            translation_placeholders=asked.words,
            data={"entry_id": self._entry_id, "about": asked.about, **asked.words},
        )

    @callback
    def withdraw(self, key: str, about: str) -> None:
        """Withdraw that question."""
        ir.async_delete_issue(self._hass, DOMAIN, f"{self._entry_id}_{about}_{key}")

    @callback
    def disk_takes(self, what: Written, is_taken: bool, why: Hindrance | None = None) -> None:
        """Warn as long as the disk does not take something, or withdraw that warning; what is in the way has its own words."""
        issue_id = f"{self._entry_id}_{what}"
        if is_taken:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            return
        key, words = (what, {}) if why is None else (why.obstacle, {"place": as_code(why.place)})
        self._complain(issue_id, key, _ON_DISK[what], **words)

    def _complain(self, issue_id: str, key: str, severity: ir.IssueSeverity, **words: str) -> None:
        """Have a repair issue that goes away by itself, with its cause."""
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=severity,
            translation_key=key,
            translation_placeholders=words or None,
        )

    @callback
    def clear_all(self) -> None:
        """Withdraw everything that concerns this entry."""
        self._clear(self._entry_id)

    def _clear(self, beginning: str) -> None:
        for domain, issue_id in list(ir.async_get(self._hass).issues):
            if domain == DOMAIN and issue_id.startswith(beginning):
                ir.async_delete_issue(self._hass, DOMAIN, issue_id)

    def _issue_id(self, device: DeviceId) -> str:
        return f"{self._entry_id}_{device}_configuration"

    def _rule_id(self, rule: str) -> str:
        return f"{self._entry_id}_rule_{rule}"

    def _gaps_id(self, rule: str) -> str:
        return f"{self._entry_id}_gaps_{rule}"

    def _ineffective_id(self, device: DeviceId) -> str:
        return f"{self._entry_id}_{device}_stop_not_effective"


def _told(hass: HomeAssistant, names: Names, scope: StopScope) -> dict[str, str]:
    return {
        "by": tame(names.in_words({"by": scope.by})["by"]) or NOTHING,
        "reason": tame(scope.reason) or NOTHING,
        "since": written_moment_text(hass, scope.since, to_the_second=True) or NOTHING,
    }
