"""What rules ask Home Assistant: entities, conditions of its own, and the sun."""

from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.sun import get_astral_event_date
from homeassistant.setup import async_setup_component
from msgspec.structs import replace
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.core.conditions.time_window import TimeWindow
from custom_components.god_kaiser.core.conditions.view import SunEvent
from custom_components.god_kaiser.core.truth import Truth
from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import PassTime
from .rules import a_rule, save, when_on
from .sequences import act, save as save_sequence, written

GO = "input_boolean.go"
LINE = [{"kind": "log", "text": "x"}]


def asked(condition: dict[str, Any]) -> dict[str, Any]:
    """Return a rule that asks Home Assistant."""
    return a_rule(when={"kind": "home_assistant", "condition": condition}, then=LINE)


def on(entity: str = GO) -> dict[str, Any]:
    """Return a condition as automations have it."""
    return {"condition": "state", "entity_id": entity, "state": "on"}


async def settle(hass: HomeAssistant) -> None:
    """Wait until everything is worked out."""
    await hass.async_block_till_done(wait_background_tasks=True)


async def truth_of(hass: HomeAssistant, host: EngineHost) -> Truth:
    """Return what a rule has answered last."""
    await settle(hass)
    return host.rules.state_of("water").truth


@pytest.fixture(name="begun", autouse=True)
async def begun_fixture(hass: HomeAssistant, host: EngineHost) -> None:
    """Have an entity to ask about."""
    hass.states.async_set(GO, "off")


async def test_a_condition_follows_its_entities(hass: HomeAssistant, host: EngineHost) -> None:
    """Also those deep inside of it; what does not exist is unknown."""
    await save(host, asked({"condition": "and", "conditions": [on(), {"condition": "not", "conditions": [on("a.b")]}]}))
    assert await truth_of(hass, host) is Truth.FALSE
    hass.states.async_set(GO, "on")
    assert await truth_of(hass, host) is Truth.UNKNOWN
    hass.states.async_set("a.b", "off")
    assert await truth_of(hass, host) is Truth.TRUE


LEAK = "sensor.leak"
YES, NO, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def joined(how: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    """Return several conditions as one."""
    return {"condition": how, "conditions": list(conditions)}


def less(entity: str = LEAK, **more: Any) -> dict[str, Any]:
    """Return the condition that a number is less than another one."""
    return {"condition": "numeric_state", "entity_id": entity, "below": 5, **more}


@pytest.mark.parametrize("silent", ["unavailable", "unknown", None])
@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        (on(LEAK), UNKNOWN),
        (joined("not", on(LEAK)), UNKNOWN),
        (joined("and", on(LEAK), on()), NO),
        (joined("and", on(LEAK), joined("not", on())), UNKNOWN),
        (joined("or", on(LEAK), joined("not", on())), YES),
        (joined("or", on(LEAK), on()), UNKNOWN),
        (joined("not", on(LEAK), joined("not", on())), NO),
        (joined("not", joined("and", on(LEAK), on())), YES),
        (on() | {"entity_id": [LEAK, GO]}, NO),
        (on() | {"entity_id": [LEAK, GO], "state": "off"}, UNKNOWN),
        (on() | {"entity_id": [LEAK, GO], "state": "off", "match": "any"}, YES),
        (on() | {"entity_id": [LEAK, GO], "state": "off", "enabled": True}, UNKNOWN),
        (joined("and", on(LEAK) | {"enabled": False}, on()), NO),
        (joined("or", {**on(LEAK), "enabled": False}, joined("not", on())), YES),
        (joined("not", less()), UNKNOWN),
        (joined("not", less("sensor.warm", above=LEAK)), UNKNOWN),
        (joined("not", less("sensor.warm")), YES),
    ],
)
async def test_what_an_entity_does_not_say_is_unknown(
    hass: HomeAssistant, host: EngineHost, silent: str | None, condition: dict[str, Any], truth: Truth
) -> None:
    """Neither that it is so nor that it is not, unless others decide: a silent leak detector starts no pump."""
    hass.states.async_set("sensor.warm", "21")
    if silent is not None:
        hass.states.async_set(LEAK, silent)
    await save(host, asked(condition))
    assert await truth_of(hass, host) is truth


@pytest.mark.parametrize("wanted", ["unavailable", ["off", "unavailable"], ["unknown", "unavailable"]])
async def test_who_asks_whether_an_entity_is_silent_is_told(
    hass: HomeAssistant, host: EngineHost, wanted: str | list[str]
) -> None:
    """That is no less known than anything else."""
    hass.states.async_set(LEAK, "unavailable")
    await save(host, asked(on(LEAK) | {"state": wanted}))
    assert await truth_of(hass, host) is Truth.TRUE
    hass.states.async_set(LEAK, "on")
    assert await truth_of(hass, host) is Truth.FALSE


@pytest.mark.parametrize(("behavior", "on_and_silent", "off_and_silent"), [("any", YES, UNKNOWN), ("all", UNKNOWN, NO)])
async def test_of_several_entities_one_may_decide(
    hass: HomeAssistant, host: EngineHost, behavior: str, on_and_silent: Truth, off_and_silent: Truth
) -> None:
    """As one of any that is on, and one of all that is off, whatever the silent one would say."""
    await async_setup_component(hass, "light", {})
    lights = ["light.one", "light.other"]
    hass.states.async_set("light.other", "unavailable")
    hass.states.async_set("light.one", "on")
    target = {"target": {"entity_id": lights}, "options": {"behavior": behavior}}
    await save(host, asked({"condition": "light.is_on", **target}))
    assert await truth_of(hass, host) is on_and_silent
    hass.states.async_set("light.one", "off")
    assert await truth_of(hass, host) is off_and_silent
    hass.states.async_set("light.one", "unavailable")
    assert await truth_of(hass, host) is Truth.UNKNOWN


async def test_an_entity_that_is_named_by_its_id_in_the_registry_is_found(
    hass: HomeAssistant, host: EngineHost, entity_registry: er.EntityRegistry
) -> None:
    """As the editor of conditions names it."""
    entry = entity_registry.async_get_or_create("sensor", "of_others", "leak", object_id_base="leak")
    hass.states.async_set(LEAK, "off")
    await save(host, asked(joined("not", on(entry.id))))
    assert await truth_of(hass, host) is Truth.TRUE
    hass.states.async_set(LEAK, "unavailable")
    assert await truth_of(hass, host) is Truth.UNKNOWN


async def test_a_template_is_asked_every_minute(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime, caplog: pytest.LogCaptureFixture
) -> None:
    """One that fails is unknown, which is logged once."""
    text = "{{ states('input_boolean.go') == 'on' or 1 / (states('input_number.x') | int(1)) > 2 }}"
    await save(host, asked({"condition": "template", "value_template": text}))
    assert await truth_of(hass, host) is Truth.FALSE
    hass.states.async_set(GO, "on")
    assert await truth_of(hass, host) is Truth.FALSE
    await pass_time(61)
    assert await truth_of(hass, host) is Truth.TRUE
    hass.states.async_set(GO, "off")
    hass.states.async_set("input_number.x", "0")
    for _ in range(2):
        await pass_time(61)
        assert await truth_of(hass, host) is Truth.UNKNOWN
    said = [record for record in caplog.records if "A condition of a rule cannot be worked out" in record.getMessage()]
    assert len(said) == 1


async def test_a_condition_that_is_switched_off_says_nothing(hass: HomeAssistant, host: EngineHost) -> None:
    """Nobody acts on it."""
    hass.states.async_set(GO, "on")
    await save(host, asked({**on(), "enabled": False}))
    assert await truth_of(hass, host) is Truth.UNKNOWN


async def test_a_condition_that_cannot_be_taken_up_is_tried_again(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime, caplog: pytest.LogCaptureFixture
) -> None:
    """Its integration may come later."""
    hass.states.async_set(GO, "on")
    with patch(
        "custom_components.god_kaiser.host.house_conditions.condition.async_from_config", side_effect=KeyError("gone")
    ):
        await save(host, asked(on()))
        await settle(hass)
        await pass_time(61)
        assert await truth_of(hass, host) is Truth.UNKNOWN
    said = [record for record in caplog.records if "cannot be used and is unknown" in record.getMessage()]
    assert len(said) == 1
    await pass_time(61)
    assert await truth_of(hass, host) is Truth.TRUE


async def test_what_no_rule_asks_any_more_is_not_watched(hass: HomeAssistant, host: EngineHost) -> None:
    """Two rules that ask the same ask once."""
    conditions = host.rules._conditions
    await save(host, asked(on()))
    await save(host, asked(on()) | {"id": "other"})
    await settle(hass)
    assert len(conditions._asked) == 1
    await host.rules.async_drop("other")
    assert len(conditions._asked) == 1
    await host.rules.async_drop("water")
    assert conditions._asked == {}


async def test_conditions_are_taken_up_at_a_restart(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, pass_time: PassTime
) -> None:
    """As entities are."""
    hass.states.async_set(GO, "on")
    both = {"kind": "all", "of": [when_on(), {"kind": "home_assistant", "condition": on()}]}
    await save(host, a_rule(when=both, then=LINE))
    await settle(hass)
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await settle(hass)
    await pass_time(61)
    again: EngineHost = setup_entry.runtime_data
    assert await truth_of(hass, again) is Truth.TRUE
    hass.states.async_set(GO, "off")
    assert await truth_of(hass, again) is Truth.FALSE


async def test_runs_and_rules_share_what_they_watch(hass: HomeAssistant, host: EngineHost) -> None:
    """An entity is followed once; when one of them asks no more, the other still hears."""
    wait = {"kind": "wait_until", "name": "go", "condition": when_on(), "timeout": 600}
    await save_sequence(hass, written("waits", wait))
    await save(host, a_rule(when=when_on(), then=LINE))
    run = await act(hass, "run_sequence", sequence="waits")
    with patch.object(host.sequences.entities, "_feed", wraps=host.feed) as fed:
        hass.states.async_set(GO, "on")
        await settle(hass)
    assert host.rules.state_of("water").truth is Truth.TRUE
    assert host.sequences.run(run["run_id"]).is_over
    assert fed.call_count <= 1
    hass.states.async_set(GO, "off")
    assert await truth_of(hass, host) is Truth.FALSE


async def test_the_sun_of_a_day_is_worked_out_once(hass: HomeAssistant, host: EngineHost) -> None:
    """However often rules look at it: a house that moves has another one."""
    window = TimeWindow(after="sunset-00:30", before="sunrise")
    with patch(
        "custom_components.god_kaiser.host.rule_world.get_astral_event_date", wraps=get_astral_event_date
    ) as sun:
        for _ in range(2):
            for second in range(20):
                now = replace(host.now(), utc=datetime(2026, 6, 21, 12, 0, second, tzinfo=UTC))
                window.truth(host.engine.rules.world, now)
                window.turns_at(host.engine.rules.world, now)
            asked = [call.args[1:] for call in sun.call_args_list]
            assert len(asked) == len(set(asked)) > 0
            sun.reset_mock()
            hass.config.latitude += 1.0


async def test_the_sun_is_that_of_the_house(hass: HomeAssistant, host: EngineHost) -> None:
    """It moves with the house, and does not rise where the night is long."""
    sun_at = host.engine.rules.world.sun_at
    midsummer, midwinter = date(2026, 6, 21), date(2026, 12, 21)
    hass.config.latitude, hass.config.longitude = 52.5, 13.4
    rise, fall = sun_at(SunEvent.SUNRISE, midsummer), sun_at(SunEvent.SUNSET, midsummer)
    assert rise is not None
    assert fall is not None
    assert (rise.hour, fall.hour) == (2, 19)
    hass.config.latitude = 80.0
    assert sun_at(SunEvent.SUNRISE, midwinter) is None
