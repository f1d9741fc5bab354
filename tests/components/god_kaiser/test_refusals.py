"""A refusal: its code, its words, its trace in the journal, on the bus and in a counter."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.god_kaiser.const import DOMAIN, EVENT_SYSTEM
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import PACKAGE, act, registry_id
from .conftest import DEVICE, PUMP, SOIL, BringOnline, a_plan, a_sensor, an_actuator, id_of, state_of
from .wire import FirmwareVoice, Wire

REJECTIONS = "kaiser_god_rejected_commands"


@pytest.fixture(name="drive")
async def drive_fixture(bring_online: BringOnline, host: EngineHost) -> dict[str, Any]:
    """Return the call that switches the pump on, which depends on a sensor and on a lamp that must be off."""
    plan = a_plan(
        a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump"), an_actuator("relay", 17, "Lamp", "light")
    )
    await bring_online(plan)
    return {"device_id": registry_id(host), "gpio": 16, "level": 1}


async def depend(hass: HomeAssistant) -> None:
    """Lay down that the pump needs a value of the soil and a lamp that is off."""
    interlocks = [
        {"kind": "fresh_sensor", "sensor": id_of(hass, "sensor", SOIL), "low": 10},
        {"kind": "exclusion", "others": id_of(hass, "light", f"{DEVICE}_actuator_17")},
    ]
    await act(hass, "set_safety", entity_id=id_of(hass, "switch", PUMP), interlocks=interlocks)


async def refusal(hass: HomeAssistant, **fields: Any) -> ServiceValidationError:
    """Return the error that a command ends in."""
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "set_output", **fields)
    return caught.value


def in_words(error: ServiceValidationError, language: str) -> str:
    """Return an error as people who speak a language read it."""
    texts = json.loads((PACKAGE / "translations" / f"{language}.json").read_text(encoding="utf-8"))["exceptions"]
    message: str = texts[error.translation_key or ""]["message"]
    return message.format(**(error.translation_placeholders or {}))


@pytest.mark.req("SAF-01", "SAF-08")
async def test_a_refusal_has_a_code_and_tells_every_reason(
    hass: HomeAssistant, drive: dict[str, Any], voice: FirmwareVoice
) -> None:
    """The first reason is the code, the sentence has all of them, and names stand for ids."""
    await depend(hass)
    voice.status("relay", 17, state=True, pwm=255)
    await hass.async_block_till_done()
    error = await refusal(hass, **drive)
    assert (error.translation_domain, error.translation_key) == (DOMAIN, "sensor_unknown")
    told = in_words(error, "en")
    assert told.startswith("Pump (Tent) depends on Soil (Tent), which has no value that can be trusted (age: – s")
    assert "Pump (Tent) and Lamp (Tent) never run at the same time" in told
    assert "/" not in told
    assert str(error).rstrip(".") == told.rstrip(".")


@pytest.mark.parametrize(("language", "more"), [("en", "never run"), ("de", "laufen nie")])
async def test_further_reasons_are_told_in_the_language_of_the_house(
    hass: HomeAssistant, drive: dict[str, Any], voice: FirmwareVoice, language: str, more: str
) -> None:
    """Who reads the first sentence is known to the browser alone."""
    await hass.config.async_update(language=language)
    await hass.async_block_till_done()
    await depend(hass)
    voice.status("relay", 17, state=True, pwm=255)
    await hass.async_block_till_done()
    error = await refusal(hass, **drive)
    assert more in (error.translation_placeholders or {})["more"]


@pytest.mark.req("SAF-19", "SAF-21", "API-26")
async def test_each_refusal_is_in_the_journal_on_the_bus_and_counted(
    hass: HomeAssistant, host: EngineHost, drive: dict[str, Any], voice: FirmwareVoice, wire: Wire
) -> None:
    """Ten refusals are ten of each, and nothing leaves."""
    events = async_capture_events(hass, EVENT_SYSTEM)
    decided = len(host.decisions)
    await depend(hass)
    voice.status("relay", 17, state=True, pwm=255)
    wire.forget()
    for _ in range(10):
        await refusal(hass, **drive)
    await hass.async_block_till_done()
    told = [event.data for event in events if event.data["type"] == "command_rejected"]
    assert [(data["channel"], data["level"], data["device_id"]) for data in told] == [
        (f"{DEVICE}/actuator/16", "1", registry_id(host))
    ] * 10
    assert {data["reasons"] for data in told} == {"sensor_unknown, excluded"}
    journal = list(host.decisions)[decided:]
    assert [decision.is_allowed for decision in journal] == [False] * 10
    assert state_of(hass, "sensor", REJECTIONS).state == "10"
    assert wire.said("/16/command") == []


async def test_the_counter_only_grows(hass: HomeAssistant, drive: dict[str, Any]) -> None:
    """Statistics can tell from it when something was refused."""
    state = state_of(hass, "sensor", REJECTIONS)
    assert (state.state, state.attributes["state_class"]) == ("0", "total_increasing")
    await act(hass, "set_output", **drive)
    assert state_of(hass, "sensor", REJECTIONS).state == "0"


@pytest.mark.req("SAF-09")
async def test_a_longer_run_than_allowed_is_refused_not_cut(
    hass: HomeAssistant, drive: dict[str, Any], wire: Wire
) -> None:
    """Who relies on two hours must not get one in silence."""
    error = await refusal(hass, **drive, duration=7200)
    assert error.translation_key == "duration_too_long"
    assert in_words(error, "en").startswith(
        "Pump (Tent) may run for no more than 3600 s at a time, and 7200 s were asked"
    )
    assert wire.said("/16/command") == []
