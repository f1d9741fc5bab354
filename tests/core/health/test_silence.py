"""Channels that say nothing although their device is there, and what is left of somebody who is gone."""

import pytest

from custom_components.god_kaiser.core.fleet.sync import Sync
from custom_components.god_kaiser.core.health.leftovers import ownerless, stale_locks
from custom_components.god_kaiser.core.health.silence import STATUS_EVERY, Spoken, not_configured, silent
from tests.builders import ESP, PUMP, a_failure


@pytest.mark.parametrize(
    ("every", "silence", "is_found"),
    [(30.0, 120.0, False), (30.0, 121.0, True), (1.0, 33.0, False), (1.0, 34.0, True), (300.0, 900.0, False)],
)
def test_three_turns_and_half_a_minute_may_be_missed(every: float, silence: float, is_found: bool) -> None:
    """However often a channel should be heard."""
    (spoken,) = (Spoken(channel=PUMP, every=every, heard_at=1000.0),)
    assert [each.code.value for each in silent([spoken], 1000.0 + silence)] == ["sensor_silent"] * is_found


def test_an_output_is_told_from_a_sensor() -> None:
    """Both say for how many minutes, at least one."""
    spoken = Spoken(channel=PUMP, every=STATUS_EVERY, heard_at=0.0, is_output=True)
    (found,) = silent([spoken], 150.0)
    assert (found.code.value, found.subject, found.details["minutes"]) == ("output_silent", PUMP, 2)
    assert found.details["esp_id"] == ESP


@pytest.mark.parametrize(
    ("errors", "is_found"),
    [((), False), (("TIMEOUT",), True), (("NVS_FULL",), True), (("TIMEOUT", "GPIO_CONFLICT"), False)],
)
def test_a_configuration_that_may_be_taken_another_time(errors: tuple[str, ...], is_found: bool) -> None:
    """One failure that speaks against the configuration itself is for a person."""
    sync = Sync(failures=tuple(a_failure(error) for error in errors))
    assert [each.code.value for each in not_configured({ESP: sync})] == ["not_configured"] * is_found


@pytest.mark.parametrize(
    ("owner", "is_found"),
    [("run:1", False), ("run:2", True), ("rule:dry", False), ("rule:wet", True), ("person", False), ("", False)],
)
def test_who_is_gone_owns_nothing(owner: str, is_found: bool) -> None:
    """People need not be there."""
    assert [each.details["owner"] for each in ownerless([(PUMP, owner)], {"1"}, {"dry"})] == [owner] * is_found


def test_a_run_that_is_over_reserves_nothing() -> None:
    """The others do."""
    assert [each.subject for each in stale_locks(["1", "2"], {"1"})] == ["2"]
