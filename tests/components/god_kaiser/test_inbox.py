"""The letter box: hostile senders are counted, not obeyed, and never keep a device from being answered."""

from collections.abc import Iterable
import json

import pytest

from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.host.inbox import Inbox
from custom_components.god_kaiser.host.watchers import Watchers

ESP = "ESP_EA5484"


def heard(inbox: Inbox, kind: str, content: object, times: int, *, device: str = ESP) -> int:
    """Send the same message often and return how often it was taken."""
    topic, payload = f"kaiser/god/esp/{device}/{kind}", json.dumps(content).encode()
    opened = (inbox.open(topic, payload, retained=False, now=1.0) for _ in range(times))
    return sum(fact is not None for fact in opened)


ERROR = {"error_code": 1025, "severity": 1, "category": "HARDWARE", "message": "ROM CRC invalid"}
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
    inbox = Inbox("god")
    assert heard(inbox, kind, content, 5000) == taken
    assert inbox.rejected[ESP, "flood"] == 5000 - taken


def test_a_flood_of_one_device_costs_the_others_nothing() -> None:
    """Everybody has a budget of his own."""
    inbox = Inbox("god")
    heard(inbox, "system/error", ERROR, 1000)
    assert heard(inbox, "system/error", ERROR, 10, device="ESP_000002") == 10


def test_the_next_window_starts_afresh() -> None:
    """A burst is forgiven."""
    inbox = Inbox("god")
    heard(inbox, "system/error", ERROR, 1000)
    topic = f"kaiser/god/esp/{ESP}/system/error"
    assert inbox.open(topic, json.dumps(ERROR).encode(), retained=False, now=12.0) is not None


def test_invented_senders_do_not_fill_the_memory(caplog: pytest.LogCaptureFixture) -> None:
    """Counters and log lines have a bound."""
    inbox = Inbox("god")
    for number in range(6000):
        heard(inbox, "system/error", ERROR, 1, device=f"ESP_{number:06X}")
        inbox.open(f"kaiser/god/esp/ESP_{number:06X}/system/heartbeat", b"not json", retained=False, now=1.0)
    assert len(inbox.rejected) <= 502
    assert len(inbox._in_window) <= 4001
    assert len(caplog.records) <= 501


@pytest.mark.no_fail_on_log_exception
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


def test_counters_are_plain_numbers() -> None:
    """Diagnostics can show them."""
    inbox = Inbox("god")
    heard(inbox, "system/heartbeat", [], 3)
    counts: Iterable[int] = inbox.rejected.values()
    assert list(counts) == [3]
