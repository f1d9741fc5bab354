"""Questions about devices, qualities, sequences, and what Home Assistant answers itself."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.conditions import Condition
from custom_components.god_kaiser.core.conditions.device_is import DeviceIs
from custom_components.god_kaiser.core.conditions.home_assistant_is import HomeAssistantIs
from custom_components.god_kaiser.core.devices.model import Quality, Vitals
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost
from custom_components.god_kaiser.core.facts import HeartbeatReceived, WillReceived
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.truth import Truth
from tests.builders import BOOT, ESP, PUMP, a_heartbeat, a_report
from tests.core.conditions.asking import FALSE, LONG, SOIL, TRUE, UNKNOWN, Asker, asked, problem_of

GONE = WillReceived(device=DeviceId(ESP))


def online(**more: Any) -> dict[str, Any]:
    """Return the question whether a device is there."""
    return {"kind": "device", "device": ESP, **more}


def both(asker: Asker, **written: Any) -> tuple[Truth, Truth]:
    """Return the answers to a question and to its opposite."""
    return asker.ask(**written), asker.ask(kind="not", of=written)


# -- Devices ---------------------------------------------------------------------------------------------------------


def test_a_device_is_there_or_it_is_not() -> None:
    """All four ways to ask for it; a stranger is not there."""
    asker = Asker()
    questions = (
        online(),
        online(value=False),
        online(operator="!="),
        online(operator="!=", value=False),
        online(device="ESP_STRANGER"),
    )
    assert [asker.ask(**question) for question in questions] == [TRUE, FALSE, FALSE, TRUE, FALSE]
    asker.bench.feed(GONE)
    assert [asker.ask(**question) for question in questions] == [FALSE, TRUE, TRUE, FALSE, FALSE]


@pytest.mark.req("INV-11")
def test_without_the_broker_nobody_knows_who_is_there() -> None:
    """Neither when it is lost nor until the devices have shown themselves again: no device was ever away."""
    asker = Asker()
    asker.bench.feed(BrokerLost())
    assert both(asker, **online()) == (UNKNOWN, UNKNOWN)
    asker.bench.feed(BrokerConnected())
    assert both(asker, **online()) == (UNKNOWN, UNKNOWN)
    asker.bench.feed(a_heartbeat(ESP, boot=BOOT))
    assert both(asker, **online()) == (UNKNOWN, UNKNOWN)
    asker.bench.tick(2)
    assert both(asker, **online()) == (TRUE, FALSE)


def said(asker: Asker, **vitals: Any) -> None:
    """Let the device say something about itself."""
    asker.bench.feed(
        HeartbeatReceived(device=DeviceId(ESP), epoch=1, vitals=Vitals(boot_sequence=BOOT, **vitals), counters={})
    )


@pytest.mark.parametrize(
    ("aspect", "vitals"),
    [("rssi", {"wifi_rssi": -80}), ("free_memory", {"heap_free": 20_000}), ("uptime", {"uptime": 60})],
)
@pytest.mark.parametrize("lost", [GONE, BrokerLost()])
def test_what_a_device_says_about_itself_counts_while_it_is_there(
    aspect: str, vitals: dict[str, int], lost: Any
) -> None:
    """Before it has said anything and after it has gone nothing is known."""
    asker = Asker()
    value = next(iter(vitals.values()))
    is_more, is_same = online(aspect=aspect, operator=">", value=value - 1), online(aspect=aspect, value=value)
    assert both(asker, **is_more) == (UNKNOWN, UNKNOWN)
    said(asker, **vitals)
    asker.bench.tick(2)
    assert both(asker, **is_more) == (TRUE, FALSE)
    assert asker.ask(**is_same) is TRUE
    assert asker.ask(**(is_more | {"operator": "between", "high": value + 1})) is TRUE
    assert asker.ask(**(is_more | {"operator": "<"})) is FALSE
    asker.bench.feed(lost)
    assert both(asker, **is_more) == (UNKNOWN, UNKNOWN)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"value": 1.0}, "condition_device"),
        ({"aspect": "rssi"}, "condition_device"),
        ({"aspect": "rssi", "value": False}, "condition_device"),
        ({"operator": ">"}, "condition_words"),
        ({"high": 3}, "condition_words"),
        ({"aspect": "uptime", "value": 5, "operator": "between"}, "condition_no_high"),
        ({"aspect": "uptime", "value": 5, "high": 4, "operator": "between"}, "condition_bounds"),
    ],
)
def test_yes_and_no_are_no_numbers(more: dict[str, Any], problem: str) -> None:
    """Pitfall C7: what is asked about decides what it is compared with."""
    assert problem_of(**online(**more))[0] == problem


def test_the_aspect_alone_has_no_value() -> None:
    """Whether it is there is no number."""
    question = asked(**online())
    assert question.sources == (ESP,)
    assert isinstance(question, DeviceIs)
    assert question.said(Asker().world) is None


def test_an_output_of_a_device_that_is_away_is_unknown() -> None:
    """Also without the broker, although what it has said last is still known."""
    asker = Asker()
    running = {"kind": "output", "output": PUMP}
    asker.bench.feed(a_report(1.0))
    assert asker.ask(**running) is TRUE
    asker.bench.feed(BrokerLost())
    assert both(asker, **running) == (UNKNOWN, UNKNOWN)


# -- Quality ---------------------------------------------------------------------------------------------------------


def test_a_quality_is_one_of_those_that_were_asked_for() -> None:
    """A sensor that has never spoken has none; one that is too old is stale."""
    asker = Asker()
    bad, stale = ({"kind": "quality", "sensor": SOIL, "quality": each} for each in (["suspect", "error"], ["stale"]))
    assert both(asker, **bad) == (UNKNOWN, UNKNOWN)
    asker.soil(20.0)
    assert both(asker, **bad) == (FALSE, TRUE)
    asker.soil(20.0, Quality.SUSPECT)
    assert both(asker, **bad) == (TRUE, FALSE)
    assert asker.ask(**stale) is FALSE
    asker.bench.tick(LONG)
    assert asker.ask(**bad) is FALSE
    assert asker.ask(**stale) is TRUE
    assert problem_of(kind="quality", sensor=SOIL, quality=[])[0] == "condition_quality"


# -- Sequences -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "more", "truth"),
    [
        ((), {}, FALSE),
        ((), {"is_going": False}, TRUE),
        (("running",), {}, TRUE),
        (("running",), {"is_going": False}, FALSE),
        (("running", "paused"), {"statuses": ["paused"]}, TRUE),
        (("running",), {"statuses": ["paused"]}, FALSE),
        (("running",), {"statuses": ["paused"], "is_going": False}, TRUE),
        ((), {"statuses": ["paused", "running"]}, FALSE),
    ],
)
def test_a_sequence_runs_or_it_does_not(found: tuple[str, ...], more: dict[str, Any], truth: Truth) -> None:
    """In whatever status, or in one of those that were asked for."""
    asker = Asker()
    asker.world.statuses_of = lambda sequence: frozenset(found if sequence == "flush" else ["other"])
    assert asker.ask(kind="sequence", sequence="flush", **more) is truth


def test_a_sequence_has_a_name_and_only_rules_ask_for_it() -> None:
    """A run that asked for runs would ask for itself."""
    asker = Asker()
    question = asked(kind="sequence", sequence="flush")
    assert question.sources == ("sequence:flush",)
    assert question.truth(asker.world, asker.now) is FALSE
    assert question.truth(asker.bench.engine.programs.world, asker.now) is UNKNOWN
    assert problem_of(kind="sequence", sequence="")[0] == "condition_sequence"


# -- Home Assistant --------------------------------------------------------------------------------------------------


def test_home_assistant_is_believed_and_until_it_answers_nothing_is_known() -> None:
    """The same condition has the same name wherever it is asked, in whatever order it was written."""
    asker = Asker()
    written = {"kind": "home_assistant", "condition": {"condition": "zone", "entity_id": "person.anna"}}
    question: Condition = asked(**written)
    assert isinstance(question, HomeAssistantIs)
    assert asker.ask(**written) is UNKNOWN
    for truth in Truth:
        asker.world.answers[question.key] = truth
        assert asker.ask(**written) is truth
    turned = {"kind": "home_assistant", "condition": {"entity_id": "person.anna", "condition": "zone"}}
    other = {"kind": "home_assistant", "condition": {"entity_id": "person.ben", "condition": "zone"}}
    assert asked(**turned).sources == question.sources == (question.key,)
    assert asked(**other).sources != question.sources
    assert question.truth(asker.bench.engine.programs.world, asker.now) is UNKNOWN


@pytest.mark.parametrize("condition", [{}, {"condition": ""}, {"condition": 3}, {"entity_id": "person.anna"}])
def test_what_names_no_condition_is_refused(condition: dict[str, Any]) -> None:
    """Home Assistant could make nothing of it."""
    assert problem_of(kind="home_assistant", condition=condition)[0] == "condition_of_home_assistant"
