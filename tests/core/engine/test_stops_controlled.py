"""The controlled stop: outputs come to rest step by step, within a hard bound, and then the device is stopped."""

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.devices.notices import EmergencyStopAll
from custom_components.god_kaiser.core.effects import Effect
from custom_components.god_kaiser.core.engine.ordered_stops import HARD_BOUND, STEP_BOUND
from custom_components.god_kaiser.core.events import (
    BrokerConnected,
    BrokerLost,
    DeviceForgotten,
    DeviceSafetyChanged,
    SafetyChanged,
)
from custom_components.god_kaiser.core.facts import WillReceived
from custom_components.god_kaiser.core.ids import ChannelId, actuator_channel
from custom_components.god_kaiser.core.safety.limits import ChannelSafety, DeviceSafety, StopMode
from custom_components.god_kaiser.core.safety.memory import Memory
from custom_components.god_kaiser.core.safety.objections import Ground
from custom_components.god_kaiser.core.safety.proof import ProofState
from tests.builders import (
    BOOT,
    ESP,
    PUMP,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_report,
    an_actuator,
    grounds,
    levels,
    notices_of,
)
from tests.core.engine.stopping import (
    CLEARED,
    OTHER,
    VALVE,
    VALVE_PIN,
    cleared_devices,
    obey,
    proof_of,
    stopped_devices,
)

PINS = (16, 17, 18)
FIRST, SECOND, THIRD = (actuator_channel(ESP, pin) for pin in PINS)
CONTROLLED = DeviceSafety(device=ESP, stop_mode=StopMode.CONTROLLED)


def in_steps(*steps: int, running: bool = True) -> EngineBench:
    """Return a device whose outputs run, each with its turn in a controlled stop; beside it an ordinary one."""
    bench = EngineBench(offline_after=1e6)
    bench.online(plan=a_plan(actuators=[an_actuator(gpio=pin, name=f"Pump {pin}") for pin in PINS[: len(steps)]]))
    bench.online(OTHER)
    bench.feed(DeviceSafetyChanged(safety=CONTROLLED))
    for pin, step in zip(PINS, steps, strict=False):
        bench.feed(SafetyChanged(safety=ChannelSafety(channel=actuator_channel(ESP, pin), stop_step=step)))
        bench.feed(a_report(float(running), pin))
    bench.tick(1)
    return bench


def rested(effects: list[Effect]) -> list[ChannelId]:
    """Return the outputs that are told to rest, in their order."""
    return [channel for channel, level in levels(effects) if level == 0.0]


@pytest.mark.req("SAF-11", "INV-1")
def test_the_latch_holds_before_the_first_step() -> None:
    """Nothing starts while the steps are gone through."""
    bench = in_steps(1, 2)
    assert rested(bench.press(ESP)) == [FIRST]
    assert grounds(bench.wish(1.0, SECOND)) == [Ground.EMERGENCY_STOP_ACTIVE]
    assert stopped_devices(bench.history) == []
    assert proof_of(bench).state is ProofState.ASKED


def test_the_steps_follow_each_other_as_soon_as_each_is_confirmed() -> None:
    """Outputs of one step rest together; the stop itself comes last."""
    bench = in_steps(2, 1, 2)
    assert rested(bench.press(ESP)) == [SECOND]
    bench.tick(1)
    assert rested(bench.feed(a_report(0.0, 17))) == [FIRST, THIRD]
    bench.tick(1)
    assert bench.feed(a_report(0.0, 16)) != []
    assert stopped_devices(bench.history) == []
    assert stopped_devices(bench.feed(a_report(0.0, 18))) == [ESP]
    assert proof_of(bench).state is ProofState.ASKED
    obey(bench)
    assert proof_of(bench).state is ProofState.AT_REST


def test_a_step_that_is_not_confirmed_ends_after_five_seconds() -> None:
    """The next one does not wait for ever."""
    bench = in_steps(1, 2)
    bench.press(ESP)
    assert SECOND not in rested(bench.tick(STEP_BOUND - 0.1))
    assert SECOND in rested(bench.tick(0.1))
    assert stopped_devices(bench.tick(STEP_BOUND - 0.1)) == []
    assert stopped_devices(bench.tick(0.1)) == [ESP]


def test_a_controlled_stop_ends_after_fifteen_seconds_whatever_happens() -> None:
    """Steps that were not reached by then are cut off: everything is stopped at once."""
    bench = in_steps(1, 2, 3)
    bench.press(ESP)
    assert stopped_devices(bench.tick(HARD_BOUND - 0.1)) == []
    assert stopped_devices(bench.tick(0.1)) == [ESP]
    obey(bench)
    assert stopped_devices(bench.tick(100)) == []


def test_outputs_that_rest_already_are_skipped() -> None:
    """Without anything that runs the stop is an immediate one."""
    bench = in_steps(1, 2, running=False)
    effects = bench.press(ESP)
    assert (stopped_devices(effects), rested(effects)) == ([ESP], [])


def test_an_output_of_which_nothing_is_known_is_told_to_rest() -> None:
    """It may run."""
    bench = EngineBench(offline_after=1e6)
    bench.online()
    bench.feed(DeviceSafetyChanged(safety=CONTROLLED))
    assert rested(bench.press(ESP)) == [PUMP]


def test_a_motor_valve_has_time_to_close() -> None:
    """A stop that came earlier would leave it half open for good."""
    bench = EngineBench(offline_after=1e6)
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.VALVE, VALVE_PIN, name="Valve", aux=26)]))
    bench.feed(a_report(1.0, VALVE_PIN, kind=ActuatorKind.VALVE))
    bench.feed(DeviceSafetyChanged(safety=CONTROLLED))
    assert rested(bench.press(ESP)) == [VALVE]
    bench.tick(1)
    bench.feed(a_report(0.0, VALVE_PIN, kind=ActuatorKind.VALVE))
    assert stopped_devices(bench.tick(4.9)) == []
    assert stopped_devices(bench.tick(0.2)) == [ESP]


@pytest.mark.parametrize("scope", [(), (ESP,)])
def test_pressing_again_makes_it_immediate(scope: tuple[str, ...]) -> None:
    """Who presses twice does not want to wait."""
    bench = in_steps(1, 2)
    bench.press(ESP)
    bench.tick(1)
    assert ESP in stopped_devices(bench.press(*scope))
    assert SECOND not in rested(bench.tick(1.9))


def test_pressing_for_another_device_leaves_the_steps_alone() -> None:
    """Its stop goes out at once."""
    bench = in_steps(1, 2)
    bench.press(ESP)
    assert stopped_devices(bench.press(OTHER)) == [OTHER]
    assert SECOND in rested(bench.tick(STEP_BOUND))


def test_a_device_that_is_held_already_is_stopped_at_once() -> None:
    """It has been through its steps, or was on its way."""
    bench = in_steps(1, 2)
    bench.press(ESP)
    bench.tick(HARD_BOUND)
    assert stopped_devices(bench.press(ESP)) == [ESP]


@pytest.mark.req("SAF-11")
def test_the_broadcast_waits_for_the_last_controlled_stop() -> None:
    """It would cut the steps short; every other device is stopped by its own order at once."""
    bench = in_steps(1, 2)
    effects = bench.press()
    assert (stopped_devices(effects), notices_of(effects, EmergencyStopAll)) == ([OTHER], [])
    obey(bench, OTHER)
    effects = bench.tick(2 * STEP_BOUND)
    assert stopped_devices(effects) == [ESP]
    assert [broadcast.reason for broadcast in notices_of(effects, EmergencyStopAll)] == ["test"]
    assert notices_of(bench.tick(100), EmergencyStopAll) == []


def test_pressing_everything_again_sends_the_broadcast_at_once() -> None:
    """Nothing is left to wait for."""
    bench = in_steps(1, 2)
    bench.press()
    effects = bench.press()
    assert len(notices_of(effects, EmergencyStopAll)) == 1
    assert set(stopped_devices(effects)) == {ESP, OTHER}


def test_the_broadcast_does_not_wait_for_a_device_that_was_removed() -> None:
    """It is gone with its steps."""
    bench = in_steps(1, 2)
    bench.press()
    assert len(notices_of(bench.feed(DeviceForgotten(device=ESP)), EmergencyStopAll)) == 1
    assert bench.engine.around.limits.mode_of(ESP) is StopMode.IMMEDIATE


def test_a_device_that_is_away_is_stopped_at_once() -> None:
    """Nobody would confirm its steps."""
    bench = in_steps(1, 2)
    bench.feed(WillReceived(device=ESP))
    assert stopped_devices(bench.press(ESP)) == [ESP]


def test_without_the_broker_there_are_no_steps() -> None:
    """The stop is sent when it returns."""
    bench = in_steps(1, 2)
    bench.feed(BrokerLost())
    effects = bench.press()
    assert set(stopped_devices(effects)) == {ESP, OTHER}
    assert len(notices_of(effects, EmergencyStopAll)) == 1


def test_the_loss_of_the_broker_breaks_the_steps_off() -> None:
    """They are made up for by a stop at its return; the broadcast has nothing to wait for any more."""
    bench = in_steps(1, 2)
    bench.press()
    bench.feed(BrokerLost())
    assert proof_of(bench).state is ProofState.SILENT
    effects = [*bench.tick(60), *bench.feed(BrokerConnected())]
    assert set(stopped_devices(effects)) == {ESP, OTHER}
    assert len(notices_of(effects, EmergencyStopAll)) == 1


def test_a_device_that_joins_during_its_steps_is_stopped_at_once() -> None:
    """It may have rebooted into anything."""
    bench = in_steps(1, 2)
    bench.press()
    effects = bench.feed(a_heartbeat(boot=f"{BOOT}-next"))
    assert stopped_devices(effects) == [ESP]
    assert len(notices_of(effects, EmergencyStopAll)) == 1
    obey(bench)
    obey(bench, OTHER)
    assert stopped_devices(bench.tick(100)) == []


def test_a_release_during_the_steps_stops_first() -> None:
    """The device must have been stopped to confirm that it no longer is."""
    bench = in_steps(1, 2)
    bench.press()
    effects = bench.release()
    assert stopped_devices(effects) == [ESP]
    effects = bench.tick(1.9)
    assert SECOND not in rested(effects)
    effects += bench.tick(8)
    assert set(cleared_devices(effects)) == {ESP, OTHER}
    assert notices_of(effects, EmergencyStopAll) == []
    bench.feed(CLEARED)
    assert not bench.engine.latch.holds(ESP)


def test_the_steps_of_a_controlled_stop_raise_no_false_alarm() -> None:
    """The later ones are expected to run on for a while."""
    bench = in_steps(1, 2, 3)
    bench.press(ESP)
    for _ in range(14):
        bench.tick(1)
        bench.feed(a_report(1.0, 18))
        assert proof_of(bench).state is ProofState.ASKED


def test_the_mode_of_a_device_is_given_back_after_a_restart() -> None:
    """It is a setting, like those of its outputs."""
    bench = EngineBench()
    bench.engine.restore([], Memory(), bench.now, device_safeties=[CONTROLLED])
    assert bench.engine.around.limits.mode_of(ESP) is StopMode.CONTROLLED
    assert bench.engine.around.limits.mode_of(OTHER) is StopMode.IMMEDIATE


@pytest.mark.req("INV-1", "INV-9")
@settings(max_examples=40)
@given(
    st.tuples(*(st.integers(0, 3) for _ in PINS)),
    st.lists(st.tuples(st.floats(0, 6), st.sampled_from(PINS), st.sampled_from([0.0, 1.0])), max_size=8),
)
def test_every_controlled_stop_ends_in_a_stop_within_its_bound(
    steps: tuple[int, int, int], reports: list[tuple[float, int, float]]
) -> None:
    """Whatever the outputs say, in whatever order, and never is a later step told to rest before an earlier one."""
    bench = in_steps(*steps)
    turn = {actuator_channel(ESP, pin): step for pin, step in zip(PINS, steps, strict=True)}
    pressed_at = bench.seconds
    effects = bench.press(ESP)
    for seconds, pin, level in reports:
        effects += bench.tick(seconds)
        effects += bench.feed(a_report(level, pin))
    effects += bench.tick(max(0.0, pressed_at + HARD_BOUND - bench.seconds))
    assert set(stopped_devices(effects)) == {ESP}
    before_stop = effects[: next(i for i, e in enumerate(effects) if stopped_devices([e]))]
    firsts = list(dict.fromkeys(rested(before_stop)))
    assert [turn[channel] for channel in firsts] == sorted(turn[channel] for channel in firsts)
    assert [level for _, level in levels(effects) if level] == []
