"""One device's link as data: every event in every state."""

from collections.abc import Callable

import pytest

from custom_components.god_kaiser.core.fleet.session import (
    ADOPTION_SETTLE,
    Link,
    LinkState,
    announced,
    beat,
    boot_of,
    has_rebooted,
    heard,
    lost,
    settled,
    unheard,
)
from tests.builders import an_instant

NOW = an_instant(100)
LATER = NOW.monotonic + ADOPTION_SETTLE

UNKNOWN = Link()
PENDING = Link(state=LinkState.PENDING, epoch=1, boot_sequence="b1", needs_beat=False)
ADOPTING = Link(state=LinkState.ADOPTING, epoch=1, boot_sequence="b1", settles_at=1050.0, needs_beat=False)
AWAITED = Link(state=LinkState.ADOPTING, epoch=1, boot_sequence="b1", needs_beat=False)
ANNOUNCED = Link(state=LinkState.ADOPTING, epoch=2, boot_sequence="b1", needs_beat=True)
ONLINE = Link(state=LinkState.ONLINE, epoch=1, boot_sequence="b1", needs_beat=False)
LOST = Link(state=LinkState.LOST, epoch=1, boot_sequence="b1", needs_beat=True, lost_because="silent")


def approved_beat(link: Link) -> Link:
    """Return the link after a heartbeat of the same boot of an approved device."""
    return beat(link, epoch=1, boot="b1", approved=True, now=NOW)


def strange_beat(link: Link) -> Link:
    """Return the link after a heartbeat of a device that nobody has approved."""
    return beat(link, epoch=1, boot="b1", approved=False, now=NOW)


def reboot_beat(link: Link) -> Link:
    """Return the link after the first heartbeat of a later boot."""
    return beat(link, epoch=1, boot="b2", approved=True, now=NOW)


def announcement(link: Link) -> Link:
    """Return the link after the device has connected anew."""
    return announced(link, epoch=2, now=NOW)


def word(link: Link) -> Link:
    """Return the link after any other message."""
    return heard(link, NOW)


def loss(link: Link) -> Link:
    """Return the link after the loss of the device."""
    return lost(link, "silent")


@pytest.mark.parametrize(
    ("event", "before", "state", "settles_at"),
    [
        (strange_beat, UNKNOWN, LinkState.PENDING, None),
        (strange_beat, PENDING, LinkState.PENDING, None),
        (strange_beat, LOST, LinkState.PENDING, None),
        (strange_beat, ONLINE, LinkState.PENDING, None),
        (approved_beat, UNKNOWN, LinkState.ADOPTING, LATER),
        (approved_beat, PENDING, LinkState.ADOPTING, LATER),
        (approved_beat, LOST, LinkState.ADOPTING, LATER),
        (approved_beat, AWAITED, LinkState.ADOPTING, LATER),
        (approved_beat, ANNOUNCED, LinkState.ADOPTING, LATER),
        (approved_beat, ADOPTING, LinkState.ADOPTING, 1050.0),
        (approved_beat, ONLINE, LinkState.ONLINE, None),
        (reboot_beat, ONLINE, LinkState.ADOPTING, LATER),
        (reboot_beat, ADOPTING, LinkState.ADOPTING, LATER),
        (reboot_beat, LOST, LinkState.ADOPTING, LATER),
        (announcement, UNKNOWN, LinkState.UNKNOWN, None),
        (announcement, PENDING, LinkState.PENDING, None),
        (announcement, ADOPTING, LinkState.ADOPTING, None),
        (announcement, ONLINE, LinkState.ADOPTING, None),
        (announcement, LOST, LinkState.LOST, None),
        (word, UNKNOWN, LinkState.UNKNOWN, None),
        (word, PENDING, LinkState.PENDING, None),
        (word, AWAITED, LinkState.ADOPTING, LATER),
        (word, ANNOUNCED, LinkState.ADOPTING, None),
        (word, ADOPTING, LinkState.ADOPTING, 1050.0),
        (word, ONLINE, LinkState.ONLINE, None),
        (word, LOST, LinkState.LOST, None),
        (loss, UNKNOWN, LinkState.LOST, None),
        (loss, PENDING, LinkState.LOST, None),
        (loss, ADOPTING, LinkState.LOST, None),
        (loss, ONLINE, LinkState.LOST, None),
        (loss, LOST, LinkState.LOST, None),
        (unheard, UNKNOWN, LinkState.UNKNOWN, None),
        (unheard, PENDING, LinkState.PENDING, None),
        (unheard, ADOPTING, LinkState.ADOPTING, None),
        (unheard, ONLINE, LinkState.ADOPTING, None),
        (unheard, LOST, LinkState.LOST, None),
        (settled, ADOPTING, LinkState.ONLINE, None),
    ],
)
def test_every_event_leads_from_every_state_to_the_one_that_is_written_down(
    event: Callable[[Link], Link], before: Link, state: LinkState, settles_at: float | None
) -> None:
    """The table is the session: unknown, pending, adopting, online, lost."""
    after = event(before)
    assert (after.state, after.settles_at) == (state, settles_at)


@pytest.mark.parametrize("state", list(LinkState))
def test_only_an_online_device_takes_commands(state: LinkState) -> None:
    """A device that is still being adopted is there, but is left alone."""
    link = Link(state=state)
    assert link.is_online == (state is LinkState.ONLINE)
    assert link.is_present == (state in (LinkState.ADOPTING, LinkState.ONLINE))


@pytest.mark.parametrize(
    ("heartbeat", "known", "answer"),
    [
        (None, None, 1),
        (0, None, 1),
        (1, None, 1),
        (7, None, 7),
        (0, 5, 5),
        (None, 5, 5),
        (6, 5, 6),
        (2, 5, 2),
    ],
)
def test_the_epoch_of_an_answer_is_the_device_s_own_and_never_below_one(
    heartbeat: int | None, known: int | None, answer: int
) -> None:
    """Protocol 3.4: the heartbeat wins, then what was announced, then what is known, then one."""
    link = beat(Link(epoch=known), epoch=heartbeat, boot=None, approved=True, now=NOW)
    assert link.answer_epoch == answer


def test_an_announced_epoch_is_answered_when_the_heartbeat_names_none() -> None:
    """The announcement carries the epoch that the device expects in this session."""
    link = beat(announced(ONLINE, epoch=3, now=NOW), epoch=None, boot="b1", approved=True, now=NOW)
    assert link.answer_epoch == 3


def test_an_announcement_without_an_epoch_leaves_the_known_one() -> None:
    """Nothing said is nothing learned."""
    assert announced(ONLINE, epoch=None, now=NOW).answer_epoch == 1


def test_a_stored_epoch_below_one_is_never_answered() -> None:
    """Zero means that the device has no session yet; it still needs a valid answer."""
    assert Link(epoch=0).answer_epoch == 1
    assert Link(epoch=-3).answer_epoch == 1


def test_a_heartbeat_opens_the_session_and_withdraws_the_loss() -> None:
    """What was true of the last connection is forgotten."""
    link = approved_beat(lost(LOST, "unexpected_disconnect", will=True))
    assert (link.needs_beat, link.will_retained, link.lost_because) == (False, False, "")
    assert (link.heard_at, link.beat_at) == (NOW, NOW)


def test_an_announcement_closes_the_session_until_its_heartbeat() -> None:
    """Commands that go out before the first answered heartbeat are refused by the device."""
    assert announcement(ONLINE).needs_beat
    assert not approved_beat(announcement(ONLINE)).needs_beat


def test_any_other_word_only_tells_when_it_was_heard() -> None:
    """Only a heartbeat brings a device online."""
    after = word(LOST)
    assert after.heard_at == NOW
    assert after.beat_at is None
    assert after.needs_beat


def test_a_loss_remembers_its_reason_and_the_will() -> None:
    """A will that the broker has kept has to be cleared at the next heartbeat."""
    link = lost(ONLINE, "unexpected_disconnect", will=True)
    assert (link.lost_because, link.will_retained) == ("unexpected_disconnect", True)
    assert lost(link, "silent").will_retained
    assert not lost(ONLINE, "silent").will_retained


def test_only_who_was_there_when_we_lost_the_broker_is_awaited() -> None:
    """A device that has announced itself since is not: its heartbeat is on its way."""
    assert unheard(ONLINE).is_awaited
    assert not unheard(ANNOUNCED).is_awaited
    assert not ADOPTING.is_awaited
    assert not ONLINE.is_awaited


@pytest.mark.parametrize(
    ("known", "said", "rebooted"),
    [("b1", "b2", True), ("b1", "b1", False), ("b1", None, False), (None, "b1", False), (None, None, False)],
)
def test_a_reboot_is_a_boot_sequence_that_differs_from_the_known_one(
    known: str | None, said: str | None, rebooted: bool
) -> None:
    """The first heartbeat ever is no reboot."""
    assert has_rebooted(Link(boot_sequence=known), said) is rebooted


def test_a_heartbeat_without_a_boot_sequence_keeps_the_known_one() -> None:
    """Old firmware does not name its boots."""
    assert beat(ONLINE, epoch=1, boot=None, approved=True, now=NOW).boot_sequence == "b1"


@pytest.mark.parametrize(
    ("known", "named", "uptime", "boot"),
    [
        (None, None, None, None),
        (None, None, 40, "@1777539660"),
        (None, "b1", None, "b1"),
        (None, "b1", 40, "b1@1777539660"),
        ("@1777539660", None, 45, "@1777539660"),
        ("@1777539601", None, 40, "@1777539601"),
        ("@1777539600", None, 40, "@1777539660"),
        ("@1777539660", None, None, "@1777539660"),
        ("b1@1777539660", "b1", 40, "b1@1777539660"),
        ("b1@1777539600", "b1", 40, "b1@1777539660"),
        ("b1@1777539660", "b2", 40, "b2@1777539660"),
        ("b1@1777539660", None, 40, "b1@1777539660"),
        ("b1@1777539660", "b1", None, "b1@1777539660"),
        ("b1", "b1", 40, "b1"),
        ("b1", None, None, "b1"),
        ("b1", "b2", None, "b2"),
    ],
)
def test_a_boot_is_known_by_its_name_and_its_beginning(
    known: str | None, named: str | None, uptime: int | None, boot: str | None
) -> None:
    """Names of boots repeat, and old firmware has none; clocks drift by seconds, a reboot moves the beginning."""
    assert boot_of(known, named, uptime, NOW) == boot


@pytest.mark.parametrize("named", ["b1", None])
def test_a_device_that_has_run_since_before_our_era_does_not_boot_with_every_heartbeat(named: str | None) -> None:
    """Its uptime has 32 bits, which is longer ago than our clock can say."""
    uptime = 2**32 - 1
    first = boot_of(None, named, uptime, NOW)
    assert first == f"{named or ''}@0"
    assert boot_of(first, named, uptime, an_instant(160), unheard_for=60.0) == first
    assert boot_of(first, named, 5, an_instant(160), unheard_for=60.0) != first


def test_the_clock_of_a_device_may_drift_for_months() -> None:
    """A boot of ninety days whose beginning seems to have moved by two minutes is no new one."""
    uptime = 90 * 86_400
    begun = int(NOW.utc.timestamp()) - uptime - 120
    assert boot_of(f"b1@{begun}", "b1", uptime, NOW) == f"b1@{begun}"
