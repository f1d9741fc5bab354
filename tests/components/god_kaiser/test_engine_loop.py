"""One event after the other, each to its end, whatever Home Assistant answers in between."""

import asyncio
from collections.abc import Callable
from typing import Any

from homeassistant.core import HomeAssistant, callback
import pytest

from custom_components.god_kaiser.core.effects import Effect
from custom_components.god_kaiser.core.events import CommandWished, DemandReleased, Event as EngineEvent, StopPressed
from custom_components.god_kaiser.core.ids import CommandId, actuator_channel
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.requests import CommandRequest, Origin
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.stop_desk import PROOF_PATIENCE

from .calls import ask, registry_id
from .conftest import DEVICE, BringOnline, PassTime, a_plan, an_actuator
from .stopping import stop
from .wire import FirmwareVoice, Wire

OUTPUT = actuator_channel(DEVICE, 16)


def wish(host: EngineHost, owner: str, level: float, origin: Origin) -> None:
    """Let a program want something for as long as it does not say otherwise."""
    request = CommandRequest(
        id=CommandId(owner), channel=OUTPUT, level=level, origin=origin, owner=owner, is_standing=True
    )
    host.feed(CommandWished(request=request))


@pytest.fixture(name="rival")
async def rival_fixture(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, voice: FirmwareVoice, wire: Wire
) -> None:
    """Have a pump that a rule gets as soon as a sequence lets go of it."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    voice.status("pump", 16, state=False, pwm=0)
    wish(host, "sequence:x", 0.0, Origin.SEQUENCE)
    wish(host, "rule:b", 1.0, Origin.RULE)
    await hass.async_block_till_done()
    wire.forget()


@pytest.mark.req("INV-1", "SAF-18")
@pytest.mark.risk(
    fails="An automation presses the stop in the middle of an order",
    happens="the order that was approved before it goes out first, the stop after it",
    protects="the engine's loop",
)
@pytest.mark.usefixtures("rival")
async def test_a_stop_in_the_middle_of_an_order_comes_after_it(
    hass: HomeAssistant, host: EngineHost, wire: Wire
) -> None:
    """Home Assistant runs an automation on the spot when something is shown; no approval may overtake its stop."""

    @callback
    def press() -> None:
        unwatch()
        stop(host)

    unwatch = host.watchers.watch(OUTPUT, press)
    host.feed(DemandReleased(channel=OUTPUT, owner="sequence:x"))
    await hass.async_block_till_done()
    told = [
        "stop" if "emergency" in topic else message["command"]
        for topic, message in wire.messages("")
        if "emergency" in topic or topic.endswith("/16/command")
    ]
    assert told[:2] == ["ON", "stop"]
    assert "ON" not in told[1:]
    assert host.engine.latch.holds(DEVICE)


@pytest.mark.mishap("An event could not be handled")
@pytest.mark.usefixtures("rival")
async def test_an_answer_that_fails_does_not_swallow_the_answers_behind_it(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asked has gone on by then, so it is in the log."""
    handle = host.engine.handle

    def broken(event: EngineEvent, now: Instant) -> list[Effect]:
        raise ValueError(event, now)

    def fragile(event: EngineEvent, now: Instant) -> list[Effect]:
        chosen: dict[type, Callable[[EngineEvent, Instant], list[Effect]]] = {CommandWished: broken}
        return chosen.get(type(event), handle)(event, now)

    @callback
    def answer() -> None:
        unwatch()
        wish(host, "rule:c", 1.0, Origin.RULE)
        host.feed(StopPressed(devices=None, by="Eva", user="", reason="smoke"))

    unwatch = host.watchers.watch(OUTPUT, answer)
    monkeypatch.setattr(host.engine, "handle", fragile)
    host.feed(DemandReleased(channel=OUTPUT, owner="sequence:x"))
    await hass.async_block_till_done()
    assert host.engine.latch.holds(DEVICE)


@pytest.mark.usefixtures("rival")
async def test_who_stops_in_the_middle_of_an_order_gets_the_whole_answer(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime
) -> None:
    """The script that something shown has started reads which devices it has stopped."""
    answers: list[asyncio.Task[Any]] = []

    @callback
    def press() -> None:
        unwatch()
        answers.append(hass.async_create_task(ask(hass, "emergency_stop"), eager_start=True))

    unwatch = host.watchers.watch(OUTPUT, press)
    host.feed(DemandReleased(channel=OUTPUT, owner="sequence:x"))
    await pass_time(PROOF_PATIENCE + 0.1)
    answer = await answers[0]
    assert [device["device_id"] for device in answer["devices"]] == [registry_id(host)]
