"""What the gate, the stop and the supervisor promise, tried with anything that can happen in any order.

Two devices, a wire that delays and loses, a disk that lags, crashes, tags and stops: after every step the promises hold.
"""

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec import json
import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.effects import Effect, Record, Reject
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost, StopPressed
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel, device_of
from custom_components.god_kaiser.core.requests import Origin, is_rest
from custom_components.god_kaiser.core.safety.gate import LEASE
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.interlocks.starts_per_hour import StartsPerHour
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from custom_components.god_kaiser.core.safety.memory import Memory
from custom_components.god_kaiser.core.safety.objections import Ground
from custom_components.god_kaiser.core.safety.usage import HOUR
from tests.builders import EngineBench, a_plan, an_actuator, of_kind, sent

from .small_world import Approval, SmallWorld

pytestmark = pytest.mark.req(
    "SAF-02",
    "SAF-06",
    "SAF-09",
    "SAF-10",
    "SAF-16",
    "SAF-18",
    "SAF-24",
    "INV-1",
    "INV-2",
    "INV-3",
    "INV-4",
    "INV-5",
    "INV-7",
    "INV-10",
    "INV-12",
    "INV-13",
)

ONE, TWO = DeviceId("ESP_000001"), DeviceId("ESP_000002")
PUMP, TWIN = actuator_channel(ONE, 16), actuator_channel(ONE, 17)
SUPPLY = actuator_channel(TWO, 16)
ALL = (PUMP, TWIN, SUPPLY)
OUTPUTS = st.sampled_from(ALL)
RIVALS = {PUMP: TWIN, TWIN: PUMP}
SOME_DEVICE = st.sampled_from([ONE, TWO])
LONGEST = 700
LEAST_REST, MOST_STARTS = 20, 2
PLANS = (
    a_plan(ONE, actuators=[an_actuator(gpio=16, max_runtime=LONGEST), an_actuator(gpio=17, max_runtime=LONGEST)]),
    a_plan(TWO, actuators=[an_actuator(ActuatorKind.PUMP, 16, max_runtime=LONGEST)]),
)
SAFETIES = (
    ChannelSafety(channel=PUMP, interlocks=(Exclusion(others=(TWIN,)), Requirement(any_of=(SUPPLY,)))),
    ChannelSafety(channel=TWIN, interlocks=(MaxOnTime(per_run=400),), hold=60),
    ChannelSafety(channel=SUPPLY, interlocks=(MinTimes(off=LEAST_REST), StartsPerHour(limit=MOST_STARTS))),
)
# What the supervisor needs to notice a foreign or forgotten run, and to ask often enough for it to end.
PATIENCE = 2 * LONGEST + 120


def rounded(memory: Memory) -> object:
    """Return a memory in which moments that differ by less than a millisecond are equal."""
    return json.Decoder(float_hook=lambda text: round(float(text), 3)).decode(json.encode(memory))


@pytest.mark.risk(
    fails="Anything of this happens in any order, with messages lost, late or twice",
    happens="the promises of the gate hold after every step",
    protects="the whole core",
)
class Promises(RuleBasedStateMachine):
    """Everything that can happen, and what must hold after each of it."""

    def __init__(self) -> None:
        """Start with everything at rest."""
        super().__init__()
        self.world = SmallWorld(PLANS, SAFETIES)

    def judge(self, effects: list[Effect]) -> None:
        """Hold every effect of a step, and the moment of every approval in it, against the promises."""
        recorded = {record.decision.command for record in of_kind(effects, Record)}
        assert {command.request.id for command in sent(effects)} <= recorded
        for reject in of_kind(effects, Reject):
            refused = reject.refused
            if is_rest(refused.request.level):
                # A rest is never refused; who has less to say than the owner merely does not own the output.
                assert refused.request.origin < Origin.PERSON
                assert [reason.ground for reason in refused.reasons] == [Ground.OUTRANKED]
        for approval in self.world.take_approvals():
            if not is_rest(approval.command.request.level):
                self.judge_energising(approval)

    def judge_energising(self, approval: Approval) -> None:
        """Hold a command that energises against everything as it was when the gate let it through."""
        command, channel = approval.command, approval.command.request.channel
        assert 1 <= command.duration <= LEASE
        assert command.span <= LONGEST
        assert not approval.is_barred
        assert RIVALS.get(channel) not in approval.due_to_run
        assert channel != SUPPLY or not approval.is_start or approval.rested_for >= LEAST_REST

    @rule(
        channel=OUTPUTS,
        level=st.sampled_from([1.0, 1.0, 0.0]),
        origin=st.sampled_from([Origin.RULE, Origin.SEQUENCE, Origin.PERSON]),
        owner=st.sampled_from(["", "rule:a", "rule:b"]),
        duration=st.sampled_from([None, 5, 90, 650]),
        is_standing=st.booleans(),
    )
    def wish(
        self, channel: ChannelId, level: float, origin: Origin, owner: str, duration: int | None, is_standing: bool
    ) -> None:
        """Somebody wants something."""
        effects = self.world.bench.wish(
            level,
            channel,
            duration=duration,
            origin=origin,
            owner="" if origin is Origin.PERSON else owner,
            standing=is_standing and origin is not Origin.PERSON,
        )
        self.judge(effects)

    @rule(level=st.sampled_from([1.0, 1.0, 0.0]), seconds=st.sampled_from([0.0, 25.0]))
    def switch_supply(self, level: float, seconds: float) -> None:
        """A person switches what others need, and perhaps a while goes by."""
        self.switch(SUPPLY, level, seconds)

    @rule(pause=st.sampled_from([0.0, 25.0]))
    def start_supply_again(self, pause: float) -> None:
        """A person switches what others need off and on, with or without a rest between."""
        self.switch(SUPPLY, 0.0, pause)
        self.switch(SUPPLY, 1.0, 0.1)

    @rule(channel=st.sampled_from([PUMP, TWIN]), seconds=st.sampled_from([0.0, 25.0]))
    def run_one_of_two(self, channel: ChannelId, seconds: float) -> None:
        """A person switches on one of the two that exclude each other, with all that it needs."""
        self.switch(SUPPLY, 1.0, 0.1)
        self.switch(channel, 1.0, seconds)

    def switch(self, channel: ChannelId, level: float, seconds: float) -> None:
        """Let a person switch, a device obey and say so, and a while go by."""
        effects = self.world.bench.wish(level, channel)
        self.judge(effects + self.world.deliver_all(device_of(channel)) + self.world.pass_time(seconds))

    @rule()
    def recover(self) -> None:
        """Everything that stands in the way is taken away, by people who may."""
        self.find_broker()
        for place in (PUMP, TWIN, ONE, TWO):
            self.take_off(place)
        self.release(None)
        self.pass_time(12.0)

    @rule(channel=OUTPUTS, owner=st.sampled_from(["person", "rule:a", "rule:b"]))
    def let_go(self, channel: ChannelId, owner: str) -> None:
        """Somebody wants nothing any more."""
        self.judge(self.world.bench.let_go(owner, channel))

    @rule(device=SOME_DEVICE, answers=st.booleans(), reports=st.booleans(), twice=st.booleans())
    def deliver(self, device: DeviceId, answers: bool, reports: bool, twice: bool) -> None:
        """A message arrives, and perhaps its answer."""
        self.judge(self.world.deliver(device, answers=answers, reports=reports, twice=twice))

    @rule(device=SOME_DEVICE)
    def lose(self, device: DeviceId) -> None:
        """A message is lost."""
        self.world.lose(device)

    @rule(device=SOME_DEVICE)
    def report(self, device: DeviceId) -> None:
        """A device says what it does."""
        self.judge(self.world.report_all(device))

    @rule(seconds=st.sampled_from([0.1, 1.0, 6.0, 31.0, 61.0, 250.0]))
    def pass_time(self, seconds: float) -> None:
        """Time passes."""
        self.judge(self.world.pass_time(seconds))

    @rule(device=st.sampled_from([None, ONE, TWO]))
    def press(self, device: DeviceId | None) -> None:
        """Somebody presses the stop."""
        devices = None if device is None else frozenset({device})
        effects = self.world.feed(StopPressed(devices=devices, by="anna", user="u1", reason="test"))
        assert all(is_rest(command.request.level) for command in sent(effects))
        self.judge(effects)

    @rule(device=st.sampled_from([None, ONE, TWO]))
    def release(self, device: DeviceId | None) -> None:
        """An administrator releases it: that permits, and starts nothing."""
        effects = self.world.bench.release(*([] if device is None else [device]))
        assert all(is_rest(command.request.level) for command in sent(effects))
        self.judge(effects)

    @rule(place=st.sampled_from([PUMP, TWIN, ONE, TWO]), seconds=st.sampled_from([None, 20.0]))
    def hang(self, place: ChannelId | DeviceId, seconds: float | None) -> None:
        """Somebody hangs a tag."""
        effects = self.world.bench.hang(place, seconds=seconds)
        assert all(is_rest(command.request.level) for command in sent(effects))
        self.judge(effects)

    @rule(place=st.sampled_from([PUMP, TWIN, ONE, TWO]))
    def take_off(self, place: ChannelId | DeviceId) -> None:
        """Somebody takes a tag off: that permits, and starts nothing at once."""
        effects = self.world.bench.take_off(place)
        self.judge(effects)

    @rule(arrives=st.booleans())
    def lose_broker(self, arrives: bool) -> None:
        """The broker goes."""
        self.world.cut(arrives=arrives)
        self.judge(self.world.feed(BrokerLost()))

    @rule()
    def find_broker(self) -> None:
        """The broker comes back, and the devices with it."""
        effects = self.world.feed(BrokerConnected())
        self.judge(effects + self.world.greet())

    @rule()
    def write(self) -> None:
        """The disk has taken everything."""
        self.world.write()

    @rule(after=st.sampled_from([0.5, 20.0, 400.0]), arrives=st.booleans())
    def crash(self, after: float, arrives: bool) -> None:
        """Home Assistant ends without a warning and starts again."""
        stopped = self.world.engine.latch.memory
        tags = set(self.world.engine.around.lock_outs.tags)
        self.judge(self.world.crash(after=after, arrives=arrives))
        assert self.world.engine.latch.memory == stopped
        assert set(self.world.engine.around.lock_outs.tags) <= tags

    @rule()
    def restore_is_the_identity(self) -> None:
        """What is remembered is exactly what is taken over."""
        memory = self.world.engine.memory(self.world.bench.now)
        copy = EngineBench()
        copy.seconds = self.world.clock
        copy.restore(*PLANS, memory=memory, safeties=SAFETIES)
        assert rounded(copy.engine.memory(copy.now)) == rounded(memory)

    @invariant()
    def what_excludes_each_other_never_runs_together(self) -> None:
        """Not even while one hands over to the other."""
        assert not {PUMP, TWIN} <= self.world.running()

    @invariant()
    def whatever_we_have_energised_has_an_end(self) -> None:
        """Whoever wants it."""
        leases = self.world.engine.around.leases
        for channel in ALL:
            assert not leases.is_live(channel) or leases.ends.due(channel) is not None

    @invariant()
    def whatever_is_energised_has_an_owner_or_is_on_its_way_to_rest(self) -> None:
        """Really energised, or as far as we know."""
        around = self.world.engine.around
        for channel in self.world.running().union(filter(around.is_running, ALL)):
            assert self.is_owned(channel) or self.is_coming_to_rest(channel)

    def is_owned(self, channel: ChannelId) -> bool:
        """Tell whether anybody wants an output to run."""
        now = self.world.bench.now.monotonic
        demands = self.world.engine.demands.of(channel)
        return any(demand.is_live(now) and not is_rest(demand.level) for demand in demands)

    def is_coming_to_rest(self, channel: ChannelId) -> bool:
        """Tell whether a rest is in flight or owed, a stop is followed, the run ends by itself, or grace goes by."""
        engine = self.world.engine
        in_flight = engine.ledger.level_in_flight(channel)
        return (
            (in_flight is not None and is_rest(in_flight))
            or engine.ledger.unrested.due(channel) is not None
            or engine.proofs.is_open(device_of(channel))
            or engine.around.leases.has_run_out(channel, self.world.bench.now)
            or engine._state.orphans.due(channel) is not None
        )

    @invariant()
    def nothing_is_started_more_often_than_it_may(self) -> None:
        """In any hour; what was never carried out is no start."""
        starts = self.world.starts.get(SUPPLY, [])
        for first, last in zip(starts, starts[MOST_STARTS:], strict=False):
            assert last - first >= HOUR

    @invariant()
    def a_run_has_its_end_on_the_device(self) -> None:
        """Whatever happens to us from now on."""
        for model in self.world.devices.values():
            for pin, level in model.levels.items():
                if level:
                    assert model.ends[pin] <= self.world.clock + LEASE

    def teardown(self) -> None:
        """Left alone, with nobody wanting anything, everything comes to rest and stays there."""
        if not self.world.engine.fleet.broker_connected:
            self.find_broker()
        for channel in ALL:
            for owner in ("person", "rule:a", "rule:b", "rule", "sequence"):
                self.let_go(channel, owner)
        for _ in range(PATIENCE // 20):
            self.judge(self.world.pass_time(20))
            for device in (ONE, TWO):
                self.judge(self.world.report_all(device))
        assert self.world.running() == set()


TestPromises = Promises.TestCase
TestPromises.settings = settings(max_examples=60, stateful_step_count=40)
