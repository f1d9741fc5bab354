"""What need not be shown at once is shown once for everything that happens within a moment."""

import asyncio
from functools import partial
from unittest.mock import MagicMock

from homeassistant.const import EVENT_STATE_CHANGED, Platform
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
import pytest

from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.patience import Patience

from .conftest import PUMP, PassTime, id_of, state_of
from .rules import Garden, a_rule, save

RULE = "kaiser_god_rule_water"
A_MOMENT = 0.3


@pytest.fixture(autouse=True)
def nobody_waits() -> None:
    """Wait as long as people have to."""


def writes(hass: HomeAssistant, platform: Platform, key: str) -> list[str]:
    """Return a list to which every state of an entity is added that is written from now on."""
    written: list[str] = []
    entity_id = id_of(hass, platform, key)

    @callback
    def listen(event: Event[EventStateChangedData]) -> None:
        if event.data["entity_id"] == entity_id and (state := event.data["new_state"]) is not None:
            written.append(state.state)

    hass.bus.async_listen(EVENT_STATE_CHANGED, listen)
    return written


async def test_what_a_rule_does_and_what_comes_of_it_are_shown_together(
    hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime
) -> None:
    """An act and its confirmation are one state of each entity of the rule; the last one is always shown."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    await save(host, a_rule())
    await hass.async_block_till_done()
    await garden.measure(40)
    await garden.wait(A_MOMENT)
    standing = writes(hass, Platform.SENSOR, f"{RULE}_state")
    reasons = writes(hass, Platform.SWITCH, f"{RULE}_switch")
    last = writes(hass, Platform.SENSOR, f"{RULE}_last_triggered")
    await garden.measure(20)
    assert (standing, reasons, last) == ([], [], [])
    await garden.wait(A_MOMENT)
    assert (standing, len(reasons), len(last)) == (["active"], 1, 1)
    assert state_of(hass, Platform.SENSOR, f"{RULE}_last_triggered").attributes["outcome"] == "done"
    assert state_of(hass, Platform.SWITCH, f"{RULE}_switch").attributes["why"] == "running"
    await garden.measure(40)
    await garden.measure(20)
    await garden.measure(40)
    await garden.wait(A_MOMENT)
    assert standing == ["active", "idle"]


async def test_what_an_output_does_waits_for_nobody(
    hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime
) -> None:
    """Its level is shown in the same moment, who has it with it or soon after."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    await save(host, a_rule())
    await hass.async_block_till_done()
    levels = writes(hass, Platform.SWITCH, PUMP)
    garden.pump.answers = garden.pump.reports = False
    await garden.measure(20)
    assert levels == []
    await garden.wait(A_MOMENT)
    assert (levels, state_of(hass, Platform.SWITCH, PUMP).attributes["held_by"]) == (["unknown"], "rule:water")
    garden.pump._voice.status("pump", 16, state=True, pwm=255)
    await hass.async_block_till_done()
    assert levels == ["unknown", "on"]


async def test_everybody_else_has_a_turn_between_many(caplog: pytest.LogCaptureFixture) -> None:
    """Thousands that have news at the same moment do not hold up the loop, and one that fails holds up nobody."""
    loop = asyncio.get_running_loop()
    patience, turns, shown = Patience(loop), list[int](), list[int]()

    def fail() -> None:
        raise ValueError

    patience.call(fail)
    for number in range(100):
        patience.call(partial(shown.append, number))
    while len(shown) < 100:
        turns.append(len(shown))
        await asyncio.sleep(0)
    assert shown == list(range(100))
    assert len(set(turns)) >= 5
    assert "Something that was to be shown has failed" in caplog.text


async def test_nothing_is_shown_after_the_end() -> None:
    """Whatever waited is forgotten, and what comes later is still served: the hub may be loaded again."""
    patience, shown = Patience(asyncio.get_running_loop()), list[str]()
    patience.stop()
    patience.call(lambda: shown.append("before"))
    patience.stop()
    await asyncio.sleep(A_MOMENT)
    assert shown == []
    patience.call(lambda: shown.append("after"))
    await asyncio.sleep(A_MOMENT)
    assert shown == ["after"]
