"""Bringing a whole hub out and in: what is in the document, what an import would do, and that it does all of it or nothing."""

from copy import deepcopy
from pathlib import Path
import re
import shutil
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_fire_time_changed
import yaml

from custom_components.god_kaiser.const import CONF_KAISER_ID, CONF_KEEP_DAYS, CONF_MOST_STEPS, DOMAIN
from custom_components.god_kaiser.core.alarms.limits import AlarmLimits
from custom_components.god_kaiser.core.configuration.laid import PARTS
from custom_components.god_kaiser.core.devices.calibration import DryWet
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel, sensor_channel
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.limits import ChannelSafety, DeviceSafety, StopMode
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal.reading import Wanted
from custom_components.god_kaiser.host.memory_file import MemoryFile
from custom_components.god_kaiser.host.record_store import RecordStore

from .calls import act, act_as, ask, refused
from .conftest import PUMP, BringOnline, a_plan, a_sensor, an_actuator, call
from .rules import OTHER, a_rule, save as save_rule
from .sequences import save, written
from .wire import ESP, Wire

pytestmark = pytest.mark.real_disk

TENT = DeviceId(ESP)
SOIL = sensor_channel(TENT, 34, "moisture", "")
WATER, VALVE = actuator_channel(TENT, 16), actuator_channel(TENT, 18)
OPTIONS = {CONF_KEEP_DAYS: 30, CONF_MOST_STEPS: 40, "alarm_repeats": 4}
SECRET = re.compile(r"pass|token|secret|ssid|api_?key|bearer|authorization", re.IGNORECASE)
MOVED = ("added", "changed", "removed", "kept", "left_out", "refused")


@pytest.fixture
def options() -> dict[str, Any]:
    """Return options that somebody has changed."""
    return OPTIONS


async def lay_down(hass: HomeAssistant, host: EngineHost) -> None:
    """Lay down something of every kind."""
    area = ar.async_get(hass).async_create("Tomato bed")
    soil = a_sensor("moisture", 34, "Soil", interval=60, calibrations={"moisture": DryWet(dry=3150, wet=1420)})
    pump, valve = an_actuator("pump", 16, "Pump", max_runtime=600), an_actuator("relay", 18, "Valve")
    await host.async_change_plan(a_plan(soil, pump, valve))
    await host.async_change_plan(a_plan(a_sensor("moisture", 34, "Far soil"), device=OTHER, name="Bed"))
    dr.async_get(hass).async_update_device(host.registry.device_id(TENT) or "", area_id=area.id)
    await host.async_change_safety(
        ChannelSafety(channel=WATER, interlocks=(Requirement(any_of=(VALVE,)), MaxOnTime(per_run=300)), hold=60)
    )
    await host.alarms.async_set_limits(AlarmLimits(channel=SOIL, high=80.0, dead_band=2.0))
    await host.async_change_device_safety(DeviceSafety(device=TENT, stop_mode=StopMode.CONTROLLED))
    await save(hass, written("watering", {"kind": "log", "text": "{{ states('sun.sun') }}"}))
    await save(hass, written("morning", {"kind": "run", "sequence": "watering"}, name="Each morning"))
    await save(hass, written("watering", {"kind": "delay", "seconds": 5}))
    await save_rule(host, a_rule(influences=[f"{OTHER}/sensor/34/moisture"]))
    await save_rule(host, a_rule("frost", enabled=False))
    await act(hass, "schedule_sequence", sequence="morning", delay={"hours": 5}, missed="ask")


@pytest.fixture(name="filled")
async def filled_fixture(hass: HomeAssistant, host: EngineHost) -> EngineHost:
    """Return a hub with something of every kind."""
    await lay_down(hass, host)
    return host


async def document_of(hass: HomeAssistant, **fields: Any) -> dict[str, Any]:
    """Return what is laid down for a hub."""
    answer = await ask(hass, "export_config", **fields)
    document: dict[str, Any] = answer["document"]
    return document


async def fresh(hass: HomeAssistant, entry: MockConfigEntry, kaiser: str = "god") -> MockConfigEntry:
    """Return a hub of which nothing is known, in the place of another one."""
    await hass.config_entries.async_remove(entry.entry_id)
    other = MockConfigEntry(domain=DOMAIN, title="New", unique_id=kaiser, data={CONF_KAISER_ID: kaiser})
    other.add_to_hass(hass)
    assert await hass.config_entries.async_setup(other.entry_id)
    await hass.async_block_till_done()
    return other


def fates(answer: dict[str, Any]) -> dict[str, list[str]]:
    """Return of every fate what has it, other than what stays as it is."""
    return {
        fate: found
        for fate in MOVED
        if (found := sorted(f"{part}/{each['id']}" for part, of in answer["parts"].items() for each in of[fate]))
    }


@pytest.mark.usefixtures("filled")
async def test_what_was_exported_makes_the_same_hub_elsewhere(
    hass: HomeAssistant, setup_entry: MockConfigEntry
) -> None:
    """Exported, brought into a hub of which nothing is known, and exported again: not a sign is different."""
    exported = await ask(hass, "export_config")
    assert set(PARTS) <= exported["document"].keys()
    assert all(exported["counts"].values())
    entry = await fresh(hass, setup_entry)
    answer = await ask(hass, "import_config", document=exported["yaml"], dry_run=False, enable_rules=True)
    await hass.async_block_till_done()
    assert (answer["is_done"], answer["is_possible"], list(fates(answer))) == (True, True, ["added"])
    again = await ask(hass, "export_config")
    assert again["document"] == exported["document"]
    assert again["yaml"] == exported["yaml"]
    assert dict(entry.options) == OPTIONS
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert await document_of(hass) == exported["document"]


@pytest.mark.usefixtures("filled")
async def test_the_text_and_the_fields_say_the_same(hass: HomeAssistant) -> None:
    """Also templates, which Home Assistant would work out when the text is pasted into an action."""
    exported = await ask(hass, "export_config")
    assert yaml.safe_load(exported["yaml"]) == exported["document"]
    assert "{{" not in exported["yaml"]
    for document in (exported["yaml"], exported["document"]):
        assert fates(await ask(hass, "import_config", document=document)) == {}


async def test_an_import_looks_first(hass: HomeAssistant, filled: EngineHost, setup_entry: MockConfigEntry) -> None:
    """Without a word it only tells; nothing is different afterwards."""
    document = await document_of(hass)
    entry = await fresh(hass, setup_entry)
    answer = await ask(hass, "import_config", document=document)
    assert (answer["dry_run"], answer["is_done"], answer["is_possible"]) == (True, False, True)
    assert fates(answer)["added"] == sorted(
        [*(f"options/{name}" for name in OPTIONS), f"devices/{ESP}", f"devices/{OTHER}", f"safety/{WATER}"]
        + ["sequences/morning", "sequences/watering", "rules/frost", "rules/water", f"alarm_limits/{SOIL}"]
        + [f"schedules/{each['id']}" for each in document["schedules"]]
    )
    host: EngineHost = entry.runtime_data
    assert (host.store.stored(), host.rules.rules, dict(entry.options)) == ({}, {}, {})
    assert filled is not host


@pytest.mark.usefixtures("filled")
async def test_no_secret_and_no_person_is_in_the_document(hass: HomeAssistant, hass_admin_user: MockUser) -> None:
    """Nothing in it is called like a secret, and nobody is named."""
    hass_admin_user.name = "Rosalinde"
    later = {"sequence": "watering", "delay": {"hours": 1}}
    await act_as(hass, hass_admin_user, "schedule_sequence", **later)
    text = (await ask(hass, "export_config"))["yaml"]
    assert SECRET.findall(text) == []
    assert "Rosalinde" not in text
    assert hass_admin_user.id not in text
    assert len(yaml.safe_load(text)["schedules"]) == 2


async def test_rules_come_in_switched_off_and_nothing_is_energised(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, wire: Wire
) -> None:
    """A rule whose answer is yes would act at once; whoever has looked at it switches it on."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump", max_runtime=600)))
    always = {"kind": "time", "after": "00:00:00", "before": "23:59:59"}
    brought = {"kind": "god_kaiser.configuration", "version": 1, "rules": [a_rule("always", when=always)]}
    wire.forget()
    answer = await ask(hass, "import_config", document=brought, dry_run=False)
    await hass.async_block_till_done()
    assert fates(answer) == {"added": ["rules/always"]}
    assert not host.rules.rule("always").enabled
    assert wire.messages("/command") == []
    same = await ask(hass, "import_config", document=brought)
    assert fates(same) == {}
    on = await ask(hass, "import_config", document=brought, enable_rules=True)
    assert on["parts"]["rules"]["changed"][0]["fields"] == ["enabled"]
    await act(hass, "import_config", document=brought, enable_rules=True, dry_run=False)
    await hass.async_block_till_done()
    assert wire.messages("/actuator/16/command")


async def test_only_replacing_removes(hass: HomeAssistant, filled: EngineHost) -> None:
    """What a document does not name stays, unless it is to be all there is; parts that it leaves out stay anyway."""
    document = await document_of(hass)
    slim = {**document, "rules": [], "schedules": [], "checksums": {}}
    del slim["options"]
    slim["devices"] = [each for each in document["devices"] if each["plan"]["device"] == ESP]
    assert fates(await ask(hass, "import_config", document=slim)) == {}
    answer = await ask(hass, "import_config", document=slim, mode="replace", dry_run=False)
    removed = [f"devices/{OTHER}", "rules/frost", "rules/water", f"schedules/{document['schedules'][0]['id']}"]
    assert fates(answer) == {"removed": removed}
    assert (list(filled.fleet.devices), filled.rules.rules, filled.sequences.schedules.all) == ([ESP], {}, [])
    assert sorted(filled.rules.deleted) == ["frost", "water"]
    assert (await document_of(hass))["options"] == OPTIONS


async def test_a_merge_keeps_the_channels_that_are_only_here(hass: HomeAssistant, filled: EngineHost) -> None:
    """A device has what both sides name; replacing leaves it only what the document does."""
    document = await document_of(hass, parts=["devices"])
    document["checksums"] = {}
    plan = next(each["plan"] for each in document["devices"] if each["plan"]["device"] == ESP)
    plan["actuators"] = [{**plan["actuators"][0], "gpio": 19, "name": "Second pump"}]
    answer = await ask(hass, "import_config", document=document, dry_run=False)
    assert answer["parts"]["devices"]["changed"] == [{"id": ESP, "name": "Tent", "fields": ["actuators"]}]
    after = filled.plan_of(TENT)
    assert after is not None
    assert [(each.gpio, each.name) for each in after.actuators] == [(16, "Pump"), (18, "Valve"), (19, "Second pump")]
    refusal = await refused(hass, "import_config", document=document, dry_run=False, mode="replace")
    assert refusal[0] == "config_refused"
    assert filled.plan_of(TENT) == after


async def test_a_pin_that_is_taken_is_a_conflict(hass: HomeAssistant, filled: EngineHost) -> None:
    """It is told with its pin; keeping leaves the device as it is, replacing takes the one of the document."""
    document = await document_of(hass, parts=["devices"])
    document["checksums"] = {}
    plan = next(each["plan"] for each in document["devices"] if each["plan"]["device"] == OTHER)
    plan["actuators"] = [{"gpio": 34 - 2, "kind": "relay", "name": "Lamp", "appears_as": "switch"}]
    plan["sensors"] = [{**plan["sensors"][0], "gpio": 35}]
    await filled.async_change_plan(a_plan(a_sensor("moisture", 32, "Far soil"), device=OTHER, name="Bed"))
    fail = await ask(hass, "import_config", document=document)
    told = fail["parts"]["devices"]["conflicts"][0]
    assert (told["code"], told["fate"], fail["is_possible"]) == ("pin_in_use", "refused", False)
    assert "32" in told["text"]
    assert (await refused(hass, "import_config", document=document, dry_run=False))[0] == "config_refused"
    before = filled.plan_of(DeviceId(OTHER))
    kept = await ask(hass, "import_config", document=document, dry_run=False, on_conflict="keep")
    assert (fates(kept), filled.plan_of(DeviceId(OTHER))) == ({"kept": [f"devices/{OTHER}"]}, before)
    await ask(hass, "import_config", document=document, dry_run=False, on_conflict="replace")
    after = filled.plan_of(DeviceId(OTHER))
    assert after is not None
    assert ([each.gpio for each in after.sensors], [each.gpio for each in after.actuators]) == ([35], [32])


async def test_what_was_changed_on_both_sides_is_a_conflict(hass: HomeAssistant, filled: EngineHost) -> None:
    """Nobody loses a later revision without a word; replacing makes a new one of it."""
    document = await document_of(hass, parts=["sequences", "rules"])
    await save(hass, written("watering", {"kind": "delay", "seconds": 9}))
    await save_rule(filled, a_rule(cooldown=60))
    answer = await ask(hass, "import_config", document=document)
    codes = {part: [each["code"] for each in of["conflicts"]] for part, of in answer["parts"].items()}
    assert codes == {"sequences": ["config_other_revision"], "rules": ["config_other_revision"]}
    kept = await ask(hass, "import_config", document=document, on_conflict="keep", dry_run=False)
    assert fates(kept) == {"kept": ["rules/water", "sequences/watering"]}
    replaced = await ask(hass, "import_config", document=document, on_conflict="replace", dry_run=False)
    ends = ("with on_conflict keep or replace.", "What is here counts.", "What is in the document counts.")
    for told, end in zip((answer, kept, replaced), ends, strict=True):
        assert told["parts"]["rules"]["conflicts"][0]["text"].endswith(end)
    assert filled.sequences.store.library.get("watering").revision == 4
    assert [each.number for each in filled.sequences.store.revisions("watering")] == [1, 2, 3, 4]
    assert filled.rules.rule("water").cooldown == 0


async def test_a_later_revision_comes_in_without_a_conflict(hass: HomeAssistant, filled: EngineHost) -> None:
    """What was changed only there is simply newer."""
    await save(hass, written("watering", {"kind": "delay", "seconds": 9}))
    document = await document_of(hass, parts=["sequences"])
    await act(hass, "restore_sequence", sequence="watering", revision=2)
    assert filled.sequences.store.library.get("watering").revision == 4
    document["sequences"][1]["revision"], document["checksums"] = 7, {}
    answer = await ask(hass, "import_config", document=document, dry_run=False)
    assert fates(answer) == {"changed": ["sequences/watering"]}
    assert filled.sequences.store.library.get("watering").revision == 7


async def test_a_name_that_is_taken_is_a_conflict(hass: HomeAssistant, filled: EngineHost) -> None:
    """Two things of one name confuse people; whoever wants that says so."""
    document = await document_of(hass, parts=["sequences"])
    brought = {**document, "checksums": {}, "sequences": [written("other", name="Each Morning")]}
    answer = await ask(hass, "import_config", document=brought)
    assert answer["parts"]["sequences"]["conflicts"][0]["code"] == "config_name_taken"
    await act(hass, "import_config", document=brought, dry_run=False, on_conflict="replace")
    assert "other" in filled.sequences.store.library.sequences


async def test_nothing_is_changed_under_a_run(hass: HomeAssistant, filled: EngineHost) -> None:
    """Neither a sequence that runs, nor the options, which would reload the hub; replacing does not help."""
    document = await document_of(hass)
    document["checksums"], document["options"] = {}, {CONF_KEEP_DAYS: 31}
    document["sequences"] = [written("watering", {"kind": "delay", "seconds": 1}, revision=9)]
    await ask(hass, "run_sequence", sequence="morning")
    await hass.async_block_till_done()
    answer = await ask(hass, "import_config", document=document, on_conflict="replace")
    refusals = {part: [each["code"] for each in of["refused"]] for part, of in answer["parts"].items() if of["refused"]}
    assert refusals == {"options": ["config_running"], "sequences": ["config_running"]}
    before = await document_of(hass)
    assert (await refused(hass, "import_config", document=document, dry_run=False))[0] == "config_refused"
    assert await document_of(hass) == before
    assert not filled.sequences.runs("morning")[0].is_over


async def test_nothing_is_changed_about_an_output_that_runs(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline
) -> None:
    """Neither its device nor its safety settings; the others may be."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump", max_runtime=600), an_actuator("relay", 18, "Lamp")))
    await call(hass, "switch", "turn_on", PUMP)
    document = await document_of(hass)
    document["checksums"] = {}
    document["devices"][0]["plan"]["name"] = "Renamed"
    document["safety"] = [{"channel": WATER, "hold": 5}, {"channel": VALVE, "hold": 7}]
    answer = await ask(hass, "import_config", document=document, on_conflict="replace")
    assert fates(answer) == {"added": [f"safety/{VALVE}"], "refused": [f"devices/{ESP}", f"safety/{WATER}"]}
    await call(hass, "switch", "turn_off", PUMP)
    await act(hass, "import_config", document=document, dry_run=False)
    assert host.engine.around.limits.of(WATER).hold == 5


@pytest.mark.parametrize("failing", ["devices", "sequences", "rules", "commit"])
@pytest.mark.usefixtures("setup_entry")
async def test_a_part_that_cannot_be_written_takes_the_others_back(
    hass: HomeAssistant, filled: EngineHost, failing: str
) -> None:
    """All of it or nothing, on the disk and in the hub; the next attempt may succeed."""
    document = changed(await document_of(hass))
    before, real, noted = await document_of(hass), RecordStore.async_save, MemoryFile.keep
    notes: list[object] = []

    async def full(self: RecordStore, content: Any, essence: Any) -> None:
        wanted = {
            "devices": filled.store.file,
            "sequences": filled.sequences.store.file,
            "rules": filled.rules.store.file,
        }
        if self is wanted.get(failing) and len(notes) == 1:
            notes.append(self)
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_saved")
        await real(self, content, essence)

    def keep(self: MemoryFile, row: str, content: Any, *, is_urgent: bool, told: Any = None) -> None:
        if row == "import" and told is not None:
            notes.append(content)
            if failing == "commit" and len(notes) == 2:
                told(False)
                return
        noted(self, row, content, is_urgent=is_urgent, told=told)

    with (
        patch.object(RecordStore, "async_save", full),
        patch.object(MemoryFile, "keep", keep),
        pytest.raises(HomeAssistantError) as caught,
    ):
        await act(hass, "import_config", document=document, dry_run=False, on_conflict="replace", enable_rules=True)
    assert caught.value.translation_key == "not_saved"
    assert await document_of(hass) == before
    await hass.async_block_till_done(wait_background_tasks=True)
    rows = await hass.async_add_executor_job(filled.memory.rows)
    assert "import" not in rows
    await hass.config_entries.async_reload(hass.config_entries.async_entries(DOMAIN)[0].entry_id)
    await hass.async_block_till_done()
    assert await document_of(hass) == before
    answer = await ask(
        hass, "import_config", document=document, dry_run=False, on_conflict="replace", enable_rules=True
    )
    assert answer["is_done"]
    assert await document_of(hass, parts=["rules"]) != before


def changed(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document in which something of every kind is different."""
    other = deepcopy(document)
    other["checksums"] = {}
    del other["options"]
    other["devices"][0]["plan"]["name"] = "Other bed"
    other["safety"] = [{"channel": WATER, "hold": 11}]
    other["sequences"] = [written("evening")]
    other["rules"] = [a_rule("third")]
    other["schedules"][0]["late_by"] = 77.0
    return other


async def test_a_kill_leaves_everything_as_it_was_or_as_it_is_to_be(
    hass: HomeAssistant, setup_entry: MockConfigEntry, filled: EngineHost, tmp_path: Path
) -> None:
    """Between any two writes: the next start finds no half of an import, and tells when it has taken one back."""
    before = await document_of(hass)
    wanted = changed(before)
    copies = await copies_during(hass, wanted, tmp_path)
    after = await document_of(hass)
    assert (len(copies), before == after) == (6, False)
    found, undone = [], []
    for copy in copies:
        host = await start_from(hass, setup_entry, copy)
        document = await document_of(hass)
        assert document in (before, after)
        found.append(document == after)
        page = await host.journal.async_events(Wanted(kinds=("config.import_undone",)))
        undone.append(len(page.events))
        rows = await hass.async_add_executor_job(host.memory.rows)
        assert "import" not in rows
    assert found == [False, False, False, False, False, True]
    assert undone == [0, 1, 1, 1, 1, 0]


async def copies_during(hass: HomeAssistant, document: dict[str, Any], to: Path) -> list[Path]:
    """Return copies of the disk as a kill would have left it: before, between and after everything that is written."""
    storage, real, save_real = Path(hass.config.path(".storage")), RecordStore.async_save, MemoryFile._save
    copies: list[Path] = []

    def copy() -> None:
        copies.append(to / str(len(copies)))
        shutil.copytree(storage, copies[-1])

    async def save_file(self: RecordStore, content: Any, essence: Any) -> None:
        await real(self, content, essence)
        await hass.async_add_executor_job(copy)

    def save_rows(self: MemoryFile, rows: dict[str, bytes | None]) -> None:
        save_real(self, rows)
        if "import" in rows:
            copy()

    await hass.async_add_executor_job(copy)
    with patch.object(RecordStore, "async_save", save_file), patch.object(MemoryFile, "_save", save_rows):
        await act(hass, "import_config", document=document, dry_run=False, on_conflict="replace", enable_rules=True)
    return copies


async def start_from(hass: HomeAssistant, entry: MockConfigEntry, disk: Path) -> EngineHost:
    """Load a hub from the copy of a disk."""
    assert await hass.config_entries.async_unload(entry.entry_id)

    def put_back() -> None:
        storage = Path(hass.config.path(".storage"))
        for ours in storage.glob(f"{DOMAIN}.*"):
            ours.unlink()
        for kept in disk.glob(f"{DOMAIN}.*"):
            shutil.copy(kept, storage)

    await hass.async_add_executor_job(put_back)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    host: EngineHost = entry.runtime_data
    return host


async def test_options_and_areas_outlive_a_kill_before_home_assistant_has_written_them(
    hass: HomeAssistant, setup_entry: MockConfigEntry, filled: EngineHost
) -> None:
    """They are Home Assistant's to keep, which it does some seconds later."""
    document = await document_of(hass)
    document["checksums"], document["options"] = {}, {CONF_KEEP_DAYS: 31}
    document["devices"] = [{**each, "area": "Roof"} for each in document["devices"]]
    await act(hass, "import_config", document=document, dry_run=False)
    await hass.async_block_till_done()
    host: EngineHost = setup_entry.runtime_data
    assert host is not filled
    assert host.memory.unfinished is not None
    await host.memory.async_flush()
    kill_mark: dict[str, bytes | None] = {"running": b"true"}
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    await hass.async_add_executor_job(host.memory._save, kill_mark)
    hass.config_entries.async_update_entry(setup_entry, options=OPTIONS)
    dr.async_get(hass).async_update_device(host.registry.device_id(TENT) or "", area_id=None)
    assert await hass.config_entries.async_setup(setup_entry.entry_id)
    await hass.async_block_till_done()
    again = await document_of(hass)
    assert (again["options"], {each["area"] for each in again["devices"]}) == (
        {**OPTIONS, CONF_KEEP_DAYS: 31},
        {"Roof"},
    )


async def test_who_is_told_of_alarms_stays_where_a_document_does_not_say_it(
    hass: HomeAssistant, setup_entry: MockConfigEntry, filled: EngineHost
) -> None:
    """A document names them, and one that does not takes them away from nobody."""
    hass.config_entries.async_update_entry(setup_entry, options={**OPTIONS, "alarm_targets": ["notify.phone"]})
    document = await document_of(hass)
    assert document["options"] == {**OPTIONS, "alarm_targets": ["notify.phone"]}
    document["checksums"], document["options"] = {}, {CONF_KEEP_DAYS: 31}
    await act(hass, "import_config", document=document, dry_run=False)
    await hass.async_block_till_done()
    after = {**OPTIONS, CONF_KEEP_DAYS: 31, "alarm_targets": ["notify.phone"]}
    assert dict(setup_entry.options) == after


async def test_what_is_settled_is_no_longer_given_again(
    hass: HomeAssistant, setup_entry: MockConfigEntry, filled: EngineHost, freezer: FrozenDateTimeFactory
) -> None:
    """Half a minute later Home Assistant has written everything, and the note about it goes."""
    document = await document_of(hass)
    document["checksums"], document["options"] = {}, {CONF_KEEP_DAYS: 31}
    await act(hass, "import_config", document=document, dry_run=False)
    await hass.async_block_till_done()
    host: EngineHost = setup_entry.runtime_data
    assert "import" in await hass.async_add_executor_job(host.memory.rows)
    freezer.tick(31)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "import" not in await hass.async_add_executor_job(host.memory.rows)
    assert filled is not host


@pytest.mark.parametrize("is_here", [True, False])
@pytest.mark.usefixtures("filled")
async def test_what_has_no_name_of_its_own_is_called_as_its_output_its_sensor_or_its_sequence(
    hass: HomeAssistant, setup_entry: MockConfigEntry, is_here: bool
) -> None:
    """Also where its device only comes with the document."""
    document = await document_of(hass)
    if not is_here:
        await fresh(hass, setup_entry)
    parts = (await ask(hass, "import_config", document=document))["parts"]
    fate = "unchanged" if is_here else "added"
    names = {part: [each["name"] for each in parts[part][fate]] for part in ("safety", "alarm_limits", "schedules")}
    assert names == {"safety": ["Pump (Tent)"], "alarm_limits": ["Soil (Tent)"], "schedules": ["Each morning"]}


@pytest.mark.usefixtures("filled")
async def test_the_trail_lists_a_hundred_entries_of_a_document_and_counts_the_others(hass: HomeAssistant) -> None:
    """So one import never fills the trail."""
    document = await document_of(hass, parts=["rules"])
    document["checksums"], document["rules"] = {}, [a_rule(f"rule{number}") for number in range(101)]
    await act(hass, "import_config", document=document, dry_run=False)
    (told,) = [
        each["metadata"] for each in (await ask(hass, "get_audit"))["entries"] if each["event"] == "config.imported"
    ]
    assert (told["added"], len(told["entries"])) == (101, 100)


@pytest.mark.usefixtures("filled")
async def test_only_administrators_bring_out_and_in(hass: HomeAssistant, hass_read_only_user: MockUser) -> None:
    """Everybody else is refused as Home Assistant does it."""
    for action, fields in (("export_config", {}), ("import_config", {"document": "x"})):
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                DOMAIN,
                action,
                fields,
                blocking=True,
                return_response=True,
                context=Context(user_id=hass_read_only_user.id),
            )


async def test_an_import_is_in_the_trail(hass: HomeAssistant, filled: EngineHost, hass_admin_user: MockUser) -> None:
    """Who it was and what came of it; not what was in the document."""
    document = await document_of(hass, parts=["rules"])
    document["checksums"], document["rules"] = {}, [a_rule("third")]
    await act_as(hass, hass_admin_user, "import_config", document=document, dry_run=False)
    trail = (await ask(hass, "get_audit"))["entries"]
    mine = {each["event"]: each for each in trail if each["correlation_id"] == trail[-1]["correlation_id"]}
    assert mine.keys() == {"config.imported", "action.done"}
    imported, done = mine["config.imported"], mine["action.done"]
    assert (imported["actor_type"], imported["actor"]["id"]) == ("user", hass_admin_user.id)
    assert (imported["metadata"]["added"], imported["metadata"]["mode"]) == (1, "merge")
    moved = {"part": "rules", "id": "third", "name": "Third", "fate": "added"}
    assert imported["metadata"]["entries"] == [moved]
    assert done["metadata"]["fields"]["document"] == "…"
    assert (await ask(hass, "verify_audit"))["is_whole"]
    assert "third" in filled.rules.rules


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"devices": [{"plan": {"device": "A/#", "name": "X"}}]}, "config_refused", None),
        ({"safety": [{"channel": "ESP_NOBODY/actuator/4", "hold": 5}]}, "config_refused", None),
        ({"rules": [a_rule("x", then=[{"kind": "run", "sequence": "nobody"}])]}, "config_refused", None),
        ({"sequences": [written("x", {"kind": "run", "sequence": "nobody"})]}, "config_refused", None),
        ({"schedules": [{"id": "1", "sequence": "nobody", "at": 4e9}]}, "config_refused", None),
        ({"options": {"nobody": 1}}, "config_refused", None),
        ({"options": {CONF_KEEP_DAYS: "many"}}, "config_refused", None),
        ({"options": {"alarm_quiet_from": "x", "alarm_quiet_until": "y"}}, "config_refused", None),
        ({"options": {"alarm_repeats": 99}}, "config_refused", None),
        ({"alarm_limits": [{"channel": "ESP_NOBODY/sensor/4/ph", "high": 5}]}, "config_refused", None),
        ({"alarm_limits": [{"channel": SOIL, "high": 5, "low": 6}]}, "alarm_limits_crossed", None),
        ({"options": {CONF_KEEP_DAYS: 0}}, "config_refused", None),
        ({"options": {CONF_KEEP_DAYS: {}}}, "definition_needs_value", "options / keep_days"),
        ({"sequences": [{"id": "x", "phases": 4}]}, "definition_needs_list", "sequences / 1 / phases"),
        ({"kind": "other"}, "config_other_kind", None),
        ({"version": 2}, "config_other_version", None),
        ({"checksums": {"rules": "0"}, "rules": []}, "config_checksum_wrong", None),
    ],
)
async def test_what_cannot_be_is_refused_with_its_place(
    hass: HomeAssistant, filled: EngineHost, change: dict[str, Any], code: str, place: str | None
) -> None:
    """In words, and nothing is changed by it."""
    before = await document_of(hass)
    brought = {"kind": "god_kaiser.configuration", "version": 1, **change}
    key, words = await refused(hass, "import_config", document=brought, dry_run=False, on_conflict="replace")
    assert (key, words.get("place")) == (code, place)
    assert await document_of(hass) == before
    assert filled.store.stored()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "definition_no_yaml"),
        ("a: &a [1]\nb: *a", "config_unreadable"),
        ("a: !!python/object:os.system x", "config_unreadable"),
        ("a: " + "[" * 200 + "]" * 200, "config_unreadable"),
        ("x" * 4_000_001, "config_unreadable"),
        ("a: .inf", "config_unreadable"),
        ("- 1", "definition_needs_fields"),
        ("", "definition_needs_fields"),
    ],
)
@pytest.mark.usefixtures("host")
async def test_hostile_texts_are_refused_in_words(hass: HomeAssistant, text: str, code: str) -> None:
    """Bombs, objects, depth and size are seen before anything is built."""
    assert (await refused(hass, "import_config", document=text))[0] == code


async def test_a_device_that_was_turned_away_comes_in_only_by_replacing(hass: HomeAssistant, host: EngineHost) -> None:
    """What somebody has decided here is not undone without a word."""
    await act(hass, "reject_device", esp_id=OTHER)
    device = {"plan": {"device": OTHER, "name": "Bed"}}
    brought = {"kind": "god_kaiser.configuration", "version": 1, "devices": [device]}
    answer = await ask(hass, "import_config", document=brought)
    assert answer["parts"]["devices"]["conflicts"][0]["code"] == "config_device_rejected"
    await act(hass, "import_config", document=brought, dry_run=False, on_conflict="replace")
    assert host.plan_of(DeviceId(OTHER)) is not None
    assert fates(await ask(hass, "import_config", document=brought)) == {}


async def test_starts_that_are_over_are_left_out(hass: HomeAssistant, filled: EngineHost) -> None:
    """A document of last week brings nothing back that has passed, and is no reason to refuse the rest."""
    document = await document_of(hass, parts=["schedules"])
    document["checksums"] = {}
    document["schedules"][0] |= {"at": dt_util.utcnow().timestamp() - 60, "id": "old"}
    answer = await ask(hass, "import_config", document=document, dry_run=False)
    assert fates(answer) == {"left_out": ["schedules/old"]}
    assert answer["parts"]["schedules"]["left_out"][0]["code"] == "config_schedule_over"
    assert [each.id for each in filled.sequences.schedules.all] != ["old"]


async def test_a_start_that_is_brought_in_has_the_rights_of_who_brings_it(
    hass: HomeAssistant, filled: EngineHost, hass_admin_user: MockUser
) -> None:
    """The document names nobody."""
    document = await document_of(hass, parts=["schedules"])
    wanted = document["schedules"][0]["id"]
    await act(hass, "cancel_schedule", schedule_id=wanted)
    await act_as(hass, hass_admin_user, "import_config", document=document, dry_run=False)
    planned = filled.sequences.schedules.all[0]
    assert (planned.id, planned.trigger.id, planned.created_by) == (wanted, hass_admin_user.id, hass_admin_user.name)
