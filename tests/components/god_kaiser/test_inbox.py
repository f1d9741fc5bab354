"""The letter box: hostile senders are counted, not obeyed, and never keep a device from being answered."""

from collections.abc import Iterable
import json

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.fleet.channels import observed_actuator
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.host.inbox import Inbox
from custom_components.god_kaiser.host.watchers import Watchers

ESP = "ESP_EA5484"


def an_inbox() -> Inbox:
    """Return an inbox of a house with one approved device."""
    return Inbox("god", lambda device: device == ESP)


def heard(inbox: Inbox, kind: str, content: object, times: int, *, device: str = ESP) -> int:
    """Send the same message often and return how often it was taken."""
    topic, payload = f"kaiser/god/esp/{device}/{kind}", json.dumps(content).encode()
    opened = (inbox.open(topic, payload, retained=False, now=1.0) for _ in range(times))
    return sum(fact is not None for fact in opened)


ERROR = {"error_code": 1025, "severity": 1, "category": "HARDWARE", "message": "ROM CRC invalid"}
STATUS = {"gpio": 16, "type": "pump", "state": False, "pwm": 0, "emergency": "active"}
ANSWER = {"gpio": 16, "success": True, "correlation_id": "c-1"}
READING = {"gpio": 34, "sensor_type": "moisture", "raw": 2210, "quality": "good"}


@pytest.mark.parametrize(
    ("kind", "content", "taken"),
    [
        ("sensor/34/data", READING, 2000),
        ("system/error", ERROR, 400),
        ("system/heartbeat", {"uptime": 9}, 5000),
        ("actuator/emergency/error", {"error": "unauthorized", "message": "no"}, 5000),
    ],
)
def test_a_flood_is_cut_except_for_what_keeps_a_device_alive_or_safe(kind: str, content: object, taken: int) -> None:
    """No firmware says that much in ten seconds."""
    inbox = an_inbox()
    assert heard(inbox, kind, content, 5000) == taken
    assert inbox.rejected[ESP, "flood"] == 5000 - taken


def test_a_flood_of_one_device_costs_the_others_nothing() -> None:
    """Everybody has a budget of his own."""
    inbox = an_inbox()
    heard(inbox, "system/error", ERROR, 1000)
    assert heard(inbox, "system/error", ERROR, 10, device="ESP_000002") == 10


def test_the_next_window_starts_afresh() -> None:
    """A burst is forgiven."""
    inbox = an_inbox()
    heard(inbox, "system/error", ERROR, 1000)
    topic = f"kaiser/god/esp/{ESP}/system/error"
    assert inbox.open(topic, json.dumps(ERROR).encode(), retained=False, now=12.0) is not None


def test_invented_senders_do_not_fill_the_memory(caplog: pytest.LogCaptureFixture) -> None:
    """Counters and log lines have a bound."""
    inbox = an_inbox()
    for number in range(6000):
        heard(inbox, "system/error", ERROR, 1, device=f"ESP_{number:06X}")
        inbox.open(f"kaiser/god/esp/ESP_{number:06X}/system/heartbeat", b"not json", retained=False, now=1.0)
    assert len(inbox.rejected) <= 502
    assert len(inbox._in_window) <= 4001
    assert len(caplog.records) <= 501


@pytest.mark.parametrize(
    ("kind", "content"),
    [("actuator/16/status", STATUS), ("actuator/16/response", ANSWER), ("sensor/34/data", READING)],
)
def test_invented_senders_do_not_silence_an_approved_device(kind: str, content: object) -> None:
    """Strangers share one budget when there are too many of them; who was approved keeps its own."""
    inbox = an_inbox()
    for number in range(6000):
        heard(inbox, kind, content, 1, device=f"ESP_{number:06X}")
    assert heard(inbox, kind, content, 300, device="ESP_FFFFFF") < 300
    assert heard(inbox, kind, content, 300) == 300
    assert heard(inbox, "system/error", ERROR, 5000) <= 400


@pytest.mark.mishap("Something that watches")
def test_who_cannot_show_something_does_not_keep_others_from_it(caplog: pytest.LogCaptureFixture) -> None:
    """One entity's mistake stays its own."""
    watchers, woken = Watchers(), []

    def broken() -> None:
        raise OverflowError

    watchers.watch(DeviceId(ESP), broken)
    watchers.watch(DeviceId(ESP), lambda: woken.append(ESP))
    watchers.wake(DeviceId(ESP))
    assert woken == [ESP]
    assert "has failed" in caplog.text


@pytest.mark.mishap("Something that watches")
def test_a_mistake_of_one_observer_stays_its_own() -> None:
    """Whoever watches everything, or waits for newcomers, is guarded like whoever watches one key."""
    watchers = Watchers()
    seen: list[object] = []
    channel = observed_actuator(DeviceId(ESP), 16, ActuatorKind.PUMP)

    def broken(_newcomer: object) -> None:
        raise OverflowError

    for watcher in (broken, seen.append):
        watchers.watch_everything(watcher)
        watchers.watch_channels(watcher)
        watchers.watch_devices(watcher)
    watchers.wake(DeviceId(ESP))
    watchers.introduce_channel(channel)
    watchers.introduce_device(DeviceId(ESP))
    assert seen == [ESP, channel, ESP]


def test_that_everything_is_looked_at_again_is_no_news_about_anything() -> None:
    """Entities look, observers of news are left in peace."""
    watchers = Watchers()
    looked: list[str] = []
    news: list[str] = []
    watchers.watch(DeviceId(ESP), lambda: looked.append(ESP))
    watchers.watch_everything(news.append)
    watchers.wake_all()
    assert (looked, news) == ([ESP], [])


def test_counters_are_plain_numbers() -> None:
    """Diagnostics can show them."""
    inbox = an_inbox()
    heard(inbox, "system/heartbeat", [], 3)
    counts: Iterable[int] = inbox.rejected.values()
    assert list(counts) == [3]
