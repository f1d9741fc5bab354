"""How the logbook speaks of what the engine tells."""

from collections.abc import Callable
from typing import Any

from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.translation import async_get_translations
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import DOMAIN, EVENT_ALARM, EVENT_RULE, EVENT_RUN, EVENT_SYSTEM
from custom_components.god_kaiser.core.effects import Occasion
from custom_components.god_kaiser.core.rules.happenings import RuleHappening
from custom_components.god_kaiser.core.safety.proof import Fate
from custom_components.god_kaiser.core.sequences.happenings import Happening
from custom_components.god_kaiser.host.alarm_events import KINDS
from custom_components.god_kaiser.logbook import async_describe_events

from .test_conventions import PACKAGE, read_json
from .wire import ESP

type Describe = Callable[[Event], dict[str, str]]

SENTENCES: list[tuple[dict[str, Any], str]] = [
    ({"type": "device_online", "reason": "first"}, "is online"),
    ({"type": "device_offline", "reason": "silent"}, "went offline (says nothing any more)"),
    ({"type": "broker_online"}, "reaches the MQTT broker"),
    ({"type": "broker_offline"}, "lost the MQTT broker"),
    (
        {"type": "emergency_stop", "by": "Eva", "scope": "all", "reason": "smoke"},
        "emergency stop (software) pressed by Eva for all: smoke",
    ),
    (
        {"type": "emergency_stop", "by": "Eva", "scope": "all", "reason": ""},
        "emergency stop (software) pressed by Eva for all",
    ),
    ({"type": "emergency_confirmed"}, "confirmed the emergency stop"),
    (
        {
            "type": "emergency_outcome",
            "at_rest": "ESP_1/actuator/16, ESP_1/actuator/17",
            "stopped": "ESP_1/actuator/18",
            "running": "ESP_1/actuator/19",
            "unknown": "ESP_1/actuator/25",
            "unheard": "",
        },
        "after the emergency stop: ESP_1/actuator/16, ESP_1/actuator/17 at rest, ESP_1/actuator/18 said to be stopped, "
        "ESP_1/actuator/19 still running, ESP_1/actuator/25 at an unknown position",
    ),
    (
        {"type": "emergency_cleared", "by": "Eva", "reason": "false alarm"},
        "left the emergency stop, cleared by Eva: false alarm",
    ),
    ({"type": "emergency_refused", "error": "no_token"}, "did not obey an emergency order: no token"),
    (
        {"type": "emergency_refused", "error": "release_not_yours", "by": "Bert"},
        "did not let Bert clear the emergency stop: pressed by somebody else",
    ),
    (
        {"type": "stop_not_effective", "channels": "ESP_1/actuator/16, ESP_1/actuator/17"},
        "does not obey the emergency stop, still running: ESP_1/actuator/16, ESP_1/actuator/17",
    ),
    (
        {"type": "command_rejected", "channel": "ESP_1/actuator/16", "level": "1.0", "reasons": "locked_out, excluded"},
        "refused level 100 % for ESP_1/actuator/16: locked out, excluded by another output",
    ),
    (
        {"type": "forced_to_rest", "channel": "ESP_1/actuator/16", "reasons": "sensor_unknown"},
        "put ESP_1/actuator/16 to rest: sensor unknown",
    ),
    (
        {"type": "crash_found", "running": "ESP_1/actuator/16", "count": 1},
        "found that Home Assistant had not ended on purpose; running then: ESP_1/actuator/16",
    ),
    (
        {"type": "locked_out", "esp_id": "ESP_1", "place": "ESP_1", "by": "Eva", "reason": "new pump"},
        "locked out by Eva (Tent): new pump",
    ),
    (
        {"type": "lock_out_ended", "place": "ESP_1/actuator/16", "by": "time"},
        "lock-out ended: time is over (ESP_1/actuator/16)",
    ),
    ({"type": "alert", "alert": "overrun", "message": "Pump ran long"}, "raised the alert overrun: Pump ran long"),
    ({"type": "alert", "alert": "overrun", "message": ""}, "raised the alert overrun"),
    ({"type": "device_error", "code": 1060, "message": "bus"}, "reported error 1060: bus"),
    ({"type": "configured"}, "confirmed its configuration"),
    ({"type": "configuration_failed", "error": "NVS"}, "refused its configuration (NVS)"),
    ({"type": "device_offline"}, "went offline (-)"),
    ({"type": "something {new}"}, "said something {new}"),
    ({}, "said None"),
]


LINE = {"place": "main / 2"}
SILENT = {Happening.RUN_HEARTBEAT, Happening.COMMAND_SENT, Happening.RUN_SUMMARY}
OF_RUNS: list[tuple[Happening | str, dict[str, Any], str]] = [
    (Happening.RUN_QUEUED, {}, "waits for its turn"),
    (Happening.RUN_STARTED, {"actor": {"type": "user", "name": "Eva"}}, "was started (Eva)"),
    (Happening.RUN_STARTED, {"actor": {"type": "webhook", "name": ""}}, "was started (an automation)"),
    (Happening.RUN_STARTED, {"actor": {"type": "strange", "name": ""}}, "was started (strange)"),
    (Happening.RUN_STARTED, {"actor": None}, "was started (-)"),
    (Happening.RUN_PAUSED, {"data": {"reason": "lunch"}}, "was paused, its outputs rest: lunch"),
    (Happening.RUN_PAUSED, {"data": {"reason": None}}, "was paused, its outputs rest"),
    (Happening.RUN_HELD, {}, "was held, its outputs stay as they are"),
    (Happening.RUN_RESUMED, {"data": {"was": "held"}}, "goes on"),
    (Happening.RUN_STOPPING, {"data": {"reason": "cancelled"}}, "cleans up: cancelled"),
    (Happening.RUN_INTERRUPTED, {"data": {"reason": "restart"}}, "was interrupted: restart"),
    (Happening.RUN_LOG, {"data": {"text": "{x} is full"}}, "says: {x} is full"),
    (Happening.RUN_COMPLETED, {"data": {"duration_seconds": 60.0}}, "was completed after 60 s"),
    (
        Happening.RUN_FAILED,
        {"current_step": LINE, "data": {"duration_seconds": 5.0, "code": 5615, "reason": "late"}},
        "failed after 5 s (5615, main / 2): late",
    ),
    (Happening.RUN_CANCELLED, {"data": {"duration_seconds": 1.0}}, "was cancelled after 1 s"),
    *(
        (
            Happening.RUN_CANCELLED,
            {"data": {"duration_seconds": 1.0, "ended_by": hand}},
            f"was cancelled by {who} after 1 s",
        )
        for hand, who in (("user", "a person"), ("automation", "an automation"), ("rule Dry", "rule Dry"))
    ),
    (Happening.RUN_TIMED_OUT, {"data": {"duration_seconds": 9.0}}, "ran out of time after 9 s (-, -)"),
    (Happening.PREFLIGHT_PASSED, {"data": {"findings": 1}}, "may start, says the check beforehand (findings: 1)"),
    (
        Happening.PREFLIGHT_REFUSED,
        {"current_step": LINE, "data": {"findings": 2, "code": 5645, "reason": "role_missing"}},
        "was refused at its start (5645, main / 2): no output for a role",
    ),
    (Happening.PHASE_STARTED, {"current_step": {"place": "main"}}, "begins the phase main"),
    (Happening.PHASE_COMPLETED, {"current_step": {"place": "main"}}, "has completed the phase main"),
    (Happening.PHASE_FAILED, {"current_step": {"place": "main"}, "data": {"code": 1}}, "failed in the phase main (1)"),
    (
        Happening.PHASE_RETRYING,
        {"current_step": {"place": "main"}, "data": {"attempt": 2}},
        "tries the phase main again (attempt 2)",
    ),
    (Happening.STEP_STARTED, {"current_step": LINE, "data": {"step_name": "soak"}}, "begins the step soak"),
    (Happening.STEP_STARTED, {"current_step": LINE, "data": {"step_name": ""}}, "begins the step main / 2"),
    (
        Happening.STEP_RETRYING,
        {"current_step": LINE, "data": {"attempt": 3}},
        "tries the step main / 2 again (attempt 3)",
    ),
    (Happening.STEP_COMPLETED, {"current_step": LINE}, "has completed the step main / 2"),
    (
        Happening.STEP_FAILED,
        {"current_step": LINE, "data": {"code": 5611, "reason": "away"}},
        "failed at the step main / 2 (5611): away",
    ),
    (Happening.STEP_SKIPPED, {"current_step": LINE}, "has skipped the step main / 2"),
    (Happening.COMMAND_CONFIRMED, {"data": {"channel": "ESP_1/actuator/16"}}, "had ESP_1/actuator/16 confirmed"),
    (
        Happening.COMMAND_FAILED,
        {"data": {"channel": "ESP_1/actuator/16", "reason": "silent"}},
        "could not have ESP_1/actuator/16 switched: says nothing any more",
    ),
    (Happening.APPROVAL_REQUESTED, {"data": {"text": "Water?"}}, "asks for approval: Water?"),
    (Happening.APPROVAL_GIVEN, {}, "was approved"),
    (Happening.APPROVAL_REFUSED, {}, "was not approved"),
    (Happening.APPROVAL_EXPIRED, {}, "was not approved in time"),
    ("run.something_else", {"data": "strange", "actor": [], "current_step": 1}, "said run.something_else"),
    ("run.queued", {"data": "strange", "actor": [], "current_step": 1}, "waits for its turn"),
]

OF_RULES: list[tuple[RuleHappening | str, Any, str]] = [
    (RuleHappening.FIRED, {}, "has acted"),
    (RuleHappening.RELEASED, {}, "has let go"),
    (RuleHappening.SKIPPED, {"why": "max_per_hour"}, "does not act now: often enough this hour"),
    (RuleHappening.EXECUTED, {"success": True, "error": ""}, "has done everything"),
    (RuleHappening.EXECUTED, {"success": False, "error": "locked_out"}, "could not do everything: locked out"),
    (RuleHappening.EXECUTED, "strange", "could not do everything: -"),
    (
        RuleHappening.OUTPUT_TAKEN,
        {"esp_id": "ESP_1", "channel": "ESP_1/actuator/16", "why": "emergency_stop_active"},
        "goes without ESP_1/actuator/16: emergency stop",
    ),
    (
        RuleHappening.OUTPUT_FREED,
        {"esp_id": "ESP_1", "channel": "ESP_1/actuator/16"},
        "may have ESP_1/actuator/16 again",
    ),
    (RuleHappening.DEGRADED, {"why": "target_offline"}, "is in trouble: the device of its output is offline"),
    (RuleHappening.DEGRADED, {"why": "KeyError: {x}"}, "is in trouble: KeyError: {x}"),
    (RuleHappening.RECOVERED, {"why": "target_offline"}, "has recovered"),
    (RuleHappening.ESCALATED, {"why": "unknown"}, "needs help: what it asks about is not known"),
    ("rule.something_else", {}, "said rule.something_else"),
]


@pytest.fixture(name="told")
def told_fixture(hass: HomeAssistant, setup_entry: MockConfigEntry) -> dict[tuple[str, str], Describe]:
    """Return what the logbook was told to call."""
    told: dict[tuple[str, str], Describe] = {}

    def remember(domain: str, event_type: str, describe: Describe) -> None:
        told[domain, event_type] = describe

    async_describe_events(hass, remember)
    return told


@pytest.fixture(name="describe")
def describe_fixture(told: dict[tuple[str, str], Describe]) -> Describe:
    """Return what describes the events of the engine."""
    return told[DOMAIN, EVENT_SYSTEM]


@pytest.mark.parametrize(("content", "sentence"), SENTENCES)
def test_each_event_is_a_sentence(describe: Describe, content: dict[str, Any], sentence: str) -> None:
    """Missing details leave a dash, unknown events do no harm."""
    described = describe(Event(EVENT_SYSTEM, {"name": "Tent", **content}))
    assert described == {"name": "Tent", "message": sentence}


def test_no_occasion_is_without_a_sentence() -> None:
    """Whatever the engine tells can be read."""
    assert {content.get("type") for content, _ in SENTENCES} >= set(Occasion)


def test_an_event_without_a_name_speaks_of_the_hub(describe: Describe) -> None:
    """Anybody may fire an event of that name."""
    assert describe(Event(EVENT_SYSTEM, {"type": "configured"}))["name"] == "Kaiser"


@pytest.mark.parametrize(("happening", "content", "sentence"), OF_RUNS)
def test_each_event_of_a_run_is_a_sentence(
    told: dict[tuple[str, str], Describe], happening: str, content: dict[str, Any], sentence: str
) -> None:
    """Under the name of its sequence; what is missing or strange does no harm."""
    told_of_it = {"event_type": str(happening), "sequence_name": "Watering", **content}
    assert told[DOMAIN, EVENT_RUN](Event(EVENT_RUN, told_of_it)) == {"name": "Watering", "message": sentence}


def test_no_event_of_a_run_is_without_a_sentence(told: dict[tuple[str, str], Describe]) -> None:
    """Everything that gets onto the bus can be read, and an event of nobody as well."""
    assert {happening for happening, _, _ in OF_RUNS} >= set(Happening) - SILENT
    assert told[DOMAIN, EVENT_RUN](Event(EVENT_RUN, {})) == {"name": "Sequence", "message": "said None"}


@pytest.mark.parametrize(("happening", "details", "sentence"), OF_RULES)
def test_each_event_of_a_rule_is_a_sentence(
    told: dict[tuple[str, str], Describe], happening: str, details: Any, sentence: str
) -> None:
    """Under its name; what is missing or strange does no harm."""
    told_of_it = {"event_type": str(happening), "rule_name": "Water", "data": details}
    assert told[DOMAIN, EVENT_RULE](Event(EVENT_RULE, told_of_it)) == {"name": "Water", "message": sentence}


def test_no_event_of_a_rule_is_without_a_sentence(told: dict[tuple[str, str], Describe]) -> None:
    """Everything that is told can be read, and an event of nobody as well."""
    assert {happening for happening, _, _ in OF_RULES} >= set(RuleHappening)
    assert told[DOMAIN, EVENT_RULE](Event(EVENT_RULE, {})) == {"name": "Rule", "message": "said None"}


GERMAN: list[tuple[str, dict[str, Any], str]] = [
    (EVENT_SYSTEM, {"type": "configured"}, "hat seine Konfiguration bestätigt"),
    (EVENT_SYSTEM, {"type": "new"}, "hat gemeldet: new"),
    (
        EVENT_RUN,
        {"event_type": "run.cancelled", "data": {"ended_by": "rule Dry", "duration_seconds": 2}},
        "wurde von der Regel Dry nach 2 s abgebrochen",
    ),
    (EVENT_SYSTEM, {"type": "device_offline", "reason": "silent"}, "ist nicht mehr erreichbar (sagt nichts mehr)"),
    (
        EVENT_SYSTEM,
        {"type": "command_rejected", "channel": "X", "level": "0.125", "reasons": "locked_out, excluded"},
        "hat Stufe 12,5 % für X abgelehnt: gesperrt, durch einen anderen Ausgang ausgeschlossen",
    ),
    (
        EVENT_SYSTEM,
        {"type": "command_rejected", "channel": "X", "level": "None", "reasons": "pwm_out_of_range"},
        "hat Stufe – für X abgelehnt: Stufe außerhalb des Bereichs",
    ),
    (
        EVENT_SYSTEM,
        {"type": "forced_to_rest", "channel": "X", "reasons": "orphan"},
        "hat X zur Ruhe gebracht: gehört niemandem",
    ),
    (
        EVENT_SYSTEM,
        {"type": "emergency_stop", "by": "automation", "scope": "all", "reason": "time"},
        "Notstopp (Software) von einer Automation ausgelöst für alle: time",
    ),
    (
        EVENT_SYSTEM,
        {"type": "emergency_refused", "by": "Bert", "error": "release_needs_a_person"},
        "hat den Notstopp nicht von Bert aufheben lassen: nur ein Mensch darf aufheben",
    ),
    (EVENT_SYSTEM, {"type": "lock_out_ended", "place": "X", "by": "removal"}, "Sperre beendet: entfernt (X)"),
    (EVENT_RUN, {"event_type": "run.interrupted", "data": {"reason": "restart"}}, "wurde unterbrochen: Neustart"),
    (
        EVENT_RUN,
        {"event_type": "preflight.refused", "data": {"code": 5645, "reason": "role_missing"}},
        "wurde beim Start abgelehnt (5645, -): Rolle ohne Ausgang",
    ),
    (EVENT_RULE, {"event_type": "rule.skipped", "data": {"why": "cooldown"}}, "handelt jetzt nicht: Abklingzeit"),
    (
        EVENT_RULE,
        {"event_type": "rule.executed", "data": {"success": False, "error": "locked_out"}},
        "konnte nicht alles tun: gesperrt",
    ),
    (EVENT_RULE, {"event_type": "rule.executed", "data": {"success": True}}, "hat alles getan"),
    (EVENT_ALARM, {"event_type": "alarm.raised", "data": {"text": "Zu warm."}}, "ausgelöst: Zu warm."),
]


@pytest.mark.parametrize(("event", "content", "sentence"), GERMAN)
async def test_the_logbook_speaks_the_language_of_the_house(
    hass: HomeAssistant, told: dict[tuple[str, str], Describe], event: str, content: dict[str, Any], sentence: str
) -> None:
    """Sentences and the names of what has none."""
    hass.config.language = "de"
    await async_get_translations(hass, "de", "common", {DOMAIN})
    described = told[DOMAIN, event](Event(event, content))
    assert described["message"] == sentence
    assert (
        described["name"]
        == {EVENT_SYSTEM: "Kaiser", EVENT_RUN: "Sequenz", EVENT_RULE: "Regel", EVENT_ALARM: "Alarm"}[event]
    )


async def test_devices_are_called_by_their_names(
    setup_entry: MockConfigEntry, told: dict[tuple[str, str], Describe], device_registry: dr.DeviceRegistry
) -> None:
    """One that is not known keeps its id; Home Assistant has nothing to say against how they are looked up."""
    device_registry.async_get_or_create(config_entry_id=setup_entry.entry_id, identifiers={(DOMAIN, ESP)}, name="Tent")
    content = {"type": "emergency_stop", "by": "Eva", "scope": f"{ESP}, ESP_00000000", "reason": "smoke"}
    message = told[DOMAIN, EVENT_SYSTEM](Event(EVENT_SYSTEM, content))["message"]
    assert message == "emergency stop (software) pressed by Eva for Tent, ESP_00000000: smoke"


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_sentence_is_missing_or_left_over(language: str) -> None:
    """One for each thing that is told, and for those whose sentence depends on how it went."""
    texts = read_json(PACKAGE / "translations" / f"{language}.json")["common"]
    alarms = {"alarm", *(kind.value.replace(".", "_") for kind in KINDS.values())}
    keys = {key.removeprefix("logbook_") for key in texts if key.startswith("logbook_")}
    happenings = {each.value.replace(".", "_") for each in (*Happening, *RuleHappening) if each not in SILENT}
    others = {
        "said",
        "everybody",
        "rule",
        "sequence",
        "release_refused",
        "run_cancelled_by",
        "rule_not_executed",
        "by_rule_named",
    }
    assert keys == happenings | alarms | {each.value for each in Occasion} | others | {
        *(f"by_{who}" for who in ("user", "automation", "webhook", "system")),
        *(f"fate_{fate}" for fate in Fate),
    }
