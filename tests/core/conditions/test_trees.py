"""Groups of questions: three values, no matter how deep, and no deeper than people can read."""

from itertools import product
from typing import Any

from hypothesis import given, strategies as st
import msgspec
import pytest

from custom_components.god_kaiser.core.conditions import DEEPEST, Condition, check_condition
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.truth import Truth
from tests.builders import ESP, PUMP
from tests.core.conditions.asking import AIR, AIR_OUTSIDE, FALSE, SOIL, TRUE, UNKNOWN, Asker, asked, problem_of

WORDS = {"sensor.yes": TRUE, "sensor.no": FALSE, "sensor.gone": UNKNOWN}
OF_RULES: list[dict[str, Any]] = [
    {"kind": "hysteresis", "sensor": AIR, "below": 1, "above": 2},
    {"kind": "difference", "sensor": AIR, "less": AIR_OUTSIDE, "operator": ">", "value": 1},
    {"kind": "change", "sensor": AIR, "within": 60, "operator": ">", "value": 1},
    {"kind": "time"},
    {"kind": "device", "device": ESP},
    {"kind": "quality", "sensor": AIR, "quality": ["stale"]},
    {"kind": "sequence", "sequence": "flush"},
    {"kind": "home_assistant", "condition": {"condition": "zone"}},
    {"kind": "lasting", "of": {"kind": "output", "output": PUMP}, "seconds": 1},
]


def house() -> Asker:
    """Return a house with an entity that is on, one that is off, and one that has gone."""
    asker = Asker()
    states = {"sensor.yes": "on", "sensor.no": "off"}
    asker.bench.engine.programs.world.read = lambda entity_id, _attribute: states.get(entity_id)
    return asker


def word(entity_id: str) -> dict[str, Any]:
    """Return the question whether an entity is on."""
    return {"kind": "entity", "entity_id": entity_id}


TREES = st.recursive(
    st.sampled_from([word(name) for name in WORDS]),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"kind": st.sampled_from(["all", "any"]), "of": st.lists(inner, min_size=1, max_size=4)}),
        st.fixed_dictionaries({"kind": st.just("not"), "of": inner}),
    ),
    max_leaves=8,
)
HOUSE = house()


def worlds_of(tree: dict[str, Any], gone: dict[int, bool]) -> bool:
    """Return the answer in one of the worlds that are possible, in which what nobody knows has some answer."""
    match tree["kind"]:
        case "entity":
            truth = WORDS[tree["entity_id"]]
            return gone[id(tree)] if truth is UNKNOWN else truth is TRUE
        case "all":
            return all(worlds_of(each, gone) for each in tree["of"])
        case "any":
            return any(worlds_of(each, gone) for each in tree["of"])
        case _:
            return not worlds_of(tree["of"], gone)


def copied(tree: dict[str, Any], leaves: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a tree in which no part stands twice, and note the entities that have gone."""
    if tree["kind"] == "entity":
        leaf = dict(tree)
        if leaf["entity_id"] == "sensor.gone":
            leaves.append(leaf)
        return leaf
    of = tree["of"]
    return {**tree, "of": copied(of, leaves) if isinstance(of, dict) else [copied(each, leaves) for each in of]}


@pytest.mark.req("LOG-26", "INV-11")
@given(tree=TREES)
def test_what_is_known_holds_whatever_the_unknown_turns_out_to_be(tree: dict[str, Any]) -> None:
    """Against every world that is possible: an answer is the same in all of them, and unknown where they differ."""
    leaves: list[dict[str, Any]] = []
    tree = copied(tree, leaves)
    guesses = product([False, True], repeat=len(leaves))
    answers = {worlds_of(tree, {id(leaf): guess for leaf, guess in zip(leaves, each, strict=True)}) for each in guesses}
    expected = UNKNOWN if len(answers) == 2 else TRUE if True in answers else FALSE
    assert HOUSE.ask(**tree) is expected


@pytest.mark.req("LOG-26")
@pytest.mark.parametrize(("one", "other"), list(product(WORDS, WORDS)))
@pytest.mark.parametrize("degrees", [10.0, 30.0, None])
def test_two_levels_with_a_memory_inside(one: str, other: str, degrees: float | None) -> None:
    """Every combination of yes, no and nobody knows, with a heater in the inner group."""
    asker = house()
    if degrees is not None:
        asker.air(degrees)
    heat = {10.0: TRUE, 30.0: FALSE, None: UNKNOWN}[degrees]
    inner = {"kind": "any", "of": [word(other), {"kind": "hysteresis", "sensor": AIR, "below": 18, "above": 22}]}
    truth = asker.ask(kind="all", of=[word(one), inner])
    either = max(WORDS[other], heat, key=lambda each: each.value)
    assert truth is min(WORDS[one], either, key=lambda each: each.value)
    assert asker.state.held == ({} if degrees is None else {"n1": heat is TRUE})


def test_every_part_of_a_group_is_asked() -> None:
    """One that decides already does not keep a later one from remembering."""
    asker = house()
    asker.air(10.0)
    heat = {"kind": "hysteresis", "sensor": AIR, "below": 18, "above": 22, "id": "heat"}
    assert asker.ask(kind="all", of=[word("sensor.no"), heat]) is FALSE
    assert asker.ask(kind="any", of=[word("sensor.yes"), {**heat, "id": "other"}]) is TRUE
    assert asker.state.held == {"heat": True, "other": True}


@pytest.mark.req("LOG-26")
@pytest.mark.parametrize("kind", ["not", "all", "any", "lasting"])
def test_deeper_than_ten_is_refused(kind: str) -> None:
    """Whatever the levels are made of."""

    def deep(levels: int) -> dict[str, Any]:
        tree = word("sensor.yes")
        for _ in range(levels - 1):
            seconds = {"seconds": 1} if kind == "lasting" else {}
            tree = {"kind": kind, "of": [tree] if kind in ("all", "any") else tree, **seconds}
        return tree

    assert DEEPEST == 10
    asked(**deep(DEEPEST))
    assert problem_of(**deep(DEEPEST + 1)) == ("condition_too_deep", {"depth": DEEPEST})


@pytest.mark.parametrize("written", [{"kind": "phase_of_the_moon"}, {"kind": ""}, {}, {"kind": None}])
def test_an_unknown_kind_is_refused(written: dict[str, Any]) -> None:
    """When it is saved, with its place, instead of never being true."""
    with pytest.raises(msgspec.ValidationError, match=r"\$\.of\[0\]"):
        msgspec.convert({"kind": "all", "of": [written]}, Condition)


@pytest.mark.parametrize(
    "written",
    [*OF_RULES, {"kind": "all", "of": [word("sensor.yes")]}, {"kind": "not", "of": word("sensor.yes")}],
    ids=lambda written: str(written["kind"]),
)
def test_a_field_that_nobody_knows_is_refused(written: dict[str, Any]) -> None:
    """A threshold with a spelling mistake is no missing threshold."""
    with pytest.raises(msgspec.ValidationError, match="unknown field `tresholt`"):
        msgspec.convert(written | {"tresholt": 1}, Condition)


@pytest.mark.parametrize("written", OF_RULES, ids=lambda written: str(written["kind"]))
@pytest.mark.parametrize("is_nested", [False, True])
def test_what_only_rules_ask_is_refused_in_sequences(written: dict[str, Any], is_nested: bool) -> None:
    """A run has no memory, and nobody wakes it when the clock turns."""
    tree = {"kind": "not", "of": {"kind": "any", "of": [written]}} if is_nested else written
    asked(**tree)
    condition: Condition = msgspec.convert(tree, Condition)
    with pytest.raises(DefinitionError) as caught:
        check_condition(condition)
    assert (caught.value.problem, caught.value.details) == ("condition_of_rules", {"given": written["kind"]})


@pytest.mark.parametrize("written", OF_RULES, ids=lambda written: str(written["kind"]))
def test_every_question_survives_being_written_and_read(written: dict[str, Any]) -> None:
    """Pitfall C6: what is saved is what is asked; nothing gets lost between the two."""
    question = asked(**written)
    assert msgspec.json.decode(msgspec.json.encode(question), type=Condition) == question
    assert isinstance(question.truth(Asker().world, Asker().now), Truth)
    assert all(isinstance(source, str) for source in question.sources)


def test_a_group_of_none_is_refused() -> None:
    """Also inside of a question that lasts; none would always be true."""
    for tree in ({"kind": "all", "of": []}, {"kind": "lasting", "seconds": 1, "of": {"kind": "any", "of": []}}):
        assert problem_of(**tree)[0] == "condition_group_empty"


def test_a_mistake_inside_of_a_group_is_found() -> None:
    """However deep it is."""
    crossed = {"kind": "hysteresis", "sensor": SOIL, "below": 2, "above": 1}
    assert problem_of(kind="all", of=[word("sensor.yes"), {"kind": "not", "of": crossed}])[0] == "condition_bounds"
