"""What is looked at before a rule is saved: levels that its outputs never hold, and circles through entities of ours."""

from typing import Any
from unittest.mock import MagicMock

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import async_get_translations
import pytest

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel
from custom_components.god_kaiser.core.safety.interlocks.level_limit import LevelLimit
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import ask, refused
from .conftest import PassTime, SwitchBroker, a_plan, an_actuator, id_of
from .rules import PUMP, SOIL, Garden, a_rule, save, when_on
from .sequences import save as save_sequence, written as a_sequence
from .wire import ESP

VALVE, LAMP = (actuator_channel(DeviceId(ESP), pin) for pin in (17, 18))
STRANGER, OF_NOBODY = actuator_channel(DeviceId(ESP), 21), actuator_channel(DeviceId("ESP_000000"), 17)
PLAN = a_plan(
    an_actuator("pump", 16, "Pump", max_runtime=600),
    an_actuator("valve", 17, "Valve", "valve"),
    an_actuator("pwm", 18, "Lamp", "light"),
)


@pytest.fixture(name="garden", autouse=True)
async def garden_fixture(hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime) -> Garden:
    """Return a garden in which a lamp runs at half of its power at most."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    await host.async_change_plan(PLAN)
    await host.async_change_safety(ChannelSafety(channel=LAMP, interlocks=(LevelLimit(low=0.1, high=0.5),)))
    await hass.async_block_till_done()
    return garden


def sets(output: ChannelId = PUMP, level: float = 1, **more: Any) -> dict[str, Any]:
    """Return the wish for a level."""
    return {"kind": "set", "output": output, "level": level, **more}


def shown(hass: HomeAssistant, platform: str = "switch", pin: int = 16) -> str:
    """Return the entity of an output."""
    return id_of(hass, platform, f"{ESP}_actuator_{pin}") or ""


# -- Levels ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (sets(level=0.5), "An actuator of type Pump cannot run at 50 %"),
        (sets(VALVE, 0.3), "An actuator of type Motor valve cannot run at 30 %"),
        (sets(duration=601), "Pump (Tent) may run for no more than 600 s at a time, and 601 s were asked for."),
        (sets(LAMP), "Lamp (Tent) may only run at 10 % to 50 %, not at 100 %."),
        (sets(LAMP, 0.05, duration=86_400), "Lamp (Tent) may only run at 10 % to 50 %, not at 5 %."),
    ],
)
async def test_what_an_output_never_does_is_refused(
    hass: HomeAssistant, host: EngineHost, wish: dict[str, Any], reason: str
) -> None:
    """With the output, with what the gate would say each time, and wherever it stands; nothing is saved."""
    for place, written in (
        ("then / 1", a_rule(then=[wish])),
        ("otherwise / 2", a_rule(otherwise=[{"kind": "log", "text": "x"}, wish])),
        ("escalation / instead / 1", a_rule(then=[{"kind": "log", "text": "x"}], escalation={"instead": [wish]})),
    ):
        key, words = await refused(hass, "create_rule", definition=written)
        assert (key, words["place"]) == ("rule_never_granted", place)
        assert words["output"] == host.names.of_channel(wish["output"])
        assert reason in words["reason"]
    assert host.rules.rules == {}


@pytest.mark.parametrize(
    "wish",
    [
        sets(level=0),
        sets(duration=600.4),
        sets(VALVE, 0.5),
        sets(LAMP, 0.3),
        sets(LAMP, 0),
    ],
)
async def test_what_an_output_may_do_is_saved_without_a_remark(
    hass: HomeAssistant, switch_broker: SwitchBroker, wish: dict[str, Any]
) -> None:
    """Also while nothing can be done at all."""
    await switch_broker(False)
    assert (await ask(hass, "create_rule", definition=a_rule(then=[wish])))["remarks"] == []


async def test_the_reason_is_told_in_the_language_of_the_house(hass: HomeAssistant, host: EngineHost) -> None:
    """Like every other sentence of the gate."""
    hass.config.language = "de"
    await async_get_translations(hass, "de", "exceptions", {DOMAIN})
    with pytest.raises(DefinitionError) as caught:
        await save(host, a_rule(then=[sets(level=0.5)]))
    assert "Ein Aktor vom Typ Pumpe kann nicht mit 50 % laufen." in str(caught.value.details["reason"])


async def test_an_output_that_nobody_has_configured_is_told(hass: HomeAssistant, garden: Garden) -> None:
    """What its device says about it may still become something else."""
    garden.pump._voice.status("pump", 21)
    await hass.async_block_till_done()
    made = await ask(hass, "create_rule", definition=a_rule(then=[sets(STRANGER, 0.5)]))
    (remark,) = made["remarks"]
    assert remark["code"] == "rule_not_granted_so"
    assert "cannot do that as its device has it now: An actuator of type Pump cannot run" in remark["text"]
    (unknown,) = (await ask(hass, "create_rule", definition=a_rule("far", then=[sets(OF_NOBODY, 0.5)])))["remarks"]
    assert unknown["code"] == "rule_missing_channel"


async def test_many_rules_are_looked_at_in_the_same_way(hass: HomeAssistant, host: EngineHost) -> None:
    """A dry run refuses what saving would refuse."""
    answer = await ask(hass, "import_rules", rules=[a_rule("good"), a_rule("bad", then=[sets(level=0.5)])])
    (good,), (bad,) = answer["created"], answer["refused"]
    assert (good["rule_id"], bad["number"], bad["code"]) == ("good", 2, "rule_never_granted")
    assert bad["text"].startswith("Pump (Tent) can never do that (then / 1): An actuator of type Pump cannot run")


async def test_a_rule_outlives_its_output_and_can_be_mended(hass: HomeAssistant, host: EngineHost) -> None:
    """What has become impossible later stays as it is and can be switched; only the next save has to be possible."""
    await save(host, a_rule(then=[sets(LAMP, 0.4)]))
    await host.async_change_safety(ChannelSafety(channel=LAMP, interlocks=(LevelLimit(low=0.1, high=0.3),)))
    await host.rules.async_switch("water", on=False)
    await host.rules.async_switch("water", on=True)
    assert host.rules.is_on("water")
    assert (await refused(hass, "update_rule", rule="water", changes={"cooldown": 5}))[0] == "rule_never_granted"
    await ask(hass, "update_rule", rule="water", changes={"then": [sets(LAMP, 0.3)]})


# -- Runs ----------------------------------------------------------------------------------------------------------


async def keep_flush(hass: HomeAssistant) -> None:
    """Save a sequence with two roles, one of which has a default, and a value with a range."""
    steps = (
        {"kind": "set", "output": "role:pump", "level": 1.0, "duration": 30},
        {"kind": "set", "output": "role:lamp", "level": 0.4},
        {"kind": "delay", "seconds": 5},
    )
    more = {"roles": {"pump": {}, "lamp": {"default": LAMP}}, "variables": {"seconds": {"default": 5, "high": 10}}}
    await save_sequence(hass, a_sequence("flush", *steps, **more))


def starts(roles: dict[str, str] | None = None, **variables: Any) -> dict[str, Any]:
    """Return the wish that a run begins."""
    return {"kind": "run", "sequence": "flush", "roles": {"pump": PUMP} | (roles or {}), "variables": variables}


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (starts({"heater": PUMP}), "The sequence has no role heater (roles / heater)"),
        ({"kind": "run", "sequence": "flush"}, "No output is chosen for the role pump (main / 1)"),
        (starts({"pump": SOIL}), "has no actuator on GPIO"),
        (starts({"lamp": VALVE}), "An actuator of type Motor valve cannot run at 40 %"),
        (starts({"pump": LAMP}), "Lamp (Tent) may only run at 10 % to 50 %, not at 100 %."),
        (starts(seconds=11), "11"),
        (starts(minutes=1), "minutes"),
    ],
)
async def test_a_run_that_can_never_begin_is_refused(
    hass: HomeAssistant, host: EngineHost, wish: dict[str, Any], reason: str
) -> None:
    """With its place and with what a start would say each time, wherever it stands."""
    await keep_flush(hass)
    for place, written in (
        ("then / 1", a_rule(then=[wish])),
        ("escalation / instead / 1", a_rule(critical=True, escalation={"instead": [wish]})),
    ):
        key, words = await refused(hass, "create_rule", definition=written)
        assert (key, words["place"], words["sequence"]) == ("rule_never_started", place, "Flush")
        assert reason in words["reason"]
    assert host.rules.rules == {}


async def test_a_run_that_may_begin_is_saved_without_a_remark(
    hass: HomeAssistant, host: EngineHost, switch_broker: SwitchBroker
) -> None:
    """Whatever speaks against it at this moment."""
    await keep_flush(hass)
    await switch_broker(False)
    made = await ask(hass, "create_rule", definition=a_rule(then=[starts(seconds=10)]))
    assert made["remarks"] == []


async def test_an_output_of_a_run_that_nobody_has_configured_is_told(hass: HomeAssistant, garden: Garden) -> None:
    """What its device says about it may still become something else, and one that is not there may come."""
    await keep_flush(hass)
    garden.pump._voice.status("pump", 21)
    await hass.async_block_till_done()
    (remark,) = (await ask(hass, "create_rule", definition=a_rule(then=[starts({"lamp": STRANGER})])))["remarks"]
    assert remark["code"] == "rule_not_started_so"
    assert remark["text"].startswith("Flush cannot be started like this as a device is now: An actuator of type Pump")
    (unknown,) = (await ask(hass, "create_rule", definition=a_rule("far", then=[starts({"pump": OF_NOBODY})])))[
        "remarks"
    ]
    assert unknown["code"] == "rule_missing_channel"


# -- Circles ---------------------------------------------------------------------------------------------------------


async def test_an_entity_of_ours_closes_a_circle(hass: HomeAssistant, host: EngineHost) -> None:
    """As the output that it shows does, also when it was renamed before."""
    er.async_get(hass).async_update_entity(shown(hass), new_entity_id="switch.spring")
    await hass.async_block_till_done()
    first = a_rule("first", when=when_on("switch.spring"), then=[sets(VALVE)])
    second = a_rule("second", when=when_on(shown(hass, "valve", 17)) | {"value": "open"}, then=[sets(PUMP)])
    assert (await ask(hass, "create_rule", definition=first))["remarks"] == []
    key, words = await refused(hass, "create_rule", definition=second)
    assert (key, words["rules"], words["over"]) == ("rule_loop", "Second → First → Second", "Pump (Tent), Valve (Tent)")
    answer = await ask(hass, "import_rules", rules=[second])
    assert [each["code"] for each in answer["refused"]] == ["rule_loop"]
    await ask(hass, "create_rule", definition={**second, "enabled": False})
    with pytest.raises(DefinitionError):
        await host.rules.async_switch("second", on=True)
    assert (await refused(hass, "create_rule", definition=a_rule("itself", when=when_on("switch.spring"))))[0] == (
        "rule_loop"
    )


async def test_what_may_close_a_circle_is_told(hass: HomeAssistant) -> None:
    """A sensor that the rule says it influences, and what an entity says besides what its output does."""
    soil = id_of(hass, "sensor", SOIL.replace("/", "_")) or ""
    dry = {"kind": "entity", "entity_id": soil, "operator": "<", "value": 30}
    for number, (when, more) in enumerate(
        (
            (dry, {"influences": [SOIL]}),
            (when_on(shown(hass)) | {"attribute": "emergency_stopped"}, {}),
            (when_on(shown(hass)) | {"value": "unavailable"}, {}),
        )
    ):
        made = await ask(hass, "create_rule", definition=a_rule(f"r{number}", when=when, **more))
        assert "rule_maybe_loop" in [remark["code"] for remark in made["remarks"]]
    free = await ask(hass, "create_rule", definition=a_rule("free", when=dry))
    assert free["remarks"] == []


async def test_the_check_knows_circles_through_entities_as_well(hass: HomeAssistant) -> None:
    """Of drafts that nobody has saved."""
    draft = a_rule("draft", when=when_on(shown(hass)))
    answer = await ask(hass, "check_rules", definition=draft, seconds=1)
    assert [each["promise"] for each in answer["found"]] == ["rules_in_a_loop"]
