"""Outputs that run for nobody, or are shown otherwise than they are."""

import pytest

from custom_components.god_kaiser.core.health.outputs import OutputPicture, mismatches, orphaned
from tests.builders import PUMP


def a_picture(level: float | None, *, is_wanted: bool = False, shown: str | None = None) -> OutputPicture:
    """Return how the pump is."""
    return OutputPicture(channel=PUMP, level=level, is_wanted=is_wanted, entity="switch.pump", shown=shown)


@pytest.mark.req("ROB-19")
@pytest.mark.parametrize(
    ("level", "is_wanted", "is_found"),
    [(1.0, False, True), (0.05, False, True), (1.0, True, False), (0.0, False, False), (None, False, False)],
)
def test_what_runs_without_an_owner_is_an_orphan(level: float | None, is_wanted: bool, is_found: bool) -> None:
    """However little it runs; of what nobody knows nothing is said."""
    found = orphaned([a_picture(level, is_wanted=is_wanted)])
    assert [(each.code.value, each.subject) for each in found] == [("orphaned", PUMP)] * is_found


@pytest.mark.req("ROB-21")
@pytest.mark.parametrize(
    ("level", "shown", "is_found"),
    [
        (1.0, "off", True),
        (0.0, "on", True),
        (0.0, "open", True),
        (1.0, "closed", True),
        (0.5, "0", True),
        (0.0, "30.0", True),
        (1.0, "on", False),
        (0.0, "off", False),
        (0.5, "50", False),
        (0.0, "closed", False),
        (1.0, "unavailable", False),
        (1.0, None, False),
        (None, "on", False),
    ],
)
def test_what_is_shown_otherwise_is_found(level: float | None, shown: str | None, is_found: bool) -> None:
    """Switches, valves and numbers; what says nothing proves nothing."""
    found = mismatches([a_picture(level, shown=shown)])
    assert [(each.code.value, each.technical) for each in found] == [("state_mismatch", "switch.pump")] * is_found
