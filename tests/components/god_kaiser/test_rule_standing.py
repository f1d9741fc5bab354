"""What people read about a rule says the same everywhere: its state, why, when it has acted last, and explain."""

from typing import Any
from unittest.mock import MagicMock

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel
from custom_components.god_kaiser.core.rules.explaining import Why
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.rule_standing import STANDINGS
from custom_components.god_kaiser.host.rule_views import RuleViews

from .calls import act, act_as, ask
from .conftest import PassTime, a_plan, an_actuator, call, id_of, state_of
from .rules import PUMP, SOIL, Garden, a_rule, heard, save
from .sequences import save as save_sequence, written
from .test_rule_entities import PREFIX, SWITCH, WATER, count, standing, why
from .test_rule_sentences import speak
from .wire import ESP

VALVE = actuator_channel(DeviceId(ESP), 18)
HELD = [{"kind": "set", "output": PUMP, "level": 1}]
ONCE = [{"kind": "set", "output": PUMP, "level": 1, "duration": 30}]
RUN = [{"kind": "run", "sequence": "flush"}]


@pytest.fixture(name="garden")
async def garden_fixture(hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime) -> Garden:
    """Return two devices, both online, of which one has a motor valve beside its pump."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    pump, valve = (
        an_actuator("pump", 16, "Pump", max_runtime=600),
        an_actuator("valve", 18, "Main", "valve", max_runtime=600),
    )
    await host.async_change_plan(a_plan(pump, valve))
    garden.pump.kinds[18] = "valve"
    garden.pump._voice.status("valve", 18, state=False, pwm=0)
    flush = {"kind": "set", "name": "rinse", "output": "role:pump", "level": 1, "duration": 5}
    await save_sequence(hass, written("flush", flush, roles={"pump": {"default": PUMP}}))
    await garden.wait(1)
    return garden


async def keep_off(hass: HomeAssistant, garden: Garden, how: str) -> None:
    """Press the stop of the pump's device, or hang a tag on the pump."""
    if how == "stop":
        await act(hass, "emergency_stop")
    else:
        await act(hass, "lock_out", entity_id=id_of(hass, "switch", f"{ESP}_actuator_16"), reason="cleaning")
    await garden.wait(2)


async def said(host: EngineHost, output: ChannelId | None = None) -> str:
    """Return what explain says in one sentence, of the rule or of an output."""
    views = RuleViews(host)
    return str((views.rule("water") if output is None else await views.async_output(output))["sentence"])


def test_every_reason_has_its_state() -> None:
    """No state is told beside why."""
    assert set(STANDINGS) == set(Why)


async def said_active(hass: HomeAssistant) -> set[bool]:
    """Return everything that is said about whether the one rule is active."""
    told = [await ask(hass, "get_rule", rule="water"), (await ask(hass, "explain", rule="water"))["rules"][0]]
    attributes = state_of(hass, SWITCH, WATER).attributes
    shown = {standing(hass) == "active", count(hass, "active") == "1", attributes["active"]}
    return shown | {each["is_active"] for each in told}


@pytest.mark.parametrize("how", ["stop", "tag", "off"])
async def test_active_means_the_same_everywhere(
    hass: HomeAssistant, garden: Garden, host: EngineHost, how: str
) -> None:
    """What somebody else has a rule only waits for: no sensor, attribute or action says otherwise."""
    await save(host, a_rule())
    await garden.measure(20)
    await garden.wait(1)
    assert await said_active(hass) == {True}
    if how == "off":
        await call(hass, SWITCH, "turn_off", f"{ESP}_actuator_16")
        await garden.wait(1)
    else:
        await keep_off(hass, garden, how)
    assert await said_active(hass) == {False}


@pytest.mark.parametrize("how", ["stop", "tag"])
@pytest.mark.parametrize(("then", "reason"), [(HELD, "refused"), (ONCE, "refused"), (RUN, "run_taken")])
async def test_a_rule_that_is_kept_off_is_not_active(
    hass: HomeAssistant,
    garden: Garden,
    host: EngineHost,
    hass_admin_user: MockUser,
    then: list[dict[str, Any]],
    reason: str,
    how: str,
) -> None:
    """It waits, and for a no at last."""
    await save(host, a_rule(then=then))
    await garden.measure(20)
    await garden.wait(1)
    assert standing(hass) == "active"
    await keep_off(hass, garden, how)
    assert (standing(hass), why(hass)) == ("waiting", reason)
    if how == "tag":
        await act_as(hass, hass_admin_user, "release_lock_out", entity_id=id_of(hass, "switch", f"{ESP}_actuator_16"))
        await garden.wait(2)
        assert (standing(hass), why(hass)) == ("waiting", "run_taken" if then is RUN else "taken")
        await garden.measure(40)
        await garden.measure(20)
        await garden.wait(1)
        assert standing(hass) == "active"


@pytest.mark.parametrize(("is_stopped", "why_not"), [(False, ["config_running"]), (True, [])])
async def test_an_import_waits_for_no_rule_that_only_waits_itself(
    hass: HomeAssistant, garden: Garden, host: EngineHost, *, is_stopped: bool, why_not: list[str]
) -> None:
    """What does not run needs not be stopped."""
    await save(host, a_rule())
    await garden.measure(20)
    await garden.wait(1)
    if is_stopped:
        await keep_off(hass, garden, "stop")
    document = (await ask(hass, "export_config", parts=["rules"]))["document"]
    changed = {**document, "checksums": {}, "rules": [{**document["rules"][0], "cooldown": 60, "revision": 9}]}
    answer = await ask(hass, "import_config", document=changed, on_conflict="replace")
    assert [each["code"] for each in answer["parts"]["rules"]["refused"]] == why_not


async def test_before_a_tag_is_taken_off_it_is_said_that_a_no_is_waited_for(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """Nobody has to wonder afterwards why nothing happens."""
    await save(host, a_rule())
    await garden.measure(20)
    await keep_off(hass, garden, "tag")
    assert await said(host) == (
        "Water wants Pump (Tent) at 100 %, and is refused: Pump (Tent) is locked out by an automation (cleaning; until it is "
        "taken off). Have the lock-out released before you try again. After that it waits until its answer was no once."
    )
    await speak(hass, "de")
    assert (await said(host)).endswith("bis ihre Antwort einmal nein war.")


async def tried(hass: HomeAssistant, **more: Any) -> tuple[str, str]:
    """Return what a test of the rule says that it would do with what there is, as a code and as a sentence."""
    told = await ask(hass, "test_rule", rule="water", **more)
    return told["would"], told["sentence"]


@pytest.mark.parametrize("is_active", [True, False], ids=["acting", "idle"])
@pytest.mark.parametrize("how", ["stop", "tag"])
@pytest.mark.parametrize(("then", "refused"), [(HELD, "be_refused"), (ONCE, "be_refused"), (RUN, "wait_for_no")])
async def test_a_test_tells_what_is_taken_from_a_rule_as_its_state_does(
    hass: HomeAssistant,
    garden: Garden,
    host: EngineHost,
    hass_admin_user: MockUser,
    then: list[dict[str, Any]],
    refused: str,
    how: str,
    *,
    is_active: bool,
) -> None:
    """It would not go on, and not act: it is refused, and afterwards waits for a no; after that it would act."""
    await save(host, a_rule(then=then))
    if is_active:
        await garden.measure(20)
    await garden.wait(1)
    await keep_off(hass, garden, how)
    would, sentence = await tried(hass, values={SOIL: 20})
    assert (would, "answer was no once" in sentence) == (refused, True)
    if how == "stop":
        return
    await garden.measure(20)
    await act_as(hass, hass_admin_user, "release_lock_out", entity_id=id_of(hass, SWITCH, f"{ESP}_actuator_16"))
    await garden.wait(2)
    assert await tried(hass) == (
        "wait_for_no",
        "Water would wait until its answer was no once: Soil (Bed) is 20 %, below 30 %.",
    )
    await speak(hass, "de")
    assert "würde warten" in (await tried(hass))[1]
    await garden.measure(40)
    assert (await tried(hass, values={SOIL: 20}))[0] == "act"


async def test_a_test_tells_who_has_the_output(hass: HomeAssistant, garden: Garden, host: EngineHost) -> None:
    """While a person keeps the rule off it waits for its turn."""
    await save(host, a_rule())
    await garden.measure(20)
    assert (await tried(hass))[0] == "go_on"
    await call(hass, SWITCH, "turn_off", f"{ESP}_actuator_16")
    await garden.wait(1)
    assert await tried(hass) == (
        "wait_for_turn",
        "Water would wait for its output, which somebody else has: Soil (Bed) is 20 %, below 30 %.",
    )


@pytest.mark.parametrize("then", [HELD, ONCE], ids=["held", "pulse"])
@pytest.mark.parametrize("by", ["person", "rule"])
async def test_a_test_of_an_idle_rule_tells_who_has_the_output(
    hass: HomeAssistant, garden: Garden, host: EngineHost, then: list[dict[str, Any]], by: str
) -> None:
    """As explain does afterwards; what else it does it would do all the same."""
    rule = a_rule(then=then, priority=50)
    for each in (rule, {**rule, "id": "tells", "name": "Tells", "then": [{"kind": "log", "text": "dry"}, *then]}):
        await save(host, each)
    await garden.measure(40)
    assert (await tried(hass, values={SOIL: 20}))[0] == "act"
    if by == "person":
        await call(hass, SWITCH, "turn_off", f"{ESP}_actuator_16")
    else:
        above = {"kind": "reading", "sensor": SOIL, "operator": "<", "value": 90}
        await save(host, a_rule("more", priority=1, when=above, then=[{"kind": "set", "output": PUMP, "level": 0}]))
    await garden.wait(1)
    assert await tried(hass, values={SOIL: 20}) == (
        "wait_for_turn",
        "Water would wait for its output, which somebody else has: Soil (Bed) is 20 %, below 30 %.",
    )
    assert (await ask(hass, "test_rule", rule="tells", values={SOIL: 20}))["would"] == "act"
    if then is HELD:
        await garden.measure(20)
        await garden.wait(1)
        assert why(hass) == "outranked"


async def test_a_test_tells_that_a_person_wants_on_what_a_rule_wants_at_rest(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """Its wish would lose, and so says the verdict about the output; what else it does it would do all the same."""
    rest = {"kind": "set", "output": PUMP, "level": 0}
    for each in (a_rule(then=[rest]), a_rule("tells", then=[{"kind": "log", "text": "dry"}, rest])):
        await save(host, each)
    await garden.measure(40)
    assert (await tried(hass, values={SOIL: 20}))[0] == "act"
    await call(hass, SWITCH, "turn_on", f"{ESP}_actuator_16")
    await garden.wait(1)
    told = await ask(hass, "test_rule", rule="water", values={SOIL: 20})
    assert (told["would"], told["outputs"][0]["allowed"]) == ("wait_for_turn", False)
    assert [each["code"] for each in told["outputs"][0]["reasons"]] == ["outranked"]
    assert (await ask(hass, "test_rule", rule="tells", values={SOIL: 20}))["would"] == "act"
    await garden.measure(20)
    await garden.wait(1)
    assert state_of(hass, Platform.SWITCH, f"{ESP}_actuator_16").state == "on"


@pytest.mark.parametrize(("when_unknown", "would"), [("rest", "let_go"), ("keep", "keep")])
async def test_a_test_knows_what_otherwise_holds(
    hass: HomeAssistant, garden: Garden, host: EngineHost, when_unknown: str, would: str
) -> None:
    """While nobody knows the answer that is let go of as well, unless the rule keeps it; where it holds nothing, nothing is."""
    rule = a_rule(when_unknown=when_unknown, then=[{"kind": "log", "text": "dry"}], otherwise=HELD)
    await save(host, rule)
    await garden.measure(20)
    await garden.measure(40)
    assert state_of(hass, Platform.SWITCH, f"{ESP}_actuator_16").state == "on"
    assert (await tried(hass, values={SOIL: None}))[0] == would
    if when_unknown == "rest":
        await garden.measure(40, quality="error")
        assert (await tried(hass, values={SOIL: None}))[0] == "not_know"


@pytest.mark.parametrize("how", ["stop", "tag"])
async def test_a_pulse_that_was_cut_short_is_not_done(
    hass: HomeAssistant, garden: Garden, host: EngineHost, how: str
) -> None:
    """It has run for a part of its time, and what has ended it is told."""
    await save(host, a_rule(then=ONCE))
    await garden.measure(20)
    await garden.wait(1)
    key = f"{PREFIX}water_last_triggered"
    assert state_of(hass, Platform.SENSOR, key).attributes["outcome"] == "done"
    await keep_off(hass, garden, how)
    reason = "emergency_stop_active" if how == "stop" else "locked_out"
    shown = state_of(hass, Platform.SENSOR, key).attributes
    assert (shown["outcome"], shown["reason"]) == ("partial", reason)
    (record,) = (await ask(hass, "get_rule_history", rule="water"))["executions"]
    assert (record["success"], record["actions_executed"][0]["outcome"]) == (False, "cut_short")


@pytest.mark.parametrize("how", ["stop", "tag"])
@pytest.mark.parametrize("then", [HELD, ONCE, RUN], ids=["held", "pulse", "run"])
@pytest.mark.parametrize("silent", [0, 70])
async def test_a_rule_that_is_kept_off_acts_no_more_when_the_hub_is_loaded_anew(
    hass: HomeAssistant,
    garden: Garden,
    host: EngineHost,
    setup_entry: MockConfigEntry,
    then: list[dict[str, Any]],
    how: str,
    silent: float,
) -> None:
    """Nor when its sensor is silent for so long after that that its answer is not known; it says the same as before."""
    await save(host, a_rule(then=then))
    await garden.measure(20)
    await garden.wait(1)
    await keep_off(hass, garden, how)
    before, events = await said(host), heard(hass)
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    garden.beat()
    await garden.wait(2.5 + silent)
    garden.beat()
    await garden.measure(20)
    await garden.wait(2)
    assert ([each["event_type"] for each in events], await said(setup_entry.runtime_data)) == ([], before)
    assert len(setup_entry.runtime_data.rules.executions("water")) == 1


async def test_what_waits_for_a_valve_says_so(hass: HomeAssistant, garden: Garden, host: EngineHost) -> None:
    """Whoever asks why the pump does not run hears what goes first."""
    steps = [{"kind": "set", "output": VALVE, "level": 1}, *HELD]
    await save(host, a_rule(then=steps, stop_on_error=True))
    garden.pump.reports = False
    await garden.measure(20)
    moves = "Water wants Main (Tent) at 100 %, and that is on its way: Soil (Bed) is 20 %, below 30 %."
    garden.pump._voice.status("pump", 16, state=False, pwm=0)
    await garden.wait(1)
    assert await said(host, PUMP) == f"Pump (Tent) rests, and waits for Main (Tent) – {moves}"
    assert await said(host, VALVE) == f"Main (Tent) moves – {moves}"
    outputs = RuleViews(host).rule("water")["outputs"]
    assert [each["goes_first"] and each["goes_first"]["output"] for each in outputs] == [None, VALVE]


async def test_a_valve_that_closes_for_a_person_does_not_run_as_that_wants(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """It moves until its device says where it stands; who says something else than what is wanted is told, too."""
    valve = id_of(hass, "valve", f"{ESP}_actuator_18")

    def say(level: float) -> None:
        garden.pump._voice.status("valve", 18, state=level > 0, pwm=int(level * 255))

    await act(hass, "set_output", entity_id=valve, level=1)
    await garden.wait(7)
    say(1)
    await garden.wait(1)
    assert (await said(host, VALVE)).startswith("Main (Tent) runs at 100 %, as a person wants it for another")
    garden.pump.reports = False
    await act(hass, "set_output", entity_id=valve, level=0)
    await garden.wait(1)
    assert await said(host, VALVE) == "Main (Tent) moves: a person wants Main (Tent) at rest."
    await garden.wait(7)
    assert await said(host, VALVE) == "Main (Tent) moves: a person wants Main (Tent) at rest."
    say(1)
    await garden.wait(0.5)
    assert await said(host, VALVE) == "Main (Tent) is at 100 %, though a person wants Main (Tent) at rest."
    await speak(hass, "de")
    assert await said(host, VALVE) == "Main (Tent) steht auf 100 %, obwohl eine Person Main (Tent) in Ruhe will."
