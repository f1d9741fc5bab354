"""A hub helps itself before it asks a person: step by step, a few times a day, and never by switching on."""

from collections.abc import Awaitable, Callable

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_mqtt_message

from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN
from custom_components.god_kaiser.core.events import CommandWished
from custom_components.god_kaiser.core.ids import ChannelId, CommandId
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.core.requests import CommandRequest, Origin
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal.reading import Wanted
from custom_components.god_kaiser.host.memory_rows import RUN_ROW
from custom_components.god_kaiser.repairs import DeviceNeedsPersonFlow, LeftoversFlow, async_create_fix_flow

from .calls import ask
from .conftest import DEVICE, BringOnline, PassTime, a_plan, a_sensor, an_actuator, call, state_of
from .sequences import save, written
from .wire import FirmwareVoice, Wire

ISSUE = f"{DEVICE}_device_needs_person"
LEFT = "leftovers_leftovers"
PUMP = ChannelId(f"{DEVICE}/actuator/16")
SOIL_AND_PUMP = a_plan(a_sensor("moisture", 34, "Soil", interval=30), an_actuator("pump", 16, "Pump"))
WATCH = "kaiser_god_health_watch"
WITHOUT_HELP = pytest.mark.parametrize("options", [{"auto_recovery": False}], ids=["no_recovery"])
WITHOUT_CLEANING = pytest.mark.parametrize("options", [{"cleanup_orphaned": False}], ids=["no_cleaning"])

type Live = Callable[[float], Awaitable[None]]


@pytest.fixture(name="live")
def live_fixture(hass: HomeAssistant, voice: FirmwareVoice, pass_time: PassTime) -> Live:
    """Return a way to let time pass while the device is there, and tells what its pump does but nothing of its soil."""

    async def live(seconds: float) -> None:
        for _ in range(round(seconds / 10)):
            voice.heartbeat()
            voice.status("pump", 16, state=False, pwm=0)
            await pass_time(10)
            await hass.async_block_till_done(wait_background_tasks=True)

    return live


async def codes(hass: HomeAssistant) -> list[str]:
    """Look now, and return what is wrong."""
    answer = await ask(hass, "health_check")
    await hass.async_block_till_done()
    return [each["code"] for part in answer["categories"].values() for each in part["findings"]]


async def steps(host: EngineHost) -> list[tuple[str, str | None]]:
    """Return what was tried, as the journal knows it."""
    kinds = (Noted.RECOVERY_TRIED, Noted.RECOVERY_HANDED_OVER, Noted.RECOVERY_SUCCEEDED)
    page = await host.journal.async_events(Wanted(kinds=kinds))
    return [(each.envelope["event_type"], each.envelope["data"]["rung"]) for each in page.events]


async def cleaned(host: EngineHost) -> list[str]:
    """Return what was cleaned up, as the journal knows it."""
    page = await host.journal.async_events(Wanted(kinds=(Noted.RECOVERY_CLEANED,)))
    return [each.envelope["data"]["code"] for each in page.events]


def issue_of(hass: HomeAssistant, host: EngineHost, key: str = ISSUE) -> ir.IssueEntry | None:
    """Return a repair issue."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"{host.journal.entry_id}_{key}")


async def test_a_silent_sensor_is_asked_then_its_device_configured_then_a_person_asked(
    hass: HomeAssistant, host: EngineHost, wire: Wire, bring_online: BringOnline, live: Live
) -> None:
    """Each rung is journaled; until the last one nobody is troubled, and after it nothing more is tried."""
    await bring_online(SOIL_AND_PUMP)
    await live(110)
    assert await codes(hass) == []
    await live(20)
    wire.forget()
    assert await codes(hass) == ["sensor_silent"]
    assert [said["command"] for said in wire.said("/sensor/34/command")] == ["measure"]
    assert [said["command"] for said in wire.said("/system/command")] == ["status"]
    assert issue_of(hass, host, "health_messages") is None
    await live(40)
    assert [[sensor["gpio"] for sensor in push["sensors"]] for push in wire.said("/config")] == [[34]]
    assert issue_of(hass, host) is None
    await live(70)
    found = issue_of(hass, host)
    assert found is not None
    assert found.translation_placeholders is not None
    assert "Soil" in found.translation_placeholders["findings"]
    assert found.translation_placeholders["device"] == "Tent"
    wire.forget()
    await live(1200)
    assert (wire.said("/config"), wire.said("/system/command"), wire.said("/actuator/16/command")) == ([], [], [])
    assert await steps(host) == [
        ("recovery.tried", "ask"),
        ("recovery.tried", "configure"),
        ("recovery.handed_over", "person"),
    ]


async def test_what_comes_back_ends_the_climb(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice, bring_online: BringOnline, live: Live
) -> None:
    """Whatever has helped; nobody was troubled."""
    await bring_online(SOIL_AND_PUMP)
    await live(130)
    await codes(hass)
    voice.reading("moisture", 34)
    await live(40)
    assert "sensor_silent" not in await codes(hass)
    assert await steps(host) == [("recovery.tried", "ask"), ("recovery.succeeded", None)]
    assert issue_of(hass, host) is None


@pytest.mark.parametrize("options", [{"recovery_attempts": 1}])
@pytest.mark.parametrize(
    ("by_hand", "then"), [(False, ("recovery.handed_over", "person")), (True, ("recovery.tried", "ask"))]
)
async def test_what_was_tried_today_counts_after_a_restart_as_well(
    hass: HomeAssistant,
    host: EngineHost,
    setup_entry: MockConfigEntry,
    voice: FirmwareVoice,
    bring_online: BringOnline,
    live: Live,
    by_hand: bool,
    then: tuple[str, str],
) -> None:
    """A device that is ill again and again is not helped more often for that; unless a person wants it."""
    await bring_online(SOIL_AND_PUMP)
    await live(130)
    await codes(hass)
    voice.reading("moisture", 34)
    await live(40)
    assert "sensor_silent" not in await codes(hass)
    if by_hand:
        await host.health.recovery.async_begin_anew(DEVICE)
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    await live(20)
    voice.reading("moisture", 34)
    await live(130)
    await codes(hass)
    again: EngineHost = setup_entry.runtime_data
    assert (await steps(again))[2:] == [then]


@pytest.mark.parametrize(("choice", "tried_again"), [("try_again", True), ("leave", False)])
async def test_a_person_decides_by_a_click(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live, choice: str, tried_again: bool
) -> None:
    """Another attempt, or peace until the device is well."""
    await bring_online(SOIL_AND_PUMP)
    await live(130)
    await codes(hass)
    await live(120)
    found = issue_of(hass, host)
    assert found is not None
    flow = await async_create_fix_flow(hass, found.issue_id, found.data)
    assert isinstance(flow, DeviceNeedsPersonFlow)
    flow.hass = hass
    menu = await flow.async_step_init()
    assert menu["menu_options"] == ["try_again", "leave"]
    assert (await getattr(flow, f"async_step_{choice}")())["type"] == "create_entry"
    assert issue_of(hass, host) is None
    before = len(await steps(host))
    await live(30)
    assert len(await steps(host)) == before + tried_again


@WITHOUT_HELP
@pytest.mark.req("ROB-29", "ROB-49")
async def test_without_recovery_it_is_only_told(
    hass: HomeAssistant, host: EngineHost, wire: Wire, bring_online: BringOnline, live: Live
) -> None:
    """Nothing is sent, and a person is asked at once."""
    await bring_online(SOIL_AND_PUMP)
    await live(130)
    wire.forget()
    assert await codes(hass) == ["sensor_silent"]
    await live(600)
    assert (wire.said("/config"), wire.said("/system/command"), wire.said("/sensor/34/command")) == ([], [], [])
    assert await steps(host) == []
    assert issue_of(hass, host, "health_messages") is not None


RECOVERY = "kaiser_god_auto_recovery"


@pytest.mark.req("ROB-29", "ROB-49")
async def test_recovery_is_switched_off_and_on_at_once_and_stays_so(
    hass: HomeAssistant,
    host: EngineHost,
    setup_entry: MockConfigEntry,
    wire: Wire,
    bring_online: BringOnline,
    live: Live,
) -> None:
    """In the middle of a climb, too: it is told then, and a person asked; nothing is loaded anew until somebody wants that."""
    await bring_online(SOIL_AND_PUMP)
    await live(130)
    await codes(hass)
    assert await steps(host) == [("recovery.tried", "ask")]
    assert issue_of(hass, host, "health_messages") is None
    await call(hass, "switch", "turn_off", RECOVERY)
    assert state_of(hass, "switch", RECOVERY).state == "off"
    assert setup_entry.runtime_data is host
    assert issue_of(hass, host, "health_messages") is not None
    wire.forget()
    await live(600)
    assert await codes(hass) == ["sensor_silent"]
    assert (wire.said("/config"), wire.said("/system/command"), wire.said("/sensor/34/command")) == ([], [], [])
    assert await steps(host) == [("recovery.tried", "ask")]
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    assert state_of(hass, "switch", RECOVERY).state == "off"
    assert setup_entry.options["auto_recovery"] is False
    await call(hass, "switch", "turn_on", RECOVERY)
    assert state_of(hass, "switch", RECOVERY).state == "on"
    assert setup_entry.options["auto_recovery"] is True


async def test_whoever_was_asked_about_a_device_is_asked_by_the_health_check_once_recovery_is_off(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live
) -> None:
    """One issue at a time, and another climb when it is on again, which counts like any other."""
    await bring_online(SOIL_AND_PUMP)
    await live(130)
    await codes(hass)
    await live(120)
    assert (issue_of(hass, host) is None, issue_of(hass, host, "health_messages") is None) == (False, True)
    await call(hass, "switch", "turn_off", RECOVERY)
    assert (issue_of(hass, host) is None, issue_of(hass, host, "health_messages") is None) == (True, False)
    before = await steps(host)
    await call(hass, "switch", "turn_on", RECOVERY)
    assert (await steps(host))[len(before) :] == [("recovery.tried", "ask")]
    page = await host.journal.async_events(Wanted(kinds=(Noted.RECOVERY_TRIED,)))
    assert page.events[-1].envelope["data"]["climb"] == 2


async def test_a_device_whose_output_runs_is_not_configured_anew(
    hass: HomeAssistant,
    host: EngineHost,
    voice: FirmwareVoice,
    wire: Wire,
    bring_online: BringOnline,
    pass_time: PassTime,
) -> None:
    """What runs goes on; the rung is noted as skipped."""
    await bring_online(SOIL_AND_PUMP)
    request = CommandRequest(
        id=CommandId("k"), channel=PUMP, level=1.0, origin=Origin.PERSON, duration=3000, asked_by="user"
    )
    host.feed(CommandWished(request=request))
    wire.forget()
    for _ in range(30):
        voice.heartbeat()
        voice.status("pump", 16, state=True, pwm=255)
        await pass_time(10)
        await hass.async_block_till_done(wait_background_tasks=True)
        await codes(hass)
    assert wire.said("/config") == []
    assert [rung for _, rung in await steps(host)] == ["ask", "configure", "person"]
    assert [said["command"] for said in wire.said("/actuator/16/command")] in ([], ["ON"])


@pytest.mark.parametrize("owner", ["run:gone", "rule:gone"])
async def test_what_nobody_wants_any_more_is_forgotten_and_rests(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice, wire: Wire, bring_online: BringOnline, owner: str
) -> None:
    """Through the funnel, as any rest."""
    await bring_online(SOIL_AND_PUMP)
    request = CommandRequest(
        id=CommandId("k"), channel=PUMP, level=1.0, origin=Origin.RULE, owner=owner, is_standing=True, duration=900
    )
    host.feed(CommandWished(request=request))
    await hass.async_block_till_done()
    assert host.engine.demands.of(PUMP)
    wire.forget()
    assert await codes(hass) == ["ownerless"]
    await hass.async_block_till_done()
    assert [said["command"] for said in wire.said("/actuator/16/command")] == ["OFF"]
    assert await codes(hass) == []
    assert await cleaned(host) == ["ownerless"]


@pytest.mark.req("ROB-14", "ROB-20")
async def test_what_a_lost_run_has_left_is_cleaned_up(hass: HomeAssistant, host: EngineHost) -> None:
    """Its reservation, and its row on the disk."""
    await save(hass, written("watering", {"kind": "delay", "seconds": 600}))
    run = host.sequences.run((await ask(hass, "run_sequence", sequence="watering"))["run_id"])
    host.engine.programs.runs.reserved["lost"] = frozenset({PUMP})
    host.health.facts.memory.keep(f"{RUN_ROW}lost", run, is_urgent=False)
    assert sorted(await codes(hass)) == ["inconsistent", "stale_lock"]
    assert await codes(hass) == []
    assert sorted(await cleaned(host)) == ["inconsistent", "stale_lock"]
    assert not host.sequences.run(run.id).is_over


async def test_a_run_without_its_sequence_is_ended_where_it_stands_still(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that moves has its program with it, and goes on to its end."""
    await save(hass, written("watering", {"kind": "delay", "seconds": 600}))
    run = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    monkeypatch.setattr(host.sequences.store.library, "sequences", {})
    assert await codes(hass) == ["sequence_gone"]
    assert not host.sequences.run(run).is_over
    await host.sequences.async_halt(run, host.sequences.run(run).status.PAUSED, by="anna")
    await codes(hass)
    await hass.async_block_till_done()
    assert (host.sequences.run(run).status.value, host.sequences.run(run).reason) == ("cancelled", "sequence_gone")
    assert await codes(hass) == []


async def orphan(
    hass: HomeAssistant, voice: FirmwareVoice, wire: Wire, bring_online: BringOnline, pass_time: PassTime
) -> list[str]:
    """Let the pump run for nobody, and return what it was told within a minute."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump", max_runtime=600)))
    wire.forget()
    for _ in range(6):
        voice.heartbeat()
        voice.status("pump", 16, state=True, pwm=255)
        await pass_time(10)
        await hass.async_block_till_done()
    return [said["command"] for said in wire.said("/actuator/16/command")]


@pytest.mark.req("ROB-65")
async def test_an_output_that_runs_for_nobody_is_told_to_rest(
    hass: HomeAssistant, voice: FirmwareVoice, wire: Wire, bring_online: BringOnline, pass_time: PassTime
) -> None:
    """Half a minute after it was seen."""
    assert "OFF" in await orphan(hass, voice, wire, bring_online, pass_time)


@WITHOUT_CLEANING
@pytest.mark.req("ROB-56")
async def test_without_cleaning_it_is_only_told_and_ends_as_every_run_does(
    hass: HomeAssistant, voice: FirmwareVoice, wire: Wire, bring_online: BringOnline, pass_time: PassTime
) -> None:
    """Every output that runs has an end, also where nobody wants it to be cleaned up."""
    assert await orphan(hass, voice, wire, bring_online, pass_time) == []
    assert await codes(hass) == ["orphaned"]
    for _ in range(62):
        voice.heartbeat()
        voice.status("pump", 16, state=True, pwm=255)
        await pass_time(10)
    await hass.async_block_till_done()
    assert "OFF" in [said["command"] for said in wire.said("/actuator/16/command")]


@WITHOUT_CLEANING
@pytest.mark.req("ROB-56")
async def test_without_cleaning_what_a_lost_run_has_left_is_only_told(hass: HomeAssistant, host: EngineHost) -> None:
    """It stays as it is."""
    host.engine.programs.runs.reserved["lost"] = frozenset({PUMP})
    assert await codes(hass) == ["stale_lock"]
    assert await codes(hass) == ["stale_lock"]
    assert await cleaned(host) == []


async def look_twice(hass: HomeAssistant) -> list[str]:
    """Look, let the broker say what is retained, and look again."""
    await codes(hass)
    return await codes(hass)


async def retain(hass: HomeAssistant, place: str, payload: str = '{"command":"emergency_stop"}') -> None:
    """Let the broker deliver a retained message, as it does to each new subscriber."""
    async_fire_mqtt_message(hass, place, payload, retain=True)
    await hass.async_block_till_done()


STOP_FOR_ALL = "kaiser/broadcast/emergency"
OLD_COMMAND = f"kaiser/god/esp/{DEVICE}/actuator/16/command"


@pytest.mark.req("ROB-20")
@pytest.mark.parametrize("place", [STOP_FOR_ALL, OLD_COMMAND, f"kaiser/god/esp/{DEVICE}/config"])
@pytest.mark.usefixtures("host")
async def test_what_is_retained_where_nothing_may_be_is_removed(hass: HomeAssistant, wire: Wire, place: str) -> None:
    """An old stop would stop every device that connects, an old command would switch it."""
    assert await codes(hass) == []
    await retain(hass, place)
    wire.forget()
    assert await codes(hass) == ["retained"]
    assert wire.raw() == [(place, b"", 1, True)]
    assert await look_twice(hass) == []


@WITHOUT_CLEANING
@pytest.mark.req("ROB-20", "ROB-56")
async def test_without_cleaning_what_is_retained_is_only_told(
    hass: HomeAssistant, host: EngineHost, wire: Wire
) -> None:
    """A person is asked to find out who does that."""
    await codes(hass)
    await retain(hass, STOP_FOR_ALL)
    wire.forget()
    assert await look_twice(hass) == ["retained"]
    assert wire.raw() == []
    assert issue_of(hass, host, LEFT) is not None
    assert issue_of(hass, host, "health_messages") is None


@WITHOUT_CLEANING
@pytest.mark.req("ROB-20")
@pytest.mark.parametrize("place", [STOP_FOR_ALL, OLD_COMMAND])
async def test_what_is_retained_is_removed_by_a_click(
    hass: HomeAssistant, host: EngineHost, wire: Wire, pass_time: PassTime, place: str
) -> None:
    """A person has seen what it is; what was reserved for a run that is gone goes with it, and each of them is noted."""
    await codes(hass)
    await retain(hass, place)
    host.engine.programs.runs.reserved["lost"] = frozenset({PUMP})
    assert sorted(await look_twice(hass)) == ["retained", "stale_lock"]
    found = issue_of(hass, host, LEFT)
    assert found is not None
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["findings"].count("- ") == 2
    wire.forget()
    flow = await async_create_fix_flow(hass, found.issue_id, found.data)
    assert isinstance(flow, LeftoversFlow)
    flow.hass = hass
    assert (await flow.async_step_init())["menu_options"] == ["remove"]
    assert (await flow.async_step_remove())["type"] == "create_entry"
    await hass.async_block_till_done()
    assert wire.raw() == [(place, b"", 1, True)]
    assert host.engine.programs.runs.reserved == {}
    assert sorted(await cleaned(host)) == ["retained", "stale_lock"]
    await pass_time(1.1)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await codes(hass) == []
    assert issue_of(hass, host, LEFT) is None


@pytest.mark.usefixtures("host")
async def test_what_is_said_live_is_no_leftover(hass: HomeAssistant, host: EngineHost, pass_time: PassTime) -> None:
    """Nor what is retained elsewhere, nor what comes when nobody listens any more."""
    # A look that comes by itself would listen anew.
    await call(hass, "switch", "turn_off", WATCH)
    await codes(hass)
    async_fire_mqtt_message(hass, OLD_COMMAND, "{}", retain=False)
    await retain(hass, f"kaiser/god/esp/{DEVICE}/actuator/emergency/ack", "{}")
    ear = host.health.facts.examined.ear
    for _ in range(20):
        await pass_time(30)
        await hass.async_block_till_done()
    assert not ear.is_listening
    await retain(hass, STOP_FOR_ALL)
    assert await codes(hass) == []


@pytest.mark.req("ROB-42")
async def test_the_watch_can_be_switched_off_and_stays_so(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, pass_time: PassTime
) -> None:
    """No look by itself then, also after a reload; once it is on again they come every five minutes."""

    async def looks_within(seconds: float) -> bool:
        health = setup_entry.runtime_data.health
        before = health.checked_at
        await pass_time(seconds)
        await hass.async_block_till_done(wait_background_tasks=True)
        return bool(health.checked_at != before)

    await looks_within(301)
    await call(hass, "switch", "turn_off", WATCH)
    assert not await looks_within(601)
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, "switch", WATCH).state == "off"
    assert not await looks_within(601)
    assert await codes(hass) == []
    await call(hass, "switch", "turn_on", WATCH)
    await call(hass, "switch", "turn_on", WATCH)
    assert state_of(hass, "switch", WATCH).state == "on"
    assert await looks_within(301)


@pytest.mark.req("ROB-76")
async def test_answers_that_become_slower_are_told_before_they_fail(hass: HomeAssistant, host: EngineHost) -> None:
    """By simple statistics; a person is asked to look at the WiFi."""
    for _ in range(30):
        host.engine.ledger._latencies.note(DEVICE, 0.2)
    assert await codes(hass) == []
    for _ in range(10):
        host.engine.ledger._latencies.note(DEVICE, 2.0)
    assert await codes(hass) == ["answers_slower"]
    assert issue_of(hass, host, "health_messages") is not None


@pytest.mark.req("ROB-76")
async def test_commands_that_fail_more_often_are_told_before_nothing_works(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline
) -> None:
    """Three of the last ten that the device has refused; a person is asked to look at it."""
    device = await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    for number in range(27):
        await call(hass, "switch", "turn_on" if number % 2 else "turn_off", f"{DEVICE}_actuator_16")
    device.refuses = True
    for found in ([], [], ["commands_failing"]):
        with pytest.raises(HomeAssistantError):
            await call(hass, "switch", "turn_on", f"{DEVICE}_actuator_16")
        assert await codes(hass) == found
    issue = issue_of(hass, host, "health_messages")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert "Of the last ten commands to Tent 30 % have failed" in issue.translation_placeholders["findings"]


@pytest.mark.req("ROB-77")
async def test_two_namespaces_in_one_house_do_not_disturb_each_other(
    hass: HomeAssistant, wire: Wire, bring_online: BringOnline
) -> None:
    """Each hub has its devices, and a device of one is never told anything by the other."""
    await bring_online(SOIL_AND_PUMP)
    entry = MockConfigEntry(domain=DOMAIN, unique_id="field", data={CONF_KAISER_ID: "field"})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    field: EngineHost = entry.runtime_data
    await field.async_change_plan(a_plan(an_actuator("pump", 16, "Field pump"), device="ESP_F1E1D1"))
    wire.forget()
    FirmwareVoice(hass, "ESP_F1E1D1", "field").heartbeat(esp_id="ESP_F1E1D1")
    await hass.async_block_till_done()
    assert {topic.split("/")[1] for topic, *_ in wire.raw()} == {"field"}
    assert set(field.fleet.devices) == {"ESP_F1E1D1"}
    wire.forget()
    await call(hass, "switch", "turn_on", f"{DEVICE}_actuator_16")
    assert {topic.split("/")[1] for topic, *_ in wire.raw() if topic.endswith("command")} == {"god"}
