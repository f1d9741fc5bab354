"""Somebody works on this output."""

import pytest

from custom_components.god_kaiser.core.ids import ChannelId, actuator_channel
from custom_components.god_kaiser.core.safety.lockouts import Place
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from custom_components.god_kaiser.core.safety.standing.locked_out import LockedOut
from tests.builders import ESP, PUMP, EngineBench, a_plan, a_request, an_actuator

SECOND = actuator_channel(ESP, 17)
TAGGED = {"by": "anna", "reason": "repair"}


def a_bench(place: Place, seconds: float | None = None) -> EngineBench:
    """Return an engine with two outputs and one tag."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(), an_actuator(gpio=17, name="Second")]))
    bench.hang(place, seconds=seconds)
    return bench


def objection(bench: EngineBench, channel: ChannelId = PUMP) -> Objection | None:
    """Return the objection to energising an output."""
    return LockedOut().objection(a_request(1.0, channel), bench.engine.around, bench.now)


def test_a_tag_on_an_output_names_who_has_hung_it_and_why() -> None:
    """Whoever is refused knows whom to ask; a tag without an end has none."""
    assert objection(a_bench(PUMP)) == Objection(ground=Ground.LOCKED_OUT, details={**TAGGED, "until": ""})


def test_a_tag_with_an_end_says_when() -> None:
    """In the time that everybody means the same by."""
    found = objection(a_bench(PUMP, seconds=3598.0))
    until: dict[str, str | int | float] = {**TAGGED, "until": "2026-04-30T10:00:00+00:00"}
    assert found == Objection(ground=Ground.LOCKED_OUT, details=until)


@pytest.mark.parametrize(("place", "free"), [(PUMP, True), (ESP, False)])
def test_a_tag_covers_its_own_output_or_the_whole_device(place: Place, free: bool) -> None:
    """The neighbour of a tagged output goes on."""
    assert (objection(a_bench(place), SECOND) is None) is free


def test_without_a_tag_there_is_nothing_to_object_to() -> None:
    """It was taken off."""
    bench = a_bench(PUMP)
    bench.take_off()
    assert objection(bench) is None


def test_a_tag_is_asked_about_again_while_an_output_runs() -> None:
    """Whatever runs behind it goes to rest."""
    assert LockedOut.is_lasting
