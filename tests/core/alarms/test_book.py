"""The book of alarms: what lasts is raised, what is over returns, and what follows from something else hides."""

from datetime import UTC, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.alarms.alarm import Alarm, AlarmState, Shelf
from custom_components.god_kaiser.core.alarms.book import AlarmBook, Change
from custom_components.god_kaiser.core.alarms.delays import Signal
from custom_components.god_kaiser.core.alarms.kinds import AlarmKind
from custom_components.god_kaiser.core.alarms.transitions import Motion
from custom_components.god_kaiser.core.errors import NotFoundError
from custom_components.god_kaiser.core.instant import Instant

START = Instant(utc=datetime(2026, 11, 21, 12, tzinfo=UTC), monotonic=50.0)
SENSOR = "ESP_1/sensor/4/ph"


def at(seconds: float) -> Instant:
    """Return a moment after the start."""
    return START.later(seconds)


def high(is_present: bool = True, on_delay: float = 0.0, off_delay: float = 0.0) -> Signal:
    """Return what is said about a sensor that is too high."""
    return Signal(
        AlarmKind.SENSOR_HIGH, is_present, SENSOR, "ESP_1", {"value": 9.0}, on_delay=on_delay, off_delay=off_delay
    )


def offline(is_present: bool = True) -> Signal:
    """Return what is said about the device of that sensor."""
    return Signal(AlarmKind.DEVICE_OFFLINE, is_present, "ESP_1", "ESP_1")


def states(book: AlarmBook) -> dict[str, str]:
    """Return the state of everything that is not normal."""
    return {alarm.kind.value: alarm.state.value for alarm in book.alarms.values()}


def motions(changes: list[Change]) -> list[str]:
    """Return what has happened."""
    return [f"{change.alarm.kind}:{change.motion}" for change in changes]


def only(book: AlarmBook) -> Alarm:
    """Return the only alarm."""
    (alarm,) = book.alarms.values()
    return alarm


def test_an_alarm_is_raised_seen_and_over() -> None:
    """It is listed until both have happened."""
    book = AlarmBook()
    raised = book.hear(high(), START)
    assert motions(raised) == ["sensor_high:raised"]
    assert raised[0].before is AlarmState.NORMAL
    assert book.hear(high(), at(1)) == []
    alarm = only(book)
    assert (alarm.details, alarm.device, alarm.raised_at) == ({"value": 9.0}, "ESP_1", START.utc.timestamp())
    assert motions(book.acknowledge(alarm, at(2), "Anna")) == ["sensor_high:acknowledged"]
    assert book.acknowledge(only(book), at(3), "Ben") == []
    assert motions(book.hear(high(is_present=False), at(4))) == ["sensor_high:returned"]
    assert book.alarms == {}


def test_no_two_hubs_give_one_id() -> None:
    """Alarms are named without their hub, and a broker that goes away raises them in the same moment."""
    books = AlarmBook("house"), AlarmBook("field")
    for book in books:
        book.hear(high(), START)
    first, second = (only(book) for book in books)
    assert first.id != second.id


def test_what_was_over_before_anybody_saw_it_stays_until_somebody_has() -> None:
    """It happened while you slept."""
    book = AlarmBook()
    book.hear(high(), START)
    book.hear(high(is_present=False), at(1))
    assert states(book) == {"sensor_high": "returned"}
    book.acknowledge(only(book), at(2), "")
    assert book.alarms == {}


def test_a_further_occurrence_has_another_id() -> None:
    """Who acknowledges what was seen does not acknowledge what came after it."""
    book = AlarmBook()
    book.hear(high(), START)
    first = only(book)
    book.hear(high(is_present=False), at(1))
    (again,) = book.hear(high(), at(2))
    assert again.before is AlarmState.RETURNED
    assert only(book).id != first.id
    assert only(book).times == 2
    assert book.find(only(book).id) is only(book)
    with pytest.raises(NotFoundError):
        book.find(first.id)


def test_nothing_can_come_of_what_is_known_and_waits_for_nothing() -> None:
    """Whoever says the same with every reading need not be heard; what waits for its delay must be."""
    book = AlarmBook()
    assert not book.is_news(high(is_present=False))
    assert book.is_news(high(on_delay=60))
    book.hear(high(on_delay=60), START)
    assert book.is_news(high(is_present=False))
    book.hear(high(is_present=False), at(1))
    assert not book.is_news(high(is_present=False))
    book.hear(high(), at(2))
    assert not book.is_news(high())
    assert book.is_news(high(is_present=False))


@pytest.mark.parametrize("is_present", [True, False])
def test_what_is_over_at_once_is_news_every_time(is_present: bool) -> None:
    """It never counts as known."""
    assert AlarmBook().is_news(Signal(AlarmKind.RUN_FAILED, is_present, "watering"))


def test_what_does_not_last_is_never_raised() -> None:
    """59 seconds of 60 are no alarm; the delay begins anew."""
    book = AlarmBook()
    assert book.hear(high(on_delay=60), START) == []
    assert book.next_due(START) == START.monotonic + 60
    assert book.wake(at(59)) == []
    assert book.hear(high(on_delay=60), at(59)) == []
    book.hear(high(is_present=False), at(59.5))
    assert book.next_due(at(59.5)) is None
    assert book.wake(at(100)) == []
    book.hear(high(on_delay=60), at(100))
    assert motions(book.wake(at(160))) == ["sensor_high:raised"]


def test_what_is_over_only_for_a_moment_stays_active() -> None:
    """The delay of the end, as that of the beginning."""
    book = AlarmBook()
    book.hear(high(), START)
    book.hear(high(is_present=False, off_delay=30), at(1))
    book.hear(high(), at(20))
    assert book.wake(at(40)) == []
    book.hear(high(is_present=False, off_delay=30), at(50))
    assert motions(book.wake(at(80))) == ["sensor_high:returned"]


@given(st.lists(st.booleans(), max_size=40))
def test_what_changes_faster_than_its_delays_is_raised_at_most_once(values: list[bool]) -> None:
    """A sensor that trembles at its limit every second calls nobody twice."""
    book = AlarmBook()
    told: list[str] = []
    for second, is_present in enumerate(values):
        told += motions(book.wake(at(second)))
        told += motions(book.hear(high(is_present, on_delay=0, off_delay=100), at(second)))
    assert told.count("sensor_high:raised") == int(any(values))


def test_what_happens_and_is_over_waits_for_somebody() -> None:
    """A run that has failed; and an interlock that has tripped also for its reset."""
    book = AlarmBook()
    failed = Signal(AlarmKind.RUN_FAILED, True, "watering")
    assert motions(book.hear(failed, START)) == ["run_failed:raised", "run_failed:returned"]
    book.hear(Signal(AlarmKind.INTERLOCK_TRIPPED, True, "pump"), START)
    assert states(book) == {"run_failed": "returned", "interlock_tripped": "latched_unacknowledged"}
    assert book.hear(failed._replace(is_present=False), at(1)) == []
    assert motions(book.hear(failed, at(2))) == ["run_failed:raised", "run_failed:returned"]
    assert book.alarms["run_failed/watering"].times == 2
    tripped = book.alarms["interlock_tripped/pump"]
    book.reset(tripped, at(3), "Anna")
    assert states(book)["interlock_tripped"] == "returned"
    book.acknowledge(book.alarms["interlock_tripped/pump"], at(4), "Anna")
    assert states(book) == {"run_failed": "returned"}


def test_a_shelf_ends_by_itself_and_what_is_still_there_is_told_again() -> None:
    """Also when somebody had seen it before it was shelved."""
    book = AlarmBook()
    book.hear(high(), START)
    book.acknowledge(only(book), START, "Anna")
    shelf = Shelf(until=START.utc.timestamp() + 100, reason="known", by="Anna")
    assert motions(book.shelve(only(book), shelf, START)) == ["sensor_high:shelved"]
    assert book.next_due(at(40)) == START.monotonic + 100
    book.hear(high(is_present=False), at(41))
    book.hear(high(), at(42))
    assert states(book) == {"sensor_high": "shelved"}
    assert book.wake(at(99)) == []
    (ended,) = book.wake(at(100))
    assert (ended.motion, ended.before, ended.by) == (Motion.UNSHELVE, AlarmState.SHELVED, "")
    assert states(book) == {"sensor_high": "unacknowledged"}


def test_a_shelf_that_ended_while_nobody_was_there_ends_at_once() -> None:
    """A restart makes it no longer."""
    book, later = AlarmBook(), AlarmBook()
    book.hear(high(), START)
    book.shelve(only(book), Shelf(until=START.utc.timestamp() + 100, reason="known", by="Anna"), START)
    later.restore(book.alarms.values())
    due = later.next_due(at(500))
    assert due is not None
    assert due < at(500).monotonic
    assert motions(later.wake(at(500))) == ["sensor_high:unshelved"]
    assert states(later) == {"sensor_high": "unacknowledged"}


def test_what_was_over_and_seen_when_it_leaves_the_shelf_is_normal() -> None:
    """A person may take it off before its time."""
    book = AlarmBook()
    book.hear(high(), START)
    book.acknowledge(only(book), START, "Anna")
    book.shelve(only(book), Shelf(until=START.utc.timestamp() + 100, reason="known"), START)
    book.hear(high(is_present=False), at(1))
    assert motions(book.unshelve(only(book), at(2), "Ben")) == ["sensor_high:unshelved"]
    assert book.alarms == {}


def test_a_device_that_is_away_hides_the_alarms_of_its_sensors() -> None:
    """Those that are there and those that come; they show themselves when it has been back for a while."""
    book = AlarmBook()
    book.hear(high(), START)
    away = book.hear(offline(), at(1))
    assert motions(away) == ["device_offline:raised", "sensor_high:suppressed"]
    stale = Signal(AlarmKind.SENSOR_STALE, True, SENSOR, "ESP_1", on_delay=0)
    assert [change.alarm.state for change in book.hear(stale, at(2))] == [AlarmState.SUPPRESSED]
    other = Signal(AlarmKind.SENSOR_HIGH, True, "ESP_2/sensor/4/ph", "ESP_2")
    assert [change.alarm.state for change in book.hear(other, at(3))] == [AlarmState.UNACKNOWLEDGED]
    book.hear(other._replace(is_present=False), at(4))
    book.acknowledge(book.alarms["sensor_high/ESP_2/sensor/4/ph"], at(4), "")
    assert motions(book.hear(offline(is_present=False), at(10))) == ["device_offline:returned"]
    assert states(book) == {"sensor_high": "suppressed", "sensor_stale": "suppressed", "device_offline": "returned"}
    assert motions(book.hear(stale._replace(is_present=False), at(30))) == ["sensor_stale:returned"]
    assert "sensor_stale" not in states(book)
    assert book.next_due(at(30)) == at(100).monotonic
    assert motions(book.wake(at(100))) == ["sensor_high:released"]
    assert states(book) == {"sensor_high": "unacknowledged", "device_offline": "returned"}


def test_what_was_shown_before_its_cause_came_is_not_forgotten() -> None:
    """A value that was too high and is well again when its device is back: somebody must see that it was."""
    book = AlarmBook()
    book.hear(high(), START)
    book.hear(offline(), at(1))
    book.hear(high(is_present=False), at(2))
    assert states(book) == {"sensor_high": "returned", "device_offline": "unacknowledged"}


def test_what_is_far_too_high_is_one_alarm_that_somebody_must_see() -> None:
    """The lesser one shows itself at once when it is only too high."""
    book = AlarmBook()
    far = Signal(AlarmKind.SENSOR_HIGH_HIGH, True, SENSOR, "ESP_1")
    book.hear(far, START)
    book.hear(high(), START)
    assert states(book) == {"sensor_high_high": "unacknowledged", "sensor_high": "suppressed"}
    changes = book.hear(far._replace(is_present=False), at(1))
    assert motions(changes) == ["sensor_high_high:returned", "sensor_high:released"]


def test_without_the_broker_nobody_knows_of_devices() -> None:
    """The cause of all hides those that follow from it, but nothing about safety."""
    book = AlarmBook()
    book.hear(Signal(AlarmKind.STOP_NOT_EFFECTIVE, True, "ESP_1", "ESP_1"), START)
    book.hear(offline(), START)
    book.hear(Signal(AlarmKind.BROKER_AWAY, True, on_delay=0), at(1))
    assert states(book) == {
        "stop_not_effective": "unacknowledged",
        "device_offline": "suppressed",
        "broker_away": "unacknowledged",
    }


def test_a_restart_changes_nothing_and_gives_no_id_twice() -> None:
    """What was acknowledged stays so, with its shelf and its cause."""
    book = AlarmBook()
    book.hear(high(), START)
    book.acknowledge(only(book), at(1), "Anna")
    later = AlarmBook()
    later.restore(book.alarms.values())
    assert later.alarms == book.alarms
    assert later.hear(high(), at(2)) == []
    (other,) = later.hear(offline(), at(3))[:1]
    assert other.alarm.id != only(book).id


def test_who_was_told_is_remembered_of_the_occurrence_that_was_meant() -> None:
    """Not of what has come again meanwhile, and not of what is over."""
    book = AlarmBook()
    book.hear(high(), START)
    first = only(book)
    told = book.note_told(first, at(1))
    assert told is not None
    assert (told.told, told.told_at) == (1, at(1).utc.timestamp())
    assert only(book) is told
    book.hear(high(is_present=False), at(2))
    book.hear(high(), at(3))
    assert book.note_told(first, at(4)) is None
    book.alarms.clear()
    assert book.note_told(first, at(5)) is None


def test_many_alarms_at_one_moment_have_different_ids() -> None:
    """Each can be acknowledged by itself."""
    book = AlarmBook()
    for number in range(20):
        book.hear(Signal(AlarmKind.DEVICE_OFFLINE, True, f"ESP_{number}", f"ESP_{number}"), START)
    assert len({alarm.id for alarm in book.alarms.values()}) == 20
