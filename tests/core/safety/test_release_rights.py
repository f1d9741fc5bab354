"""Who may release a stop: an administrator, its owner, and automations only where people have allowed it."""

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.safety.estop import ReleaseProblem, StopLatch, StopMemory, StopScope, may_release

ONE, TWO, THREE = (DeviceId(f"ESP_00000{number}") for number in (1, 2, 3))
ANNA, BERT = "u1", "u2"
EVERYTHING = None
SETS = st.frozensets(st.sampled_from((ONE, TWO, THREE)))
OWNERS = st.sampled_from((ANNA, BERT, ""))


def of(user: str) -> StopScope:
    """Return a stop that somebody has pressed."""
    return StopScope(by=user, user=user)


def verdict(
    memory: StopMemory,
    devices: frozenset[DeviceId] | None,
    user: str = "",
    *,
    admin: bool = False,
    automatic: bool = False,
) -> ReleaseProblem | None:
    """Return what speaks against a release."""
    return may_release(memory, devices, user=user, is_admin=admin, allow_automatic=automatic)


@pytest.mark.req("SAF-13", "SAF-14", "INV-15")
@pytest.mark.parametrize("devices", [EVERYTHING, frozenset({ONE}), frozenset({ONE, TWO})])
def test_an_administrator_may_release_what_others_have_stopped(devices: frozenset[DeviceId] | None) -> None:
    """Also where the administrator has no account, as in a test of the house itself."""
    memory = StopMemory(devices={ONE: of(BERT), TWO: of("")})
    assert verdict(memory, devices, ANNA, admin=True) is None
    assert verdict(memory, devices, admin=True) is None


@pytest.mark.req("INV-15")
def test_everybody_else_may_release_only_their_own_stop() -> None:
    """All of what is to be released must be theirs."""
    memory = StopMemory(devices={ONE: of(ANNA), TWO: of(BERT)})
    assert verdict(memory, frozenset({ONE}), ANNA) is None
    assert verdict(memory, frozenset({TWO}), ANNA) is ReleaseProblem.NOT_THE_OWNER
    assert verdict(memory, frozenset({ONE, TWO}), ANNA) is ReleaseProblem.NOT_THE_OWNER
    assert verdict(memory, EVERYTHING, ANNA) is ReleaseProblem.NOT_THE_OWNER
    assert verdict(StopMemory(devices={ONE: of(ANNA)}), EVERYTHING, ANNA) is None


@pytest.mark.req("INV-15")
@pytest.mark.parametrize("devices", [EVERYTHING, frozenset({ONE})])
@pytest.mark.parametrize("users", [(ANNA, BERT), (BERT, ANNA), (ANNA, "")])
def test_a_stop_that_several_have_pressed_is_released_by_an_administrator_only(
    devices: frozenset[DeviceId] | None, users: tuple[str, ...]
) -> None:
    """Neither the first nor the last of them may take away what the other one holds."""
    latch = StopLatch()
    for user in users:
        latch.press(devices, of(user))
    assert {verdict(latch.memory, devices, user) for user in (ANNA, BERT)} == {ReleaseProblem.NOT_THE_OWNER}
    assert verdict(latch.memory, devices, admin=True) is None


@pytest.mark.req("INV-15")
def test_pressing_again_keeps_the_right_to_release() -> None:
    """It is still nobody else's."""
    latch = StopLatch()
    for _ in range(2):
        latch.press(frozenset({ONE}), of(ANNA))
    assert verdict(latch.memory, frozenset({ONE}), ANNA) is None


@pytest.mark.req("INV-15")
def test_the_owner_of_the_stop_of_everything_may_release_it() -> None:
    """Unless somebody else has stopped a device as well."""
    assert verdict(StopMemory(everything=of(ANNA)), EVERYTHING, ANNA) is None
    memory = StopMemory(everything=of(ANNA), devices={ONE: of(BERT)})
    assert verdict(memory, EVERYTHING, ANNA) is ReleaseProblem.NOT_THE_OWNER


def test_a_stop_that_nobody_has_pressed_belongs_to_nobody() -> None:
    """An automation has pressed it, or a device has stopped by itself."""
    assert verdict(StopMemory(devices={ONE: of("")}), frozenset({ONE}), ANNA) is ReleaseProblem.NOT_THE_OWNER
    assert verdict(StopMemory(), frozenset({ONE}), ANNA) is ReleaseProblem.NOT_THE_OWNER
    assert verdict(StopMemory(), EVERYTHING, ANNA) is ReleaseProblem.NOT_THE_OWNER


@pytest.mark.req("INV-15")
@given(st.none() | SETS, st.dictionaries(st.sampled_from((ONE, TWO, THREE)), OWNERS), st.none() | OWNERS)
def test_without_a_person_nothing_is_released_unless_people_have_allowed_it(
    devices: frozenset[DeviceId] | None, owners: dict[DeviceId, str], general: str | None
) -> None:
    """Not even a stop that an automation has pressed."""
    everything = None if general is None else of(general)
    memory = StopMemory(everything=everything, devices={key: of(user) for key, user in owners.items()})
    assert may_release(memory, devices, user="", is_admin=False) is ReleaseProblem.NO_PERSON
    assert verdict(memory, devices, automatic=True) == verdict(memory, devices, admin=True)


@pytest.mark.req("SAF-14", "INV-6")
def test_a_device_that_only_the_stop_of_everything_holds_is_not_released_alone() -> None:
    """Its release would change for whom the stop of everything holds."""
    memory = StopMemory(everything=of(ANNA), devices={ONE: of(ANNA)})
    assert verdict(memory, frozenset({TWO}), ANNA) is ReleaseProblem.HELD_BY_EVERYTHING
    assert verdict(memory, frozenset({ONE, TWO}), ANNA, admin=True) is ReleaseProblem.HELD_BY_EVERYTHING
    assert verdict(memory, frozenset({ONE}), ANNA) is None


def test_rights_come_before_reasons() -> None:
    """Who may not release anything learns that first."""
    memory = StopMemory(everything=of(ANNA))
    assert verdict(memory, frozenset({ONE}), BERT) is ReleaseProblem.NOT_THE_OWNER
    assert verdict(memory, frozenset({ONE}), automatic=True) is ReleaseProblem.HELD_BY_EVERYTHING
