"""Alarms as automations, the websocket, the logbook and the diagnostics show them."""

from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
import voluptuous as vol

from custom_components.god_kaiser.alarm_logbook import alarm_sentence
from custom_components.god_kaiser.alarm_triggers import ALARM_TRIGGERS
from custom_components.god_kaiser.const import DOMAIN, EVENT_ALARM
from custom_components.god_kaiser.core.alarms.delays import Signal
from custom_components.god_kaiser.core.alarms.kinds import AlarmKind
from custom_components.god_kaiser.diagnostics import async_get_config_entry_diagnostics
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.trigger import async_get_triggers

from .automations import Build, builder
from .calls import act, registry_id
from .conftest import DEVICE, SOIL, BringOnline, id_of
from .listening import TENT, news, received

OTHER = "ESP_OTHER/sensor/1/ph"


def soil_of(host: EngineHost) -> str:
    """Return the channel of the soil."""
    return next(iter(host.fleet.devices[DEVICE].sensors))


def raise_alarm(host: EngineHost, subject: str, kind: AlarmKind = AlarmKind.SENSOR_HIGH, **changes: Any) -> None:
    """Raise an alarm about a channel, or let it return."""
    signal = Signal(kind, True, subject, subject.partition("/")[0], {"value": 3.0, "limit": 2.0}, 0.0, 0.0)
    host.alarms.hear(signal._replace(**changes))


@pytest.fixture(name="watch")
async def watch_fixture(hass: HomeAssistant, bring_online: BringOnline) -> Build:
    """Return a way to write an automation, in a house with one device."""
    await bring_online(TENT)
    return builder(hass, "alarm", "priority", "event_type", "text")


@pytest.mark.parametrize("place", ["hub", "device", "sensor"])
async def test_an_automation_reacts_to_alarms_about_what_is_meant(
    hass: HomeAssistant, host: EngineHost, watch: Build, place: str
) -> None:
    """The hub stands for all of them, a device and a sensor for their own."""
    targets: dict[str, dict[str, str | None]] = {
        "hub": {"device_id": host.registry.hub_id},
        "device": {"device_id": registry_id(host)},
        "sensor": {"entity_id": id_of(hass, Platform.SENSOR, SOIL)},
    }
    calls = await watch([{"trigger": f"{DOMAIN}.{name}", "target": targets[place]} for name in ALARM_TRIGGERS])
    raise_alarm(host, OTHER)
    raise_alarm(host, soil_of(host))
    await act(hass, "acknowledge_alarm", all=True)
    raise_alarm(host, soil_of(host), is_present=False)
    await hass.async_block_till_done()
    told = [call.data["event_type"] for call in calls]
    ours = ["alarm.raised", "alarm.acknowledged", "alarm.returned"]
    assert told == (
        ["alarm.raised", "alarm.raised", *["alarm.acknowledged"] * 2, "alarm.returned"] if place == "hub" else ours
    )
    assert calls[-1].data["alarm"] == "sensor_high"
    assert "too high" in calls[-1].data["text"]


async def test_an_automation_hears_of_what_is_urgent_enough_and_of_nothing_that_hides(
    hass: HomeAssistant, host: EngineHost, watch: Build
) -> None:
    """What shows itself again is as good as raised."""
    target = {"device_id": host.registry.hub_id}
    calls = await watch([{"trigger": f"{DOMAIN}.alarm_raised", "target": target, "options": {"priority": "high"}}])
    raise_alarm(host, soil_of(host))
    raise_alarm(host, soil_of(host), AlarmKind.SENSOR_LOW_LOW)
    await hass.async_block_till_done()
    assert [call.data["alarm"] for call in calls] == ["sensor_low_low"]
    raise_alarm(host, "ESP_OTHER", AlarmKind.DEVICE_OFFLINE)
    raise_alarm(host, OTHER, AlarmKind.SENSOR_HIGH_HIGH)
    await hass.async_block_till_done()
    assert len(calls) == 1
    raise_alarm(host, "ESP_OTHER", AlarmKind.DEVICE_OFFLINE, is_present=False)
    host.alarms.book._fading.update(dict.fromkeys(host.alarms.book._fading, 0.0))
    host.alarms.take(host.alarms.book.wake(host.now()))
    await hass.async_block_till_done()
    assert [call.data["event_type"] for call in calls] == ["alarm.raised", "alarm.released"]


@pytest.mark.parametrize(
    "strange",
    [
        {},
        {"data": None},
        {"data": {"priority": "high", "state": "unacknowledged"}, "entry_id": "nowhere"},
        {"data": {"priority": ["?"][0], "state": "unacknowledged"}},
    ],
)
async def test_events_of_nobody_trigger_nothing(
    hass: HomeAssistant, host: EngineHost, watch: Build, strange: dict[str, Any]
) -> None:
    """Anybody may fire an event of that name."""
    calls = await watch([{"trigger": f"{DOMAIN}.alarm_raised", "target": {"device_id": host.registry.hub_id}}])
    hass.bus.async_fire(EVENT_ALARM, {"event_type": "alarm.raised", **strange})
    await hass.async_block_till_done()
    assert calls == []


async def test_a_trigger_with_an_unknown_priority_is_refused(hass: HomeAssistant) -> None:
    """Before any automation is built of it."""
    trigger = (await async_get_triggers(hass))["alarm_raised"]
    with pytest.raises(vol.Invalid):
        await trigger.async_validate_config(
            hass, {"target": {"entity_id": "sensor.x"}, "options": {"priority": "huge"}}
        )


async def test_a_client_follows_the_alarms_of_the_hubs(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, host: EngineHost, bring_online: BringOnline
) -> None:
    """All of them first, and again when one has moved; what happens at once is told once."""
    await bring_online(TENT)
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "god_kaiser/alarms"})
    assert (await client.receive_json())["success"]
    (state,) = [event["data"] for event in await news(client, hass)]
    assert (state["hub"], state["alarms"], state["counts"]["unacknowledged"]) == ("god", [], 0)
    raise_alarm(host, soil_of(host))
    raise_alarm(host, OTHER)
    (state,) = [event["data"] for event in await news(client, hass)]
    assert [alarm["state"] for alarm in state["alarms"]] == ["unacknowledged"] * 2
    host.alarms.acknowledge(host.alarms.alarms, "Eva")
    (state,) = [event["data"] for event in await news(client, hass)]
    assert {(alarm["acknowledged_by"], alarm["may_control"]) for alarm in state["alarms"]} == {("Eva", True)}
    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": 1})
    assert [each["type"] for each in await received(client, "result")] == ["result"]
    raise_alarm(host, OTHER, is_present=False)
    assert await news(client, hass) == []


async def test_a_client_without_rights_sees_no_names_and_no_foreign_sensors(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    hass_read_only_user: MockUser,
    host: EngineHost,
    bring_online: BringOnline,
) -> None:
    """Whoever may not read an entity hears of no alarm about it, nor of one about a sensor that is not there any more."""
    await bring_online(TENT)
    raise_alarm(host, soil_of(host))
    raise_alarm(host, OTHER)
    raise_alarm(host, "ESP_OTHER", AlarmKind.GUARANTEE_LOST)
    host.alarms.acknowledge(host.alarms.alarms, "Eva")
    hass_read_only_user.mock_policy({"entities": {"entity_ids": {"sensor.other": True}}})
    client = await hass_ws_client(access_token=hass_read_only_access_token)
    await client.send_json_auto_id({"type": "god_kaiser/alarms"})
    assert (await client.receive_json())["success"]
    (state,) = [event["data"] for event in await news(client, hass)]
    assert [(alarm["subject"], alarm["may_control"]) for alarm in state["alarms"]] == [("ESP_OTHER", False)]
    assert "Eva" not in str(state)


async def test_what_still_stands_comes_before_what_is_over(host: EngineHost, bring_online: BringOnline) -> None:
    """Among alarms that are equally urgent, whichever came first."""
    await bring_online(TENT)
    raise_alarm(host, OTHER)
    raise_alarm(host, soil_of(host))
    assert [alarm.subject for alarm in host.alarms.alarms] == [OTHER, soil_of(host)]
    raise_alarm(host, OTHER, is_present=False)
    assert [(alarm.subject, alarm.is_present) for alarm in host.alarms.alarms] == [
        (soil_of(host), True),
        (OTHER, False),
    ]


async def test_the_websocket_knows_only_hubs_that_exist_and_says_when_one_goes(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry
) -> None:
    """A hub that is unloaded has no alarms to tell of."""
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "god_kaiser/alarms", "entry_id": "nothing"})
    assert (await client.receive_json())["error"]["translation_key"] == "hub_not_found"
    await client.send_json_auto_id({"type": "god_kaiser/alarms", "entry_id": setup_entry.entry_id})
    assert (await client.receive_json())["success"]
    await news(client, hass)
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    assert [event["event_type"] for event in await news(client, hass)] == ["hub_gone"]


async def test_every_motion_of_an_alarm_has_a_sentence(hass: HomeAssistant, setup_entry: MockConfigEntry) -> None:
    """In the language of the house; what nobody knows is named."""

    def said(kind: str, **told: str) -> str:
        return alarm_sentence(hass, {"event_type": kind, "data": told})

    assert said("alarm.raised", text="Bed is too high.") == "raised: Bed is too high."
    assert said("alarm.shelved", text="Bed", reason="sun") == "shelved because of sun: Bed"
    assert said("alarm.unknown") == "said alarm.unknown"
    assert alarm_sentence(hass, {"event_type": "alarm.returned", "data": None}) == "over: -"
    for motion in ("returned", "acknowledged", "reset", "unshelved", "suppressed", "released"):
        assert said(f"alarm.{motion}", text="Bed").endswith(": Bed")


async def test_diagnostics_tell_of_alarms_without_names(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """How many there are, and each of them."""
    raise_alarm(host, OTHER)
    host.alarms.acknowledge(host.alarms.alarms, "Eva")
    record = (await async_get_config_entry_diagnostics(hass, setup_entry))["alarms"]
    assert (record["counts"]["medium"], record["alarms"][0]["state"]) == (1, "acknowledged")
    assert "Eva" not in str(record)
