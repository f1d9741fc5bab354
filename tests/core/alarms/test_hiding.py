"""Who hides behind whom is always what it would be if everybody looked anew; only those look whom it concerns."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st

from custom_components.god_kaiser.core.alarms.alarm import Alarm, AlarmState, Shelf, key_of
from custom_components.god_kaiser.core.alarms.book import AlarmBook
from custom_components.god_kaiser.core.alarms.delays import Signal
from custom_components.god_kaiser.core.alarms.kinds import CAUSES, AlarmKind, causes_of
from custom_components.god_kaiser.core.instant import Instant

_GRACE = 90.0
_DEVICES = ("ESP_A", "ESP_B")
_OF_DEVICES = (AlarmKind.DEVICE_OFFLINE, AlarmKind.OFFLINE_WHILE_RUNNING, AlarmKind.DEVICE_FLAPPING)
_OF_SENSORS = (AlarmKind.SENSOR_HIGH, AlarmKind.SENSOR_HIGH_HIGH, AlarmKind.SENSOR_LOW, AlarmKind.SENSOR_STALE)


def at(seconds: float) -> Instant:
    """Return a moment."""
    return Instant(utc=datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds), monotonic=1000.0 + seconds)


def signals() -> st.SearchStrategy[Signal]:
    """Return what those may say who watch the broker, devices and their sensors."""
    kinds = st.sampled_from((AlarmKind.BROKER_AWAY, *_OF_DEVICES, *_OF_SENSORS))

    def said(kind: AlarmKind, device: str, number: int, is_present: bool) -> Signal:
        if kind is AlarmKind.BROKER_AWAY:
            return Signal(kind, is_present, on_delay=0.0, off_delay=0.0)
        subject = device if kind in _OF_DEVICES else f"{device}/sensor/{number}/ph"
        return Signal(kind, is_present, subject, device, on_delay=0.0, off_delay=0.0)

    return st.builds(said, kinds, st.sampled_from(_DEVICES), st.integers(1, 2), st.booleans())


class Slow:
    """What hides whom, worked out anew each time from all that was said."""

    def __init__(self) -> None:
        """Start with nothing so."""
        self._over: dict[str, float] = {}
        self._there: set[str] = set()

    def hear(self, signal: Signal, seconds: float) -> None:
        """Take what was said."""
        key = key_of(signal.kind, signal.subject)
        if signal.is_present:
            self._there.add(key)
        elif key in self._there:
            self._there.remove(key)
            if signal.kind in CAUSES:
                self._over[key] = seconds

    def hides(self, alarm: Alarm, seconds: float) -> bool:
        """Tell whether an alarm has a cause."""
        keys = [
            key_of(kind, subject) for kind in causes_of(alarm.kind) for subject in ("", alarm.device, alarm.subject)
        ]
        return any(key in self._there or seconds < self._over.get(key, -_GRACE) + _GRACE for key in keys)


@given(st.lists(st.tuples(signals(), st.sampled_from([0.0, 1.0, 40.0, 95.0])), max_size=30))
def test_what_hides_is_what_has_a_cause(said: list[tuple[Signal, float]]) -> None:
    """However causes come and go, and whenever somebody looks."""
    book, slow, seconds = AlarmBook(), Slow(), 0.0
    for signal, passed in said:
        seconds += passed
        book.wake(at(seconds))
        book.hear(signal, at(seconds))
        slow.hear(signal, seconds)
        for alarm in book.alarms.values():
            is_hidden = alarm.is_present and slow.hides(alarm, seconds)
            assert (alarm.state is AlarmState.SUPPRESSED) is is_hidden, (alarm, seconds)


def test_what_hid_before_a_restart_shows_itself_when_its_cause_is_gone() -> None:
    """Although nobody says any more that it is over."""
    kept = Alarm(
        id="a1",
        kind=AlarmKind.SENSOR_HIGH,
        raised_at=0.0,
        subject="ESP_A/sensor/1/ph",
        device="ESP_A",
        cause=key_of(AlarmKind.DEVICE_OFFLINE, "ESP_A"),
    )
    book = AlarmBook()
    book.restore([kept])
    assert [change.alarm.state for change in book.wake(at(0))] == [AlarmState.UNACKNOWLEDGED]


def test_a_shelf_ends_also_after_a_restart_and_only_once() -> None:
    """The next look is when it does."""
    kept = Alarm(
        id="a1",
        kind=AlarmKind.SENSOR_HIGH,
        raised_at=0.0,
        subject="ESP_A/sensor/1/ph",
        device="ESP_A",
        shelf=Shelf(until=at(60).utc.timestamp(), reason="sun"),
    )
    book = AlarmBook()
    book.restore([kept])
    assert book.next_due(at(0)) == at(60).monotonic
    assert book.wake(at(59)) == []
    assert len(book.wake(at(61))) == 1
    assert (book.next_due(at(61)), book.wake(at(62))) == (None, [])
