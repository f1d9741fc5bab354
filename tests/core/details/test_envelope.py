"""What stands around the details of an event: keys, their types, and what they may be."""

from typing import Any

from msgspec import json
import pytest

from custom_components.god_kaiser.core.details.envelope import problem_of

AROUND: dict[str, Any] = {
    "schema_version": 1,
    "event_id": "1795262400000-0",
    "event_type": "run.resumed",
    "type": "run.resumed",
    "timestamp": "2026-11-22T02:00:00+00:00",
    "entry_id": "01KAJ3V8N6R2T9W4X7Z0B5D1FG",
    "execution_id": "r1",
    "sequence_id": "watering",
    "sequence_name": "Watering",
    "status": "running",
    "progress": 45,
    "current_step": {"place": "water / 2"},
    "correlation_id": "r1",
    "actor": {"type": "user", "id": None, "name": "Ada"},
    "data": {"was": "paused"},
}


def said(**changes: object) -> str:
    """Return what is wrong with an event that is right but for these changes."""
    return problem_of("run.resumed", json.encode(AROUND | changes))


@pytest.mark.req("EXE-23", "EXE-24", "EXE-26", "EXE-28", "EXE-29", "EXE-30", "EXE-31")
@pytest.mark.parametrize(
    ("key", "right", "wrong"),
    [
        ("schema_version", 1, 2),
        ("event_id", "1234567890-0", "1234567890"),
        ("event_type", "run.resumed", "run.paused"),
        ("timestamp", "2026-11-22T02:00:00Z", "2026-11-22T02:00:00"),
        ("status", "timed_out", "asleep"),
        ("progress", 100, 101),
        ("progress", 0, -1),
        ("progress", 45, 45.5),
        ("current_step", None, "water / 2"),
        ("actor", None, {"type": "ghost"}),
        ("actor", {"type": "user", "id": "u1", "name": None}, {"type": "user", "id": "", "name": "Ada"}),
        ("actor", {"type": "user", "id": None, "name": "Ada"}, {"type": "user", "id": None, "name": ""}),
        ("execution_id", "r2", ""),
        ("data", {"was": "held"}, {"was": 1}),
    ],
)
def test_each_key_has_its_type_and_its_limits(key: str, right: object, wrong: object) -> None:
    """On both sides of each border."""
    assert said(**{key: right}) == ""
    assert said(**{key: wrong}) != ""


@pytest.mark.req("EXE-31")
@pytest.mark.parametrize("key", AROUND)
def test_no_key_may_be_missing(key: str) -> None:
    """What a program relies on is there, and nothing else is."""
    less = {name: value for name, value in AROUND.items() if name != key}
    assert f"`{key}`" in problem_of("run.resumed", json.encode(less))
    assert said(color="red") == "Object contains unknown field `color`"


def test_rules_and_hubs_have_envelopes_of_their_own() -> None:
    """A rule has no status of a run, and what a hub notes may have nobody who did it."""
    about = {key: AROUND[key] for key in ("schema_version", "event_id", "type", "timestamp", "entry_id", "actor")}
    hub = {
        **about,
        "correlation_id": None,
        "actor": None,
        "event_type": "hub.started",
        "data": {"after_crash": True, "events_lost": None},
    }
    rule = {**about, "event_type": "rule.fired", "data": {}, "correlation_id": "e1"}
    named = {"execution_id": "e1", "rule_id": "dry", "rule_name": "Dry"}
    assert problem_of("hub.started", json.encode(hub)) == ""
    assert problem_of("hub.started", json.encode({**hub, "status": "running"})) != ""
    for key in ("correlation_id", "actor"):
        assert problem_of("hub.started", json.encode({name: hub[name] for name in hub if name != key})) != ""
    for run, problem in (("r1", False), ("", True), (None, True)):
        assert (problem_of("hub.started", json.encode({**hub, "execution_id": run})) != "") is problem
    for execution, problem in (("e1", False), (None, False), ("", True)):
        assert (problem_of("rule.fired", json.encode({**rule, **named, "execution_id": execution})) != "") is problem
    assert problem_of("rule.fired", json.encode(rule)) != ""
