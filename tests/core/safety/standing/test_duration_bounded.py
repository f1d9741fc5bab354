"""A run is never longer than its owner has allowed."""

import pytest

from custom_components.god_kaiser.core.ids import actuator_channel
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from custom_components.god_kaiser.core.safety.standing.duration_bounded import DurationBounded
from tests.builders import ESP, EngineBench, a_plan, a_request, an_actuator


def objection(duration: int | None, gpio: int = 16) -> Objection | None:
    """Return the objection to a run of an output that may run for ten minutes."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(max_runtime=600)]))
    request = a_request(1.0, actuator_channel(ESP, gpio), duration=duration)
    return DurationBounded().objection(request, bench.engine.around, bench.now)


@pytest.mark.req("SAF-09", "INV-4")
@pytest.mark.parametrize("duration", [None, 0, -5, 1, 599, 600])
def test_a_run_within_the_limit_is_nobodys_business(duration: int | None) -> None:
    """Without a duration the limit itself is the end."""
    assert objection(duration) is None


@pytest.mark.req("SAF-09", "INV-4")
@pytest.mark.parametrize("duration", [601, 86_400])
def test_a_longer_run_is_refused_and_not_cut_off_silently(duration: int) -> None:
    """Somebody would rely on it."""
    details: dict[str, str | int | float] = {"seconds": duration, "limit": 600}
    assert objection(duration) == Objection(ground=Ground.DURATION_TOO_LONG, details=details)


def test_an_unknown_output_is_left_to_who_knows_them() -> None:
    """It has no limit to be compared with."""
    assert objection(86_400, gpio=99) is None


def test_what_runs_is_not_asked_again() -> None:
    """Its lease ends it."""
    assert not DurationBounded.is_lasting
