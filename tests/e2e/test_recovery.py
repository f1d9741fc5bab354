"""A sensor hangs for real: the hub brings it back by itself, or says what a person has to do."""

import time
from typing import Any

import pytest

from scripts.hass_server import DOMAIN
from scripts.polling import eventually
from tests.e2e.stage import Stage

SHELF = "tests/e2e/scenarios/shelf.yaml"
# So many failures in a row open the circuit breaker of a sensor; it is then left alone for five minutes.
UNTIL_IT_HANGS = 15


@pytest.fixture(scope="session")
async def shelf(stage: Stage) -> Stage:
    """Provide the stage with two devices whose sensors are read every second."""
    await stage.enter(SHELF)
    await stage.admit(SHELF)
    await stage.speak(SHELF)
    return stage


async def asked(stage: Stage, action: str, **fields: Any) -> Any:
    """Call an action and return its answer."""
    result = await stage.client.command(
        "call_service", domain=DOMAIN, service=action, service_data=fields, return_response=True
    )
    return result["response"]


async def rungs(stage: Stage, device: str) -> list[tuple[str, str | None]]:
    """Let the hub look, and return what it has done about a device."""
    await asked(stage, "health_check")
    kinds = ["recovery.tried", "recovery.handed_over", "recovery.succeeded"]
    events = (await asked(stage, "get_events", subject=device, type=kinds))["events"]
    return [(event["event_type"], event["data"]["rung"]) for event in events]


async def test_a_sensor_that_hangs_is_brought_back(shelf: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """Its plug was loose for a moment; by itself the firmware would not look again for five minutes."""
    began = time.monotonic()
    await shelf.order(f"ESP_A70A71 unplugged on lasts={UNTIL_IT_HANGS}")

    async def is_back() -> list[tuple[str, str | None]] | None:
        done = await rungs(shelf, "ESP_A70A71")
        return done if done and done[-1][0] == "recovery.succeeded" else None

    done = await eventually(is_back, "the hub has brought the sensor back", timeout=200, pause=5)
    took = time.monotonic() - began
    assert done[0] == ("recovery.tried", "ask")
    assert took < 200
    with capsys.disabled():
        print(f"\n    the sensor hung, and was back {took:.0f} s after its plug was loose")


async def test_a_sensor_that_stays_away_is_handed_over_to_a_person(shelf: Stage) -> None:
    """The question and the configuration do not help; a repair issue says so, and a click begins anew."""
    await shelf.order("ESP_A70A72 unplugged on")

    async def is_handed_over() -> list[tuple[str, str | None]] | None:
        done = await rungs(shelf, "ESP_A70A72")
        return done if done and done[-1][0] == "recovery.handed_over" else None

    done = await eventually(is_handed_over, "a person is asked", timeout=300, pause=5)
    assert done == [("recovery.tried", "ask"), ("recovery.tried", "configure"), ("recovery.handed_over", "person")]
    issues = (await shelf.client.command("repairs/list_issues"))["issues"]
    (issue,) = [each for each in issues if each["translation_key"] == "device_needs_person"]
    assert "Rack air" in issue["translation_placeholders"]["findings"]

    await shelf.order("ESP_A70A72 unplugged off")
    flow = await shelf.client.request(
        "POST", "/api/repairs/issues/fix", {"handler": DOMAIN, "issue_id": issue["issue_id"]}
    )
    assert flow["type"] == "menu"
    address = f"/api/repairs/issues/fix/{flow['flow_id']}"
    assert (await shelf.client.request("POST", address, {"next_step_id": "try_again"}))["type"] == "create_entry"

    async def is_well() -> bool:
        done = await rungs(shelf, "ESP_A70A72")
        return done[-1][0] == "recovery.succeeded"

    await eventually(is_well, "the sensor is well after a person has looked", timeout=120, pause=5)
    issues = (await shelf.client.command("repairs/list_issues"))["issues"]
    assert "device_needs_person" not in [each["translation_key"] for each in issues]
