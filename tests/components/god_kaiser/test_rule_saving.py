"""Saving rules: what is refused, what is only told, what survives, and what becomes of rules that cannot be used."""

import asyncio
from asyncio import TimerHandle
from copy import deepcopy
from typing import Any

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from msgspec import json
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.errors import DefinitionError, NotFoundError
from custom_components.god_kaiser.core.rules.reading import write
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.failures import definition, sentence_of
from custom_components.god_kaiser.host.rule_demands import Remark
from custom_components.god_kaiser.host.rule_store import RuleStore
from tests.core.rules.test_definitions import MISREAD
from tests.work import counted

from .conftest import BringOnline, a_plan, a_sensor, an_actuator, id_of
from .rules import PUMP, SOIL, a_rule, save, when_on
from .test_rule_sentences import speak
from .wire import ESP

OWN_SOIL = f"{ESP}/sensor/34/moisture"


async def refusal(host: EngineHost, rule: Any) -> DefinitionError:
    """Return why a rule is not saved."""
    with pytest.raises(DefinitionError) as caught:
        await host.rules.async_put(rule, by="anna")
    return caught.value


def listeners(hass: HomeAssistant) -> dict[Any, int]:
    """Return how many listen to what; whoever has something to write listens for the end as long as it is not written."""
    counted = hass.bus.async_listeners().items()
    return {name: count for name, count in counted if name != EVENT_HOMEASSISTANT_FINAL_WRITE}


async def told(host: EngineHost, rule: dict[str, Any]) -> list[Remark]:
    """Return what is worth knowing about a rule that is saved."""
    return list((await host.rules.async_put(rule, by="anna")).remarks)


def says(action: dict[str, Any], key: str = "water", **changes: Any) -> dict[str, Any]:
    """Return a rule with one action, which asks about an entity."""
    return a_rule(key, when=when_on(), then=[action], **changes)


# -- What a rule may name --------------------------------------------------------------------------------------------


async def test_entities_and_devices_stand_for_what_is_behind_them(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, device_registry: dr.DeviceRegistry
) -> None:
    """Renaming an entity later changes no rule."""
    await bring_online(a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump")))
    pump, soil = (
        id_of(hass, kind, f"{ESP}_{key}") for kind, key in (("switch", "actuator_16"), ("sensor", "sensor_34_moisture"))
    )
    device = next(each for each in device_registry.devices if (DOMAIN, ESP) in each.identifiers)
    when = {
        "kind": "all",
        "of": [
            {"kind": "reading", "sensor": soil, "operator": "<", "value": 30},
            {"kind": "output", "output": pump},
            {"kind": "device", "device": soil},
            {"kind": "device", "device": device.id},
            {"kind": "device", "device": ESP},
        ],
    }
    rule = await save(
        host, a_rule(when=when, then=[{"kind": "set", "output": "switch.tent_pump", "level": 0}], influences=[soil])
    )
    named = write(rule)
    assert [each.get("sensor") or each.get("output") or each.get("device") for each in named["when"]["of"]] == [
        OWN_SOIL,
        PUMP,
        ESP,
        ESP,
        ESP,
    ]
    assert (named["then"][0]["output"], named["influences"]) == (PUMP, [OWN_SOIL])


@pytest.mark.parametrize(
    ("changes", "problem", "place"),
    [
        (
            {"when": {"kind": "reading", "sensor": "sensor.no", "operator": "<", "value": 1}},
            "rule_unknown_sensor",
            "when / sensor",
        ),
        ({"when": {"kind": "device", "device": "sensor.no"}}, "rule_unknown_device", "when / device"),
        ({"then": [{"kind": "set", "output": "sensor.sun", "level": 1}]}, "rule_unknown_output", "then / 1 / output"),
        ({"when": {"kind": "hexagram"}}, "definition_kind_unknown", "when"),
        ({"then": [{"kind": "dance"}]}, "definition_kind_unknown", "then / 1"),
        ({"then": [{"kind": "run", "sequence": "flush"}]}, "rule_sequence_not_found", "then / 1"),
        ({"otherwise": [{"kind": "cancel", "sequence": "flush"}]}, "rule_sequence_not_found", "otherwise / 1"),
        ({"when": {"kind": "sequence", "sequence": "flush"}}, "rule_sequence_not_found", "when"),
        ({"when": {"kind": "output", "output": SOIL}}, "rule_no_output", "when"),
        (
            {"when": {"kind": "all", "of": [when_on(), {"kind": "not", "of": {"kind": "output", "output": SOIL}}]}},
            "rule_no_output",
            "when / 2 / 1",
        ),
        ({"when": {"kind": "quality", "sensor": PUMP, "quality": ["good"]}}, "rule_no_sensor", "when"),
        ({"when": {"kind": "reading", "sensor": "soil", "operator": "<", "value": 1}}, "rule_no_sensor", "when"),
        (
            {"when": {"kind": "difference", "sensor": SOIL, "less": PUMP, "operator": ">", "value": 1}},
            "rule_no_sensor",
            "when",
        ),
        ({"when": {"kind": "reading", "sensor": "", "operator": "<", "value": 1}}, "rule_no_sensor", "when"),
        ({"when": {"kind": "hysteresis", "sensor": "soil", "below": 1, "above": 2}}, "rule_no_sensor", "when"),
        (
            {"when": {"kind": "sequence", "sequence": "rinse", "statuses": ["running", "fine"]}},
            "definition_word_unknown",
            "when / statuses / 2",
        ),
        (
            {"when": {"kind": "not", "of": {"kind": "sequence", "sequence": "rinse", "statuses": ["completed"]}}},
            "definition_word_unknown",
            "when / 1 / statuses / 1",
        ),
        ({"then": [{"kind": "notify", "text": "{{ oh"}]}, "rule_template_broken", "then / 1"),
        ({"then": [{"kind": "log", "text": "{% oh"}]}, "rule_template_broken", "then / 1"),
        ({"then": [{"kind": "log", "text": "{{ whatever.value }}"}]}, "rule_template_unknown", "then / 1"),
        ({"then": [{"kind": "call", "action": "a.b", "fields": {"x": ["{{ oh"]}}]}, "rule_template_broken", "then / 1"),
        ({"when": {"kind": "home_assistant", "condition": {"condition": "oracle"}}}, "rule_bad_condition", "when"),
        ({"when": {"kind": "home_assistant", "condition": {"condition": "state"}}}, "rule_bad_condition", "when"),
    ],
)
async def test_what_cannot_work_is_refused_with_its_place(
    hass: HomeAssistant, host: EngineHost, changes: dict[str, Any], problem: str, place: str
) -> None:
    """With a sentence of its own, and nothing is saved."""
    err = await refusal(host, a_rule(**changes))
    assert (err.problem, err.details["place"]) == (problem, place)
    assert definition(err).translation_key == problem
    assert host.rules.rules == {}


@pytest.mark.parametrize("language", ["en", "de"])
async def test_no_sentence_speaks_of_how_definitions_are_decoded(
    hass: HomeAssistant, host: EngineHost, language: str
) -> None:
    """Every fault that a definition may have, whether it is one of a rule or of a sequence."""
    await speak(hass, language)
    for given, problem, place, _ in MISREAD:
        err = await refusal(host, given)
        said = sentence_of(hass, host.names, err.problem, err.details, None)
        assert err.problem == f"definition_{problem}"
        whole = {"en": "as a whole", "de": "im Ganzen"}[language]
        assert f"({whole if place == '-' else place})" in said, said
        assert not any(word in said for word in ("`", "object", "array", "Expected", "{given}", "null |")), said


async def test_what_may_still_come_is_only_told(hass: HomeAssistant, host: EngineHost) -> None:
    """Once for each, in the language of the house."""
    hass.states.async_set("light.here", "off")
    async_mock_service(hass, "light", "turn_on")
    template = "[[ ['light.one', 'light.two', 'light.three'][1] ]]"
    remarks = await told(
        host,
        a_rule(
            when={"kind": "any", "of": [when_on(), {"kind": "device", "device": "ESP_000000"}]},
            then=[
                {"kind": "set", "output": PUMP, "level": 1},
                {"kind": "notify", "text": "x", "to": ["notify.nobody"]},
                {"kind": "call", "action": "no.such"},
                {"kind": "call", "action": "light.turn_on", "target": {"entity_id": ["light.nowhere", "all"]}},
                {"kind": "call", "action": "light.turn_on", "fields": {"entity_id": "light.gone, light.here"}},
                {"kind": "call", "action": "light.turn_on", "fields": {"entity_id": template}},
            ],
            influences=[SOIL],
        ),
    )
    assert [(code, details["given"]) for code, details in remarks] == [
        ("rule_missing_entity", "input_boolean.go"),
        ("rule_missing_device", "ESP_000000"),
        ("rule_missing_channel", SOIL),
        ("rule_missing_channel", PUMP),
        ("rule_missing_action", "no.such"),
        ("rule_missing_target", "light.nowhere"),
        ("rule_missing_target", "light.gone"),
        ("rule_missing_target", "notify.nobody"),
    ]
    sentences = [sentence_of(hass, host.names, code, details, None) for code, details in remarks]
    assert sentences[0] == "input_boolean.go does not exist at the moment; until it does, nothing is known of it."
    assert sentences[-4] == "Home Assistant has no action no.such at the moment."
    assert sentences[-2] == "light.gone does not exist at the moment; until it does, nothing is done with it."


@pytest.mark.parametrize("language", ["en", "de"])
async def test_what_does_nothing_as_it_stands_is_told(hass: HomeAssistant, host: EngineHost, language: str) -> None:
    """Whoever names people to tell, or a time to hold, and forgets the field that makes it count."""
    await speak(hass, language)
    hass.states.async_set("input_boolean.go", "off")
    line = [{"kind": "log", "text": "x"}]
    when = {"kind": "entity", "entity_id": "input_boolean.go"}
    unused: dict[str, Any] = {"when": when, "escalation": {"after": 5}, "hold_for": 60}
    remarks = await told(host, a_rule(then=line, when_unknown="keep", **unused))
    assert [remark.code for remark in remarks] == ["rule_escalation_unused", "rule_hold_for_unused"]
    said = [sentence_of(hass, host.names, code, details, None) for code, details in remarks]
    assert ["escalation" in said[0], "when_unknown: hold" in said[1]] == [True, True]
    assert await told(host, a_rule(then=line, critical=True, when_unknown="hold", **unused)) == []


async def test_a_unit_that_people_have_chosen_is_told(hass: HomeAssistant, host: EngineHost) -> None:
    """75 is meant in the unit of the sensor, where its entity shows °F: whoever saves the rule hears of it."""
    await host.async_change_plan(a_plan(a_sensor("sht31_temp", 21, "Air"), name="Bed"))
    await hass.async_block_till_done()
    air = "sensor.bed_air_temperature"
    warm = {"kind": "reading", "sensor": air, "operator": ">", "value": 75}
    good = {"kind": "quality", "sensor": air, "quality": ["good"]}
    line = [{"kind": "log", "text": "warm"}]
    assert await told(host, a_rule(when=warm, then=line)) == []
    er.async_get(hass).async_update_entity_options(air, "sensor", {"unit_of_measurement": "°F"})
    await hass.async_block_till_done()
    assert await told(host, a_rule(when=good, then=line)) == []
    (remark,) = await told(host, a_rule(when={"kind": "all", "of": [warm, good, warm]}, then=line))
    said = sentence_of(hass, host.names, remark.code, remark.details, None)
    assert said.startswith(f"{air} is shown in °F, and rules compare in °C")


async def test_what_no_value_can_reach_is_told(hass: HomeAssistant, host: EngineHost) -> None:
    """With the range of the sensor and the place of the question; of a sensor that nobody has planned nothing is said."""
    air = f"{ESP}/sensor/21/sht31_temp/0x44"
    cold = {"kind": "reading", "sensor": air, "operator": "<", "value": 1e308}
    line = [{"kind": "log", "text": "cold"}]
    assert [remark.code for remark in await told(host, a_rule(when=cold, then=line))] == ["rule_missing_channel"]
    await host.async_change_plan(a_plan(a_sensor("sht31_temp", 21, "Air"), name="Bed"))
    await hass.async_block_till_done()
    asked = [cold, {**cold, "operator": ">"}, {"kind": "hysteresis", "sensor": air, "below": 20, "above": 200}]
    remarks = await told(host, a_rule(when={"kind": "all", "of": [*asked, {**cold, "value": 20}]}, then=line))
    said = [sentence_of(hass, host.names, remark.code, remark.details, None) for remark in remarks]
    assert said == [
        "Air Temperature (Bed) measures from -40 to 125 °C, so the answer is always yes (when / 1).",
        "Air Temperature (Bed) measures from -40 to 125 °C, so the answer is never yes (when / 2).",
        "Air Temperature (Bed) measures from -40 to 125 °C, so what is once answered with yes stays so (when / 3).",
    ]


async def test_a_pin_with_two_sensors_needs_a_kind(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline
) -> None:
    """The former server's spelling names device and pin."""
    await bring_online(a_plan(a_sensor("sht31", 0, "Air"), a_sensor("moisture", 34, "Soil")))
    asked = {"type": "sensor_threshold", "esp_id": ESP, "operator": ">", "value": 1}
    actions = [{"type": "notification", "message": "x"}]
    for pin, kind, found in (
        (34, None, OWN_SOIL),
        (0, "sht31_temp", f"{ESP}/sensor/0/sht31_temp/0x44"),
        (0, None, None),
        (35, None, None),
    ):
        when = {**asked, "gpio": pin} | ({} if kind is None else {"sensor_type": kind})
        rule = {"rule_name": "old", "trigger_conditions": when, "actions": actions}
        if found is None:
            assert (await refusal(host, rule)).problem == "rule_unknown_sensor_type"
        else:
            assert write(await save(host, rule))["when"]["sensor"] == found


async def test_rules_that_set_each_other_off_are_refused(host: EngineHost) -> None:
    """Those that may do so are told; one that is switched off closes no circle, until it is switched on."""
    other = f"{ESP}/actuator/17"
    first = a_rule(
        "first", when={"kind": "output", "output": other}, then=[{"kind": "set", "output": PUMP, "level": 1}]
    )
    second = a_rule(
        "second", when={"kind": "output", "output": PUMP}, then=[{"kind": "set", "output": other, "level": 1}]
    )
    await save(host, first)
    err = await refusal(host, second)
    assert (err.problem, err.details["rules"]) == ("rule_loop", "Second → First → Second")
    await save(host, {**second, "enabled": False})
    with pytest.raises(DefinitionError):
        await host.rules.async_switch("second", on=True)
    assert not host.rules.is_on("second")
    remarks = await told(host, a_rule("third", influences=[SOIL]))
    assert remarks[0] == Remark("rule_maybe_loop", {"rules": "Third → Third", "over": SOIL})


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Another rule has this name as well (water). Give one of them a name of its own."),
        ("de", "Eine andere Regel heißt auch so (water). Gib einer von ihnen einen eigenen Namen."),
    ],
)
async def test_a_name_that_another_rule_has_is_told(
    hass: HomeAssistant, host: EngineHost, language: str, said: str
) -> None:
    """Also where several are saved together; a rule that keeps its name is none other than itself."""
    await speak(hass, language)
    line = [{"kind": "log", "text": "a"}]
    usual = await told(host, a_rule(then=line))
    assert await told(host, a_rule(then=line, cooldown=5)) == usual
    twin = await told(host, a_rule("second", name="Water", then=line))
    assert twin == [*usual, Remark("rule_same_name", {"given": "water"})]
    assert sentence_of(hass, host.names, "rule_same_name", twin[-1].details, None) == said
    both = [host.rules.read(a_rule(key, name="Dry", then=line)) for key in ("third", "fourth")]
    assert [saved.remarks[len(usual) :] for saved in await host.rules.async_put_all(both, by="anna")] == [
        (),
        (Remark("rule_same_name", {"given": "third"}),),
    ]


# -- Revisions -------------------------------------------------------------------------------------------------------


async def test_every_save_is_a_revision_that_can_be_restored(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """Also of a deleted rule; whether a rule is switched on is nothing that comes back."""
    for cooldown in (1, 2):
        await save(host, a_rule(cooldown=cooldown))
    assert (await save(host, a_rule(cooldown=2))).revision == 2
    await host.rules.async_switch("water", on=False)
    restored = (await host.rules.async_restore("water", 1, by="bert")).rule
    assert (restored.cooldown, restored.revision, restored.enabled) == (1, 3, False)
    await host.rules.async_drop("water")
    with pytest.raises(NotFoundError):
        host.rules.state_of("water")
    await hass.config_entries.async_reload(setup_entry.entry_id)
    desk = setup_entry.runtime_data.rules
    assert (desk.deleted, [(each.number, each.by) for each in desk.revisions("water")]) == (
        ("water",),
        [(1, "anna"), (2, "anna"), (3, "bert")],
    )
    assert (await desk.async_restore("water", 2, by="bert")).rule.cooldown == 2
    assert "water" in setup_entry.runtime_data.engine.rules.book.rules


@pytest.mark.parametrize(
    ("act", "missing"),
    [("drop", ("rule", "water")), ("switch", ("rule", "water")), ("restore", ("rule_revision", "1"))],
)
async def test_what_does_not_exist_is_said_so(host: EngineHost, act: str, missing: tuple[str, str]) -> None:
    """By its name, a revision by its number."""
    desk = host.rules
    acts = {
        "drop": desk.async_drop("water"),
        "switch": desk.async_switch("water", on=True),
        "restore": desk.async_restore("water", 1, by="anna"),
    }
    wanted = acts.pop(act)
    for other in acts.values():
        other.close()
    with pytest.raises(NotFoundError) as caught:
        await wanted
    assert (caught.value.what, caught.value.wanted) == missing


async def test_who_watches_hears_of_every_change(host: EngineHost) -> None:
    """Of one rule, and of all of them, until they watch no more."""
    library: list[str] = []
    news: list[str] = []
    ends = [host.rules.watch_library(library.append), host.rules.watch("water", lambda: news.append("water"))]
    await save(host, a_rule())
    await save(host, a_rule("other"))
    assert (library, set(news)) == (["water", "other"], {"water"})
    await host.rules.async_switch("water", on=False)
    await host.rules.async_drop("water")
    assert library == ["water", "other", "water", "water"]
    for end in ends:
        end()
    await save(host, a_rule())
    assert len(library) == 4


# -- Rules that cannot be used ---------------------------------------------------------------------------------------


@pytest.mark.req("LOG-27")
async def test_a_stored_rule_that_cannot_be_used_is_told_while_others_run(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    """Until it is saved anew or deleted; it stays on disk as it is."""
    await save(host, a_rule("fine"))
    await save(host, a_rule("old"))
    kept = host.rules.store._kept
    (revision,) = kept._histories["old"]
    foreign = json.encode({**a_rule("old"), "when": {"kind": "hexagram"}}).decode()
    await kept._async_save("old", [{**revision, "definition": foreign}], None)
    await hass.config_entries.async_reload(setup_entry.entry_id)
    desk = setup_entry.runtime_data.rules
    assert (set(desk.rules), set(desk.degraded)) == ({"fine"}, {"old"})
    assert "hexagram" in desk.degraded["old"]
    assert set(setup_entry.runtime_data.engine.rules.book.rules) == {"fine"}
    issue_id = f"{setup_entry.entry_id}_rule_old"
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_key == "rule_set_aside"
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["rule"] == "old"
    assert (
        deepcopy(hass_storage[f"{DOMAIN}.{setup_entry.entry_id}.rules"])["data"]["rules"]["old"][0]["definition"]
        == foreign
    )
    await desk.async_put(a_rule("old"), by="anna")
    assert (desk.degraded, ir.async_get(hass).async_get_issue(DOMAIN, issue_id)) == ({}, None)


async def test_a_rule_that_has_given_up_is_told_until_it_begins_anew(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """Also after a restart."""
    await save(host, a_rule())
    for effect in host.engine.rules.mover.give_up("water", "acts_too_often", host.now()):
        host._performer.perform(effect)
    await hass.async_block_till_done()
    issue_id = f"{setup_entry.entry_id}_rule_water"
    for _ in range(2):
        issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
        assert issue is not None
        assert issue.translation_placeholders == {
            "rule": "Water",
            "why": "it acted more often than anybody means it to and has given up",
        }
        await hass.config_entries.async_reload(setup_entry.entry_id)
        await hass.async_block_till_done()
    await setup_entry.runtime_data.rules.async_put(a_rule(), by="anna")
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue_id) is None


async def test_the_memory_of_a_rule_that_is_gone_goes_as_well(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """Only that of one that is set aside stays."""
    await save(host, a_rule())
    await host.rules.store.async_drop("water")
    await hass.config_entries.async_reload(setup_entry.entry_id)
    again = setup_entry.runtime_data
    assert [memory.rule for memory in again.memory.rules] == ["water"]
    await hass.config_entries.async_reload(setup_entry.entry_id)
    assert setup_entry.runtime_data.memory.rules == ()


# -- Start and end ---------------------------------------------------------------------------------------------------


def timers_of(hass: HomeAssistant) -> set[str]:
    """Return the timers that wait, without those of Home Assistant's MQTT client, which come and go."""
    waiting: list[TimerHandle] = hass.loop._scheduled  # type: ignore[attr-defined]  # asyncio's own list
    named = {repr(handle) for handle in waiting if not handle.cancelled()}
    return {name for name in named if "MQTT" not in name and "EnsureJobAfterCooldown" not in name}


@pytest.mark.req("LOG-01", "LOG-02")
async def test_unloading_leaves_nothing_behind(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """Loaded again, there is one set of listeners and one timer."""
    hass.states.async_set("input_boolean.go", "off")
    when = {
        "kind": "home_assistant",
        "condition": {"condition": "state", "entity_id": "input_boolean.go", "state": "on"},
    }
    await save(host, a_rule(when={"kind": "all", "of": [when_on(), when]}))
    await hass.async_block_till_done(wait_background_tasks=True)
    before = listeners(hass)
    timers = timers_of(hass)
    for _ in range(2):
        assert await hass.config_entries.async_unload(setup_entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        left = [task for task in asyncio.all_tasks() if "god_kaiser" in task.get_name()]
        assert left == []
        assert (host.rules._conditions._asked, host.rules._conditions._ends) == ({}, [])
        assert await hass.config_entries.async_setup(setup_entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        host = setup_entry.runtime_data
    assert listeners(hass) == before
    assert len(timers_of(hass)) <= len(timers)


@pytest.mark.usefixtures("host")
async def test_ten_thousand_rules_load_with_ten_times_the_work_of_a_thousand(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """Each is read once, and none is compared with all the others."""
    took: list[int] = []
    for count in (1_000, 10_000):
        store, key = RuleStore(hass, f"of_{count}"), f"{DOMAIN}.of_{count}.rules"
        rules = {f"r{number}": [kept(f"r{number}")] for number in range(count)}
        hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": {"rules": rules, "deleted": {}}}
        with counted() as work:
            await store.async_load()
        assert len(store.rules) == count
        took.append(work.calls)
    assert took[1] < 15 * took[0]


def kept(key: str) -> dict[str, Any]:
    """Return a rule as it lies on the disk."""
    definition = json.encode(a_rule(key)).decode()
    return {"number": 1, "at": "2026-01-01T00:00:00+00:00", "by": "anna", "definition": definition}
