"""What protects a pump, and what a motor valve really does."""

import pytest

from tests.simulator.bench import PUMP, Bench, online


def state(bench: Bench, gpio: int) -> tuple[object, object]:
    """Return state and level of the last status."""
    status = bench.heard(f"actuator/{gpio}/status")[-1]
    return status["state"], status["pwm"]


def messages(bench: Bench, gpio: int) -> list[object]:
    """Return the messages of all responses."""
    return [one["message"] for one in bench.heard(f"actuator/{gpio}/response")]


# -- pump protections ------------------------------------------------------------------------------------------------


def test_a_pump_starts_sixty_times_an_hour_and_no_more() -> None:
    """The 61st start fails with error 1050; an hour later it works again."""
    bench = online()
    for _ in range(60):
        bench.command(16, "ON")
        bench.command(16, "OFF")
        bench.wait(1)
    bench.forget()
    bench.command(16, "ON")
    assert messages(bench, 16) == ["Failed to turn actuator ON"]
    error = bench.heard("system/error")[0]
    assert (error["error_code"], error["severity"]) == (1050, 1)
    bench.wait(3600, step=10)
    bench.ack()
    bench.command(16, "ON")
    assert messages(bench, 16)[-1] == "Command executed"


def test_after_an_hour_of_running_every_stop_costs_a_pause() -> None:
    """30 seconds of cool-down follow each stop."""
    bench = online()
    bench.command(16, "ON")
    for _ in range(61):
        bench.wait(60, step=5)
        bench.ack()
    bench.command(16, "OFF")
    bench.command(16, "ON")
    assert messages(bench, 16)[-1] == "Failed to turn actuator ON"
    bench.wait(30)
    bench.command(16, "ON")
    assert messages(bench, 16)[-1] == "Command executed"


def test_the_limit_of_a_pump_is_the_one_soft_change_that_works() -> None:
    """A changed push gives the driver its cool-down limit at once."""
    bench = online(actuators=[PUMP])
    bench.configure("limit", actuators=[PUMP | {"max_runtime_ms": 5_000}])
    bench.command(16, "ON")
    bench.wait(6)
    bench.command(16, "OFF")
    bench.command(16, "ON")
    assert messages(bench, 16)[-1] == "Failed to turn actuator ON"


# -- valve -----------------------------------------------------------------------------------------------------------


def test_a_valve_reports_its_old_position_until_the_next_round() -> None:
    """The status after the command is stale, the end of the travel is not announced."""
    bench = online()
    bench.command(18, "ON")
    assert state(bench, 18) == (False, 0)
    bench.wait(5)
    assert bench.output(18) == 1.0
    assert state(bench, 18) == (False, 0)
    bench.wait(30)
    assert state(bench, 18) == (True, 254)


def test_a_valve_knows_three_positions() -> None:
    """Half open takes half the time."""
    bench = online()
    bench.command(18, "PWM", value=0.5)
    bench.wait(2.5)
    assert bench.output(18) == pytest.approx(0.5)
    bench.wait(30)
    assert state(bench, 18) == (True, 127)


def test_an_off_during_the_travel_is_lost() -> None:
    """The valve still counts itself closed, so OFF is a no-op and it opens fully."""
    bench = online()
    bench.command(18, "ON")
    bench.wait(2)
    bench.command(18, "OFF")
    bench.wait(6)
    assert bench.output(18) == 1.0


def test_pwm_zero_during_the_travel_leaves_the_valve_half_open() -> None:
    """The motor stops and the valve reports closed."""
    bench = online()
    bench.command(18, "ON")
    bench.wait(2)
    bench.command(18, "PWM", value=0.0)
    bench.wait(6)
    assert bench.output(18) == pytest.approx(0.4)
    assert state(bench, 18) == (False, 0)


def test_an_emergency_leaves_an_open_valve_open_and_calls_it_closed() -> None:
    """Afterwards OFF does nothing; PWM 1 and then PWM 0 bring it back."""
    bench = online()
    bench.command(18, "ON")
    bench.wait(6)
    bench.tell("actuator/emergency", {"command": "emergency_stop"})
    assert state(bench, 18) == (False, 0)
    assert bench.output(18) == 1.0
    bench.wait(6)
    bench.tell("actuator/emergency", {"command": "clear_emergency"})
    bench.wait(3)
    bench.command(18, "OFF")
    bench.wait(6)
    assert bench.output(18) == 1.0
    bench.command(18, "PWM", value=1.0)
    bench.wait(6)
    bench.command(18, "PWM", value=0.0)
    bench.wait(6)
    assert bench.output(18) == 0.0


@pytest.mark.parametrize("word", ["ON", "OFF", "TOGGLE"])
def test_a_valve_that_was_stopped_says_done_and_does_nothing_until_it_is_driven_open(word: str) -> None:
    """Also where it really is closed; half open is no way out either."""
    bench = online()
    bench.tell("actuator/emergency", {"command": "emergency_stop"})
    bench.wait(6)
    bench.tell("actuator/emergency", {"command": "clear_emergency"})
    bench.wait(3)
    bench.forget()
    bench.command(18, word)
    bench.wait(6)
    assert bench.output(18) == 0.0
    assert messages(bench, 18) == ["Command executed"]
    assert state(bench, 18) == (False, 0)
    bench.command(18, "PWM", value=0.5)
    bench.wait(6)
    bench.command(18, "OFF")
    bench.wait(6)
    assert bench.output(18) == pytest.approx(0.5)
    bench.command(18, "PWM", value=1.0)
    bench.wait(6)
    bench.command(18, "OFF")
    bench.wait(6)
    assert bench.output(18) == 0.0
