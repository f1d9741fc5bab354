"""Circles that close outside of rules: over groups, templates, conditions and actions of Home Assistant."""

from typing import Any
from unittest.mock import MagicMock, patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.core.conditions import singles
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel
from custom_components.god_kaiser.core.rules.errors import RuleError
from custom_components.god_kaiser.core.rules.loops import Graph
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.host.engine_host import EngineHost
from tests.work import counted

from .calls import ask, refused
from .conftest import PassTime, a_plan, an_actuator, id_of
from .rules import PUMP, Garden, a_rule, save, when_on
from .sequences import entity as of_sequence, save as save_sequence, written
from .wire import ESP

VALVE = actuator_channel(DeviceId(ESP), 17)
RUNS: dict[str, Any] = {"kind": "output", "output": PUMP}


@pytest.fixture(autouse=True)
async def garden_fixture(hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime) -> Garden:
    """Return a garden with a pump and a valve."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    plan = a_plan(an_actuator("pump", 16, "Pump", max_runtime=600), an_actuator("valve", 17, "Valve", "valve"))
    await host.async_change_plan(plan)
    await hass.async_block_till_done()
    return garden


@pytest.fixture(name="pump")
def pump_fixture(hass: HomeAssistant) -> str:
    """Return the switch of the pump."""
    return id_of(hass, "switch", f"{ESP}_actuator_16") or ""


async def helper(hass: HomeAssistant, domain: str, **options: Any) -> None:
    """Make a helper as a person does under *Helpers*."""
    entry = MockConfigEntry(domain=domain, title=options["name"], options=options, version=1)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def group(hass: HomeAssistant, name: str, *members: str, all_of_them: bool = False, kind: str = "switch") -> None:
    """Make a group as a person does."""
    options = {"group_type": kind, "name": name, "entities": [*members], "hide_members": False, "all": all_of_them}
    await helper(hass, "group", **options)


def calls(action: str = "switch.turn_on", **target: Any) -> list[dict[str, Any]]:
    """Return the wish that Home Assistant does something."""
    return [{"kind": "call", "action": action, "target": target}]


async def told(hass: HomeAssistant, definition: dict[str, Any]) -> str:
    """Save a rule, and return whether it is refused as a circle, may be one, may be anything, or is none."""
    try:
        made = await ask(hass, "create_rule", definition=definition)
    except DefinitionError as err:
        return err.problem
    codes = {remark["code"] for remark in made["remarks"]}
    return next((code for code in ("rule_maybe_loop", "rule_unseen") if code in codes), "none")


async def said(hass: HomeAssistant, definition: dict[str, Any]) -> str:
    """Return what becomes of a rule when all of several are looked at."""
    answer = await ask(hass, "import_rules", rules=[definition])
    if answer["refused"]:
        return str(answer["refused"][0]["code"])
    (made,) = answer["created"] or answer["changed"]
    codes = [remark["code"] for remark in made["remarks"]]
    return next((code for code in codes if code in ("rule_maybe_loop", "rule_unseen")), "none")


# -- What is behind an entity -----------------------------------------------------------------------------------------


async def test_a_group_counts_as_its_members(hass: HomeAssistant, pump: str) -> None:
    """One that is on with any of them closes a circle for sure, one that needs all of them may close one."""
    await group(hass, "any", pump, "switch.of_others")
    await group(hass, "all", pump, "switch.of_others", all_of_them=True)
    await group(hass, "nested", "switch.any")
    await group(hass, "foreign", "switch.of_others")
    for entity, fate in (
        ("switch.any", "rule_loop"),
        ("switch.nested", "rule_loop"),
        ("switch.all", "rule_maybe_loop"),
        ("switch.foreign", "none"),
    ):
        assert await said(hass, a_rule(when=when_on(entity))) == fate, entity
        assert await said(hass, a_rule(when=when_on(entity), then=[{**a_rule()["then"][0], "output": VALVE}])) == "none"
    key, words = await refused(hass, "create_rule", definition=a_rule(when=when_on("switch.any")))
    assert (key, words["rules"], words["over"]) == ("rule_loop", "Water → Water", "Pump (Tent)")


async def test_a_group_in_a_file_counts_too_also_one_that_contains_itself(hass: HomeAssistant, pump: str) -> None:
    """Groups of the old kind, with what is no entity among their members."""
    assert await async_setup_component(hass, "group", {"group": {"old": {"entities": [pump, "group.old"]}}})
    await hass.async_block_till_done()
    hass.states.async_set("switch.strange", "on", {"entity_id": [7, None, "nonsense", "switch.strange", pump]})
    assert await said(hass, a_rule(when=when_on("group.old"))) == "rule_loop"
    assert await said(hass, a_rule(when=when_on("switch.strange"))) == "rule_maybe_loop"


async def test_a_group_that_is_unavailable_is_seen_through_as_well(hass: HomeAssistant) -> None:
    """It does not say its members then, but has not lost them."""
    gone = id_of(hass, "valve", f"{ESP}_actuator_17") or ""
    await group(hass, "valves", gone, kind="valve")
    hass.states.async_set(gone, "unavailable")
    await hass.async_block_till_done()
    state = hass.states.get("valve.valves")
    assert state is not None
    assert "entity_id" not in state.attributes
    opens = [{"kind": "set", "output": VALVE, "level": 1}]
    assert await said(hass, a_rule(when=when_on("valve.valves") | {"value": "open"}, then=opens)) == "rule_loop"


async def test_a_template_may_close_a_circle(hass: HomeAssistant, pump: str) -> None:
    """Over what it reads, also in turn; a broken one, and one that reads nothing of ours, close none."""
    texts = {
        "direct": f"{{{{ is_state('{pump}', 'on') }}}}",
        "second": "{{ is_state('binary_sensor.direct', 'on') }}",
        "domain": "{{ states.switch | list | count > 0 }}",
        "everything": "{{ states | selectattr('state', 'eq', 'on') | list | count > 0 }}",
        "other": "{{ is_state('sun.sun', 'above_horizon') }}",
    }
    for name, text in texts.items():
        await helper(hass, "template", template_type="binary_sensor", name=name, state=text)
    found = {name: await said(hass, a_rule(when=when_on(f"binary_sensor.{name}"))) for name in texts}
    maybe = "rule_maybe_loop"
    assert found == {"direct": maybe, "second": maybe, "domain": maybe, "everything": maybe, "other": "none"}


async def test_a_template_in_a_file_is_told_as_unseen(hass: HomeAssistant) -> None:
    """Nobody can know what it reads."""
    written = {"template": [{"binary_sensor": [{"name": "filed", "state": "{{ true }}"}]}]}
    assert await async_setup_component(hass, "template", written)
    await hass.async_block_till_done()
    made = await ask(hass, "create_rule", definition=a_rule(when=when_on("binary_sensor.filed")))
    (remark,) = made["remarks"]
    assert remark["code"] == "rule_unseen"
    assert remark["text"].startswith("Nobody can see what binary_sensor.filed is made from")


async def test_a_switch_that_is_shown_as_something_else_is_still_that_switch(hass: HomeAssistant, pump: str) -> None:
    """Home Assistant's *Change device type of a switch*, which keeps the id of the registry."""
    entry = er.async_get(hass).async_get(pump)
    assert entry is not None
    assert await async_setup_component(hass, "homeassistant", {})
    mirror = MockConfigEntry(
        domain="switch_as_x",
        title="Mirror",
        version=1,
        minor_version=3,
        options={"entity_id": entry.id, "target_domain": "light", "invert": False},
    )
    mirror.add_to_hass(hass)
    assert await hass.config_entries.async_setup(mirror.entry_id)
    await hass.async_block_till_done()
    (shown,) = [each.entity_id for each in er.async_entries_for_config_entry(er.async_get(hass), mirror.entry_id)]
    assert await said(hass, a_rule(when=when_on(shown))) == "rule_loop"
    assert await said(hass, a_rule(when=RUNS, then=calls("light.turn_on", entity_id=shown))) == "rule_loop"


# -- Conditions of Home Assistant -------------------------------------------------------------------------------------


async def test_a_condition_of_home_assistant_is_looked_into(hass: HomeAssistant, pump: str) -> None:
    """A state closes a circle for sure, however deep it stands; what else is asked about may close one."""
    is_on = {"condition": "state", "entity_id": pump, "state": "on"}
    entry = er.async_get(hass).async_get(pump)
    assert entry is not None
    cases: list[tuple[dict[str, Any], str]] = [
        (is_on, "rule_loop"),
        ({"condition": "and", "conditions": [{"condition": "not", "conditions": [is_on]}]}, "rule_loop"),
        ({**is_on, "entity_id": [pump, "switch.of_others"], "match": "any"}, "rule_loop"),
        ({**is_on, "entity_id": [pump, "switch.of_others"]}, "rule_maybe_loop"),
        ({**is_on, "attribute": "why", "state": "x"}, "rule_maybe_loop"),
        ({"condition": "template", "value_template": f"{{{{ is_state('{pump}', 'on') }}}}"}, "rule_maybe_loop"),
        ({"condition": "or", "conditions": [f"{{{{ is_state('{pump}', 'on') }}}}"]}, "rule_maybe_loop"),
        ({"condition": "template", "value_template": "{{ 1 / 0 }}"}, "none"),
        (
            {"condition": "device", "device_id": entry.device_id, "domain": "switch", "type": "is_on"}
            | {"entity_id": entry.id},
            "rule_maybe_loop",
        ),
        ({**is_on, "entity_id": "switch.of_others"}, "none"),
        ({"condition": "time", "after": "06:00:00"}, "none"),
    ]
    for condition, fate in cases:
        question = {"kind": "home_assistant", "condition": condition}
        assert await said(hass, a_rule(when=question)) == fate, condition


async def test_a_condition_that_home_assistant_no_longer_takes_keeps_no_other_rule_from_being_saved(
    host: EngineHost,
) -> None:
    """What is behind it is not known."""
    broken = host.rules.read(a_rule(when={"kind": "home_assistant", "condition": {"condition": "gone"}}))
    house = await host.rules.scrutiny._links.async_house([broken], {})
    assert set(house.behind.values()) == {()}


# -- Actions of Home Assistant ----------------------------------------------------------------------------------------


async def test_an_action_that_switches_an_output_of_ours_on_closes_a_circle(hass: HomeAssistant, pump: str) -> None:
    """By its entity, its device, its area or its label, over a group, and by every action that lets it run."""
    entities, devices = er.async_get(hass), dr.async_get(hass)
    entry = entities.async_get(pump)
    assert entry is not None
    assert entry.device_id is not None
    area = ar.async_get(hass).async_create("Greenhouse").id
    label = lr.async_get(hass).async_create("wet").label_id
    devices.async_update_child_device(entry.device_id, area_id=area)
    entities.async_update_entity(pump, labels={label})
    await group(hass, "any", pump)
    closing = (
        calls(entity_id=pump),
        calls(entity_id=[pump, "switch.of_others"]),
        calls("homeassistant.turn_on", entity_id=pump),
        calls(device_id=entry.device_id),
        calls(area_id=[area]),
        calls(label_id=label),
        calls("homeassistant.turn_on", area_id=area),
        calls(entity_id="switch.any"),
        calls(entity_id="all"),
        calls("god_kaiser.set_output", entity_id=pump),
        [{"kind": "call", "action": "switch.turn_on", "fields": {"entity_id": f"{pump}, switch.of_others"}}],
    )
    for then in closing:
        assert await said(hass, a_rule(when=RUNS, then=then)) == "rule_loop", then
    maybe = (
        calls("switch.turn_off", entity_id=pump),
        calls("switch.toggle", area_id=area),
        [{**calls("god_kaiser.set_output", entity_id=pump)[0], "fields": {"level": 0}}],
    )
    for then in maybe:
        assert await said(hass, a_rule(when=RUNS, then=then)) == "rule_maybe_loop", then
    instead: dict[str, Any] = {"critical": True, "escalation": {"instead": calls(entity_id=pump)}}
    assert await said(hass, a_rule(when=RUNS, then=[{"kind": "log", "text": "x"}], **instead)) == "rule_maybe_loop"


@pytest.mark.parametrize(
    "target",
    [
        {},
        {"entity_id": "none"},
        {"entity_id": "{{ trigger.source }}"},
        {"entity_id": 7, "device_id": None},
        {"entity_id": [{"x": 1}, "nonsense", "switch.unknown"]},
        {"device_id": "unknown", "area_id": ["unknown"], "label_id": "unknown", "floor_id": "unknown"},
    ],
)
async def test_a_target_that_names_nothing_of_ours_closes_nothing(hass: HomeAssistant, target: dict[str, Any]) -> None:
    """Whatever stands there; it is said when it is called."""
    assert await said(hass, a_rule(when=RUNS, then=calls(**target))) == "none"
    assert await said(hass, a_rule(when=RUNS, then=calls("light.turn_on", **target))) == "none"


async def test_what_programs_of_home_assistant_do_may_close_a_circle(hass: HomeAssistant, pump: str) -> None:
    """A helper that an automation waits for, an automation, a script and a scene."""
    turn_on = [{"action": "switch.turn_on", "target": {"entity_id": pump}}]
    automations = [
        {"alias": "go", "triggers": {"trigger": "state", "entity_id": "input_boolean.go"}, "actions": turn_on},
        {"alias": "quiet", "triggers": {"trigger": "state", "entity_id": "input_boolean.quiet"}, "actions": []},
    ]
    assert await async_setup_component(hass, "automation", {"automation": automations})
    assert await async_setup_component(hass, "script", {"script": {"run_it": {"sequence": turn_on}}})
    scenes = {"scene": [{"name": "wet", "entities": {pump: "on"}}]}
    assert await async_setup_component(hass, "scene", scenes)
    await hass.async_block_till_done()
    maybe = (
        calls("input_boolean.turn_on", entity_id="input_boolean.go"),
        calls("automation.trigger", entity_id="automation.go"),
        calls("script.turn_on", entity_id="script.run_it"),
        calls("script.run_it"),
        calls("scene.turn_on", entity_id="scene.wet"),
        [{"kind": "call", "action": "scene.apply", "fields": {"entities": {pump: "on"}}}],
    )
    for then in maybe:
        assert await said(hass, a_rule(when=RUNS, then=then)) == "rule_maybe_loop", then
    free = calls("input_boolean.turn_on", entity_id="input_boolean.quiet")
    assert await said(hass, a_rule(when=RUNS, then=free)) == "none"


async def test_what_a_sequence_calls_may_close_a_circle(hass: HomeAssistant, pump: str) -> None:
    """Also deep inside of it, in one that it runs, and in one whose button it presses."""
    call = calls(entity_id=pump)[0]
    deep = {
        "kind": "parallel",
        "branches": [[{"kind": "repeat", "count": 2, "steps": [call]}], [{"kind": "delay", "seconds": 1}]],
    }
    await save_sequence(hass, written("direct", call))
    await save_sequence(hass, written("deep", deep))
    await save_sequence(hass, written("outer", {"kind": "run", "sequence": "deep"}))
    await save_sequence(hass, written("last", **{"finally": [call]}))
    await save_sequence(
        hass, written("named", calls("god_kaiser.run_sequence")[0] | {"fields": {"sequence": "direct"}})
    )
    button = of_sequence(hass, "button", "run", "named")
    await save_sequence(hass, written("pressed", calls("button.press", entity_id=button)[0]))
    await save_sequence(hass, written("harmless", calls(entity_id="switch.of_others")[0]))
    for name in ("direct", "deep", "outer", "last", "named", "pressed"):
        then = [{"kind": "run", "sequence": name}]
        assert await said(hass, a_rule(when=RUNS, then=then)) == "rule_maybe_loop", name
    assert await said(hass, a_rule(when=RUNS, then=[{"kind": "run", "sequence": "harmless"}])) == "none"


async def test_a_run_that_begins_with_a_call_may_close_a_circle(hass: HomeAssistant, host: EngineHost) -> None:
    """By the name of its sequence, by its button, over a script, with an output for its role; a button of others does nothing."""
    sets = {"kind": "set", "output": "role:which", "level": 1, "duration": 5}
    roles = {"which": {"default": VALVE}}
    await save_sequence(hass, written("flood", sets, roles=roles))
    button = of_sequence(hass, "button", "run", "flood")
    script = {"press": {"sequence": [{"action": "button.press", "target": {"entity_id": button}}]}}
    assert await async_setup_component(hass, "script", {"script": script})
    run: dict[str, Any] = {"kind": "call", "action": "god_kaiser.run_sequence"}
    pump = {"roles": {"which": id_of(hass, "switch", f"{ESP}_actuator_16")}}
    opened = {"kind": "output", "output": VALVE}
    going = {"kind": "sequence", "sequence": "flood"}
    for when, action, fate in (
        (opened, {**run, "fields": {"sequence": "flood"}}, "rule_maybe_loop"),
        (opened, {**run, "fields": {"sequence": ["gone", button]}}, "rule_maybe_loop"),
        (opened, {**run, "fields": {"sequence": "flood", **pump}}, "none"),
        (RUNS, {**run, "fields": {"sequence": "flood", **pump}}, "rule_maybe_loop"),
        (RUNS, {**run, "fields": {"sequence": 7, "roles": "{{ rule.id }}"}}, "none"),
        (opened, calls("button.press", entity_id=button)[0], "rule_maybe_loop"),
        (opened, calls("script.press")[0], "rule_maybe_loop"),
        (going, calls("script.press")[0], "rule_maybe_loop"),
        (RUNS, calls("script.press")[0], "none"),
        (opened, calls("button.press", entity_id=of_sequence(hass, "button", "cancel", "flood"))[0], "none"),
    ):
        assert await said(hass, a_rule(when=when, then=[action])) == fate, (when, action)


async def test_a_run_that_a_program_of_home_assistant_starts_may_close_a_circle(hass: HomeAssistant) -> None:
    """By its name, deep in an automation, over a script that is called by its name, and with an output for its role."""
    sets = {"kind": "set", "output": "role:which", "level": 1, "duration": 5}
    await save_sequence(hass, written("flood", sets, roles={"which": {"default": VALVE}}))
    run: dict[str, Any] = {"action": "god_kaiser.run_sequence", "data": {"sequence": "flood"}}
    deep = [{"choose": [{"conditions": [], "sequence": [{"parallel": [run]}]}]}]
    pumps = {**run["data"], "roles": {"which": id_of(hass, "switch", f"{ESP}_actuator_16")}}
    scripts = {
        "flood": {"sequence": [run]},
        "pumps": {"sequence": [{**run, "data": pumps}]},
        "unknown": {"sequence": [{**run, "data": {"sequence": "{{ name }}"}}, {"action": "{{ name }}"}]},
    }
    automations = [
        {"alias": alias, "triggers": {"trigger": "state", "entity_id": f"input_boolean.{alias}"}, "actions": actions}
        for alias, actions in (("go", deep), ("named", [{"action": "script.flood"}]))
    ]
    assert await async_setup_component(hass, "script", {"script": scripts})
    assert await async_setup_component(hass, "automation", {"automation": automations})
    await hass.async_block_till_done()
    opened = {"kind": "output", "output": VALVE}
    for when, then, fate in (
        (opened, calls("automation.trigger", entity_id="automation.go"), "rule_maybe_loop"),
        (opened, calls("input_boolean.turn_on", entity_id="input_boolean.go"), "rule_maybe_loop"),
        (opened, calls("automation.trigger", entity_id="automation.named"), "rule_maybe_loop"),
        (opened, calls("script.flood"), "rule_maybe_loop"),
        (opened, calls("script.pumps"), "none"),
        (RUNS, calls("script.pumps"), "rule_maybe_loop"),
        (RUNS, calls("script.flood"), "none"),
        (opened, calls("script.unknown"), "none"),
        (opened, calls("script.turn_on", entity_id="script.gone"), "none"),
    ):
        assert await said(hass, a_rule(when=when, then=then)) == fate, (when, then)


async def test_a_sequence_that_may_close_a_circle_is_saved_with_a_remark(hass: HomeAssistant, host: EngineHost) -> None:
    """Saved or restored, itself, inside of another one and over a call; rules that are switched off run nothing."""

    async def said_of(key: str, *steps: dict[str, Any]) -> list[str]:
        answer = await ask(hass, "save_sequence", definition=written(key, *steps))
        return [remark["text"] for remark in answer["remarks"]]

    runs = {"kind": "set", "output": PUMP, "level": 1, "duration": 5}
    await save_sequence(hass, written("inner"))
    await save_sequence(hass, written("outer", {"kind": "run", "sequence": "inner"}))
    calling = {"kind": "call", "action": "god_kaiser.run_sequence", "fields": {"sequence": "inner"}}
    await save(host, a_rule("one", when=RUNS, then=[{"kind": "run", "sequence": "outer"}]))
    await save(host, a_rule("two", when={"kind": "output", "output": VALVE}, then=[calling]))
    await save(host, a_rule("off", enabled=False, when=RUNS, then=[{"kind": "run", "sequence": "inner"}]))
    assert await said_of("other", runs) == []
    (text,) = await said_of("inner", runs)
    assert "One → One" in text
    assert "Pump (Tent)" in text
    (text,) = await said_of("inner", runs | {"output": VALVE})
    assert "Two → Two" in text
    texts = await said_of("inner", runs, runs | {"output": VALVE})
    circles = {text.partition(": ")[2].partition(",")[0] for text in texts}
    assert (len(texts), circles) == (3, {"One → One", "Two → Two", "Two → One → Two"})
    assert await said_of("inner") == []
    restored = await ask(hass, "restore_sequence", sequence="inner", revision=2)
    assert [remark["code"] for remark in restored["remarks"]] == ["rule_maybe_loop"]
    await host.rules.async_switch("one", on=False)
    assert await said_of("inner", runs) == []


async def test_two_rules_that_follow_each_other_over_a_helper_may_be_a_circle(hass: HomeAssistant) -> None:
    """One switches it, the other asks for it."""
    first = a_rule("first", when=when_on("input_boolean.go"))
    second = a_rule("second", when=RUNS, then=calls("input_boolean.turn_on", entity_id="input_boolean.go"))
    assert await told(hass, first) == "none"
    assert await told(hass, second) == "rule_maybe_loop"


async def test_saving_stays_cheap_beside_a_thousand_rules_that_look_around(
    hass: HomeAssistant, host: EngineHost, pump: str
) -> None:
    """Each with a group, a condition and a call of its own: looking at all of them is no more work for each than for a few, and half of it the next time."""
    await group(hass, "any", "switch.of_others")
    rules = [
        host.rules.read(
            a_rule(
                f"r{number}",
                when={
                    "kind": "all",
                    "of": [
                        when_on("switch.any"),
                        {
                            "kind": "home_assistant",
                            "condition": {"condition": "state", "entity_id": f"switch.o{number}", "state": "on"},
                        },
                    ],
                },
                then=calls(entity_id=f"switch.of_others_{number}"),
            )
        )
        for number in range(1_000)
    ]
    links = host.rules.scrutiny._links
    sequences: dict[str, Sequence] = {}
    with counted() as few:
        await links.async_house(rules[:100], sequences)
    with counted() as all_of_them:
        house = await links.async_house(rules, sequences)
    assert len(house.behind) == 1_001
    assert len(house.called) == 1_000
    assert all_of_them.calls < 15 * few.calls
    with counted() as again:
        await links.async_house(rules, sequences)
    assert again.calls < all_of_them.calls / 2
    assert (await save(host, a_rule(when=when_on("switch.any")))).id == "water"


@pytest.mark.parametrize("dry_run", [True, False])
async def test_many_rules_are_imported_with_one_graph(hass: HomeAssistant, *, dry_run: bool) -> None:
    """However many there are already, one more of an import costs a few looks at it: rules, not rules times rules."""

    async def cost(many: int, part: str) -> tuple[int, int]:
        rules = [a_rule(f"{part}{number}", name=f"{part} {number}") for number in range(many)]
        with (
            patch.object(Graph, "_questions", autospec=True, side_effect=Graph._questions) as drawn,
            patch("custom_components.god_kaiser.host.rule_links.singles", side_effect=singles) as followed,
        ):
            done = await ask(hass, "import_rules", rules=rules, dry_run=dry_run)
        assert (len(done["created"]), done["refused"]) == (many, [])
        return drawn.call_count, followed.call_count

    few, many = await cost(50, "few"), await cost(200, "many")
    assert [one < other < 6 * one for one, other in zip(few, many, strict=True)] == [True, True]


def on(output: ChannelId) -> list[dict[str, Any]]:
    """Return the wish that an output runs."""
    return [{"kind": "set", "output": output, "level": 1}]


async def test_a_rule_that_is_refused_closes_no_circle_for_those_after_it(hass: HomeAssistant) -> None:
    """Of an import what is refused counts no more, and what it was before counts again."""
    loop = a_rule("itself", when={"kind": "output", "output": PUMP}, then=on(PUMP))
    back = a_rule("back", when={"kind": "output", "output": VALVE}, then=on(PUMP))
    there = a_rule("there", when={"kind": "output", "output": PUMP}, then=on(VALVE))
    done = await ask(hass, "import_rules", rules=[loop, back, {**loop, "id": "back"}, there], dry_run=False)
    assert [each["code"] for each in done["refused"]] == ["rule_loop", "rule_twice", "rule_loop"]
    assert [each["rule_id"] for each in done["created"]] == ["back"]
    changed = {**back, "then": on(VALVE)}
    done = await ask(hass, "import_rules", rules=[changed, there])
    assert [each["rule_id"] for each in done["refused"]] == ["back", "there"]


async def test_a_look_that_fails_closes_no_circle_for_those_after_it(host: EngineHost) -> None:
    """The graph is as it was before, whether or not the rule was there."""
    back = host.rules.read(a_rule("back", when={"kind": "output", "output": VALVE}, then=on(PUMP)))
    there = host.rules.read(a_rule("there", when={"kind": "output", "output": PUMP}, then=on(VALVE)))
    harmless = host.rules.read(a_rule("back", when={"kind": "output", "output": VALVE}, then=on(VALVE), enabled=False))
    for rules in ({}, {"back": harmless}):
        circles = host.rules.scrutiny.circles(rules)
        with patch.object(Graph, "loops_of", side_effect=RecursionError), pytest.raises(RecursionError):
            await circles.async_through(back)
        assert await circles.async_through(there) == []


async def test_a_rule_that_is_deleted_between_the_look_and_the_save_closes_no_circle(host: EngineHost) -> None:
    """What was drawn for all of them is brought up to date."""
    back = host.rules.read(a_rule("back", when={"kind": "output", "output": VALVE}, then=on(PUMP)))
    there = host.rules.read(a_rule("there", when={"kind": "output", "output": PUMP}, then=on(VALVE)))
    circles = host.rules.scrutiny.circles({"back": back})
    assert [loop.is_definite for loop in await circles.async_through(there)] == [True]
    await circles.async_catch_up({})
    assert await circles.async_through(there) == []


async def test_rules_that_are_saved_one_by_one_share_a_graph(hass: HomeAssistant, host: EngineHost) -> None:
    """Where not all of a batch can be saved together: one graph for the look, and one for all that follows."""
    rules = [a_rule(f"r{number}", name=f"r{number}") for number in range(9)]
    store = host.rules.store
    answers = [RuleError("rule_exists", "id", given="r1")]

    async def put_all(*given: Any) -> Any:
        if answers:
            raise answers.pop()
        return await type(store).async_put_all(store, *given)

    with (
        patch("custom_components.god_kaiser.host.rule_circles.Graph", wraps=Graph) as drawn,
        patch.object(store, "async_put_all", put_all),
    ):
        done = await ask(hass, "import_rules", rules=rules, dry_run=False)
    assert (len(done["created"]), answers, drawn.call_count) == (9, [], 2)
