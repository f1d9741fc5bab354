"""The self-check: everything that a hub needs is looked at, and what is missing is named."""

from pathlib import Path
import shutil
import sqlite3
import sys
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers.translation import async_load_integrations as async_load_translations
import msgspec
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.god_kaiser import wiring_checks
from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.health_actions import SELF_CHECKS
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal import queue
from custom_components.god_kaiser.host.journal.journal import Journal
from custom_components.god_kaiser.host.journal.reading import Page, Wanted
from custom_components.god_kaiser.self_check import Outcome, Subject

from .calls import PACKAGE, ask
from .conftest import DEVICE, BringOnline, SwitchBroker, a_plan, a_sensor, an_actuator, id_of
from .sequences import save, written
from .stopping import stop
from .wire import FirmwareVoice


async def report(hass: HomeAssistant) -> dict[str, tuple[str, str]]:
    """Return what became of each check that did not pass, with its text."""
    answer = await ask(hass, "self_check")
    assert [each["name"] for each in answer["checks"]] == list(SELF_CHECKS)
    found = {each["name"]: (each["status"], each["text"]) for each in answer["checks"]}
    passed = [name for name, (status, _) in found.items() if status == "pass"]
    assert answer["passed"] == len(passed)
    assert answer["warned"] + answer["failed"] == len(found) - len(passed)
    return {name: outcome for name, outcome in found.items() if name not in passed}


@pytest.mark.req("EXE-70", "ROB-43")
async def test_a_hub_that_is_well_passes_more_than_25_checks(hass: HomeAssistant, bring_online: BringOnline) -> None:
    """Each has a name and says in words what is as it should be."""
    await bring_online(a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump")))
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    answer = await ask(hass, "self_check")
    assert await report(hass) == {}
    assert len(answer["checks"]) >= 25
    assert all(each["text"].endswith(".") and each["text"] != each["name"] for each in answer["checks"])


async def test_what_is_wrong_is_told_in_the_language_of_the_house(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a file was called by whoever has read it is for the log, and its name is that of what is in it."""

    async def wait_for_ever(_subject: Subject) -> Outcome:
        raise TimeoutError

    hass.config.language = "de"
    await async_load_translations(hass, {DOMAIN})
    host.sequences.store.file.fault = "has another form: sequences"
    monkeypatch.setitem(SELF_CHECKS, "mqtt_present", wait_for_ever)
    found = await report(hass)
    assert found["mqtt_present"] == ("fail", "Die MQTT-Integration ist da. Nicht so: keine Antwort")
    assert "Beim Laden des Hubs war das nicht zu gebrauchen" in found["sequences_readable"][1]
    assert "another form" not in str(found)
    findings = (await ask(hass, "health_check"))["categories"]["storage"]["findings"]
    (text,) = [each["text"] for each in findings if each["code"] == "store_set_aside"]
    assert text.startswith("Die Datei der Sequenzen war beim Laden")


@pytest.mark.usefixtures("host")
async def test_it_is_for_administrators(hass: HomeAssistant, hass_read_only_user: MockUser) -> None:
    """It names files and parts of the program."""
    context = Context(user_id=hass_read_only_user.id)
    with pytest.raises(Unauthorized):
        await hass.services.async_call(DOMAIN, "self_check", {}, blocking=True, return_response=True, context=context)


@pytest.mark.req("EXE-71")
@pytest.mark.parametrize(
    ("chosen", "named"),
    [
        ({"keep_days": 0}, "keep_days"),
        ({"keep_days": "many"}, "keep_days"),
        ({"alarm_repeats": 9999}, "alarm_repeats"),
        ({"alarm_flood": 0, "alarm_priority": "none"}, "alarm_priority, alarm_flood"),
        ({"alarm_quiet_from": "22:00:00"}, "alarm_quiet_from, alarm_quiet_until"),
        ({"alarm_quiet_from": "22:00:00", "alarm_quiet_until": "22:00:00"}, "alarm_quiet_from, alarm_quiet_until"),
        ({"completion_timeout": 2000}, "emergency_timeout, completion_timeout"),
        ({"alarm_targets": ["notify.nobody"]}, "alarm_targets"),
        ({"alarm_action": "script.nobody"}, "alarm_action"),
    ],
)
async def test_a_broken_option_is_named(
    hass: HomeAssistant, setup_entry: MockConfigEntry, chosen: dict[str, Any], named: str
) -> None:
    """One out of its limits, one of another type, and those that do not fit to another."""
    hass.config_entries.async_update_entry(setup_entry, options=chosen)
    found = await report(hass)
    assert found.keys() == {"options_valid"}
    assert found["options_valid"][0] == "fail"
    assert named in found["options_valid"][1]


@pytest.mark.usefixtures("host")
async def test_an_option_that_is_none_keeps_no_hub_from_being_loaded(
    hass: HomeAssistant, setup_entry: MockConfigEntry
) -> None:
    """Its usual value holds, and what else was chosen holds as well."""
    chosen = {"keep_days": "many", "journal_megabytes": 7, "alarm_flood": []}
    hass.config_entries.async_update_entry(setup_entry, options=chosen)
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    keeping = setup_entry.runtime_data.journal.keeping
    assert (keeping.days, keeping.megabytes) == (90, 7)
    assert "keep_days, alarm_flood" in (await report(hass))["options_valid"][1]


@pytest.mark.req("EXE-72")
@pytest.mark.parametrize("file", ["", ".sequences", ".rules"])
async def test_a_file_of_another_version_fails(hass: HomeAssistant, host: EngineHost, file: str) -> None:
    """Whoever has put it there; also one without any version."""
    path = Path(hass.config.path(".storage", f"{DOMAIN}.{host.journal.entry_id}{file}"))
    path.parent.mkdir(exist_ok=True)
    name = {"": "devices", ".sequences": "sequences", ".rules": "rules"}[file]
    for content, seen in (({"version": 7, "data": {}}, "7"), ({"data": {}}, "-1")):
        path.write_bytes(msgspec.json.encode(content))
        found = await report(hass)
        assert found.keys() == {f"{name}_version"}
        assert found[f"{name}_version"][0] == "fail"
        assert seen in found[f"{name}_version"][1]


@pytest.mark.req("EXE-72")
async def test_missing_columns_fail(hass: HomeAssistant, host: EngineHost) -> None:
    """In the journal, and in the memory of stops."""
    await host.journal.writer.async_flush()
    for path, table in ((host.journal.path, "runs"), (host.health.facts.memory.path, "memory")):
        connection = sqlite3.connect(path)
        connection.execute(f"ALTER TABLE {table} ADD COLUMN odd TEXT")
        connection.close()
    found = await report(hass)
    assert found.keys() == {"journal_tables", "memory_tables"}
    assert "runs" in found["journal_tables"][1]


@pytest.mark.req("EXE-73")
async def test_a_probe_is_written_and_read_back(hass: HomeAssistant, host: EngineHost) -> None:
    """It stands in the journal afterwards."""
    assert "journal_probe" not in await report(hass)
    assert [found.envelope["event_type"] for found in (await host.journal.async_events(Wanted(limit=1))).events] == [
        "journal.probe"
    ]


@pytest.mark.req("EXE-73")
@pytest.mark.usefixtures("host")
async def test_a_probe_that_does_not_come_back_fails(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its id is told."""

    async def nothing(*_: object) -> Page:
        return Page([], False)

    monkeypatch.setattr(Journal, "async_events", nothing)
    assert (await report(hass)).keys() == {"journal_probe"}


@pytest.mark.mishap("The module")
@pytest.mark.req("EXE-74")
@pytest.mark.usefixtures("host")
async def test_a_module_that_cannot_be_imported_is_named(
    hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is broken, and none of those that work."""
    folder = tmp_path / "package"
    shutil.copytree(PACKAGE / "translations", folder / "translations")
    (folder / "health_sensor.py").write_text("", encoding="utf-8")
    (folder / "no_such_module.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(wiring_checks, "_HERE", folder)
    found = await report(hass)
    assert found.keys() == {"modules_importable"}
    assert "no_such_module: ModuleNotFoundError" in found["modules_importable"][1]
    assert "health_sensor" not in found["modules_importable"][1]


@pytest.mark.usefixtures("host")
async def test_a_module_that_nobody_has_needed_is_imported(hass: HomeAssistant) -> None:
    """And is found to work."""
    name = f"{wiring_checks.__package__}.logbook"
    sys.modules.pop(name, None)
    assert "modules_importable" not in await report(hass)
    assert name in sys.modules


@pytest.mark.req("EXE-75")
@pytest.mark.usefixtures("host")
async def test_a_missing_action_or_command_is_named(hass: HomeAssistant) -> None:
    """Each by its name."""
    hass.services.async_remove(DOMAIN, "measure")
    hass.data["websocket_api"].pop("god_kaiser/stop")
    found = await report(hass)
    assert found.keys() == {"actions_registered", "commands_registered"}
    assert found["actions_registered"][1].endswith("measure")
    assert found["commands_registered"][1].endswith("god_kaiser/stop")


@pytest.mark.usefixtures("host")
async def test_every_command_is_looked_for(hass: HomeAssistant) -> None:
    """A new one cannot be forgotten."""
    ours = {name for name in hass.data["websocket_api"] if name.startswith(f"{DOMAIN}/")}
    assert ours == set(wiring_checks.COMMANDS)


@pytest.mark.usefixtures("host")
async def test_missing_texts_are_named(hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one language, and of an action."""
    folder = tmp_path / "package"
    shutil.copytree(PACKAGE / "translations", folder / "translations")
    german = folder / "translations" / "de.json"
    texts = msgspec.json.decode(german.read_bytes())
    del texts["services"]["measure"]
    german.write_bytes(msgspec.json.encode(texts))
    monkeypatch.setattr(wiring_checks, "_HERE", folder)
    found = await report(hass)
    assert found.keys() == {"texts_in_both_languages", "actions_have_texts"}
    assert "services.measure" in found["texts_in_both_languages"][1]
    assert found["actions_have_texts"][1].endswith("measure")


async def test_a_broker_that_is_away_fails_and_a_device_that_is_away_is_warned_of(
    hass: HomeAssistant, bring_online: BringOnline, switch_broker: SwitchBroker, voice: FirmwareVoice
) -> None:
    """A device that was switched off is no fault of the hub."""
    await bring_online(a_plan())
    voice.will()
    await hass.async_block_till_done()
    assert {name: status for name, (status, _) in (await report(hass)).items()} == {"devices_there": "warn"}
    await switch_broker(False)
    found = await report(hass)
    assert {name: status for name, (status, _) in found.items()} == {"mqtt_connected": "fail", "devices_there": "warn"}


async def test_what_has_ended_is_missed(hass: HomeAssistant, host: EngineHost, bring_online: BringOnline) -> None:
    """Subscriptions, the monitor, and the timer of the engine."""
    await bring_online(a_plan())
    host.health.stop()
    host.health.facts.examined.link._subscribed._ends.pop()()
    assert host.loop._timer is not None
    host.loop._timer.cancel()
    host.loop._timer = None
    assert (await report(hass)).keys() == {"subscriptions", "monitor_watching", "timers_armed"}


async def test_entities_that_are_missing_are_named(
    hass: HomeAssistant, bring_online: BringOnline, entity_registry: Any
) -> None:
    """One that was taken from the registry, and one that nobody shows."""
    await bring_online(a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump")))
    pump, soil = (
        id_of(hass, platform, f"ESP_EA5484_{key}")
        for platform, key in (("switch", "actuator_16"), ("sensor", "sensor_34_moisture"))
    )
    entity_registry.async_remove(pump)
    hass.states.async_remove(soil or "")
    await hass.async_block_till_done()
    found = await report(hass)
    assert {name: status for name, (status, _) in found.items()} == {
        "entities_registered": "fail",
        "entities_brought": "warn",
    }
    assert str(soil) in found["entities_brought"][1]


async def test_a_stop_and_a_lost_event_are_warned_of(hass: HomeAssistant, host: EngineHost) -> None:
    """Both are no fault of the program."""
    await host.async_change_plan(a_plan())
    stop(host, DEVICE, by="test", reason="")
    host.journal.dropped = 3
    found = await report(hass)
    assert {name: status for name, (status, _) in found.items()} == {
        "devices_there": "warn",
        "no_stop": "warn",
        "journal_whole": "warn",
    }


async def test_a_trail_that_was_changed_and_a_journal_that_is_behind(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is a fault, the second a warning."""
    host.journal.note("hub.started", {"data": {}})
    await host.journal.writer.async_flush()
    connection = sqlite3.connect(host.journal.path)
    connection.execute("UPDATE trail SET body = 'x'")
    connection.commit()
    connection.close()
    monkeypatch.setattr(queue.WaitingRows, "__len__", lambda _: queue.MOST_WAITING)
    found = await report(hass)
    assert {name: status for name, (status, _) in found.items()} == {"trail_whole": "fail", "journal_queue": "warn"}


@pytest.mark.mishap("The self-check")
async def test_a_check_that_fails_itself_fails(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And keeps no other from being made."""
    monkeypatch.delattr(host.health.facts.examined.link.__class__, "missing")
    found = await report(hass)
    assert found.keys() == {"subscriptions"}
    assert "AttributeError" in found["subscriptions"][1]
