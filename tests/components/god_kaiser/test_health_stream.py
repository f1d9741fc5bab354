"""Following the health of a hub over the websocket: how it is, each new check, and the numbers."""

from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.god_kaiser.core.health.finding import Finding, HealthCode
from custom_components.god_kaiser.core.health.system import failed
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal import reading

from .calls import ask
from .conftest import DEVICE, PUMP, BringOnline, SwitchBroker, call
from .listening import TENT, news
from .sequences import save, written


async def follow(connect: WebSocketGenerator, token: str | None = None, **fields: Any) -> MockHAClientWebSocket:
    """Return a client that follows the health of the hubs."""
    client = await connect() if token is None else await connect(access_token=token)
    await client.send_json_auto_id({"type": "god_kaiser/health/subscribe", **fields})
    assert (await client.receive_json())["success"]
    return client


def named(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Return what was told of one kind."""
    return [event["data"] for event in events if event["event_type"] == kind]


async def test_how_a_hub_is_comes_first_and_again_after_every_check(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry, switch_broker: SwitchBroker
) -> None:
    """What the last check has found, without looking anew, then what each one finds and what is over."""
    await ask(hass, "health_check")
    client = await follow(hass_ws_client)
    (state,) = named(await news(client, hass), "health_state")
    assert (state["entry_id"], state["hub"], state["status"]) == (setup_entry.entry_id, "god", "ok")
    assert state["checked_at"] == setup_entry.runtime_data.health.checked_at.isoformat()
    await switch_broker(False)
    await ask(hass, "health_check")
    (state,) = named(await news(client, hass), "health_state")
    (finding,) = state["categories"]["messages"]["findings"]
    assert (state["status"], finding["code"], finding["severity"]) == ("error", "broker_away", "error")
    assert finding["needs_person"] is True
    assert "broker" in finding["text"]
    assert finding["action"]
    await switch_broker(True)
    await ask(hass, "health_check")
    (state,) = named(await news(client, hass), "health_state")
    assert state["status"] == "ok"


async def test_the_numbers_are_told_again_every_five_seconds(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, bring_online: BringOnline, switch_broker: SwitchBroker
) -> None:
    """The same as those of the action, as long as somebody follows."""
    await bring_online(TENT)
    await call(hass, "switch", "turn_on", PUMP)
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    await ask(hass, "run_sequence", sequence="watering", wait=True)
    client = await follow(hass_ws_client)
    (told,) = named(await news(client, hass), "health_metrics")
    metrics, asked = told["metrics"], await ask(hass, "get_metrics")
    assert metrics.keys() == asked.keys()
    assert metrics["devices"] == {"approved": 1, "online": 1}
    assert (metrics["runs"], metrics["statistics"]["success_rate"]) == ({"completed": 1}, 100.0)
    (sequence,) = metrics["sequences"]
    assert (sequence["name"], sequence["executions"], sequence["failures"]) == ("Watering", 1, 0)
    assert 0 < metrics["journal"]["bytes"] < metrics["journal"]["most_bytes"]
    assert metrics["answers"][DEVICE]["count"] == 1
    assert metrics["loop_lag_ms"] >= 0
    await switch_broker(False)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=5))
    (told,) = named(await news(client, hass), "health_metrics")
    assert told["metrics"]["devices"] == {"approved": 1, "online": 0}
    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": 1})
    assert (await client.receive_json())["success"]
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=10))
    assert await news(client, hass) == []


async def test_a_disk_that_does_not_say_how_large_the_journal_is_hides_no_other_number(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The size is unknown, and the rest is told."""

    def fail(*_: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr(reading, "size", fail)
    metrics = await ask(hass, "get_metrics")
    assert (metrics["journal"]["bytes"], metrics["events"]["written"]) == (None, host.journal.written)


async def test_technical_text_is_for_administrators(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, host: EngineHost, hass_read_only_access_token: str
) -> None:
    """Everybody is told that a check has failed."""
    host.health.findings = (failed("loop", "ValueError: secret"), Finding(code=HealthCode.BROKER_AWAY))
    seen = {}
    for name, token in (("admin", None), ("reader", hass_read_only_access_token)):
        client = await follow(hass_ws_client, token)
        (state,) = named(await news(client, hass), "health_state")
        (finding,) = state["categories"]["system"]["findings"]
        seen[name] = (finding["code"], finding.get("error_tech"))
    assert seen == {"admin": ("check_failed", "ValueError: secret"), "reader": ("check_failed", None)}


async def test_findings_about_an_output_are_for_who_may_read_it(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    host: EngineHost,
    hass_read_only_access_token: str,
    hass_read_only_user: MockUser,
) -> None:
    """Everybody else is told the others."""
    details: dict[str, str | int | float] = {"channel": f"{DEVICE}/actuator/16", "level": 1.0}
    host.health.findings = (Finding(code=HealthCode.ORPHANED, details=details), Finding(code=HealthCode.BROKER_AWAY))
    hass_read_only_user.mock_policy({"entities": {"entity_ids": {"sensor.other": True}}})
    for token, codes in ((None, ["orphaned", "broker_away"]), (hass_read_only_access_token, ["broker_away"])):
        client = await follow(hass_ws_client, token)
        (state,) = named(await news(client, hass), "health_state")
        assert [each["code"] for part in state["categories"].values() for each in part["findings"]] == codes


async def test_a_hub_that_goes_is_told_and_comes_back_with_everything(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry
) -> None:
    """The subscription outlives a reload."""
    client = await follow(hass_ws_client, entry_id=setup_entry.entry_id)
    await news(client, hass)
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    kinds = [event["event_type"] for event in await news(client, hass)]
    assert kinds[0] == "hub_gone"
    assert kinds.count("health_state") >= 1
    assert "health_metrics" in kinds


async def test_a_hub_that_does_not_exist_is_refused(hass_ws_client: WebSocketGenerator, host: EngineHost) -> None:
    """In words."""
    assert host.kaiser_id
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "god_kaiser/health/subscribe", "entry_id": "nothing"})
    assert (await client.receive_json())["error"]["translation_key"] == "hub_not_found"
