"""How the logbook speaks of what the engine tells."""

from collections.abc import Callable
from typing import Any

from homeassistant.core import Event, HomeAssistant
import pytest

from custom_components.god_kaiser.const import DOMAIN, EVENT_SYSTEM
from custom_components.god_kaiser.core.effects import Occasion
from custom_components.god_kaiser.logbook import async_describe_events

type Describe = Callable[[Event], dict[str, str]]

SENTENCES: list[tuple[dict[str, Any], str]] = [
    ({"type": "device_online", "reason": "first"}, "is online"),
    ({"type": "device_offline", "reason": "silent"}, "went offline (silent)"),
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
        {"type": "emergency_cleared", "by": "Eva", "reason": "false alarm"},
        "left the emergency stop, cleared by Eva: false alarm",
    ),
    ({"type": "emergency_refused", "error": "no_token"}, "did not obey an emergency order: no_token"),
    (
        {"type": "emergency_refused", "error": "release_not_yours", "by": "Bert"},
        "did not let Bert clear the emergency stop: release_not_yours",
    ),
    (
        {"type": "stop_not_effective", "channels": "ESP_1/actuator/16, ESP_1/actuator/17"},
        "does not obey the emergency stop, still running: ESP_1/actuator/16, ESP_1/actuator/17",
    ),
    (
        {"type": "command_rejected", "channel": "ESP_1/actuator/16", "level": "1.0", "reasons": "locked_out, excluded"},
        "refused level 1.0 for ESP_1/actuator/16: locked out, excluded",
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
        "lock-out ended by time (ESP_1/actuator/16)",
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


@pytest.fixture(name="describe")
def describe_fixture(hass: HomeAssistant) -> Describe:
    """Return what the logbook was told to call."""
    told: dict[tuple[str, str], Describe] = {}

    def remember(domain: str, event_type: str, describe: Describe) -> None:
        told[domain, event_type] = describe

    async_describe_events(hass, remember)
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
