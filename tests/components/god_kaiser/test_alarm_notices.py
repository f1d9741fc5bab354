"""Telling people of alarms: at once, together, again, after quiet hours, and another way where one fails."""

import asyncio
from collections.abc import Callable
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_mock_service

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.alarms.delays import Signal
from custom_components.god_kaiser.core.alarms.kinds import AlarmKind
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.host import alarm_messages
from custom_components.god_kaiser.host.alarm_options import chosen
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal.reading import Wanted

from .calls import act, ask_as
from .conftest import PassTime
from .forms import choose, defaults, submit

PHONE = "notify.phone"
WEBHOOK = "https://example.test/hook?key=hidden"

type Raise = Callable[..., None]


@pytest.fixture(name="alarm")
def alarm_fixture(host: EngineHost) -> Raise:
    """Return a way to raise an alarm, or to let it return."""

    def hear(kind: AlarmKind, subject: str = "x", is_present: bool = True) -> None:
        details: dict[str, str | int | float] = {"value": 1.0, "limit": 2.0, "sequence": "Watering", "reason": "dry"}
        host.alarms.hear(Signal(kind, is_present, subject, "", details, on_delay=0.0, off_delay=0.0))

    return hear


@pytest.fixture(name="phone")
def phone_fixture(hass: HomeAssistant) -> list[ServiceCall]:
    """Return what a phone is told."""
    return async_mock_service(hass, "notify", "phone")


def shown(hass: HomeAssistant) -> list[str]:
    """Return what Home Assistant itself shows about alarms."""
    kept = persistent_notification._async_get_or_create_notifications(hass)
    return [each["message"] for key, each in kept.items() if key.startswith(f"{DOMAIN}_alarms")]


async def noted(host: EngineHost, kind: Noted) -> list[dict[str, Any]]:
    """Return what the journal tells of one kind."""
    page = await host.journal.async_events(Wanted(kinds=(kind,)))
    return [dict(each.envelope["data"]) for each in page.events]


async def test_without_a_target_home_assistant_shows_what_is_urgent_until_somebody_has_seen_it(
    hass: HomeAssistant, host: EngineHost, alarm: Raise
) -> None:
    """What is less urgent is only listed."""
    alarm(AlarmKind.SENSOR_HIGH)
    await hass.async_block_till_done()
    assert shown(hass) == []
    alarm(AlarmKind.SENSOR_HIGH_HIGH)
    await hass.async_block_till_done()
    (message,) = shown(hass)
    assert "far too high" in message
    alarm(AlarmKind.STORAGE_FAILING)
    await hass.async_block_till_done()
    (message,) = shown(hass)
    assert message.count("•") == 2
    await act(hass, "acknowledge_alarm", all=True)
    await hass.async_block_till_done()
    assert shown(hass) == []
    assert [each["shown"] for each in await noted(host, Noted.ALARM_NOTIFIED)] == [True, True]


@pytest.mark.parametrize("options", [{"alarm_targets": [PHONE], "alarm_priority": "low"}])
async def test_a_target_is_told_and_what_happens_at_once_is_one_message(
    hass: HomeAssistant, host: EngineHost, alarm: Raise, phone: list[ServiceCall]
) -> None:
    """In the language of the house, with what to do."""
    alarm(AlarmKind.SENSOR_HIGH)
    await hass.async_block_till_done()
    assert [call.data["title"] for call in phone] == ["Alarm: x is too high: 1 (limit 2)."]
    assert "Look at the place itself" in phone[0].data["message"]
    alarm(AlarmKind.SENSOR_LOW, "y")
    alarm(AlarmKind.SENSOR_LOW_LOW, "z")
    await hass.async_block_till_done()
    assert phone[1].data["title"] == "2 alarms that nobody has acknowledged"
    assert phone[1].data["message"].count("•") == 2
    assert len(phone) == 2
    assert shown(hass) == []


@pytest.mark.parametrize("options", [{"alarm_targets": [PHONE], "alarm_repeat_minutes": 5, "alarm_repeats": 2}])
async def test_people_are_told_again_until_somebody_has_seen_it_and_not_for_ever(
    hass: HomeAssistant, alarm: Raise, phone: list[ServiceCall], pass_time: PassTime
) -> None:
    """Twice more here, and no more after it was acknowledged."""
    alarm(AlarmKind.SENSOR_HIGH_HIGH)
    await hass.async_block_till_done()
    for _ in range(5):
        await pass_time(301)
        await hass.async_block_till_done()
    assert [call.data["title"].partition(":")[0] for call in phone] == [
        "Alarm",
        "Still not acknowledged",
        "Still not acknowledged",
    ]
    alarm(AlarmKind.STORAGE_FAILING)
    await hass.async_block_till_done()
    await act(hass, "acknowledge_alarm", all=True)
    await pass_time(301)
    await hass.async_block_till_done()
    assert len(phone) == 4


@pytest.mark.parametrize(
    "options",
    [
        {
            "alarm_targets": [PHONE],
            "alarm_priority": "low",
            "alarm_quiet_from": "22:00:00",
            "alarm_quiet_until": "06:00:00",
            "alarm_repeats": 0,
        }
    ],
)
async def test_in_quiet_hours_only_what_cannot_wait_is_told_and_then_the_rest_in_one_message(
    hass: HomeAssistant,
    alarm: Raise,
    phone: list[ServiceCall],
    pass_time: PassTime,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Three in the morning: a sensor, a run, a stop; at six two of them."""
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to("2030-05-01 03:00:00+00:00")
    alarm(AlarmKind.SENSOR_HIGH)
    alarm(AlarmKind.RUN_FAILED, "watering")
    await hass.async_block_till_done()
    assert phone == []
    alarm(AlarmKind.STOP_PRESSED, "everything")
    await hass.async_block_till_done()
    assert [call.data["title"] for call in phone] == ["Alarm: The emergency stop (software) holds for all devices."]
    await pass_time(3 * 3600 - 5)
    await hass.async_block_till_done()
    assert len(phone) == 1
    await pass_time(6)
    await hass.async_block_till_done()
    assert phone[1].data["title"] == "2 alarms that nobody has acknowledged"
    assert "Watering" in phone[1].data["message"]
    assert len(phone) == 2


@pytest.mark.parametrize(
    "options",
    [
        {"alarm_targets": [PHONE], "alarm_priority": "low", "alarm_quiet_from": "00:00:00"},
        {"alarm_targets": [PHONE], "alarm_priority": "low", "alarm_quiet_from": "late", "alarm_quiet_until": "early"},
    ],
)
async def test_quiet_hours_that_cannot_be_read_make_nothing_quiet(
    hass: HomeAssistant,
    host: EngineHost,
    alarm: Raise,
    phone: list[ServiceCall],
) -> None:
    """And the journal says so."""
    assert await noted(host, Noted.ALARM_QUIET_IGNORED) == [{"why": "quiet_hours_unreadable"}]
    alarm(AlarmKind.SENSOR_HIGH)
    await hass.async_block_till_done()
    assert len(phone) == 1


def test_options_that_cannot_be_read_at_all_spare_nobody() -> None:
    """Neither a priority nor a number that is none makes anything quiet."""
    for broken in ({"alarm_priority": "whatever"}, {"alarm_repeats": "often"}, {"alarm_targets": 5}):
        wanted = chosen({**broken, "alarm_quiet_from": "00:00:00", "alarm_quiet_until": "23:59:59"})
        assert wanted.quiet is None
        assert wanted.problem
    assert chosen({"offline_after": 3}) == chosen({})


@pytest.mark.parametrize("options", [{"alarm_targets": ["notify.gone", PHONE]}])
async def test_where_a_target_fails_the_others_are_told_and_home_assistant_shows_it(
    hass: HomeAssistant,
    host: EngineHost,
    alarm: Raise,
    phone: list[ServiceCall],
    hass_admin_user: MockUser,
    hass_read_only_user: MockUser,
) -> None:
    """And the journal knows who was lost, which is for administrators."""
    alarm(AlarmKind.SENSOR_HIGH_HIGH)
    await hass.async_block_till_done()
    assert len(phone) == 1
    assert len(shown(hass)) == 1
    (failed,) = await noted(host, Noted.ALARM_NOT_NOTIFIED)
    assert failed["unreached"] == ["notify.gone"]
    for user, unreached in ((hass_admin_user, ["notify.gone"]), (hass_read_only_user, None)):
        (event,) = (await ask_as(hass, user, "get_events", type="alarm.notification_failed"))["events"]
        assert (event["data"]["shown"], event["data"].get("unreached")) == (True, unreached)
    (told,) = await noted(host, Noted.ALARM_NOTIFIED)
    assert told["targets"] == 1


@pytest.mark.parametrize("options", [{"alarm_targets": [PHONE]}])
async def test_where_every_target_fails_home_assistant_shows_it(
    hass: HomeAssistant, host: EngineHost, alarm: Raise
) -> None:
    """Nothing gets lost because a phone is off."""

    async def fail(_call: ServiceCall) -> None:
        raise HomeAssistantError("no battery")

    hass.services.async_register("notify", "phone", fail)
    alarm(AlarmKind.STOP_NOT_EFFECTIVE)
    await hass.async_block_till_done()
    assert len(shown(hass)) == 1
    assert await noted(host, Noted.ALARM_NOTIFIED) == []
    (failed,) = await noted(host, Noted.ALARM_NOT_NOTIFIED)
    assert "no battery" in failed["unreached"][0]


@pytest.mark.req("ROB-73")
@pytest.mark.parametrize("options", [{"alarm_action": "rest_command.alarm", "alarm_priority": "medium"}])
async def test_a_webhook_is_called_when_a_run_has_failed(
    hass: HomeAssistant, host: EngineHost, alarm: Raise, aioclient_mock: Any
) -> None:
    """With the alarm as JSON, by Home Assistant's own command; what the server refuses counts as lost."""
    command = {"url": WEBHOOK, "method": "post", "payload": "{{ {'title': title, 'alarms': alarms} | to_json }}"}
    assert await async_setup_component(hass, "rest_command", {"rest_command": {"alarm": command}})
    aioclient_mock.post(WEBHOOK, status=200)
    alarm(AlarmKind.RUN_FAILED, "watering")
    await hass.async_block_till_done()
    ((_, _, content, _),) = aioclient_mock.mock_calls
    posted = json.loads(content)
    assert [each["alarm"] for each in posted["alarms"]] == ["run_failed"]
    assert "Watering" in posted["title"]
    assert shown(hass) == []
    answers: tuple[dict[str, Any], ...] = ({"status": 500}, {"exc": TimeoutError()})
    for number, answer in enumerate(answers):
        aioclient_mock.clear_requests()
        aioclient_mock.post(WEBHOOK, **answer)
        alarm(AlarmKind.RUN_FAILED, f"sequence {number}")
        await hass.async_block_till_done()
    first, second = [each["unreached"] for each in await noted(host, Noted.ALARM_NOT_NOTIFIED)]
    assert first == ["rest_command.alarm: 500"]
    assert "rest_command.alarm" in second[0]
    assert len(shown(hass)) == 1


@pytest.mark.parametrize("options", [{"alarm_action": "script.siren", "alarm_targets": [PHONE]}])
async def test_an_action_that_does_not_answer_or_fails_keeps_nobody_from_being_told(
    hass: HomeAssistant, host: EngineHost, alarm: Raise, phone: list[ServiceCall], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the mistake is one that nobody has thought of."""
    monkeypatch.setattr(alarm_messages, "_PATIENCE", 0.01)

    async def hang(_call: ServiceCall) -> None:
        await asyncio.sleep(60)

    async def break_down(_call: ServiceCall) -> None:
        raise ZeroDivisionError

    alarm(AlarmKind.SENSOR_HIGH_HIGH, "absent")
    await hass.async_block_till_done()
    for number, doing in enumerate((hang, break_down)):
        hass.services.async_register("script", "siren", doing)
        alarm(AlarmKind.SENSOR_HIGH_HIGH, f"sensor {number}")
        await hass.async_block_till_done()
    lost = [each["unreached"][0] for each in await noted(host, Noted.ALARM_NOT_NOTIFIED)]
    assert lost[1:] == ["script.siren: no answer", "ZeroDivisionError"]
    assert "script.siren" in lost[0]
    assert len(phone) == 3
    assert len(shown(hass)) == 1


@pytest.mark.parametrize("options", [{"alarm_targets": [PHONE], "alarm_flood": 3, "alarm_repeats": 0}])
async def test_a_flood_is_one_message_and_everything_stays_listed(
    hass: HomeAssistant, host: EngineHost, alarm: Raise, phone: list[ServiceCall], pass_time: PassTime
) -> None:
    """Three are told, the fourth is the flood; what is about safety is told by itself, and the rest when it is over."""
    for number in range(8):
        alarm(AlarmKind.SENSOR_HIGH_HIGH, f"sensor {number}")
        await hass.async_block_till_done()
    assert len(phone) == 4
    assert phone[3].data["title"].startswith("A flood of alarms: 4")
    assert len(host.alarms.alarms) == 8
    alarm(AlarmKind.STOP_PRESSED, "everything")
    await hass.async_block_till_done()
    assert len(phone) == 5
    await pass_time(601)
    await hass.async_block_till_done()
    assert phone[5].data["title"] == "4 alarms that nobody has acknowledged"
    assert len(phone) == 6
    assert [each["count"] for each in await noted(host, Noted.ALARM_FLOOD)] == [4]
    assert len(await noted(host, Noted.ALARM_FLOOD_OVER)) == 1


@pytest.mark.parametrize("options", [{"alarm_targets": [PHONE], "alarm_repeats": 0}])
async def test_after_a_restart_nobody_is_told_twice_and_what_was_told_is_shown(
    hass: HomeAssistant, setup_entry: MockConfigEntry, alarm: Raise, phone: list[ServiceCall]
) -> None:
    """Until somebody has acknowledged it."""
    alarm(AlarmKind.SENSOR_HIGH_HIGH)
    await hass.async_block_till_done()
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert len(phone) == 1
    assert len(shown(hass)) == 1
    await act(hass, "acknowledge_alarm", all=True)
    await hass.async_block_till_done()
    assert shown(hass) == []


async def test_who_is_told_is_chosen_in_a_form_and_the_other_options_stay(
    hass: HomeAssistant, setup_entry: MockConfigEntry, phone: list[ServiceCall]
) -> None:
    """What makes no sense is refused at its field."""
    form = await choose(hass, setup_entry, "alarm_notices")
    wrong = {
        "alarm_targets": ["notify.nobody"],
        "alarm_action": "script.nowhere",
        "alarm_priority": "high",
        "alarm_repeat_minutes": 0,
        "alarm_repeats": 21,
        "alarm_quiet_from": "22:00:00",
        "alarm_flood": 1,
        "alarm_flood_minutes": 121,
    }
    form = await submit(hass, form, **wrong)
    assert form["errors"] == {
        "alarm_targets": "alarm_target_unknown",
        "alarm_action": "alarm_action_unknown",
        "alarm_repeat_minutes": "alarm_repeat_minutes_out_of_range",
        "alarm_repeats": "alarm_repeats_out_of_range",
        "alarm_quiet_until": "quiet_hours_unreadable",
        "alarm_flood": "alarm_flood_out_of_range",
        "alarm_flood_minutes": "alarm_flood_minutes_out_of_range",
    }
    right = {
        **wrong,
        "alarm_targets": [PHONE],
        "alarm_action": PHONE,
        "alarm_repeat_minutes": 10,
        "alarm_repeats": 0,
    }
    right |= {"alarm_quiet_until": "06:00:00", "alarm_flood": 5, "alarm_flood_minutes": 5}
    done = await submit(hass, form, **right)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert dict(setup_entry.options) == right
    settings = await choose(hass, setup_entry, "settings")
    names = ("new_channels", "sequences", "retention", "recovery")
    sections: dict[str, dict[str, Any]] = {name: {} for name in names}
    done = await submit(hass, settings, **defaults(settings, **sections))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert right.items() <= dict(setup_entry.options).items()
    none = await submit(hass, await choose(hass, setup_entry, "alarm_notices"), alarm_priority="low")
    assert none["type"] is FlowResultType.CREATE_ENTRY
    assert not {"alarm_targets", "alarm_action", "alarm_quiet_from"} & set(setup_entry.options)
    assert "offline_after" in setup_entry.options
