"""Runs last: whatever the other tests did, a person finds nothing alarming in the log but the stop that was pressed."""

from tests.e2e.stage import Stage


async def test_the_integration_has_written_no_warning_and_no_error(stage: Stage) -> None:
    """Lost devices and refused commands are information, not alarms."""
    assert stage.hass.log.exists()
    assert [line for line in stage.complaints() if "Emergency stop by Tester" not in line] == []
