"""Who wants what of an output: the wish that counts follows from the live demands alone."""

from collections.abc import Callable
from itertools import permutations

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.ids import ChannelId, CommandId, actuator_channel
from custom_components.god_kaiser.core.requests import Origin, Priority, is_rest
from custom_components.god_kaiser.core.safety.demands import (
    Arbitration,
    Demand,
    DemandTable,
    arbitrate,
    demand_of,
    request_of,
)
from tests.builders import ESP, PUMP, a_request, an_instant

NOW = an_instant(100.0)
SECOND = actuator_channel(ESP, 17)
LEVELS = st.sampled_from([0.0, 0.25, 0.5, 1.0])
ENDS = st.one_of(st.none(), st.sampled_from([-50.0, 0.0, 0.001, 30.0, 3600.0]))


def a_demand(
    level: float = 1.0,
    owner: str = "rule:a",
    *,
    channel: ChannelId = PUMP,
    origin: Origin = Origin.RULE,
    priority: int = Priority.NORMAL,
    left: float | None = 60.0,
    standing: bool = False,
    spent: bool = False,
) -> Demand:
    """Return a demand that has so many seconds left."""
    return Demand(
        channel=channel,
        owner=owner,
        origin=origin,
        priority=priority,
        level=level,
        since=NOW.monotonic - 100,
        until=None if left is None else NOW.monotonic + left,
        asked_by=f"by {owner}",
        is_standing=standing,
        is_spent=spent,
    )


def everybody(_channel: ChannelId) -> bool:
    """Have every device there."""
    return True


DEMANDS = st.lists(
    st.builds(
        a_demand,
        LEVELS,
        st.sampled_from(["a", "b", "c", "d", "e"]),
        origin=st.sampled_from([Origin.RULE, Origin.SEQUENCE, Origin.PERSON]),
        priority=st.sampled_from(list(Priority)),
        left=ENDS,
        standing=st.booleans(),
        spent=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda demand: demand.owner,
)


def winner_of(*demands: Demand) -> str | None:
    """Return whose demand counts."""
    outcome = arbitrate(demands, NOW)
    return outcome.winner.owner if outcome else None


def a_table(*demands: Demand) -> DemandTable:
    """Return a table with some demands."""
    table = DemandTable()
    for demand in demands:
        table.put(demand)
    return table


def owners(table: DemandTable, channel: ChannelId = PUMP) -> list[str]:
    """Return who wants something of an output."""
    return [demand.owner for demand in table.of(channel)]


@given(DEMANDS)
def test_the_order_of_arrival_never_matters(demands: list[Demand]) -> None:
    """Neither for the list nor for the table that they have arrived in."""
    expected = arbitrate(demands, NOW)
    assert all(arbitrate(order, NOW) == expected for order in permutations(demands))
    assert a_table(*reversed(demands)).effective(PUMP, NOW) == expected


@given(DEMANDS)
def test_nobody_who_counts_is_outranked(demands: list[Demand]) -> None:
    """The winner lives, nobody alive weighs more, and nobody of its weight is nearer to rest."""
    outcome = arbitrate(demands, NOW)
    alive = [demand for demand in demands if demand.is_live(NOW.monotonic)]
    assert (outcome is None) == (alive == [])
    for found in [outcome] if outcome else []:
        assert found.winner in alive
        assert found.winner.rank == max(demand.rank for demand in alive)
        equals = [demand for demand in alive if demand.rank == found.winner.rank]
        assert found.winner.level == min(demand.level for demand in equals)
        has_rival = is_rest(found.winner.level) and any(not is_rest(demand.level) for demand in equals)
        assert (found.rival is not None) == has_rival


def test_nobody_wants_anything_of_an_output_without_demands() -> None:
    """Its lease and its device decide."""
    assert arbitrate([], NOW) is None
    assert DemandTable().effective(PUMP, NOW) is None
    assert DemandTable().of(PUMP) == []


@pytest.mark.parametrize(("stronger", "weaker"), list(zip(list(Origin)[1:], list(Origin)[:-1], strict=True)))
def test_who_asks_weighs_more_than_how_important_it_is(stronger: Origin, weaker: Origin) -> None:
    """Rule, sequence, person, lock-out, supervisor, emergency; the level within counts for nothing across them."""
    strong = a_demand(0.0, "strong", origin=stronger, priority=Priority.LOW)
    weak = a_demand(1.0, "weak", origin=weaker, priority=Priority.SAFETY)
    assert winner_of(strong, weak) == "strong"


@pytest.mark.parametrize(("stronger", "weaker"), [(100, 200), (200, 300), (300, 400), (1, 100), (400, 999)])
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_the_smaller_number_is_more_important_within_one_origin(stronger: int, weaker: int, level: float) -> None:
    """Safety, high, normal, low, and everything between that an import may bring."""
    strong = a_demand(level, "strong", priority=stronger)
    weak = a_demand(1.0 - level, "weak", priority=weaker)
    assert winner_of(strong, weak) == "strong"


def test_the_four_levels_have_the_numbers_of_the_former_server() -> None:
    """Its rules can be imported as they are."""
    assert [int(level) for level in Priority] == [100, 200, 300, 400]
    assert [level.name.lower() for level in Priority] == ["safety", "high", "normal", "low"]


def test_equals_who_want_the_opposite_get_rest_and_the_other_is_named() -> None:
    """Nobody can tell which of them is right; rest is the safe one."""
    on, off = a_demand(1.0, "rule:a"), a_demand(0.0, "rule:b")
    assert arbitrate([on, off], NOW) == Arbitration(winner=off, rival=on)


def test_equals_who_want_different_levels_get_the_lower_one() -> None:
    """Neither wants rest, so nobody is a rival."""
    low, high = a_demand(0.3, "rule:b"), a_demand(0.8, "rule:a")
    assert arbitrate([low, high], NOW) == Arbitration(winner=low)


def test_equals_who_want_the_same_are_told_apart_by_their_names() -> None:
    """Any fixed order will do."""
    assert winner_of(a_demand(1.0, "rule:b"), a_demand(1.0, "rule:a")) == "rule:a"


@pytest.mark.parametrize(
    ("left", "spent", "counts"),
    [(None, False, True), (0.001, False, True), (0.0, False, False), (-1.0, False, False), (None, True, False)],
)
def test_only_a_live_demand_counts(left: float | None, spent: bool, counts: bool) -> None:
    """Until its end, and until it has had its longest run."""
    assert (winner_of(a_demand(left=left, spent=spent)) is not None) is counts


def test_a_weaker_demand_counts_again_when_the_stronger_one_is_over() -> None:
    """A rule gets its output back from a person."""
    rule = a_demand(1.0, "rule:a", left=None)
    person = a_demand(0.0, "person", origin=Origin.PERSON, left=10.0)
    assert winner_of(rule, person) == "person"
    outcome = arbitrate([rule, person], an_instant(110.0))
    assert outcome is not None
    assert outcome.winner is rule


def test_an_owner_has_one_demand_for_each_output() -> None:
    """The last word of each counts."""
    table = a_table(a_demand(1.0), a_demand(0.5), a_demand(0.25, channel=SECOND))
    assert [demand.level for demand in table.of(PUMP)] == [0.5]
    assert [demand.level for demand in table.of(SECOND)] == [0.25]
    assert table.channels() == [PUMP, SECOND]


def test_a_demand_that_is_withdrawn_leaves_nothing_behind() -> None:
    """Neither itself nor its end; the others stay."""
    first, second = a_demand(owner="a", left=10.0), a_demand(owner="b", left=20.0)
    table = a_table(first, second)
    assert table.ends.due(PUMP) == NOW.monotonic + 10
    assert table.withdraw(PUMP, "a") is first
    assert table.ends.due(PUMP) == NOW.monotonic + 20
    assert table.withdraw(PUMP, "a") is None
    assert table.withdraw(SECOND, "a") is None
    assert table.withdraw(PUMP, "b") is second
    assert (table.channels(), table.ends.next_due()) == ([], None)


def test_a_stop_drops_every_demand_for_an_output_and_no_other() -> None:
    """It tells whether there was anything to drop."""
    person = a_demand(1.0, "person", origin=Origin.PERSON)
    table = a_table(a_demand(owner="a"), a_demand(0.0, "b", standing=True), person, a_demand(channel=SECOND))
    assert table.stop(PUMP)
    assert not table.stop(PUMP)
    assert (table.channels(), table.ends.due(PUMP)) == ([SECOND], None)


def test_the_off_of_a_person_survives_a_stop_until_its_own_end() -> None:
    """It only keeps others away; nobody is taken for having lost anything by it."""
    off = a_demand(0.0, "person", origin=Origin.PERSON, left=30.0)
    table = a_table(a_demand(owner="a", left=10.0), off)
    assert table.stop(PUMP)
    assert table.of(PUMP) == [off]
    assert table.ends.due(PUMP) == NOW.monotonic + 30
    assert not table.stop(PUMP)
    assert table.ended(an_instant(130.0), everybody) == [PUMP]
    assert table.channels() == []


def test_whoever_wants_rest_may_go_on_wanting_it_when_runs_are_dropped() -> None:
    """That does no harm after a stop."""
    table = a_table(a_demand(1.0, "a"), a_demand(1.0, "b", standing=True), a_demand(0.0, "c"))
    table.drop_runs(PUMP)
    assert owners(table) == ["c"]


def test_after_the_longest_run_a_standing_demand_waits_and_any_other_is_over() -> None:
    """Who wants rest is not concerned."""
    table = a_table(a_demand(0.0, "off"), a_demand(1.0, "once"), a_demand(1.0, "standing", standing=True, left=None))
    table.spend(PUMP)
    assert [(demand.owner, demand.is_spent) for demand in table.of(PUMP)] == [("off", False), ("standing", True)]
    assert winner_of(*table.of(PUMP)) == "off"


def test_a_spent_demand_that_is_made_anew_counts_again() -> None:
    """Its owner has withdrawn it, or asks again."""
    table = a_table(a_demand(standing=True, left=None))
    table.spend(PUMP)
    assert table.effective(PUMP, NOW) is None
    table.put(a_demand(standing=True, left=None))
    assert table.effective(PUMP, NOW) is not None


def test_an_interrupted_run_is_over_unless_its_owner_waits_for_better_times() -> None:
    """A device has ended it, or an interlock."""
    table = a_table(a_demand(1.0, "once"), a_demand(1.0, "standing", standing=True), a_demand(0.0, "off"))
    table.interrupt(PUMP)
    assert owners(table) == ["standing", "off"]


@pytest.mark.parametrize("change", [DemandTable.spend, DemandTable.interrupt, DemandTable.drop_runs])
def test_the_last_demand_takes_its_end_with_it(change: Callable[[DemandTable, ChannelId], None]) -> None:
    """Nobody is woken for nothing."""
    table = a_table(a_demand())
    change(table, PUMP)
    assert (table.channels(), table.ends.next_due()) == ([], None)


def test_a_demand_ends_at_its_end_and_names_its_output() -> None:
    """The next end is watched then."""
    table = a_table(a_demand(owner="a", left=10.0), a_demand(owner="b", left=20.0), a_demand(owner="c", left=None))
    assert table.ended(an_instant(109.999), everybody) == []
    assert table.ended(an_instant(110.0), everybody) == [PUMP]
    assert owners(table) == ["b", "c"]
    assert table.ended(an_instant(200.0), everybody) == [PUMP]
    assert owners(table) == ["c"]
    assert table.ended(an_instant(1e9), everybody) == []


def test_the_last_demand_of_an_output_ends_without_a_trace() -> None:
    """Two at once are one end."""
    table = a_table(a_demand(owner="a", left=10.0), a_demand(owner="b", left=5.0))
    assert table.ended(an_instant(110.0), everybody) == [PUMP]
    assert table.channels() == []


def test_who_cannot_claim_an_output_is_not_taken_for_gone() -> None:
    """While its device is away the time for that begins anew; without a demand nobody is woken again."""
    table = DemandTable()
    table.restore(PUMP, a_table(a_demand(standing=True, left=None)).memory(PUMP, NOW), NOW)
    for seconds in (190.0, 280.0):
        assert table.ended(an_instant(seconds), lambda _: False) == []
    assert table.ended(an_instant(369.9), everybody) == []
    assert table.ended(an_instant(370.0), everybody) == [PUMP]
    assert (table.channels(), table.claims.next_due()) == ([], None)
    table.restore(PUMP, a_table(a_demand(standing=True, left=None)).memory(PUMP, NOW), NOW)
    table.drop_all(PUMP)
    assert (table.ended(an_instant(190.0), lambda _: False), table.claims.next_due()) == ([], None)


@given(DEMANDS, st.sampled_from([0.0, 7.5, 86_400.0]))
def test_what_is_remembered_is_what_is_taken_over(demands: list[Demand], later: float) -> None:
    """After any restart every demand that still counts ends at the same moment of people's clock."""
    table, successor = a_table(*demands), DemandTable()
    memory = table.memory(PUMP, NOW)
    restart = an_instant(100.0 + later)
    successor.restore(PUMP, memory, restart)
    left = [row for row in memory if row.until is None or row.until > restart.utc.timestamp()]
    assert list(successor.memory(PUMP, restart)) == left
    words = {demand.owner: (demand.asked_by, demand.is_standing, demand.is_spent) for demand in demands}
    assert {row.owner: (row.asked_by, row.is_standing, row.is_spent) for row in memory} == words


def test_a_demand_of_the_future_begins_now() -> None:
    """The clock of the machine was wrong when it was written down."""
    table = DemandTable()
    table.restore(PUMP, a_table(a_demand()).memory(PUMP, NOW), an_instant(-500.0))
    assert [demand.since for demand in table.of(PUMP)] == [an_instant(-500.0).monotonic]


@pytest.mark.parametrize("seconds", [None, 30.0])
@pytest.mark.parametrize("owner", ["", "rule:frost"])
def test_a_demand_keeps_what_its_request_says(owner: str, seconds: float | None) -> None:
    """All people share one demand, everybody else has their own."""
    request = a_request(0.5, origin=Origin.RULE, owner=owner, priority=200, standing=True, asked_by="frost")
    demand = demand_of(request, NOW, seconds)
    until = None if seconds is None else NOW.monotonic + 30
    assert (demand.channel, demand.owner, demand.rank) == (PUMP, owner or "rule", (Origin.RULE, -200))
    assert (demand.level, demand.since, demand.until) == (0.5, NOW.monotonic, until)
    assert (demand.asked_by, demand.is_standing, demand.is_spent) == ("frost", True, False)


@given(DEMANDS, st.one_of(st.none(), st.integers(min_value=1, max_value=600)))
def test_the_request_of_a_demand_makes_the_same_demand(demands: list[Demand], seconds: int | None) -> None:
    """Nothing gets lost between the two."""
    for demand in demands:
        request = request_of(demand, CommandId("key"), seconds)
        again = demand_of(request, NOW, None)
        assert (request.id, request.duration, request.is_renewal) == ("key", seconds, False)
        assert (again.rank, again.level, again.owner) == (demand.rank, demand.level, demand.owner)
        assert (again.asked_by, again.is_standing) == (demand.asked_by, demand.is_standing)
