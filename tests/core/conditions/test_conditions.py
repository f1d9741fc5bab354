"""Questions about the world: true, false, or unknown, and never a guess."""

from datetime import UTC, tzinfo
from typing import Any

from hypothesis import given, strategies as st
import msgspec
import pytest

from custom_components.god_kaiser.core.conditions import DEEPEST, Condition, check_condition
from custom_components.god_kaiser.core.conditions.comparison import Operator, compare
from custom_components.god_kaiser.core.devices.model import Quality
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.facts import WillReceived
from custom_components.god_kaiser.core.fleet.view import FleetView
from custom_components.god_kaiser.core.truth import Truth, conjunction, disjunction, negation
from tests.builders import ESP, PUMP, EngineBench, a_plan, a_reading, a_report, a_sensor, an_actuator

TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
SOIL = f"{ESP}/sensor/34/moisture"


class World:
    """What a condition may look at."""

    def __init__(self) -> None:
        """Start with a sensor and an output that have said nothing."""
        self.bench = EngineBench(offline_after=1e6)
        self.bench.online(plan=a_plan(sensors=[a_sensor()], actuators=[an_actuator()]))
        self.entities: dict[tuple[str, str], str | float] = {}

    @property
    def fleet(self) -> FleetView:
        """Return what is known about the devices."""
        return self.bench.engine.fleet

    @property
    def zone(self) -> tzinfo:
        """Return where people live."""
        return UTC

    @property
    def rules(self) -> None:
        """Return what only rules know: nothing."""
        return None

    def entity(self, entity_id: str, attribute: str) -> str | float | None:
        """Return the state of an entity."""
        return self.entities.get((entity_id, attribute))

    def ask(self, **written: Any) -> Truth:
        """Return the answer to a question."""
        condition: Condition = msgspec.convert(written, Condition)
        check_condition(condition)
        return condition.truth(self, self.bench.now)


def fault_of(**written: Any) -> str:
    """Return why something is no question."""
    with pytest.raises(DefinitionError) as caught:
        check_condition(msgspec.convert(written, Condition))
    return caught.value.problem


# -- Three values ----------------------------------------------------------------------------------------------------


@pytest.mark.req("INV-11")
@given(truths=st.lists(st.sampled_from(Truth)))
def test_groups_agree_with_each_other(truths: list[Truth]) -> None:
    """Not all are true exactly when one of them is not; and what is unknown stays so unless another one decides."""
    assert negation(conjunction(truths)) is disjunction(map(negation, truths))
    assert (conjunction(truths) is FALSE) is (FALSE in truths)
    assert (disjunction(truths) is TRUE) is (TRUE in truths)
    assert (conjunction(truths) is UNKNOWN) is (UNKNOWN in truths and FALSE not in truths)


@pytest.mark.parametrize(
    ("value", "operator", "than", "high", "truth"),
    [
        (5, ">", 5, None, FALSE),
        (5.1, ">", 5, None, TRUE),
        (5, ">=", 5, None, TRUE),
        (5, "<", 5, None, FALSE),
        (5, "<=", 5, None, TRUE),
        (5, "==", 5.0000000001, None, TRUE),
        (5, "!=", 5, None, FALSE),
        (5, "!=", 6, None, TRUE),
        (5, "between", 5, 6, TRUE),
        (6, "between", 5, 6, TRUE),
        (7, "between", 5, 6, FALSE),
        (7, "between", 5, None, UNKNOWN),
        (None, "<", 5, None, UNKNOWN),
        (None, "!=", 5, None, UNKNOWN),
    ],
)
@pytest.mark.req("LOG-21")
def test_values_are_compared_as_people_write_it(
    value: float | None, operator: str, than: float, high: float | None, truth: Truth
) -> None:
    """What is not known is neither more nor less than anything."""
    assert compare(value, Operator(operator), than, high) is truth


# -- Sensors and outputs ---------------------------------------------------------------------------------------------


@pytest.mark.req("INV-11")
def test_a_reading_counts_while_it_is_fresh_and_can_be_trusted() -> None:
    """Missing, stale and doubtful values are unknown, also to the opposite question."""
    world = World()

    def ask() -> tuple[Truth, Truth]:
        damp = {"kind": "reading", "sensor": SOIL, "operator": ">", "value": 20}
        return world.ask(**damp), world.ask(kind="not", of=damp)

    assert ask() == (UNKNOWN, UNKNOWN)
    world.bench.feed(a_reading(raw=1200))
    assert ask() == (TRUE, FALSE)
    world.bench.feed(a_reading(raw=1200, quality=Quality.SUSPECT))
    assert ask() == (UNKNOWN, UNKNOWN)
    world.bench.feed(a_reading(raw=1200))
    world.bench.tick(10_000)
    assert ask() == (UNKNOWN, UNKNOWN)


def test_an_output_counts_while_its_device_is_there() -> None:
    """What it said before it went is not what it does now."""
    world = World()
    assert world.ask(kind="output", output=PUMP) is UNKNOWN
    world.bench.feed(a_report(1.0))
    assert world.ask(kind="output", output=PUMP) is TRUE
    assert world.ask(kind="output", output=PUMP, operator="between", value=0.2, high=0.8) is FALSE
    world.bench.feed(WillReceived(device=world.bench.device().id))
    assert world.ask(kind="output", output=PUMP) is UNKNOWN


# -- Entities --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "written", "truth"),
    [
        ("on", {}, TRUE),
        ("off", {}, FALSE),
        (None, {}, UNKNOWN),
        ("off", {"operator": "!="}, TRUE),
        (None, {"operator": "!="}, UNKNOWN),
        ("21.5", {"operator": ">", "value": 20}, TRUE),
        (21.5, {"operator": "between", "value": 20, "high": 22}, TRUE),
        ("warm", {"operator": ">", "value": 20}, UNKNOWN),
        ("nan", {"operator": ">", "value": 20}, UNKNOWN),
    ],
)
@pytest.mark.parametrize("attribute", ["", "level"])
def test_entities_are_compared_as_words_or_as_numbers(
    state: str | float | None, attribute: str, written: dict[str, Any], truth: Truth
) -> None:
    """A state that should be a number and is none is unknown."""
    world = World()
    world.entities |= {} if state is None else {("sensor.x", attribute): state}
    assert world.ask(kind="entity", entity_id="sensor.x", attribute=attribute, **written) is truth


@pytest.mark.parametrize("wanted", ["on", "true", "True", "yes", True])
@pytest.mark.parametrize("attribute", ["", "window"])
def test_yes_and_no_are_compared_by_whatever_word_is_written(wanted: str | bool, attribute: str) -> None:
    """An attribute is true or false where a state is on or off; a bare on in YAML is true."""
    world = World()
    question = {"kind": "entity", "entity_id": "climate.x", "attribute": attribute, "value": wanted}
    for known, is_so in ((True, TRUE), (False, FALSE)):
        world.entities[("climate.x", attribute)] = known
        assert world.ask(**question) is is_so
        assert world.ask(**question, operator="!=") is not is_so
    world.entities[("climate.x", attribute)] = "on"
    assert world.ask(**question) is (TRUE if wanted in ("on", True) else FALSE)


@pytest.mark.parametrize(
    ("wanted", "truth"), [("off", TRUE), ("false", TRUE), (False, TRUE), ("open", FALSE), (0, TRUE)]
)
def test_no_is_a_word_as_well(wanted: str | float | bool, truth: Truth) -> None:
    """And 0, as in Home Assistant; another word is neither."""
    world = World()
    world.entities[("climate.x", "window")] = False
    assert world.ask(kind="entity", entity_id="climate.x", attribute="window", value=wanted) is truth


def test_yes_has_no_order() -> None:
    """As other words."""
    assert fault_of(kind="entity", entity_id="climate.x", operator=">", value=True) == "condition_words"


# -- Groups ----------------------------------------------------------------------------------------------------------

ON = {"kind": "entity", "entity_id": "sensor.on"}
OFF = {"kind": "entity", "entity_id": "sensor.off"}
GONE = {"kind": "entity", "entity_id": "sensor.gone"}


@pytest.mark.parametrize(
    ("kind", "of", "truth"),
    [
        ("all", [ON, ON], TRUE),
        ("all", [ON, OFF, GONE], FALSE),
        ("all", [ON, GONE], UNKNOWN),
        ("any", [OFF, ON, GONE], TRUE),
        ("any", [OFF, GONE], UNKNOWN),
        ("any", [OFF, OFF], FALSE),
        ("not", ON, FALSE),
        ("not", GONE, UNKNOWN),
    ],
)
def test_groups_decide_with_what_is_known(kind: str, of: object, truth: Truth) -> None:
    """One that is false ends an all, one that is true ends an any."""
    world = World()
    world.entities |= {("sensor.on", ""): "on", ("sensor.off", ""): "off"}
    assert world.ask(kind=kind, of=of) is truth


def test_a_question_knows_whose_change_matters() -> None:
    """A group all of its members; an output also its device."""
    written = {
        "kind": "all",
        "of": [ON, {"kind": "any", "of": [{"kind": "reading", "sensor": SOIL, "operator": ">", "value": 1}]}],
    }
    condition: Condition = msgspec.convert(written, Condition)
    assert condition.sources == ("sensor.on", SOIL)
    assert msgspec.convert({"kind": "not", "of": {"kind": "output", "output": PUMP}}, Condition).sources == (PUMP, ESP)


# -- What is no question ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ({"kind": "all", "of": []}, "condition_group_empty"),
        ({"kind": "not", "of": {"kind": "any", "of": []}}, "condition_group_empty"),
        ({"kind": "reading", "sensor": SOIL, "operator": "between", "value": 1}, "condition_no_high"),
        ({"kind": "reading", "sensor": SOIL, "operator": ">", "value": 1, "high": 2}, "condition_range"),
        ({"kind": "output", "output": PUMP, "operator": "between", "value": 1, "high": 1}, "condition_bounds"),
        ({**ON, "operator": ">"}, "condition_words"),
        ({**ON, "entity_id": "the rain"}, "condition_no_entity"),
        ({**ON, "entity_id": ""}, "condition_no_entity"),
        ({**ON, "operator": "between", "value": 3, "high": 1}, "condition_bounds"),
    ],
)
def test_what_cannot_be_asked_is_refused(written: dict[str, Any], problem: str) -> None:
    """Before it is stored."""
    assert fault_of(**written) == problem


def test_a_tree_may_be_deep_but_not_endless() -> None:
    """It is measured before it is walked."""
    condition: dict[str, Any] = ON
    for _ in range(DEEPEST - 1):
        condition = {"kind": "not", "of": condition}
    check_condition(msgspec.convert(condition, Condition))
    assert fault_of(kind="not", of=condition) == "condition_too_deep"
