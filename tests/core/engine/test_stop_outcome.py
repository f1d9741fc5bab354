"""A stop is told once for each device, with what every one of its outputs has shown."""

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.effects import Effect, Occasion
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost
from custom_components.god_kaiser.core.facts import STOPPED, AlertRaised
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.safety.proof import PATIENCE
from tests.builders import ESP, PUMP, PUMP_PIN, EngineBench, a_report, told
from tests.core.engine.stopping import (
    FAN,
    FAN_PIN,
    PUMP_AND_FAN,
    PUMP_AND_VALVE,
    VALVE,
    VALVE_PIN,
    acknowledge,
    obey,
    one_device,
    stopped_devices,
)

SILENCE = {"at_rest": "", "stopped": "", "running": "", "unknown": "", "unheard": ""}


def alert(bench: EngineBench, pin: int | None, device: str = ESP, kind: str = STOPPED) -> list[Effect]:
    """Let a device raise an alert about an output."""
    return bench.feed(AlertRaised(device=DeviceId(device), gpio=pin, alert=kind, message="Actuator stopped"))


def outcomes(effects: list[Effect]) -> list[dict[str, str | int | float]]:
    """Return what people are told of the outputs of stopped devices."""
    return [tell.details for tell in told(effects, Occasion.EMERGENCY_OUTCOME)]


@pytest.mark.req("SAF-11")
def test_a_device_that_obeys_is_told_of_once_with_all_its_outputs() -> None:
    """Not once for each output, and as soon as the last one has shown it."""
    bench = one_device(PUMP_AND_FAN)
    bench.press()
    effects = [*alert(bench, PUMP_PIN), *bench.feed(a_report(0.0, stopped=True)), *alert(bench, FAN_PIN)]
    assert (told(effects, Occasion.ALERT), outcomes(effects)) == ([], [])
    effects = bench.feed(a_report(0.0, FAN_PIN, kind=ActuatorKind.PWM, stopped=True))
    assert outcomes(effects) == [SILENCE | {"at_rest": f"{PUMP}, {FAN}"}]
    # The firmware answers the broadcast once more.
    effects = [*alert(bench, PUMP_PIN), *alert(bench, FAN_PIN), *obey(bench), *bench.tick(PATIENCE)]
    assert (told(effects, Occasion.ALERT), outcomes(effects)) == ([], [])


@pytest.mark.req("SAF-11")
def test_what_an_output_has_not_shown_in_time_is_told_as_that() -> None:
    """The word of the device alone is named as such; what settles later is told once more."""
    bench = one_device(PUMP_AND_FAN)
    pressed = bench.press()
    acknowledge(bench, pressed)
    alert(bench, PUMP_PIN)
    effects = bench.tick(PATIENCE)
    assert outcomes(effects) == [SILENCE | {"stopped": PUMP, "unheard": FAN}]
    # That was told as unheard, so this is news.
    (tell,) = told(alert(bench, FAN_PIN), Occasion.ALERT)
    assert tell.details == {"alert": STOPPED, "message": "Actuator stopped", "gpio": FAN_PIN}
    assert outcomes(obey(bench)) == [SILENCE | {"at_rest": f"{PUMP}, {FAN}"}]


def test_an_output_that_runs_on_is_told_as_running() -> None:
    """Whatever its device has said."""
    bench = one_device(PUMP_AND_FAN)
    bench.press()
    alert(bench, PUMP_PIN)
    bench.feed(a_report(1.0))
    assert outcomes(bench.tick(PATIENCE)) == [SILENCE | {"running": PUMP, "unheard": FAN}]


def test_the_position_of_a_stopped_valve_stays_unknown() -> None:
    """Nobody waits for more to be heard of it."""
    bench = one_device(PUMP_AND_VALVE)
    bench.press()
    bench.feed(a_report(0.0, stopped=True))
    alert(bench, VALVE_PIN)
    effects = bench.feed(a_report(0.0, VALVE_PIN, kind=ActuatorKind.VALVE, stopped=True))
    assert outcomes(effects) == [SILENCE | {"at_rest": PUMP, "unknown": VALVE}]


def test_each_press_is_told_anew_and_loses_no_word_of_the_one_before() -> None:
    """A device that falls silent between the two has said something all the same."""
    bench = one_device(PUMP_AND_FAN)
    bench.press()
    alert(bench, PUMP_PIN)
    assert outcomes(bench.press()) == [SILENCE | {"stopped": PUMP, "unheard": FAN}]
    assert outcomes(obey(bench)) == [SILENCE | {"at_rest": f"{PUMP}, {FAN}"}]


def test_what_a_device_answers_to_the_broadcast_before_its_own_order_counts() -> None:
    """In a large fleet the orders go out one after the other."""
    bench = EngineBench(offline_after=1e6)
    devices = [f"ESP_{number:06}" for number in range(30)]
    for device in devices:
        bench.online(device)
    last = next(device for device in devices if device not in stopped_devices(bench.press()))
    assert told(alert(bench, PUMP_PIN, last), Occasion.ALERT) == []
    effects = [effect for _ in range(12) for effect in bench.tick(1.0)]
    (tell,) = [tell for tell in told(effects, Occasion.EMERGENCY_OUTCOME) if tell.device == last]
    assert tell.details == SILENCE | {"stopped": f"{last}/actuator/{PUMP_PIN}"}


@pytest.mark.parametrize(
    ("pin", "kind"), [(None, STOPPED), (99, STOPPED), (PUMP_PIN, "runtime_protection")], ids=["all", "unknown", "other"]
)
def test_every_other_alert_of_a_stopped_device_is_told_at_once(pin: int | None, kind: str) -> None:
    """Only the answer to the stop waits for the others of its kind."""
    bench = one_device(PUMP_AND_FAN)
    bench.press()
    assert len(told(alert(bench, pin, kind=kind), Occasion.ALERT)) == 1


def test_a_stop_that_nobody_has_pressed_here_is_told_at_once() -> None:
    """A device stops an output that has run for too long."""
    assert len(told(alert(one_device(), PUMP_PIN), Occasion.ALERT)) == 1


def test_a_device_that_is_stopped_again_after_its_return_is_told_of_again() -> None:
    """It may have rebooted meanwhile."""
    bench = one_device()
    bench.press()
    obey(bench)
    bench.feed(BrokerLost())
    bench.feed(BrokerConnected())
    assert outcomes(obey(bench)) == [SILENCE | {"at_rest": PUMP}]
