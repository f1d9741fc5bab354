"""Commands that fail more often than before: told while most of them still work."""

import pytest

from custom_components.god_kaiser.core.health.failing import LATELY, WINDOW, Outcomes, Shares, failing
from custom_components.god_kaiser.core.ids import DeviceId
from tests.builders import ESP

OTHER = DeviceId("ESP_B2C3D4")


def after(*failed: bool, device: str = ESP) -> Outcomes:
    """Return what is known after some commands."""
    outcomes = Outcomes()
    for each in failed:
        outcomes.note(DeviceId(device), has_failed=each)
    return outcomes


@pytest.mark.req("ROB-76")
@pytest.mark.parametrize(
    ("before", "lately", "is_found"),
    [(0.0, 0.2, False), (0.0, 0.3, True), (0.1, 0.3, True), (0.2, 0.5, False), (0.2, 0.6, True), (1.0, 1.0, False)],
)
def test_three_times_as_many_and_three_of_ten(before: float, lately: float, is_found: bool) -> None:
    """A device that has always failed so often is no news, and one slip is nothing."""
    found = failing({DeviceId(ESP): Shares(before=before, lately=lately)})
    assert [(each.code.value, each.details["lately"]) for each in found] == [
        ("commands_failing", round(lately * 100))
    ] * is_found


def test_it_takes_thirty_commands() -> None:
    """Each device by itself."""
    outcomes = after(*[False] * 19, *[True] * LATELY)
    assert outcomes.shares() == {}
    outcomes.note(OTHER, has_failed=False)
    assert outcomes.shares() == {}
    outcomes.note(DeviceId(ESP), has_failed=True)
    assert outcomes.shares() == {ESP: Shares(before=1 / 20, lately=1.0)}


def test_only_the_last_commands_count() -> None:
    """What has failed long ago is forgotten."""
    assert after(*[True] * WINDOW, *[False] * WINDOW).shares() == {ESP: Shares(before=0.0, lately=0.0)}
