"""Lock-out tags: somebody works on an output, so nobody else energises it."""

from msgspec import json
import pytest

from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel
from custom_components.god_kaiser.core.safety.lockouts import LockOut, LockOuts, Place
from tests.builders import ESP, PUMP, a_tag, an_instant

OTHER = DeviceId("ESP_0000FF")
SECOND, FOREIGN = actuator_channel(ESP, 17), actuator_channel(OTHER, 16)


def tagged(*places: Place, seconds: float | None = None) -> LockOuts:
    """Return tags at some places that end after so many seconds."""
    lock_outs = LockOuts()
    for place in places:
        lock_outs.hang(place, a_tag(place, seconds=seconds, by="anna"), an_instant())
    return lock_outs


@pytest.mark.parametrize(("place", "held"), [(PUMP, [True, False, False]), (ESP, [True, True, False])])
def test_a_tag_holds_its_output_or_every_output_of_its_device(place: Place, held: list[bool]) -> None:
    """And nobody else."""
    lock_outs = tagged(place)
    assert [lock_outs.on(channel) is not None for channel in (PUMP, SECOND, FOREIGN)] == held


def test_the_tag_of_the_output_itself_is_named_first() -> None:
    """Both must go before it runs."""
    lock_outs = tagged(PUMP, ESP)
    assert lock_outs.on(PUMP) == lock_outs.tags[PUMP]
    lock_outs.take_off(PUMP)
    assert lock_outs.on(PUMP) == lock_outs.tags[ESP]
    lock_outs.take_off(ESP)
    assert lock_outs.on(PUMP) is None


def test_a_tag_is_taken_off_once() -> None:
    """Whoever comes second finds nothing."""
    lock_outs = tagged(PUMP, seconds=60)
    tag = lock_outs.tags[PUMP]
    assert lock_outs.take_off(PUMP) is tag
    assert lock_outs.take_off(PUMP) is None
    assert lock_outs.ends.next_due() is None


def test_a_tag_without_an_end_hangs_for_good() -> None:
    """Until somebody takes it off."""
    lock_outs = tagged(PUMP)
    assert lock_outs.ended(an_instant(1e9)) == []
    assert lock_outs.on(PUMP) is not None


def test_a_tag_ends_at_its_end() -> None:
    """Each at its own."""
    lock_outs = tagged(PUMP, seconds=60)
    lock_outs.hang(ESP, a_tag(ESP, seconds=90), an_instant())
    assert lock_outs.ended(an_instant(59.9)) == []
    assert lock_outs.ended(an_instant(60)) == [PUMP]
    assert lock_outs.on(PUMP) == lock_outs.tags[ESP]
    assert lock_outs.ended(an_instant(90)) == [ESP]
    assert lock_outs.tags == {}


@pytest.mark.parametrize(("seconds", "ends_at"), [(30.0, 30.0), (None, None)])
def test_a_later_tag_replaces_an_earlier_one_at_the_same_place(seconds: float | None, ends_at: float | None) -> None:
    """With its own end, also if it has none."""
    lock_outs = tagged(PUMP, seconds=60)
    lock_outs.hang(PUMP, a_tag(seconds=seconds, by="bert"), an_instant())
    assert lock_outs.tags[PUMP].by == "bert"
    assert lock_outs.ends.due(PUMP) == (None if ends_at is None else an_instant(ends_at).monotonic)


@pytest.mark.req("INV-5")
@pytest.mark.parametrize(("later", "left"), [(10.0, 50.0), (60.0, 0.0), (5000.0, -4940.0)])
def test_a_tag_that_is_hung_again_after_a_restart_keeps_its_end(later: float, left: float) -> None:
    """One whose end has passed meanwhile is over at once."""
    written = json.encode(a_tag(seconds=60.0, by="anna", user="u1", reason="repair"))
    restart = an_instant(later)
    lock_outs = LockOuts()
    lock_outs.hang(PUMP, json.decode(written, type=LockOut), restart)
    assert lock_outs.ends.due(PUMP) == pytest.approx(restart.monotonic + left)
    assert lock_outs.ended(restart) == [PUMP] * (left <= 0)
