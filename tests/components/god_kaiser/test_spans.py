"""Spans of time that no clock can count."""

from datetime import timedelta
from typing import Any

import pytest
import voluptuous as vol

from custom_components.god_kaiser.spans import span


@pytest.mark.parametrize("given", [1e12, float("inf"), float("nan"), 10**400, -1, "soon", None, {"hours": 1e300}])
def test_what_is_no_span_of_time_is_refused(given: Any) -> None:
    """As any other wrong field is, and not by whatever fails on it later."""
    with pytest.raises(vol.Invalid):
        span(given)


@pytest.mark.parametrize(("given", "seconds"), [(90, 90), ("00:01:30", 90), ({"minutes": 1.5}, 90), (1e9, 1e9)])
def test_a_span_is_what_home_assistant_takes_for_one(given: Any, seconds: float) -> None:
    """A number, a text or parts."""
    assert span(given) == timedelta(seconds=seconds)
