"""The page of events is made of the catalogue, and what it says about details is what runs tell."""

from typing import Any

from custom_components.god_kaiser import const
from custom_components.god_kaiser.core.events import RunAnswered, RunsSuspended
from custom_components.god_kaiser.core.rules.happenings import RuleHappening
from custom_components.god_kaiser.core.sequences.happenings import Happening, RunEvent
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.run import Answer
from custom_components.god_kaiser.core.sequences.status import RunStatus
from scripts import event_rows
from tests.core.engine.running import PUMP, PUMP_ESP, Greenhouse, watering
from tests.core.sequences.programs import LIMITS, delay, set_to

NOTHING: dict[str, Any] = {"kind": "wait_until", "condition": {"kind": "output", "output": PUMP}, "timeout": 2}


def keys_of(details: str) -> set[str]:
    """Return the keys that a row names."""
    return set(details.split(", ")) - {""}


def everything_told() -> list[RunEvent]:
    """Return what runs tell that complete, fail, ask, log, stand still, wait for their turn, retry, and are cut off."""
    house = Greenhouse()
    ask = {"kind": "approval", "text": "Go on?", "timeout": 10, "at_deadline": "approve"}
    line = {"kind": "log", "text": "begins"}
    long = watering(line, ask, set_to(PUMP), delay(60), set_to(PUMP, 0.0), mode="queued", most_runs=3)
    house.start(long, "r1")
    house.start(long, "r2")
    house.play(15)
    house.halt(RunStatus.PAUSED)
    house.resume()
    house.halt(RunStatus.HELD)
    house.resume()
    house.play(80)
    house.cancel("r2")
    house.play(5)
    poor = {"id": "poor", "phases": [{"name": "try", "retries": 1, "steps": [{**NOTHING, "retries": 1}]}]}
    house.start(read(poor, LIMITS), "r3")
    house.play(60)
    slow = {"id": "slow", "phases": [{"name": "soak", "timeout": 3, "steps": [delay(9)]}]}
    house.start(watering(delay(50), id="late", max_duration=60), "r4")
    house.start(read(slow, LIMITS), "r5")
    house.play(5)
    house.start(watering(delay(600), id="skips", on_restart="skip"), "r6")
    house.play(5)
    for number, agrees in enumerate((True, False)):
        house.start(watering({**ask, "timeout": 50}, id=f"asks-{number}"), f"a{number}")
        key = house.assists[-1].order.key
        house.feed(RunAnswered(run=f"a{number}", answer=Answer(key=key, is_done=agrees, values={"by": "anna"})))
    house.deaf.add(PUMP)
    house.start(watering(set_to(PUMP, timeout=120), id="unheard"), "r8")
    house.play(90)
    house.feed(RunsSuspended())
    successor = house.crashed()
    successor.play(200)
    away = Greenhouse()
    away.mute.add(PUMP_ESP)
    away.play(400)
    away.start(watering(set_to(PUMP), delay(5)), "r7")
    return [*house.told, *successor.told, *away.told]


def test_every_happening_has_its_row() -> None:
    """Who adds one to the catalogue says when it is told."""
    assert set(event_rows.ROWS) == set(Happening)


def test_every_event_of_ours_is_in_the_catalogue() -> None:
    """Whatever is put on the bus under a name of ours has its line, and the page shows it."""
    ours = {value for name, value in vars(const).items() if name.startswith("EVENT_")}
    assert set(event_rows.ON_THE_BUS) == ours
    assert all(f"| `{name}` |" in event_rows.render() for name in ours)
    assert set(event_rows.RULE_ROWS) == set(RuleHappening)


def test_the_page_is_current() -> None:
    """A change of the catalogue, of the envelope or of what is told shows in the page."""
    assert event_rows.PAGE.read_text(encoding="utf-8") == event_rows.render()


def test_runs_tell_the_details_that_the_page_names() -> None:
    """No key more and none less, of everything that a run can be brought to tell here."""
    told = everything_told()
    wrong = set()
    for event in told:
        row = event_rows.ROWS[event.happening]
        possible = [keys_of(row.details)] + ([keys_of(row.others)] if row.case else [])
        if set(event.details) not in possible:
            wrong.add((event.happening.value, event.place, *sorted(event.details)))
    assert wrong == set()
    assert {event.happening for event in told} == set(Happening)
