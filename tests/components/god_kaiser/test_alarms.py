"""Alarms of a hub: raised for real, acknowledged, set aside, reset, and kept over a restart."""

from collections.abc import Callable, Iterator
import threading
from typing import Any
from unittest.mock import MagicMock, patch

from homeassistant.core import Context, Event, HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
import voluptuous as vol

from custom_components.god_kaiser.const import DOMAIN, EVENT_ALARM
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.host import alarm_desk, memory_disk
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal.reading import Wanted
from custom_components.god_kaiser.host.memory_rows import ALARM_ROW
from custom_components.god_kaiser.host.record_store import RecordStore

from .calls import act, act_as, ask, refused
from .conftest import (
    DEVICE,
    PUMP,
    BringOnline,
    PassTime,
    SwitchBroker,
    a_plan,
    a_sensor,
    an_actuator,
    begin,
    call,
    state_of,
    turn_the_loop,
)
from .forms import choose, submit
from .sequences import save, written
from .stopping import Brake, release, stop
from .wire import ESP, FirmwareVoice, recorded

ROM = "28FF641E8D3C0C79"
BED = f"{ESP}_sensor_4_ds18b20_{ROM}"
BED_ID = "sensor.tent_bed"
TOO_WARM = "Bed (Tent) is too high: 31 °C (limit 30 °C)"
ALARMS, ALARM, EVENT = "kaiser_god_alarms", "kaiser_god_alarm", "kaiser_god_alarm_event"


def channel_of_bed(host: EngineHost) -> ChannelId:
    """Return the channel of the bed."""
    return next(key for key in host.fleet.devices[DEVICE].sensors if key.endswith(ROM))


type Warm = Callable[[float], None]


def entity_of_bed(hass: HomeAssistant) -> str:
    """Return the entity that shows how warm the bed is."""
    return next(state.entity_id for state in hass.states.async_all("sensor") if state.attributes.get("raw") is not None)


@pytest.fixture(name="warm")
def warm_fixture(voice: FirmwareVoice) -> Warm:
    """Return a way to measure how warm the bed is."""
    return lambda celsius: voice.reading("ds18b20", 4, onewire_address=ROM, raw=round(celsius * 16))


@pytest.fixture(name="bed")
async def bed_fixture(hass: HomeAssistant, bring_online: BringOnline, warm: Warm) -> str:
    """Return the sensor of a bed that is well, with limits laid down for it."""
    await bring_online(a_plan(a_sensor("ds18b20", 4, "Bed", onewire_address=ROM), an_actuator("pump", 16, "Pump")))
    warm(20.0)
    await hass.async_block_till_done()
    entity_id = entity_of_bed(hass)
    await act(hass, "set_alarm_limits", entity_id=entity_id, high=30, high_high=40, low=5, dead_band=2)
    return entity_id


async def alarms(hass: HomeAssistant, **wanted: Any) -> list[dict[str, Any]]:
    """Return what is listed."""
    found: list[dict[str, Any]] = (await ask(hass, "get_alarms", **wanted))["alarms"]
    return found


async def listed(hass: HomeAssistant) -> dict[str, str]:
    """Return the state of each alarm."""
    return {alarm["alarm"]: alarm["state"] for alarm in await alarms(hass)}


async def id_of_only(hass: HomeAssistant) -> str:
    """Return the id of the only alarm."""
    (alarm,) = await alarms(hass)
    return str(alarm["alarm_id"])


async def noted(host: EngineHost, *kinds: Noted) -> list[dict[str, Any]]:
    """Return what the journal tells about alarms."""
    page = await host.journal.async_events(Wanted(kinds=kinds or tuple(k for k in Noted if k.startswith("alarm."))))
    return [dict(each.envelope) for each in page.events]


async def reload(hass: HomeAssistant, entry: MockConfigEntry) -> EngineHost:
    """Let the hub begin anew, as after a restart."""
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    host: EngineHost = entry.runtime_data
    return host


async def test_a_sensor_beyond_its_limit_is_an_alarm_until_it_is_back_and_somebody_has_seen_it(
    hass: HomeAssistant, host: EngineHost, bed: str, warm: Warm
) -> None:
    """Raised, acknowledged, within the dead band still there, and gone below it; the journal tells all of it."""
    assert await alarms(hass) == []
    assert state_of(hass, "binary_sensor", ALARM).state == "off"
    heard: list[Event] = []
    hass.bus.async_listen(EVENT_ALARM, heard.append)
    warm(31.0)
    await hass.async_block_till_done()
    (alarm,) = await alarms(hass)
    assert (alarm["alarm"], alarm["state"], alarm["priority"]) == ("sensor_high", "unacknowledged", "medium")
    assert alarm["entity_id"] == bed
    assert "31 °C" in alarm["text"]
    assert "30 °C" in alarm["text"]
    assert alarm["action"]
    shown = state_of(hass, "sensor", ALARMS)
    assert (shown.state, shown.attributes["unacknowledged"], shown.attributes["medium"]) == ("1", 1, 1)
    assert state_of(hass, "binary_sensor", ALARM).state == "on"
    assert state_of(hass, "event", EVENT).attributes["event_type"] == "raised"
    await act(hass, "acknowledge_alarm", alarm_id=alarm["alarm_id"])
    assert await listed(hass) == {"sensor_high": "acknowledged"}
    assert state_of(hass, "sensor", ALARMS).attributes["unacknowledged"] == 0
    warm(28.5)
    await hass.async_block_till_done()
    assert await listed(hass) == {"sensor_high": "acknowledged"}
    warm(28.0)
    await hass.async_block_till_done()
    assert await listed(hass) == {}
    assert state_of(hass, "binary_sensor", ALARM).state == "off"
    told = await noted(host, Noted.ALARM_RAISED, Noted.ALARM_ACKNOWLEDGED, Noted.ALARM_RETURNED)
    assert [(each["event_type"], each["data"]["was"], each["data"]["state"]) for each in told] == [
        ("alarm.raised", "normal", "unacknowledged"),
        ("alarm.acknowledged", "unacknowledged", "acknowledged"),
        ("alarm.returned", "acknowledged", "normal"),
    ]
    assert told[0]["data"]["details"] == {"value": 31.0, "limit": 30.0, "unit": "°C"}
    assert [event.data["event_type"] for event in heard] == [each["event_type"] for each in told]


async def test_far_too_high_is_one_alarm_and_the_lesser_hides_behind_it(
    hass: HomeAssistant, bed: str, warm: Warm
) -> None:
    """When it is only too high again, that is shown."""
    warm(41.0)
    await hass.async_block_till_done()
    assert await listed(hass) == {"sensor_high_high": "unacknowledged", "sensor_high": "suppressed"}
    assert state_of(hass, "sensor", ALARMS).attributes["suppressed"] == 1
    warm(35.0)
    await hass.async_block_till_done()
    assert await listed(hass) == {"sensor_high_high": "returned", "sensor_high": "unacknowledged"}


async def test_delays_are_those_that_were_laid_down(
    hass: HomeAssistant, bed: str, warm: Warm, pass_time: PassTime
) -> None:
    """A moment of heat is no alarm, and a moment of cool no end of it."""
    await act(hass, "set_alarm_limits", entity_id=bed, on_delay={"seconds": 30}, off_delay={"minutes": 1})
    warm(31.0)
    await pass_time(20)
    warm(20.0)
    await pass_time(20)
    assert await alarms(hass) == []
    warm(31.0)
    await pass_time(31)
    assert await listed(hass) == {"sensor_high": "unacknowledged"}
    warm(20.0)
    await pass_time(59)
    assert await listed(hass) == {"sensor_high": "unacknowledged"}
    await pass_time(2)
    assert await listed(hass) == {"sensor_high": "returned"}


async def test_what_was_acknowledged_stays_so_over_a_restart(
    hass: HomeAssistant, setup_entry: MockConfigEntry, bed: str, warm: Warm
) -> None:
    """And what nobody has seen, and what lies on a shelf; the limits hold as well."""
    warm(31.0)
    await hass.async_block_till_done()
    key = await id_of_only(hass)
    await act(hass, "acknowledge_alarm", all=True)
    before = await alarms(hass)
    host = await reload(hass, setup_entry)
    assert await alarms(hass) == before
    assert before[0]["alarm_id"] == key
    assert host.alarms.limits_of(channel_of_bed(host)).high == 30


async def test_limits_are_laid_down_returned_changed_and_taken_away(hass: HomeAssistant, bed: str, warm: Warm) -> None:
    """What is not given stays; without its limit an alarm is over."""
    warm(31.0)
    await hass.async_block_till_done()
    await act(hass, "set_alarm_limits", entity_id=bed, low=None, off_delay=10)
    assert (await ask(hass, "get_alarm_limits", entity_id=bed))["sensors"][bed] == {
        "low_low": None,
        "low": None,
        "high": 30.0,
        "high_high": 40.0,
        "dead_band": 2.0,
        "on_delay": 0,
        "off_delay": 10,
    }
    await act(hass, "set_alarm_limits", entity_id=bed, high=None, high_high=None)
    await hass.async_block_till_done()
    assert await listed(hass) == {"sensor_high": "returned"}


async def test_limits_that_make_no_sense_are_refused(hass: HomeAssistant, bed: str) -> None:
    """With a sentence, and nothing is changed."""
    before = await ask(hass, "get_alarm_limits", entity_id=bed)
    assert (await refused(hass, "set_alarm_limits", entity_id=bed, high=4))[0] == "alarm_limits_crossed"
    assert (await refused(hass, "set_alarm_limits", entity_id=bed, high="nan"))[0] == "alarm_limits_not_finite"
    assert (await refused(hass, "set_alarm_limits", entity_id=bed, dead_band=50))[0] == "alarm_dead_band_too_wide"
    assert (await refused(hass, "set_alarm_limits", entity_id=bed))[0] == "alarm_limits_nothing"
    assert (await refused(hass, "set_alarm_limits", entity_id="sensor.foreign", high=1))[0] == "sensor_not_found"
    for wrong in ({"high": "warm"}, {"on_delay": -1}, {"on_delay": {"days": 2}}, {"dead_band": None}):
        with pytest.raises(vol.Invalid):
            await act(hass, "set_alarm_limits", entity_id=bed, **wrong)
    assert await ask(hass, "get_alarm_limits", entity_id=bed) == before


async def test_an_alarm_is_set_aside_with_a_reason_and_comes_back(
    hass: HomeAssistant, host: EngineHost, bed: str, warm: Warm, pass_time: PassTime, hass_admin_user: MockUser
) -> None:
    """Listed all the time, with who, why and until when."""
    warm(31.0)
    await hass.async_block_till_done()
    key = await id_of_only(hass)
    for wrong in ({"duration": 60}, {"duration": 60, "reason": " "}, {"duration": 0, "reason": "x"}):
        with pytest.raises(vol.Invalid):
            await act(hass, "shelve_alarm", alarm_id=key, **wrong)
    problem, words = await refused(hass, "shelve_alarm", alarm_id=key, duration={"hours": 9}, reason="heat wave")
    assert (problem, words) == ("alarm_shelf_too_long", {"alarm": key, "title": TOO_WARM, "limit": "480"})
    await act_as(hass, hass_admin_user, "shelve_alarm", alarm_id=key, duration=100, reason="heat wave")
    (alarm,) = await alarms(hass)
    assert (alarm["state"], alarm["shelved_because"], alarm["shelved_by"]) == (
        "shelved",
        "heat wave",
        hass_admin_user.name,
    )
    assert alarm["shelved_until"]
    shown = state_of(hass, "sensor", ALARMS)
    assert (shown.state, shown.attributes["shelved"]) == ("0", 1)
    assert state_of(hass, "binary_sensor", ALARM).state == "off"
    await pass_time(99)
    assert await listed(hass) == {"sensor_high": "shelved"}
    await pass_time(2)
    assert await listed(hass) == {"sensor_high": "unacknowledged"}
    told = await noted(host, Noted.ALARM_SHELVED, Noted.ALARM_UNSHELVED)
    assert [(each["event_type"], each["actor"]["type"]) for each in told] == [
        ("alarm.shelved", "user"),
        ("alarm.unshelved", "system"),
    ]


async def test_an_alarm_is_taken_from_the_shelf_before_its_time(hass: HomeAssistant, bed: str, warm: Warm) -> None:
    """And what lies on none is refused."""
    warm(31.0)
    await hass.async_block_till_done()
    key = await id_of_only(hass)
    told = await refused(hass, "unshelve_alarm", alarm_id=key)
    assert told == ("alarm_not_shelved", {"alarm": key, "title": TOO_WARM})
    await act(hass, "unshelve_alarm", all=True)
    await act(hass, "shelve_alarm", alarm_id=key, duration=60, reason="known")
    await act(hass, "unshelve_alarm", all=True)
    assert await listed(hass) == {"sensor_high": "unacknowledged"}


@pytest.mark.req("SAF-17")
async def test_an_emergency_stop_is_an_alarm_that_nobody_can_hide(
    hass: HomeAssistant, host: EngineHost, bed: str, voice: FirmwareVoice, mqtt_mock: MagicMock, pass_time: PassTime
) -> None:
    """It cannot be shelved or reset; it is over when the stop is cleared, and then stays until somebody has seen it."""
    brake = Brake(voice, mqtt_mock, {16: "pump"})
    brake.releases = False
    stop(host, reason="smoke")
    await hass.async_block_till_done()
    (alarm,) = await alarms(hass, priority="high")
    assert (alarm["alarm"], alarm["class"], alarm["state"]) == ("stop_pressed", "safety", "unacknowledged")
    assert alarm["can_be_shelved_for"] == 0
    problem, words = await refused(hass, "shelve_alarm", alarm_id=alarm["alarm_id"], duration=60, reason="noise")
    assert (problem, f"{words['title']}.") == ("alarm_not_shelvable", alarm["text"])
    await act(hass, "acknowledge_alarm", alarm_id=[alarm["alarm_id"]])
    assert (await listed(hass))["stop_pressed"] == "acknowledged"
    assert host.engine.latch.is_latched
    await pass_time(6)
    release(host)
    await hass.async_block_till_done()
    # Its device has not confirmed yet, which is no further alarm.
    assert (await listed(hass))["stop_pressed"] == "acknowledged"
    brake.releases = True
    release(host)
    await hass.async_block_till_done()
    assert "stop_pressed" not in await listed(hass)


async def test_each_device_that_is_stopped_by_itself_is_an_alarm_of_its_own(
    hass: HomeAssistant, host: EngineHost, bed: str
) -> None:
    """A further press is not hidden by the one that somebody has seen."""
    stop(host, DEVICE)
    await hass.async_block_till_done()
    await act(hass, "acknowledge_alarm", all=True)
    stop(host)
    await hass.async_block_till_done()
    found = {alarm["subject"]: alarm["state"] for alarm in await alarms(hass) if alarm["alarm"] == "stop_pressed"}
    assert found == {"everything": "unacknowledged"}


async def test_an_output_that_does_not_rest_is_an_alarm_that_only_a_person_resets(
    hass: HomeAssistant,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    pass_time: PassTime,
    hass_admin_user: MockUser,
) -> None:
    """Its device says nothing to the order: seen is not over, over is not reset."""
    device = await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await call(hass, "switch", "turn_on", PUMP)
    device.answers = device.reports = False
    task = await begin(hass, "switch", "turn_off", PUMP)
    for _ in range(8):
        await pass_time(5)
        voice.status("pump", 16, state=True, pwm=255)
        await turn_the_loop()
    with pytest.raises(HomeAssistantError):
        await task
    await pass_time(16)
    (alarm,) = await alarms(hass, priority="critical")
    assert (alarm["alarm"], alarm["state"], alarm["is_latched"]) == ("output_not_resting", "unacknowledged", True)
    key = alarm["alarm_id"]
    with pytest.raises(ServiceValidationError) as caught:
        await act_as(hass, hass_admin_user, "reset_alarm", alarm_id=key)
    assert caught.value.translation_key == "alarm_still_active"
    assert "The alarm “Pump (Tent) was told to rest and still runs” is still active" in str(caught.value)
    voice.status("pump", 16, state=False, pwm=0)
    await hass.async_block_till_done()
    await pass_time(16)
    assert (await listed(hass))["output_not_resting"] == "latched_unacknowledged"
    await act(hass, "acknowledge_alarm", alarm_id=key)
    assert (await listed(hass))["output_not_resting"] == "latched"
    assert (await refused(hass, "reset_alarm", alarm_id=key))[0] == "alarm_reset_needs_person"
    await act_as(hass, hass_admin_user, "reset_alarm", all=True)
    assert "output_not_resting" not in await listed(hass)


async def test_a_motor_valve_that_closes_in_its_own_time_is_no_alarm(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice, pass_time: PassTime
) -> None:
    """It reports that it is open while it closes, and says only half a minute later that it is closed."""
    device = await bring_online(a_plan(an_actuator("valve", 18, "Inlet", "valve", max_runtime=300)))
    key = f"{ESP}_actuator_18"
    voice.status("valve", 18, state=False, pwm=0)
    await call(hass, "valve", "open_valve", key)
    voice.status("valve", 18, state=True, pwm=255)
    await pass_time(60)
    device.reports = False
    await call(hass, "valve", "close_valve", key)
    await pass_time(2)
    voice.status("valve", 18, state=True, pwm=255)
    for seconds in (6, 16):
        await pass_time(seconds)
        assert "output_not_resting" not in await listed(hass)
    voice.status("valve", 18, state=False, pwm=0)
    for _ in range(4):
        await pass_time(16)
    assert "output_not_resting" not in await listed(hass)


async def test_an_output_that_is_wanted_again_is_over_as_an_alarm(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice, pass_time: PassTime
) -> None:
    """It was told to rest and ran on; now it is told to run, and runs rightly."""
    device = await bring_online(a_plan(an_actuator("valve", 18, "Inlet", "valve", max_runtime=300)))
    key = f"{ESP}_actuator_18"
    await call(hass, "valve", "open_valve", key)
    await pass_time(60)
    device.reports = False
    await call(hass, "valve", "close_valve", key)
    for _ in range(4):
        await pass_time(10)
        voice.status("valve", 18, state=True, pwm=255)
    await pass_time(16)
    assert (await listed(hass))["output_not_resting"] == "unacknowledged"
    device.reports = True
    await call(hass, "valve", "open_valve", key)
    await pass_time(16)
    assert (await listed(hass))["output_not_resting"] == "latched_unacknowledged"


async def test_a_stop_that_is_not_obeyed_is_critical_and_latched(
    hass: HomeAssistant,
    host: EngineHost,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    mqtt_mock: MagicMock,
    pass_time: PassTime,
) -> None:
    """Until the output is seen at rest, and then until a person has reset it."""
    device = await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await call(hass, "switch", "turn_on", PUMP)
    brake = Brake(voice, mqtt_mock, {16: "pump"})
    brake.rests = device.reports = False
    stop(host)
    await turn_the_loop()
    await pass_time(3.1)
    brake.report(running=True)
    await turn_the_loop()
    (first,) = await alarms(hass, priority="critical")
    assert (first["alarm"], first["priority"]) == ("stop_not_effective", "critical")
    brake.report(running=False)
    await hass.async_block_till_done()
    assert (await listed(hass))["stop_not_effective"] == "latched_unacknowledged"


async def test_a_device_that_is_away_is_one_alarm_and_hides_those_of_its_sensors(
    hass: HomeAssistant, bed: str, warm: Warm, voice: FirmwareVoice, pass_time: PassTime
) -> None:
    """Its sensor becomes too old meanwhile, and nobody is told of that."""
    warm(31.0)
    voice.will()
    await hass.async_block_till_done()
    assert await listed(hass) == {"device_offline": "unacknowledged", "sensor_high": "suppressed"}
    await pass_time(600)
    await pass_time(61)
    assert await listed(hass) == {
        "device_offline": "unacknowledged",
        "sensor_high": "suppressed",
        "sensor_stale": "suppressed",
    }
    voice.heartbeat()
    warm(20.0)
    await hass.async_block_till_done()
    assert (await listed(hass))["device_offline"] == "returned"
    assert "sensor_stale" not in await listed(hass)


async def test_a_device_that_leaves_while_it_runs_is_about_safety(
    hass: HomeAssistant, bed: str, voice: FirmwareVoice
) -> None:
    """What its outputs do nobody can see."""
    await call(hass, "switch", "turn_on", PUMP)
    voice.will()
    await hass.async_block_till_done()
    (alarm,) = await alarms(hass)
    assert (alarm["alarm"], alarm["class"]) == ("offline_while_running", "safety")
    assert "Pump" in alarm["text"]


async def test_a_device_that_never_comes_after_a_restart_is_away(
    hass: HomeAssistant, setup_entry: MockConfigEntry, bed: str, pass_time: PassTime
) -> None:
    """After the time in which a device has to speak, and not before."""
    await reload(hass, setup_entry)
    await pass_time(179)
    assert await alarms(hass) == []
    await pass_time(2)
    assert await listed(hass) == {"device_offline": "unacknowledged"}


async def test_a_broker_that_is_away_is_the_cause_of_everything(
    hass: HomeAssistant, bed: str, voice: FirmwareVoice, switch_broker: SwitchBroker, pass_time: PassTime
) -> None:
    """A short gap is none."""
    voice.will()
    await hass.async_block_till_done()
    await switch_broker(False)
    await pass_time(20)
    await switch_broker(True)
    assert await listed(hass) == {"device_offline": "unacknowledged"}
    await switch_broker(False)
    await pass_time(31)
    assert await listed(hass) == {"broker_away": "unacknowledged", "device_offline": "suppressed"}


async def test_a_sensor_that_cannot_be_believed_is_an_alarm_and_moves_no_other(
    hass: HomeAssistant, bed: str, voice: FirmwareVoice, warm: Warm, pass_time: PassTime
) -> None:
    """What it says is neither too high nor well."""
    warm(31.0)
    voice.reading("ds18b20", 4, onewire_address=ROM, raw=-2032)
    await hass.async_block_till_done()
    assert await listed(hass) == {"sensor_high": "unacknowledged"}
    await pass_time(61)
    assert await listed(hass) == {"sensor_high": "unacknowledged", "sensor_implausible": "unacknowledged"}


async def test_a_run_that_fails_waits_for_somebody_to_see_it(
    hass: HomeAssistant, bring_online: BringOnline, pass_time: PassTime
) -> None:
    """It is over at once, and stays."""
    await save(hass, written("watering", {"kind": "call", "action": "pump.absent"}))
    await ask(hass, "run_sequence", sequence="watering")
    await hass.async_block_till_done()
    (alarm,) = await alarms(hass)
    assert (alarm["alarm"], alarm["state"], alarm["subject"]) == ("run_failed", "returned", "watering")
    assert "Watering" in alarm["text"]
    await act(hass, "acknowledge_alarm", all=True)
    assert await alarms(hass) == []


async def test_a_run_that_waits_for_approval_is_an_alarm_until_it_is_answered(
    hass: HomeAssistant, host: EngineHost
) -> None:
    """Whatever the answer is."""
    await save(hass, written("watering", {"kind": "approval", "text": "Tank full?"}))
    run = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    await hass.async_block_till_done()
    assert await listed(hass) == {"run_waiting": "unacknowledged"}
    await ask(hass, "cancel_sequence", run_id=run)
    await hass.async_block_till_done()
    assert await listed(hass) == {"run_waiting": "returned"}


async def test_a_disk_that_does_not_take_what_must_survive_is_an_alarm(
    hass: HomeAssistant, host: EngineHost, bed: str, pass_time: PassTime
) -> None:
    """Also while the alarm itself cannot be written."""
    with patch.object(memory_disk, "connect", side_effect=OSError("full")):
        await call(hass, "switch", "turn_on", PUMP)
        stop(host)
        await hass.async_block_till_done()
        await pass_time(16)
        assert "storage_failing" not in await listed(hass)
        await pass_time(31)
        assert (await listed(hass))["storage_failing"] == "unacknowledged"


async def test_only_alarms_that_exist_are_acknowledged_and_never_all_by_mistake(
    hass: HomeAssistant, bed: str, warm: Warm
) -> None:
    """An id of an occurrence that is over is as unknown as an invented one."""
    warm(31.0)
    await hass.async_block_till_done()
    first = await id_of_only(hass)
    warm(20.0)
    warm(31.0)
    await hass.async_block_till_done()
    assert (await refused(hass, "acknowledge_alarm", alarm_id=first))[0] == "alarm_not_found"
    for fields in ({}, {"all": False}, {"all": True, "alarm_id": "a1"}):
        assert (await refused(hass, "acknowledge_alarm", **fields))[0] == "alarm_target_missing"
    with pytest.raises(vol.Invalid):
        await act(hass, "acknowledge_alarm", alarm_id=[])
    (alarm,) = await alarms(hass)
    assert (alarm["state"], alarm["times"]) == ("unacknowledged", 2)
    assert (await refused(hass, "reset_alarm", alarm_id="a1"))[0] == "alarm_reset_needs_person"


async def test_who_may_control_nothing_moves_nothing_and_learns_no_names(
    hass: HomeAssistant, host: EngineHost, bed: str, warm: Warm, hass_read_only_user: MockUser
) -> None:
    """A guest sees that there is an alarm, but not who has looked at it."""
    warm(31.0)
    await hass.async_block_till_done()
    key = await id_of_only(hass)
    with pytest.raises(Unauthorized):
        await act_as(hass, hass_read_only_user, "acknowledge_alarm", alarm_id=key)
    await act_as(hass, hass_read_only_user, "acknowledge_alarm", all=True)
    assert await listed(hass) == {"sensor_high": "unacknowledged"}
    host.alarms.acknowledge(host.alarms.alarms, "Eva")
    told = await hass.services.async_call(
        DOMAIN,
        "get_alarms",
        {},
        blocking=True,
        return_response=True,
        context=Context(user_id=hass_read_only_user.id),
    )
    assert told is not None
    assert "Eva" not in str(told)
    assert (await alarms(hass))[0]["acknowledged_by"] == "Eva"


async def test_what_is_gone_has_no_alarms(
    hass: HomeAssistant, host: EngineHost, bed: str, warm: Warm, pass_time: PassTime
) -> None:
    """A sensor that was removed, and its limits with it."""
    warm(31.0)
    await hass.async_block_till_done()
    await act(hass, "acknowledge_alarm", all=True)
    channel = channel_of_bed(host)
    await host.async_change_plan(a_plan(an_actuator("pump", 16, "Pump")))
    await hass.async_block_till_done()
    await pass_time(16)
    assert await alarms(hass) == []
    assert host.alarms.limits_of(channel).bounds() == {}


async def test_an_alarm_that_cannot_be_read_is_gone_and_the_others_stay(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    bed: str,
    warm: Warm,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One broken row is no reason to begin anew."""
    warm(31.0)
    await hass.async_block_till_done()
    await host.memory.async_flush()
    host.memory._save({f"{ALARM_ROW}broken": b"{}"})
    host = await reload(hass, setup_entry)
    assert await listed(hass) == {"sensor_high": "unacknowledged"}
    assert f"cannot be read and is gone: {ALARM_ROW}broken" in caplog.text
    await host.memory.async_flush()
    assert f"{ALARM_ROW}broken" not in host.memory.rows()


async def test_the_disk_that_gives_nothing_at_the_start_keeps_nobody_from_working(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    bed: str,
    warm: Warm,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Alarms begin anew, everything is stopped, and that is said."""
    warm(31.0)
    await host.memory.async_flush()
    with patch.object(memory_disk.MemoryDisk, "rows", side_effect=OSError("gone")):
        host = await reload(hass, setup_entry)
    assert "The disk does not give the memory" in caplog.text
    assert "sensor_high" not in await listed(hass)
    assert host.engine.latch.is_latched


async def test_limits_are_laid_down_in_a_form(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, bed: str
) -> None:
    """It shows what holds; what is emptied goes, and what makes no sense is refused."""
    form = await submit(hass, await choose(hass, setup_entry, "alarm_limits"), sensor=channel_of_bed(host))
    words = form["description_placeholders"]
    assert words is not None
    assert (words["sensor"], words["value"]) == ("Bed (Tent)", "20 °C")
    wrong = await submit(hass, form, high=1.0, low=2.0, dead_band=0, on_delay=0, off_delay=0)
    assert wrong["errors"] == {"base": "alarm_limits_crossed"}
    done = await submit(hass, wrong, high=33.0, dead_band=0.5, on_delay=60, off_delay=0)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    held = host.alarms.limits_of(channel_of_bed(host))
    assert (held.high, held.low, held.high_high, held.dead_band, held.on_delay) == (33.0, None, None, 0.5, 60)
    assert dict(setup_entry.options) == {}


async def test_the_form_for_limits_says_what_is_missing(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, bed: str
) -> None:
    """No sensor, one that has gone meanwhile, a disk that takes nothing, and no hub at all."""
    form = await submit(hass, await choose(hass, setup_entry, "alarm_limits"), sensor=channel_of_bed(host))
    given = {"high": 33.0, "dead_band": 0, "on_delay": 0, "off_delay": 0}
    with patch.object(RecordStore, "async_save", side_effect=HomeAssistantError("full")):
        failed = await submit(hass, form, **given)
    assert failed["errors"] == {"base": "not_saved"}
    assert host.alarms.limits_of(channel_of_bed(host)).high == 30
    await host.async_change_plan(a_plan())
    await hass.async_block_till_done()
    gone = await submit(hass, failed, **given)
    assert (gone["type"], gone["reason"]) == (FlowResultType.ABORT, "sensor_gone")
    none = await choose(hass, setup_entry, "alarm_limits")
    assert (none["type"], none["reason"]) == (FlowResultType.ABORT, "no_sensors")
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    away = await choose(hass, setup_entry, "alarm_limits")
    assert (away["type"], away["reason"]) == (FlowResultType.ABORT, "hub_not_loaded")


async def test_an_alert_of_a_device_is_an_alarm_unless_it_only_answers_a_stop(
    hass: HomeAssistant, host: EngineHost, bed: str, voice: FirmwareVoice
) -> None:
    """Every output of a stopped device says so; nobody needs to hear of each."""
    stop(host)
    voice.repeat(recorded("actuator_alert"), alert_type="emergency_stop")
    await hass.async_block_till_done()
    assert "device_alert" not in await listed(hass)
    voice.repeat(recorded("actuator_alert"), alert_type="runtime_protection", message="Pump ran too long")
    await hass.async_block_till_done()
    (alarm,) = [each for each in await alarms(hass) if each["alarm"] == "device_alert"]
    assert alarm["state"] == "returned"
    assert "Pump ran too long" in alarm["text"]


@pytest.fixture(name="disk")
def disk_fixture(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let the memory reach the disk only when that is allowed."""
    allowed, save = threading.Event(), memory_disk.MemoryDisk.save

    def wait(disk: memory_disk.MemoryDisk, rows: dict[str, bytes | None]) -> None:
        allowed.wait(60)
        save(disk, rows)

    allowed.set()
    monkeypatch.setattr(memory_disk.MemoryDisk, "save", wait)
    yield allowed
    allowed.set()


@pytest.mark.parametrize(
    ("action", "fields"), [("acknowledge_alarm", {}), ("shelve_alarm", {"duration": 600, "reason": "Cleaning"})]
)
async def test_what_a_person_does_is_done_when_the_disk_has_it(
    hass: HomeAssistant, bed: str, warm: Warm, disk: threading.Event, action: str, fields: dict[str, Any]
) -> None:
    """Whoever is told that an alarm is acknowledged does not find it unseen after a crash."""
    warm(31.0)
    await hass.async_block_till_done()
    alarm = await id_of_only(hass)
    disk.clear()
    doing = hass.async_create_task(act(hass, action, alarm_id=alarm, **fields))
    await turn_the_loop()
    assert not doing.done()
    assert (await listed(hass))["sensor_high"] != "unacknowledged"
    disk.set()
    await doing


async def test_a_disk_that_does_not_answer_keeps_nobody_from_an_alarm(
    hass: HomeAssistant, bed: str, warm: Warm, disk: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is acknowledged all the same; the disk is told in a repair issue."""
    monkeypatch.setattr(alarm_desk, "_PATIENCE", 0.01)
    warm(31.0)
    await hass.async_block_till_done()
    disk.clear()
    await act(hass, "acknowledge_alarm", all=True)
    assert await listed(hass) == {"sensor_high": "acknowledged"}
    disk.set()
    await hass.async_block_till_done()
