"""The ladder: small steps in their order, with longer and longer waits, and a person at its end."""

from collections import Counter
from itertools import pairwise

from hypothesis import given, settings, strategies as st

from custom_components.god_kaiser.core.health.finding import Finding, HealthCode
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.recovery.ladder import (
    DAY,
    FIRST_WAIT,
    LONGEST_WAIT,
    Ailing,
    Ladder,
    Move,
    Rung,
    by_device,
    concerns_device,
)
from tests.builders import ESP, PUMP

OTHER = DeviceId("ESP_B2C3D4")
SILENT = Finding(code=HealthCode.OUTPUT_SILENT, subject=PUMP)
UNCONFIGURED = Finding(code=HealthCode.NOT_CONFIGURED, subject=ESP)


def ill(device: DeviceId = ESP, *causes: Finding, busy: bool = False) -> Ailing:
    """Return a device with which something is wrong."""
    return Ailing(device=device, causes=causes or (SILENT,), is_busy=busy)


def climb(
    ladder: Ladder, ailing: Ailing, seconds: float, *, since: float = 0.0, there: bool = True
) -> list[tuple[float, Move]]:
    """Return what is done for a device, and when, looking every ten seconds."""
    moments = [since + 10.0 * turn for turn in range(int(seconds // 10) + 1)]
    present = {ailing.device} if there else set()
    return [(now - since, move) for now in moments for move in ladder.look([ailing], present, now)]


def test_each_rung_is_taken_once_and_the_last_is_a_person() -> None:
    """The question at once, the configuration half a minute later, a person a minute after that; then nothing more."""
    taken = climb(Ladder(), ill(), 3600)
    assert [(at, move.rung) for at, move in taken] == [(0, Rung.ASK), (30, Rung.CONFIGURE), (90, Rung.PERSON)]
    assert [move.causes for _, move in taken] == [(SILENT,)] * 3


def test_who_has_not_taken_its_configuration_is_not_asked_first() -> None:
    """A question would tell nothing."""
    taken = climb(Ladder(), ill(ESP, UNCONFIGURED), 3600)
    assert [move.rung for _, move in taken] == [Rung.CONFIGURE, Rung.PERSON]


def test_what_could_disturb_an_output_that_runs_is_skipped() -> None:
    """The question is harmless; a configuration might drop what runs, so a person is next."""
    taken = climb(Ladder(), ill(busy=True), 3600)
    assert [(move.rung, move.is_skipped) for _, move in taken] == [
        (Rung.ASK, False),
        (Rung.CONFIGURE, True),
        (Rung.PERSON, False),
    ]


def test_a_device_that_is_well_again_ends_its_climb() -> None:
    """That is told once."""
    ladder = Ladder()
    climb(ladder, ill(), 20)
    assert ladder.is_on(ESP)
    (end,) = ladder.look([], {ESP}, 30.0)
    assert (end.rung, end.climb) == (None, 1)
    assert ladder.look([], {ESP}, 40.0) == ()
    assert not ladder.is_on(ESP)
    assert ladder.next_look(40.0) is None


def test_a_device_that_is_away_is_neither_well_nor_helped() -> None:
    """Its climb goes on where it was when it is back."""
    ladder = Ladder()
    climb(ladder, ill(), 0)
    assert ladder.look([], set(), 100.0) == ()
    assert climb(ladder, ill(), 500, since=100, there=False) == []
    assert [move.rung for _, move in climb(ladder, ill(), 0, since=700)] == [Rung.CONFIGURE]


def test_every_further_climb_of_a_day_waits_twice_as_long_and_the_fourth_asks_a_person() -> None:
    """Three climbs within 24 hours; a day later there are three again."""
    ladder, now, waits = Ladder(most_climbs=3), 0.0, []
    for _ in range(3):
        taken = climb(ladder, ill(), 20 * FIRST_WAIT, since=now)
        waits.append(taken[1][0])
        now += 1000
        ladder.look([], {ESP}, now)
    assert waits == [30, 60, 120]
    assert [move.rung for _, move in climb(ladder, ill(), 100, since=now)] == [Rung.PERSON]
    ladder.look([], {ESP}, now + DAY)
    assert climb(ladder, ill(), 0, since=now + DAY + 1)[0][1].rung is Rung.ASK


def test_a_person_may_let_it_be_tried_again() -> None:
    """All attempts are there again."""
    ladder = Ladder(most_climbs=1)
    climb(ladder, ill(), 1000)
    ladder.begin_anew(ESP)
    assert [move.rung for _, move in climb(ladder, ill(), 1000, since=1000)] == [
        Rung.ASK,
        Rung.CONFIGURE,
        Rung.PERSON,
    ]


def test_findings_are_gathered_by_their_device() -> None:
    """Those that the ladder can do nothing about are left out."""
    away = Finding(code=HealthCode.LINK_FLAPPING, subject=ESP)
    assert not concerns_device(away)
    assert by_device([SILENT, away, UNCONFIGURED], {ESP}) == [
        Ailing(device=ESP, causes=(SILENT, UNCONFIGURED), is_busy=True)
    ]


STEPS = st.lists(
    st.tuples(st.sampled_from([1.0, 29.0, 61.0, 600.0, 7200.0]), st.sets(st.sampled_from([ESP, OTHER])), st.booleans()),
    max_size=150,
)


@settings(max_examples=300)
@given(STEPS, st.integers(1, 4))
def test_whatever_happens_a_device_is_disturbed_a_few_times_a_day(
    steps: list[tuple[float, set[DeviceId], bool]], most: int
) -> None:
    """Each climb has each rung at most once and in order; nobody is told anything between a person and being well."""
    ladder, now = Ladder(most_climbs=most), 0.0
    taken: list[tuple[float, Move]] = []
    for seconds, sick, is_there in steps:
        now += seconds
        there = {ESP, OTHER} if is_there else {OTHER}
        taken += [(now, move) for move in ladder.look([ill(device) for device in sorted(sick)], there, now)]
        due = ladder.next_look(now)
        assert due is None or 1.0 <= due <= LONGEST_WAIT
    for device in (ESP, OTHER):
        own = [(at, move) for at, move in taken if move.device == device]
        for at, _ in own:
            last_day = Counter(move.rung for other, move in own if at - DAY < other <= at)
            assert last_day[Rung.ASK] <= most
            assert last_day[Rung.CONFIGURE] <= most + 1
        order = [*Rung, None]
        for (_, before), (_, after) in pairwise(own):
            assert before.rung is None or order.index(before.rung) < order.index(after.rung)


def test_what_has_begun_before_a_restart_counts_as_long_as_a_day() -> None:
    """With as many climbs as are allowed a person is asked at once; a day later there are new ones."""
    before = Ladder()
    for number in range(3):
        climb(before, ill(), 0, since=100.0 * number)
        before.look([], {ESP}, 100.0 * number + 50)
    after = Ladder()
    for device, begun in before.begun.items():
        after.restore(device, begun)
    assert [move.rung for _, move in climb(after, ill(), 0, since=300.0)] == [Rung.PERSON]
    assert before.begun == {ESP: (0.0, 100.0, 200.0)}
    later = Ladder()
    later.restore(ESP, before.begun[ESP])
    assert [move.rung for _, move in climb(later, ill(), 0, since=DAY + 300.0)] == [Rung.ASK]
