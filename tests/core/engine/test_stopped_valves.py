"""Motor valves after a stop: nobody knows where they stand until they say themselves that they are open."""

import json

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance
from custom_components.god_kaiser.core.effects import Effect, Ending, Settle
from custom_components.god_kaiser.core.facts import DeviceFact, WillReceived
from custom_components.god_kaiser.core.ids import ChannelId, CommandId
from custom_components.god_kaiser.core.protocol.outbound import encode
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.interlocks.budget import Budget
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.memory import ChannelMemory
from custom_components.god_kaiser.core.safety.objections import Ground
from tests.builders import (
    ESP,
    PUMP,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_report,
    an_actuator,
    an_answer,
    an_outcome,
    grounds,
    kept,
    levels,
    of_kind,
    sent,
)

VALVE = an_actuator(ActuatorKind.VALVE, appears_as=Appearance.VALVE)
LAMP = an_actuator(ActuatorKind.RELAY, 17, name="Lamp")
ON_LAMP = ChannelId(f"{ESP}/actuator/17")
PLAN = a_plan(actuators=[VALVE, LAMP])


def endings(effects: list[Effect]) -> list[tuple[CommandId, Ending]]:
    """Return which commands ended, and how."""
    return [(settle.id, settle.ending) for settle in of_kind(effects, Settle)]


def stopped_valve() -> EngineBench:
    """Return an engine whose open valve has been stopped and released; its device counts it as closed."""
    bench = EngineBench()
    bench.online(plan=PLAN)
    bench.feed(a_report(1.0))
    bench.feed(a_report(0.0, stopped=True))
    bench.feed(a_report(0.0))
    return bench


def level(bench: EngineBench) -> float | None:
    """Return where the valve is taken to be."""
    report = bench.engine.fleet.report(PUMP)
    assert report is not None
    return report.level


def said(effects: list[Effect]) -> tuple[str, float, CommandId]:
    """Return the word and the value of the one command that goes out, and its id."""
    (command,) = sent(effects)
    document = json.loads(encode(command, kaiser_id="god").payload)
    return document["command"], document["value"], command.request.id


def test_the_position_of_a_stopped_valve_is_unknown_until_it_was_driven_open() -> None:
    """The motor stays where it is, but the device counts from closed (protocol 4.5)."""
    bench = stopped_valve()
    assert level(bench) is None
    word, value, key = said(bench.wish(1.0))
    assert (word, value) == ("PWM", 1.0)
    assert endings(bench.feed(an_answer(key))) == [(key, Ending.CONFIRMED)]
    bench.feed(a_report(0.0))
    assert level(bench) is None
    bench.tick(6)
    bench.feed(a_report(1.0))
    assert level(bench) == 1.0


def test_an_open_that_is_lost_leaves_the_position_unknown() -> None:
    """It travels at QoS 0; the valve has not moved, and the next attempt drives the motor again."""
    bench = stopped_valve()
    _, _, key = said(bench.wish(1.0))
    assert endings(bench.tick(60)) == [(key, Ending.UNCONFIRMED)]
    bench.feed(a_heartbeat())
    bench.feed(a_report(0.0))
    assert level(bench) is None
    assert said(bench.wish(1.0))[:2] == ("PWM", 1.0)


def test_an_open_that_is_refused_leaves_the_position_unknown() -> None:
    """The device has said so itself."""
    bench = stopped_valve()
    _, _, key = said(bench.wish(1.0))
    (settle,) = of_kind(bench.feed(an_answer(key, success=False)), Settle)
    assert settle.ending is Ending.REFUSED_BY_DEVICE
    bench.tick(6)
    bench.feed(a_report(0.0))
    assert level(bench) is None
    assert said(bench.wish(1.0))[:2] == ("PWM", 1.0)


def test_a_device_that_returns_is_told_to_drive_its_lost_valve_before_it_has_reported() -> None:
    """What it said before is forgotten, but not that nobody knows where its valve stands."""
    bench = stopped_valve()
    bench.feed(WillReceived(device=ESP))
    bench.feed(a_heartbeat())
    bench.tick(2)
    assert bench.engine.fleet.report(PUMP) is None
    assert said(bench.wish(1.0))[:2] == ("PWM", 1.0)


@pytest.mark.req("SAF-10")
def test_a_valve_that_was_stopped_can_still_be_told_to_close() -> None:
    """Rest is never refused."""
    assert levels(stopped_valve().wish(0.0)) == [(PUMP, 0.0)]


@pytest.mark.parametrize("wanted", [0.0, 0.5])
@pytest.mark.parametrize("answer", [an_answer, an_outcome])
def test_done_is_no_proof_as_long_as_the_position_is_unknown(answer: type, wanted: float) -> None:
    """The device answers "executed" to a close that moves nothing; people must not read that as closed."""
    bench = stopped_valve()
    _, _, key = said(bench.wish(wanted))
    word: DeviceFact = answer(key)
    assert endings(bench.feed(word)) == [(key, Ending.POSITION_UNKNOWN)]
    assert sent(bench.tick(60)) == []


def test_the_report_of_a_lost_valve_confirms_nothing() -> None:
    """It says closed, because its device counts from closed."""
    bench = stopped_valve()
    _, _, key = said(bench.wish(0.0))
    bench.tick(1)
    assert of_kind(bench.feed(a_report(0.0)), Settle) == []
    assert key in {command.request.id for command in sent(bench.tick(60))}


def test_a_close_of_a_lost_valve_that_nobody_answers_is_unconfirmed() -> None:
    """Then not even that is known."""
    bench = stopped_valve()
    _, _, key = said(bench.wish(0.0))
    assert endings(bench.tick(60)) == [(key, Ending.UNCONFIRMED)]


def test_once_it_was_open_a_valve_closes_as_ever() -> None:
    """The answer counts again, and so does the report."""
    bench = stopped_valve()
    bench.wish(1.0)
    bench.tick(6)
    bench.feed(a_report(1.0))
    _, _, key = said(bench.wish(0.0))
    assert endings(bench.feed(an_answer(key))) == [(key, Ending.CONFIRMED)]
    bench.feed(a_report(0.0))
    assert level(bench) == 0.0


def after_a_restart() -> EngineBench:
    """Return the next run of Home Assistant, in which the device has said again that its lost valve is closed."""
    bench = stopped_valve().restarted(PLAN, after=30)
    bench.feed(a_heartbeat())
    bench.tick(2)
    bench.feed(a_report(0.0))
    bench.feed(a_report(0.0, 17))
    return bench


def row(effects: list[Effect]) -> ChannelMemory:
    """Return what is written down about the valve."""
    memory = kept(effects)[f"channel/{PUMP}"]
    assert isinstance(memory, ChannelMemory)
    return memory


def test_a_lost_valve_stays_lost_over_a_restart_until_it_was_driven_open() -> None:
    """Its device says closed before and after; only that it is open is proof."""
    bench = after_a_restart()
    assert level(bench) is None
    assert said(bench.wish(1.0))[:2] == ("PWM", 1.0)
    bench.tick(6)
    bench.feed(a_report(1.0))
    assert level(bench) == 1.0
    again = bench.restarted(PLAN, after=30)
    again.feed(a_heartbeat())
    again.feed(a_report(0.0))
    assert level(again) == 0.0


def test_that_a_valve_is_lost_and_found_is_written_down_at_once() -> None:
    """A crash comes without a warning."""
    bench = EngineBench()
    bench.online(plan=PLAN)
    bench.feed(a_report(0.0))
    assert row(bench.feed(a_report(0.0, stopped=True))).is_astray
    assert kept(bench.feed(a_report(0.0))) == {}
    assert not row(bench.feed(a_report(1.0))).is_astray


def test_a_restart_changes_nothing_about_what_is_known_of_a_lost_valve() -> None:
    """What comes back from the disk is what went there."""
    bench = stopped_valve()
    memory = bench.engine.memory(bench.now)
    again = bench.restarted(PLAN)
    assert again.engine.memory(again.now) == memory


@pytest.mark.parametrize(
    ("interlocks", "ground"),
    [
        ({ON_LAMP: Exclusion(others=(PUMP,))}, Ground.EXCLUDED),
        ({ON_LAMP: Requirement(any_of=(PUMP,))}, Ground.REQUIREMENT_MISSING),
        (
            {key: Budget(budget="line", uses=6.0, limit=10.0) for key in (PUMP, ON_LAMP)},
            Ground.BUDGET_EXCEEDED,
        ),
    ],
)
def test_after_a_restart_a_lost_valve_counts_neither_as_resting_nor_as_open(
    interlocks: dict[ChannelId, Interlock], ground: Ground
) -> None:
    """What depends on it stays refused, whatever its device says."""
    bench = after_a_restart()
    for channel, interlock in interlocks.items():
        bench.lay_down(interlock, channel=channel)
    assert grounds(bench.wish(1.0, ON_LAMP)) == [ground]


def test_a_pin_that_no_longer_drives_a_valve_says_again_where_it_is() -> None:
    """A relay has no position that could be lost."""
    bench = stopped_valve().restarted(a_plan(actuators=[an_actuator(ActuatorKind.RELAY), LAMP]), after=30)
    bench.feed(a_heartbeat())
    assert not row(bench.feed(a_report(0.0, kind=ActuatorKind.RELAY))).is_astray
    assert level(bench) == 0.0
