"""One id from the click to the logbook, by which everything that belongs together is found."""

import logging
from typing import Any
from unittest.mock import MagicMock, patch

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from msgspec.structs import replace
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events

from custom_components.god_kaiser.const import DOMAIN, EVENT_SYSTEM
from custom_components.god_kaiser.core.ids import ChannelId, CommandId
from custom_components.god_kaiser.core.requests import CommandRequest
from custom_components.god_kaiser.host.clicks import Clicks
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal.reading import Wanted

from . import stopping
from .calls import ask
from .conftest import PUMP, BringOnline, PassTime, a_plan, an_actuator, id_of, state_of, turn_the_loop
from .sequences import save, written
from .stopping import Brake
from .wire import ESP, FirmwareVoice, Wire

CHAIN = ["output.asked", "decision.allowed", "output.confirmed", "output.changed"]


@pytest.fixture(name="pump")
async def pump_fixture(bring_online: BringOnline) -> None:
    """Bring a pump and a lamp online."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump", max_runtime=600), an_actuator("relay", 18, "Lamp")))


async def told(host: EngineHost, context: Context) -> list[str]:
    """Return the kinds of everything in the journal that belongs to a click."""
    await host.journal.writer.async_flush()
    page = await host.journal.async_events(Wanted(mention=context.id))
    return [each.envelope["event_type"] for each in page.events if each.envelope["correlation_id"] == context.id]


@pytest.mark.req("EXE-69")
@pytest.mark.usefixtures("pump")
async def test_a_call_is_found_in_command_answer_log_trail_and_logbook(
    hass: HomeAssistant,
    host: EngineHost,
    wire: Wire,
    hass_admin_user: MockUser,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The device repeats the id that it was told, the journal keeps it, and the state changes in the same context."""
    context, entity_id = Context(user_id=hass_admin_user.id), id_of(hass, "switch", PUMP)
    fields: dict[str, Any] = {"entity_id": entity_id, "level": 1}
    with caplog.at_level(logging.DEBUG, "custom_components.god_kaiser"):
        await hass.services.async_call(DOMAIN, "set_output", fields, blocking=True, context=context)
    await hass.async_block_till_done()
    (command,) = wire.said("/actuator/16/command")
    assert command["correlation_id"] == context.id
    assert f"Command {context.id}: " in caplog.text
    assert await told(host, context) == [*CHAIN, "action.done"]
    confirmed = (await host.journal.async_events(Wanted(kinds=("output.confirmed",)))).events[-1]
    assert confirmed.envelope["data"]["source"] == "response"
    trail = (await ask(hass, "get_audit"))["entries"]
    assert [each["event"] for each in trail if each["correlation_id"] == context.id] == ["output.asked", "action.done"]
    state = hass.states.get(str(entity_id))
    assert state is not None
    assert (state.state, state.context.user_id) == ("on", hass_admin_user.id)


@pytest.mark.req("EXE-69")
@pytest.mark.usefixtures("pump")
async def test_a_click_on_a_switch_is_found_in_its_state(
    hass: HomeAssistant, host: EngineHost, wire: Wire, hass_admin_user: MockUser
) -> None:
    """What Home Assistant's logbook tells of the change names who has clicked."""
    context, entity_id = Context(user_id=hass_admin_user.id), id_of(hass, "switch", PUMP)
    await hass.services.async_call("switch", "turn_on", {"entity_id": entity_id}, blocking=True, context=context)
    await hass.async_block_till_done()
    state = hass.states.get(str(entity_id))
    assert state is not None
    assert (state.state, state.context.id) == ("on", context.id)
    assert wire.said("/actuator/16/command")[0]["correlation_id"] == context.id
    assert await told(host, context) == CHAIN


@pytest.mark.usefixtures("pump")
async def test_a_click_for_several_outputs_has_an_id_for_each(hass: HomeAssistant, wire: Wire) -> None:
    """A device may take two commands of one id for one that was sent twice."""
    context = Context()
    outputs = [id_of(hass, "switch", PUMP), id_of(hass, "switch", PUMP.replace("16", "18"))]
    await hass.services.async_call("switch", "turn_on", {"entity_id": outputs}, blocking=True, context=context)
    ids = {command["correlation_id"] for command in wire.said("/command")}
    assert ids == {context.id, f"{context.id}-2"}


@pytest.mark.req("EXE-69")
@pytest.mark.usefixtures("pump")
async def test_whatever_a_click_has_done_is_found_by_its_id(
    hass: HomeAssistant, host: EngineHost, hass_admin_user: MockUser
) -> None:
    """Of several outputs as well; the second command has an id of its own, and says which call it belongs to."""
    context = Context(user_id=hass_admin_user.id)
    outputs = [id_of(hass, "switch", PUMP), id_of(hass, "switch", PUMP.replace("16", "18"))]
    await hass.services.async_call("switch", "turn_on", {"entity_id": outputs}, blocking=True, context=context)
    await hass.async_block_till_done()
    await host.journal.writer.async_flush()
    page = await host.journal.async_events(Wanted(mention=context.id))
    by_output: dict[str, list[str]] = {}
    for each in page.events:
        by_output.setdefault(each.envelope["data"]["channel"], []).append(each.envelope["event_type"])
    assert len(by_output) == 2
    assert all(chain == CHAIN for chain in by_output.values())
    asked = [each.envelope for each in page.events if each.envelope["event_type"] == "output.asked"]
    assert {each["actor"]["id"] for each in asked} == {hass_admin_user.id}
    second = [each.envelope for each in page.events if each.envelope["correlation_id"] != context.id]
    assert [(each["correlation_id"], each["data"]["call"]) for each in second] == [(f"{context.id}-2", context.id)] * 2


@pytest.mark.usefixtures("pump")
async def test_a_click_that_is_refused_is_found_as_well(
    hass: HomeAssistant, host: EngineHost, hass_admin_user: MockUser
) -> None:
    """Who it was, and why; the state has not changed."""
    context = Context(user_id=hass_admin_user.id)
    await hass.services.async_call(DOMAIN, "emergency_stop", {"reason": "leak"}, blocking=True)
    fields = {"entity_id": id_of(hass, "switch", PUMP)}
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call("switch", "turn_on", fields, blocking=True, context=context)
    assert await told(host, context) == ["output.asked", "decision.refused"]


@pytest.mark.usefixtures("pump")
async def test_what_a_device_does_by_itself_belongs_to_no_click(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice
) -> None:
    """It changes as well, and nobody has asked for it."""
    voice.status("pump", 16, state=True, pwm=255)
    await hass.async_block_till_done()
    state = hass.states.get(str(id_of(hass, "switch", PUMP)))
    assert state is not None
    assert state.state == "on"
    assert (await ask(hass, "get_events", type=["output.changed"]))["events"] == []


async def try_to_set(hass: HomeAssistant, context: Context, by: str, **fields: Any) -> None:
    """Ask for full power of the pump in vain, by our action or by that of the switch."""
    domain, action, wish = (DOMAIN, "set_output", {"level": 1, **fields}) if by == DOMAIN else (by, "turn_on", {})
    target = {"entity_id": id_of(hass, "switch", PUMP)}
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(domain, action, {**target, **wish}, blocking=True, context=context)


async def nobody_has_changed_it(hass: HomeAssistant, state: str) -> None:
    """Expect that the pump does something, and that nobody is named for it."""
    await hass.async_block_till_done()
    shown = state_of(hass, "switch", PUMP)
    assert (shown.state, shown.context.user_id) == (state, None)
    assert (await ask(hass, "get_events", type=["output.changed"]))["events"] == []


@pytest.mark.usefixtures("pump")
async def test_what_a_device_does_after_a_refused_call_is_nobodys_doing(
    hass: HomeAssistant, voice: FirmwareVoice, hass_admin_user: MockUser
) -> None:
    """It was away when it was asked, and says what it does when it is back."""
    voice.status("pump", 16, state=False, pwm=0)
    voice.will()
    await hass.async_block_till_done()
    await try_to_set(hass, Context(user_id=hass_admin_user.id), DOMAIN)
    await nobody_has_changed_it(hass, "unavailable")
    voice.heartbeat()
    voice.status("pump", 16, state=True, pwm=255)
    await nobody_has_changed_it(hass, "on")


@pytest.mark.parametrize(("by", "fields"), [(DOMAIN, {"duration": 99999}), ("switch", {})])
@pytest.mark.usefixtures("pump")
async def test_a_device_that_goes_after_a_refused_call_was_not_sent_away(
    hass: HomeAssistant, voice: FirmwareVoice, hass_admin_user: MockUser, by: str, fields: dict[str, Any]
) -> None:
    """Whatever the gate has refused is behind nothing."""
    voice.status("pump", 16, state=False, pwm=0)
    if not fields:
        await hass.services.async_call(DOMAIN, "emergency_stop", {"reason": "leak"}, blocking=True)
    await try_to_set(hass, Context(user_id=hass_admin_user.id), by, **fields)
    voice.will()
    await nobody_has_changed_it(hass, "unavailable")


@pytest.mark.parametrize("by", [DOMAIN, "switch"])
async def test_what_comes_after_the_answer_is_the_doing_of_the_device(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice, hass_admin_user: MockUser, by: str
) -> None:
    """The call is behind the change that it has asked for, and behind no later one."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    wish = ("set_output", {"level": 1}) if by == DOMAIN else ("turn_on", {})
    context, target = Context(user_id=hass_admin_user.id), {"entity_id": id_of(hass, "switch", PUMP)}
    await hass.services.async_call(by, wish[0], {**target, **wish[1]}, blocking=True, context=context)
    await hass.async_block_till_done()
    assert state_of(hass, "switch", PUMP).context.user_id == hass_admin_user.id
    for does, state in (({"state": False, "pwm": 0}, "off"), ({"state": True, "pwm": 255}, "on")):
        voice.status("pump", 16, **does)
        await hass.async_block_till_done()
        shown = state_of(hass, "switch", PUMP)
        assert (shown.state, shown.context.user_id) == (state, None)
    voice.will()
    await hass.async_block_till_done()
    shown = state_of(hass, "switch", PUMP)
    assert (shown.state, shown.context.user_id) == ("unavailable", None)
    (changed,) = (await ask(hass, "get_events", type=["output.changed"]))["events"]
    assert changed["correlation_id"] == context.id


async def test_a_call_that_nobody_has_answered_is_behind_nothing(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice, hass_admin_user: MockUser
) -> None:
    """The device was lost before it had said a word, and runs when it is back."""
    device = await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    device.answers = device.reports = False
    fields = {"entity_id": id_of(hass, "switch", PUMP), "level": 1}
    context = Context(user_id=hass_admin_user.id)
    asking = hass.async_create_task(
        hass.services.async_call(DOMAIN, "set_output", fields, blocking=True, context=context)
    )
    await turn_the_loop()
    voice.will()
    with pytest.raises(HomeAssistantError):
        await asking
    await nobody_has_changed_it(hass, "unavailable")
    voice.heartbeat()
    voice.status("pump", 16, state=True, pwm=255)
    await nobody_has_changed_it(hass, "on")


def test_a_command_that_follows_another_one_takes_its_place() -> None:
    """What a rule has done since then is not put down to who had asked before; to say the same again changes nothing."""
    clicks, context, channel = Clicks(), Context(), ChannelId(f"{ESP}/actuator/16")
    mine = CommandRequest(id=CommandId("mine"), channel=channel, level=1.0)
    for sent, behind in (((mine,), context), ((mine, mine), context), ((mine, replace(mine, id=CommandId("x"))), None)):
        clicks.asked(mine.id, context)
        for each in sent:
            clicks.sent(each)
        assert clicks.answered(channel, 1.0) is behind


@pytest.mark.parametrize("names", [["first"], ["first", "second"]])
@pytest.mark.usefixtures("host")
async def test_the_call_that_starts_runs_leads_to_their_events(
    hass: HomeAssistant, host: EngineHost, names: list[str]
) -> None:
    """And who asks for everything about a run finds the call as well."""
    for name in names:
        await save(hass, written(name))
    context = Context()
    answer: Any = await hass.services.async_call(
        DOMAIN, "run_sequence", {"sequence": names}, blocking=True, context=context, return_response=True
    )
    runs = [each["run_id"] for each in answer.get("runs", [answer])]
    assert len(runs) == len(names)
    await host.journal.writer.async_flush()
    for run in runs:
        about = [each.envelope for each in (await host.journal.async_events(Wanted(mention=run))).events]
        (done,) = [each for each in about if each["event_type"] == "action.done"]
        assert (done["correlation_id"], done["data"]["runs"]) == (context.id, runs)
        assert "run.started" in {each["event_type"] for each in about}


STOP = ["stop.pressed", "stop.confirmed"]


@pytest.mark.req("EXE-69")
@pytest.mark.usefixtures("pump")
async def test_a_stop_and_its_release_are_found_by_the_calls_that_asked_for_them(
    hass: HomeAssistant,
    host: EngineHost,
    voice: FirmwareVoice,
    wire: Wire,
    mqtt_mock: MagicMock,
    hass_admin_user: MockUser,
    pass_time: PassTime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In the orders to each device, in their answers, in the journal, in the trail, on the bus and in the log."""
    brake = Brake(voice, mqtt_mock, {16: "pump", 18: "relay"})
    occasions = async_capture_events(hass, EVENT_SYSTEM)
    pressed, released = Context(user_id=hass_admin_user.id), Context(user_id=hass_admin_user.id)
    brake.rests = False
    fields = {"reason": "leak"}
    await hass.services.async_call(DOMAIN, "emergency_stop", fields, blocking=True, context=pressed)
    await hass.async_block_till_done()
    brake.report(running=True)
    await pass_time(6)
    brake.report(running=True)
    await hass.async_block_till_done()
    stopped = await about(host, pressed)
    assert ("stop.not_effective", "") in {(kind, call) for kind, _, call in stopped}
    assert {correlation for kind, correlation, _ in stopped if kind.startswith("stop.")} == {pressed.id}
    assert [kind for kind, _, _ in stopped if kind in STOP] == STOP
    rests = [each for each in stopped if each[0] == "decision.allowed"]
    assert len(rests) >= 2
    assert {call for _, _, call in rests} == {pressed.id}
    assert len({correlation for _, correlation, _ in rests}) == len(rests)
    with patch(f"{stopping.__name__}.TOO_EARLY", 0):
        await hass.services.async_call(DOMAIN, "clear_emergency_stop", fields, blocking=True, context=released)
    await hass.async_block_till_done()
    cleared = await about(host, released)
    assert [(kind, correlation) for kind, correlation, _ in cleared] == [
        ("stop.cleared", released.id),
        ("action.done", released.id),
    ]
    orders = wire.said(f"/{ESP}/actuator/emergency")
    begun = {each["command"]: each["correlation_id"] for each in orders}
    assert begun["emergency_stop"].startswith(pressed.id)
    assert begun["clear_emergency"].startswith(released.id)
    trail = (await ask(hass, "get_audit", limit=100))["entries"]
    assert {"stop.pressed", "stop.not_effective", "action.done"} <= {
        each["event"] for each in trail if each["correlation_id"] == pressed.id
    }
    told = {event.data["type"]: event.context.id for event in occasions}
    assert (told["emergency_stop"], told["emergency_confirmed"]) == (pressed.id, pressed.id)
    assert told["emergency_cleared"] == released.id
    assert f"leak [{pressed.id}]" in caplog.text


@pytest.mark.req("EXE-69")
@pytest.mark.usefixtures("pump")
async def test_the_button_and_a_release_that_is_refused_are_found_as_well(
    hass: HomeAssistant, host: EngineHost, hass_admin_user: MockUser, hass_read_only_user: MockUser
) -> None:
    """Whoever may not release, and by which click it was tried."""
    pressed, tried = Context(user_id=hass_admin_user.id), Context(user_id=hass_read_only_user.id)
    button = {"entity_id": id_of(hass, "button", "kaiser_god_emergency_stop")}
    await hass.services.async_call("button", "press", button, blocking=True, context=pressed)
    (first, *_) = await about(host, pressed)
    assert first == ("stop.pressed", pressed.id, "")
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(DOMAIN, "clear_emergency_stop", {"reason": "x"}, blocking=True, context=tried)
    assert ("stop.refused", tried.id, "") in await about(host, tried)


async def about(host: EngineHost, context: Context) -> list[tuple[str, str, str]]:
    """Return everything in the journal that names a click: its kind, its own id, and the call that it belongs to."""
    await host.journal.writer.async_flush()
    page = await host.journal.async_events(Wanted(mention=context.id))
    events = [each.envelope for each in page.events]
    return [(each["event_type"], each["correlation_id"], each["data"].get("call", "")) for each in events]
