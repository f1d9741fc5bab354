"""The memory of the emergency stop."""

from hypothesis import given, strategies as st
from msgspec import json
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.safety.estop import Press, StopLatch, StopMemory, StopScope

ONE, TWO, THREE = (DeviceId(f"ESP_00000{number}") for number in (1, 2, 3))
DEVICES = (ONE, TWO, THREE)
SCOPES = st.one_of(st.none(), st.frozensets(st.sampled_from(DEVICES)))


def a_scope(number: int = 0) -> StopScope:
    """Return who has pressed, why and when."""
    return StopScope(by=f"person {number}", user=f"u{number}", reason=f"reason {number}", since=f"time {number}")


def a_press(number: int = 0) -> Press:
    """Return the same press where it is not the last one any more."""
    return Press(by=f"person {number}", user=f"u{number}", reason=f"reason {number}", since=f"time {number}")


def a_latch(*scopes: frozenset[DeviceId] | None) -> StopLatch:
    """Return a latch that was pressed for every scope in turn."""
    latch = StopLatch()
    for number, scope in enumerate(scopes):
        latch.press(scope, a_scope(number))
    return latch


def test_a_latch_starts_released() -> None:
    """Nothing was stopped yet."""
    latch = StopLatch()
    assert not latch.is_latched
    assert not latch.holds(ONE)
    assert latch.scope_of(ONE) is None
    assert latch.memory == StopMemory()


@pytest.mark.req("SAF-12", "SAF-15", "INV-6")
def test_a_stop_of_one_device_holds_for_it_alone() -> None:
    """Its neighbours go on."""
    latch = a_latch(frozenset({ONE}))
    assert latch.is_latched
    assert latch.holds(ONE)
    assert not latch.holds(TWO)


@pytest.mark.req("SAF-11", "SAF-15")
def test_a_stop_of_everything_holds_for_devices_that_nobody_knows_yet() -> None:
    """A device that appears during a stop does not start."""
    latch = a_latch(None)
    assert latch.is_latched
    assert latch.holds(ONE)
    assert latch.holds(DeviceId("ESP_FFFFFF"))


def test_pressing_again_widens_and_never_narrows() -> None:
    """The latch is a union of scopes."""
    latch = a_latch(None, frozenset({ONE}))
    assert latch.memory.everything == a_scope(0)
    assert latch.memory.devices == {ONE: a_scope(1)}
    assert all(latch.holds(device) for device in DEVICES)


@pytest.mark.parametrize("scopes", [(None, None), (frozenset({ONE}), frozenset({ONE, TWO}))])
def test_everybody_who_has_pressed_stays_with_the_stop(scopes: tuple[frozenset[DeviceId] | None, ...]) -> None:
    """The last press is shown, and the first presser does not lose what is theirs."""
    scope = a_latch(*scopes).scope_of(ONE)
    assert scope == replace(a_scope(1), before=(a_press(0),))
    assert scope.presses == (a_press(0), scope)


@pytest.mark.parametrize("devices", [None, frozenset({ONE})])
def test_of_one_account_only_the_last_press_is_kept(devices: frozenset[DeviceId] | None) -> None:
    """Who presses a hundred times fills no disk."""
    latch = a_latch(devices, devices)
    again = replace(a_scope(0), reason="again", since="time 2")
    latch.press(devices, again)
    latch.press(devices, again)
    assert latch.scope_of(ONE) == replace(again, before=(a_press(1),))


def test_what_an_earlier_version_has_written_is_still_read() -> None:
    """It knew of one press only."""
    old = b'{"everything":null,"devices":{"ESP_000001":{"by":"Eva","user":"u1","reason":"smoke","since":"x"}}}'
    scope = StopScope(by="Eva", user="u1", reason="smoke", since="x")
    assert json.decode(old, type=StopMemory) == StopMemory(devices={ONE: scope})


def test_several_stops_are_shown_as_one_with_the_last_press() -> None:
    """A stop of everything is told before those of single devices."""
    assert StopMemory().shown is None
    assert a_latch(frozenset({TWO}), frozenset({ONE})).memory.shown == replace(a_scope(1), before=(a_press(0),))
    assert a_latch(frozenset({ONE}), None, frozenset({TWO})).memory.shown == a_scope(1)


def test_the_stop_of_everything_and_that_of_a_single_device_are_named_together() -> None:
    """The last press comes first, whichever it was."""
    latch = a_latch(frozenset({ONE}), None, frozenset({THREE}))
    assert latch.scope_of(ONE) == replace(a_scope(1), before=(a_press(0),))
    assert latch.scope_of(TWO) == a_scope(1)
    assert latch.scope_of(THREE) == replace(a_scope(2), before=(a_press(1),))


@pytest.mark.req("SAF-14", "INV-6")
def test_releasing_one_device_leaves_the_others_stopped() -> None:
    """Per device, not all at once."""
    latch = a_latch(frozenset({ONE, TWO}))
    latch.release(ONE)
    assert not latch.holds(ONE)
    assert latch.holds(TWO)


def test_releasing_the_last_device_forgets_who_pressed() -> None:
    """The next stop has its own author, reason and time."""
    latch = a_latch(frozenset({ONE}))
    latch.release(ONE)
    assert latch.memory == StopMemory()
    assert not latch.is_latched


@pytest.mark.req("INV-6")
def test_releasing_one_device_does_not_release_everything() -> None:
    """A general stop has to be spelled out first."""
    latch = a_latch(None, frozenset({ONE}))
    latch.release(ONE)
    assert latch.memory.everything == a_scope(0)
    assert latch.holds(ONE)


def test_a_general_stop_is_spelled_out_into_the_known_devices() -> None:
    """From then on each of them can be released singly, and no press that it had before is lost."""
    latch = a_latch(frozenset({THREE}), None)
    both = replace(a_scope(1), before=(a_press(0),))
    latch.spell_out([ONE, TWO])
    assert latch.memory.everything is None
    assert latch.memory.devices == {ONE: a_scope(1), TWO: a_scope(1), THREE: both}


def test_a_general_stop_without_any_device_is_over_when_it_is_spelled_out() -> None:
    """There is nobody left to be released."""
    latch = a_latch(None)
    latch.spell_out([])
    assert latch.memory == StopMemory()


def test_a_stop_of_single_devices_is_not_widened_by_spelling_it_out() -> None:
    """Only a general stop has anything to spell out."""
    latch = a_latch(frozenset({ONE}))
    latch.spell_out([TWO])
    assert latch.memory.devices == {ONE: a_scope(0)}


@pytest.mark.req("SAF-16", "INV-5")
@given(st.lists(SCOPES, max_size=4))
def test_the_memory_survives_the_disk(scopes: list[frozenset[DeviceId] | None]) -> None:
    """What was written is what is read."""
    memory = a_latch(*scopes).memory
    assert json.decode(json.encode(memory), type=StopMemory) == memory


@pytest.mark.req("INV-6")
@given(st.lists(SCOPES, min_size=1, max_size=5), st.sampled_from(DEVICES))
def test_a_device_is_held_exactly_if_some_scope_holds_it(
    scopes: list[frozenset[DeviceId] | None], device: DeviceId
) -> None:
    """Whatever is pressed in whatever order."""
    latch = a_latch(*scopes)
    held = any(scope is None or device in scope for scope in scopes)
    assert latch.holds(device) == held
    assert (latch.scope_of(device) is not None) == held


@pytest.mark.req("INV-7")
@given(st.lists(SCOPES, max_size=5), st.sampled_from(DEVICES))
def test_the_epoch_of_a_device_is_the_number_of_its_last_stop(
    scopes: list[frozenset[DeviceId] | None], device: DeviceId
) -> None:
    """A wish that has seen fewer stops of its device is void; stops of others do not count, releases neither."""
    latch = a_latch(*scopes)
    concerned = [number for number, scope in enumerate(scopes, 1) if scope is None or device in scope]
    assert latch.epoch == len(scopes)
    assert latch.epoch_of(device) == max(concerned, default=0)
    latch.spell_out(DEVICES)
    latch.release(device)
    assert latch.epoch_of(device) == max(concerned, default=0)


@pytest.mark.req("INV-7")
@given(st.lists(SCOPES, max_size=5), st.sampled_from(DEVICES), st.sampled_from(DEVICES))
def test_a_wish_that_is_older_than_a_stop_stays_void_when_its_device_is_removed(
    scopes: list[frozenset[DeviceId] | None], gone: DeviceId, device: DeviceId
) -> None:
    """Whoever comes back has not become younger, and nobody else either."""
    latch = a_latch(*scopes)
    before = latch.epoch_of(device)
    latch.forget(gone)
    assert before <= latch.epoch_of(device) <= latch.epoch
    assert latch.epoch_of(gone) >= a_latch(*scopes).epoch_of(gone)


def test_a_stop_of_everything_and_a_removal_leave_no_numbers_of_single_devices() -> None:
    """What comes and goes for years fills no memory."""
    latch = a_latch(frozenset({ONE, TWO}), None, frozenset({ONE, THREE}))
    assert set(latch._epochs) == {ONE, THREE}
    latch.forget(THREE)
    assert set(latch._epochs) == {ONE}
