"""The rules of a house: their questions have names that stay, and what was remembered stays where it means the same."""

from typing import Any

from hypothesis import given, strategies as st
import msgspec
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.conditions import Condition
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.rules.rulebook import Rulebook, devices_of, named, nodes_of
from custom_components.god_kaiser.core.rules.state import RuleState, Skipped
from tests.builders import ESP, PUMP
from tests.core.conditions.asking import AIR, AIR_OUTSIDE, OTHER, SOIL, asked

VALVE = ChannelId(f"{OTHER}/actuator/13")
NAMES = st.sampled_from(["", "n1", "n2", "n3", "heat"])
LEAVES = st.one_of(
    st.builds(
        lambda name, below: {"kind": "hysteresis", "sensor": AIR, "below": below, "above": 50, "id": name},
        NAMES,
        st.integers(0, 2),
    ),
    st.just({"kind": "reading", "sensor": SOIL, "operator": ">", "value": 1}),
    st.just({"kind": "change", "sensor": AIR_OUTSIDE, "within": 60, "operator": ">", "value": 1}),
    st.just({"kind": "device", "device": OTHER}),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"kind": st.sampled_from(["all", "any"]), "of": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"kind": st.just("not"), "of": inner}),
        st.fixed_dictionaries({"kind": st.just("lasting"), "of": inner, "id": NAMES, "seconds": st.integers(1, 3)}),
    ),
    max_leaves=6,
)


def heat(below: float = 18, name: str = "") -> dict[str, Any]:
    """Return a question with a memory."""
    return {"kind": "hysteresis", "sensor": AIR, "below": below, "above": 22, "id": name}


def a_rule(key: str = "warm", when: dict[str, Any] | None = None, /, **more: Any) -> Rule:
    """Return a rule that runs a pump, unless told otherwise."""
    then = [{"kind": "set", "output": PUMP, "level": 1.0}]
    rule = msgspec.convert({"id": key, "when": when or heat(), "then": then, **more}, Rule)
    return replace(rule, when=named(rule.when))


def names_in(condition: Condition) -> list[str]:
    """Return the name of every memory, also where two are the same."""
    found: list[str] = []

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            found.extend([part["id"]] if "id" in part else [])
            walk(part.get("of", []))
        for each in part if isinstance(part, list) else []:
            walk(each)

    walk(msgspec.json.decode(msgspec.json.encode(condition)))
    return found


def without_names(condition: Condition) -> Any:
    """Return a condition as it is written, without the names of its memories."""

    def walk(part: Any) -> Any:
        if isinstance(part, list):
            return [walk(each) for each in part]
        return {key: walk(each) for key, each in part.items() if key != "id"} if isinstance(part, dict) else part

    return walk(msgspec.json.decode(msgspec.json.encode(condition)))


# -- Names -----------------------------------------------------------------------------------------------------------


@given(tree=TREES)
def test_every_memory_has_a_name_of_its_own(tree: dict[str, Any]) -> None:
    """Pitfall C9: also where people have given the same name twice; a name that was alone stays, and nothing else changes."""
    given_names = names_in(asked(**tree))
    condition = named(asked(**tree))
    names = names_in(condition)
    assert len(set(names)) == len(names) == len(nodes_of(condition))
    assert "" not in names
    assert named(condition) == condition
    assert without_names(condition) == without_names(asked(**tree))
    for before, after in zip(given_names, names, strict=True):
        assert before == after or given_names.count(before) > 1 or not before
    assert set(filter(None, given_names)) <= set(names)


@given(tree=TREES, more=TREES)
def test_names_stay_when_a_question_is_put_in_front(tree: dict[str, Any], more: dict[str, Any]) -> None:
    """Whoever edits a rule that was saved does not rename what was there."""
    saved = named(asked(**tree))
    mine = names_in(saved)
    edited = asked(kind="all", of=[without_names(asked(**more)), msgspec.json.decode(msgspec.json.encode(saved))])
    names = names_in(named(edited))
    assert names[len(names) - len(mine) :] == mine


# -- Memory ----------------------------------------------------------------------------------------------------------


def remembering(book: Rulebook, **more: Any) -> RuleState:
    """Let a rule remember something for every name."""
    names = ["a", "b", "l"]
    state = RuleState(
        since=7.0,
        is_active=True,
        held=dict.fromkeys(names, True),
        lasting=dict.fromkeys(names, 5.0),
        begun=frozenset(names),
        tries_at=9.0,
        failed_in_a_row=4,
        skipped=Skipped.COOLDOWN,
        cools_until=11.0,
        fired=(1.0,),
        degraded="why",
        **more,
    )
    book.states["warm"] = state
    return state


def three(below: float = 18, seconds: float = 60) -> dict[str, Any]:
    """Return a tree with three memories."""
    inner = {"kind": "lasting", "of": heat(below, "b"), "seconds": seconds, "id": "l"}
    return {"kind": "all", "of": [heat(name="a"), inner]}


def test_what_has_not_changed_is_remembered() -> None:
    """Pitfall C32: a new name or another action is no reason to forget; whoever saves a rule gives it a new chance."""
    book = Rulebook()
    book.put(a_rule("warm", three()))
    before = remembering(book)
    book.put(a_rule("warm", three(), name="Warm"))
    after = book.states["warm"]
    assert after == replace(
        before,
        held=dict.fromkeys(["a", "b", "l"], True),
        lasting=dict.fromkeys(["a", "b", "l"], 5.0),
        tries_at=None,
        failed_in_a_row=0,
        skipped=Skipped.NO,
        degraded="",
    )


@pytest.mark.parametrize(
    ("when", "same"),
    [
        (three(below=17), {"a", "b"}),
        (three(seconds=61), {"a", "b", "l"}),
        (three(below=17, seconds=61), {"a", "b"}),
        ({"kind": "any", "of": [three(), heat(10)]}, {"a", "b", "l"}),
        ({"kind": "not", "of": heat(name="b")}, {"b"}),
        (heat(name="other"), set()),
        (heat(name="a") | {"sensor": AIR_OUTSIDE}, set()),
        (heat(name="a") | {"cools": True}, set()),
        (heat(name="l"), set()),
    ],
)
def test_what_means_something_else_is_forgotten(when: dict[str, Any], same: set[str]) -> None:
    """By the name of each question and what it asks, wherever it stands now; the clock of the whole begins anew."""
    book = Rulebook()
    book.put(a_rule("warm", three()))
    remembering(book)
    book.put(a_rule("warm", when))
    state = book.states["warm"]
    assert set(state.held) == set(state.lasting) == state.begun == same
    assert state.since is None
    assert state.is_active


@pytest.mark.parametrize(("was", "now"), [(True, False), (False, True), (False, False)])
def test_nothing_lasts_while_a_rule_is_switched_off(was: bool, now: bool) -> None:
    """Nobody has looked meanwhile; what a heater has answered last is still the best that is known."""
    book = Rulebook()
    book.put(a_rule("warm", three(), enabled=was))
    remembering(book)
    book.put(a_rule("warm", three(), enabled=now))
    assert (book.states["warm"].lasting, book.states["warm"].begun) == ({}, frozenset())
    assert set(book.states["warm"].held) == {"a", "b", "l"}


def test_what_survives_a_restart_is_taken_as_it_is() -> None:
    """And a state that is given counts more than the one that was there."""
    book, state = Rulebook(), RuleState(held={"x": True}, degraded="why")
    book.put(a_rule(), state)
    assert book.states["warm"] == state
    book.put(a_rule(), RuleState(is_active=True))
    assert book.states["warm"] == RuleState(is_active=True)


# -- Who is concerned ------------------------------------------------------------------------------------------------

OUTPUTS = st.lists(st.sampled_from([PUMP, VALVE]), min_size=1, max_size=2, unique=True)
RULES = st.builds(
    lambda key, tree, outputs, enabled: a_rule(
        key, tree, enabled=enabled, then=[{"kind": "set", "output": each, "level": 1.0} for each in outputs]
    ),
    st.sampled_from(["one", "two", "three"]),
    TREES,
    OUTPUTS,
    st.booleans(),
)


def seen(book: Rulebook) -> dict[str, object]:
    """Return everything that a book tells about its rules, whatever their order."""
    watched = {source: set(watch.rules) if (watch := book.watches.of(source)) else set() for source in book.watches}
    return {
        "watched": watched,
        "touching": {channel: set(book.touching(channel)) for channel in (PUMP, VALVE)},
        "on": {device: set(book.on(DeviceId(device))) for device in (ESP, OTHER)},
        "traced": set(book.traced()),
        "states": set(book.states),
    }


@given(deeds=st.lists(st.one_of(RULES, st.sampled_from(["one", "two", "three", "four"])), max_size=12))
def test_a_book_is_that_of_the_rules_that_are_left(deeds: list[Rule | str]) -> None:
    """However often rules were put, changed, switched off and dropped; when all have gone nothing is left."""
    book = Rulebook()
    left: dict[str, Rule] = {}
    for deed in deeds:
        if isinstance(deed, Rule):
            book.put(deed)
            left[deed.id] = deed
        else:
            book.drop(deed)
            left.pop(deed, None)
        fresh = Rulebook()
        for rule in left.values():
            fresh.put(rule)
        assert book.rules == left
        assert seen(book) == seen(fresh)
    for key in list(left):
        book.drop(key)
    assert seen(book) == seen(Rulebook())
    leftovers = [content for content in vars(book).values() if isinstance(content, dict) and content]
    assert leftovers == []


def test_a_rule_has_to_do_with_whatever_it_looks_at_and_acts_on() -> None:
    """Also with a device about which it only asks whether it is there: otherwise it would ask before that has had time."""
    assert devices_of(a_rule()) == {ESP}
    assert devices_of(a_rule("warm", {"kind": "device", "device": OTHER})) == {ESP, OTHER}
    notify = [{"kind": "log", "text": "gone"}]
    assert devices_of(a_rule("told", {"kind": "device", "device": OTHER}, then=notify)) == {OTHER}
    tree = {"kind": "all", "of": [{"kind": "time"}, {"kind": "entity", "entity_id": "sun.sun"}]}
    assert devices_of(a_rule("warm", tree, then=[{"kind": "set", "output": VALVE, "level": 0.0}])) == {OTHER}


def test_a_rule_that_is_switched_off_is_kept_and_watches_nothing() -> None:
    """Its outputs are still known as its own, because it may hold them until it is told to let go."""
    book = Rulebook()
    change = {"kind": "change", "sensor": AIR, "within": 60, "operator": ">", "value": 1}
    book.put(a_rule("warm", change, enabled=False))
    assert list(book.watches) == []
    assert list(book.traced()) == []
    assert list(book.on(DeviceId(ESP))) == []
    assert list(book.touching(PUMP)) == ["warm"]
    book.put(a_rule("warm", change))
    assert list(book.traced()) == [(AIR, 60.0)]
