"""Everything that the engine and the devices of a check keep is told by the digest, or decides nothing of what follows."""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.commands.entry import Entry
from custom_components.god_kaiser.core.events import StopReleased
from custom_components.god_kaiser.core.fleet.differences import Batch
from custom_components.god_kaiser.core.fleet.sync import Sync
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.laboratory.bench import Bench
from custom_components.god_kaiser.core.laboratory.digest import digest_of
from custom_components.god_kaiser.core.laboratory.obedient import Health
from custom_components.god_kaiser.core.requests import CommandRequest
from custom_components.god_kaiser.core.rules.model import standing
from custom_components.god_kaiser.core.rules.state import RuleState, Skipped
from custom_components.god_kaiser.core.safety.demands import Demand
from custom_components.god_kaiser.core.safety.estop import StopScope
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.interlocks.rate_limit import RateLimit, Scope
from custom_components.god_kaiser.core.safety.interlocks.starts_per_hour import StartsPerHour
from custom_components.god_kaiser.core.safety.lockouts import LockOut
from custom_components.god_kaiser.core.truth import Truth
from tests.builders import START
from tests.core.engine.ruling import PUMP, PUMP_ESP, SOIL, VALVE, a_rule, dry, on
from tests.core.laboratory.staging import a_scene, keeping

RULE = a_rule(
    when={
        "kind": "all",
        "of": [dry(), {"kind": "change", "sensor": SOIL, "operator": "<", "value": 900, "within": 60}],
    },
    then=[on(duration=600)],
    otherwise=[on(VALVE)],
    cooldown=60,
    max_per_hour=9,
    when_unknown="hold",
    hold_for=60,
    critical=True,
    **{"for": 1},
)
LIMITS = (
    MaxOnTime(per_run=900, per_day=9000),
    MinTimes(off=1),
    StartsPerHour(limit=9),
    RateLimit(count=9, seconds=600, scope=Scope.FLEET),
)
ESP = DeviceId(PUMP_ESP)

type Change = Callable[[Bench], object]


class Kept(Struct, frozen=True, kw_only=True):
    """What one object keeps: how each thing in it is changed that decides, and why the others decide nothing."""

    names: frozenset[str]
    decides: dict[str, Change]
    nothing: dict[str, str]


def a_bench() -> Bench:
    """Return a house in which a pump runs for a rule."""
    bench = Bench(a_scene(RULE, safeties=[keeping(*LIMITS)]), START)
    for seconds, moisture in ((100.0, 70.0), (200.0, 20.0), (203.0, 20.0)):
        bench.say(SOIL, moisture)
        bench.play(seconds)
    assert bench.devices.levels[PUMP] == 1.0
    return bench


def to(field: str, value: object) -> Change:
    """Let something of where the rule stands be otherwise."""

    def change(bench: Bench) -> None:
        states = bench.engine.rules.book.states
        states[RULE.id] = replace(states[RULE.id], **{field: value})

    return change


def wishes(**fields: object) -> Change:
    """Let the wish of the rule be otherwise."""

    def change(bench: Bench) -> None:
        (demand,) = bench.engine.demands.of(PUMP)
        bench.engine.demands.drop_all(PUMP)
        bench.engine.demands.put(replace(demand, **fields))

    return change


def in_flight(**fields: object) -> Change:
    """Let a command be under way that is otherwise than one that has just been sent."""

    def change(bench: Bench) -> object:
        request = CommandRequest(id=bench.wish_id(), channel=PUMP, level=1.0)
        bench.engine.ledger.book(request, bench.now, settles_at=None)
        before = digest_of(bench)
        entries = bench.engine.ledger._entries
        entries[request.id] = replace(entries[request.id], **fields)
        return before

    return change


def restored(bench: Bench) -> None:
    """Let the wish of the rule be one of before a restart."""
    demands = bench.engine.demands
    demands.restore(PUMP, demands.memory(PUMP, bench.now), bench.now)


def released(bench: Bench) -> None:
    """Let a release be wanted of a device."""
    bench.engine.releases.begin(ESP, StopReleased(devices=None, is_admin=True), bench.now)


def too_early(bench: Bench) -> object:
    """Let a release be wanted that is put off."""
    released(bench)
    before = digest_of(bench)
    bench.engine.state.clear_repeats.touch(ESP, bench.clock + 5)
    return before


FOLLOWS = "follows from what is told"
SETTING = "is a setting"
TOLD = "is only told to people"
OVER = "is over before a move has settled"
NEVER = "never happens at a bench"

HOUSE = a_bench()
KEPT: dict[str, Kept] = {
    "rule": Kept(
        names=frozenset(RuleState.__struct_fields__),
        decides={
            "truth": to("truth", Truth.UNKNOWN),
            "since": to("since", -9e6),
            "unknown_since": to("unknown_since", 0.0),
            "is_active": to("is_active", False),
            "is_interrupted": to("is_interrupted", True),
            "otherwise": to("otherwise", (VALVE,)),
            "is_otherwise_due": to("is_otherwise_due", True),
            "taken": to("taken", (PUMP,)),
            "taken_runs": to("taken_runs", ("rinse",)),
            "held": to("held", {"when": True}),
            "lasting": to("lasting", {"when": 0.0}),
            "begun": to("begun", frozenset({"when"})),
            "cools_until": to("cools_until", 9e6),
            "tries_at": to("tries_at", 9e6),
            "failed_in_a_row": to("failed_in_a_row", 3),
            "fired": to("fired", ()),
            "fired_before": to("fired_before", ((9e6, 2),)),
            "skipped": to("skipped", Skipped.COOLDOWN),
            "degraded": to("degraded", "internal_error"),
        },
        nothing={"told": TOLD, "counts": TOLD, "pardoned_at": NEVER},
    ),
    "wish": Kept(
        names=frozenset(Demand.__struct_fields__),
        decides={
            "owner": wishes(owner="rule:other"),
            "level": wishes(level=0.5),
            "until": wishes(until=9e6),
            "is_standing": wishes(is_standing=True),
            "is_spent": wishes(is_spent=True),
        },
        nothing={"channel": FOLLOWS, "origin": FOLLOWS, "priority": FOLLOWS, "since": TOLD, "asked_by": TOLD},
    ),
    "command": Kept(
        names=frozenset(Entry.__struct_fields__),
        decides={
            "request": lambda bench: bench.engine.ledger.book(
                CommandRequest(id=bench.wish_id(), channel=PUMP, level=0.0), bench.now, settles_at=None
            ),
            "attempts": in_flight(attempts=3),
            "asked_at": in_flight(asked_at=1.0),
            "firm": in_flight(firm=False),
            "blind": in_flight(blind=True),
        },
        nothing={
            "first_sent_at": "a refusal that may be retried " + NEVER,
            "sent_at": FOLLOWS,
            "settles_at": FOLLOWS,
            "starts": "a refusal by a device " + NEVER,
            "responses": TOLD,
            "outcomes": TOLD,
            "stage": "a queue in a device " + NEVER,
            "is_parked": NEVER,
            "refusal": NEVER,
        },
    ),
    "state": Kept(
        names=frozenset(vars(HOUSE.engine.state)),
        decides={
            "fleet": lambda bench: bench.engine.fleet.lose_track(VALVE),
            "around": lambda bench: bench.engine.around.lock_outs.hang(VALVE, LockOut(place=VALVE, by="me"), bench.now),
            "latch": lambda bench: bench.engine.latch.press(frozenset({ESP}), StopScope()),
            "leases": lambda bench: bench.engine.around.leases.adopt(VALVE, 60.0, bench.now),
            "ledger": lambda bench: bench.engine.ledger.unrested.touch(PUMP, bench.clock),
            "demands": restored,
            "funnel": lambda bench: bench.engine.state.funnel._refusals.update({PUMP: ("min_times",)}),
            "orphans": lambda bench: bench.engine.state.orphans.touch(VALVE, bench.clock + 30),
            "syncs": lambda bench: bench.engine.state.syncs.update({ESP: Sync(queue=(Batch(),))}),
            "returned": lambda bench: bench.engine.state.returned.add(PUMP),
            "clears": released,
            "clear_repeats": too_early,
            "stop_steps": lambda bench: bench.engine.state.stop_steps.touch(ESP, bench.clock + 5),
            "proofs": lambda bench: bench.engine.proofs.ask(ESP, bench.now),
        },
        nothing={
            "gate": SETTING,
            "unsaved": "is empty after every event",
            "looks": FOLLOWS,
            "rests_orphans": SETTING,
            "sweeps": "looks at everything again, and finds what is told",
            "offline_rules": NEVER,
            "offline_after": SETTING,
            "silence": FOLLOWS,
            "adoptions": OVER,
            "sync_deadlines": FOLLOWS,
            "stop_orders": OVER,
            "_session": FOLLOWS,
            "_issued": FOLLOWS,
        },
    ),
    "leases": Kept(
        names=frozenset(vars(HOUSE.engine.around.leases)),
        decides={
            "ends": lambda bench: bench.engine.around.leases.ends.touch(PUMP, bench.clock + 9e6),
            "_holders": lambda bench: bench.engine.around.leases._holders.update({PUMP: "rule:other"}),
            "_ownerless": lambda bench: bench.engine.around.leases._ownerless.add(PUMP),
            "_unseen": lambda bench: bench.engine.around.leases._unseen.add(PUMP),
            "_cut_short": lambda bench: bench.engine.around.leases._cut_short.add(PUMP),
        },
        nothing={"renewals": FOLLOWS, "_granted": FOLLOWS, "_device_ends": FOLLOWS},
    ),
    "looks": Kept(
        names=frozenset(vars(HOUSE.engine.rules.looks)),
        decides={
            "book": to("truth", Truth.UNKNOWN),
            "world": lambda bench: bench.engine.rules.world.traces._samples[SOIL].clear(),
            "records": lambda bench: bench.engine.rules.records.forget(RULE.id),
            "shut": lambda bench: bench.engine.rules.looks.shut.update({RULE.id: None}),
            "_held_before": lambda bench: bench.engine.rules.looks._held_before.update(
                {RULE.id: standing(RULE.otherwise)}
            ),
        },
        nothing={
            "losses": "keeps nothing of its own",
            "looks": FOLLOWS,
            "is_over": NEVER,
            "_fleet": "is told as a part of the state",
            "_boots": "a device that boots says so at once",
            "_timed": FOLLOWS,
        },
    ),
    "devices": Kept(
        names=frozenset(vars(HOUSE.devices)),
        decides={
            "levels": lambda bench: bench.devices.levels.update({VALVE: 1.0}),
            "on_since": lambda bench: bench.devices.on_since.update({PUMP: -9e6}),
            "off_since": lambda bench: bench.devices.off_since.update({PUMP: -9e6}),
            "starts": lambda bench: bench.devices.starts[PUMP].append(bench.clock),
            "by_hand": lambda bench: bench.devices.by_hand.add(PUMP),
            "health": lambda bench: bench.devices.health.update({ESP: Health.MUTE}),
            "_stopped": lambda bench: bench.devices._stopped.add(ESP),
            "_timers": lambda bench: bench.devices._timers.update({PUMP: 9e6}),
        },
        nothing={
            "well_since": "only puts off a judgement that comes in the end",
            "turned": TOLD,
            "_actuators": SETTING,
            "_boots": FOLLOWS,
            "_answers": OVER,
            "_numbers": FOLLOWS,
        },
    ),
}


@pytest.mark.parametrize("part", KEPT)
def test_everything_that_is_kept_decides_or_is_said_to_decide_nothing(part: str) -> None:
    """Whoever adds something to one of these says here how it tells two situations apart, or why it never does."""
    kept = KEPT[part]
    assert kept.names == kept.decides.keys() | kept.nothing.keys()
    assert not kept.decides.keys() & kept.nothing.keys()


@pytest.mark.parametrize(("part", "name"), [(part, name) for part, kept in KEPT.items() for name in kept.decides])
def test_what_decides_makes_a_difference(part: str, name: str) -> None:
    """Where only this is otherwise another story may follow."""
    bench = a_bench()
    before = digest_of(bench)
    assert digest_of(bench) == before
    told = KEPT[part].decides[name](bench)
    assert digest_of(bench) != (told if isinstance(told, tuple) else before)
