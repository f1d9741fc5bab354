"""What the gate, the stop and the supervisor promise, tried with anything that can happen in any order.

Two devices, a wire that delays and loses, a disk that lags, crashes, tags and stops: after every step the promises hold.
"""

from hypothesis import HealthCheck, settings, strategies as st
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
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from custom_components.god_kaiser.core.safety.memory import Memory
from custom_components.god_kaiser.core.safety.objections import Ground
from tests.builders import EngineBench, a_plan, an_actuator, of_kind, sent

from .small_world import SmallWorld

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
OUTPUTS = st.sampled_from([PUMP, TWIN, SUPPLY])
SOME_DEVICE = st.sampled_from([ONE, TWO])
LONGEST = 700
PLANS = (
    a_plan(ONE, actuators=[an_actuator(gpio=16, max_runtime=LONGEST), an_actuator(gpio=17, max_runtime=LONGEST)]),
    a_plan(TWO, actuators=[an_actuator(ActuatorKind.PUMP, 16, max_runtime=LONGEST)]),
)
SAFETIES = (
    ChannelSafety(channel=PUMP, interlocks=(Exclusion(others=(TWIN,)), Requirement(any_of=(SUPPLY,)))),
    ChannelSafety(channel=TWIN, interlocks=(MaxOnTime(per_run=400),), hold=60),
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
        """Hold every effect of a step against the promises."""
        recorded = {record.decision.command for record in of_kind(effects, Record)}
        for command in sent(effects):
            assert command.request.id in recorded
            if not is_rest(command.request.level):
                assert 1 <= command.duration <= LEASE
                assert command.span <= LONGEST
        for reject in of_kind(effects, Reject):
            refused = reject.refused
            if is_rest(refused.request.level):
                # A rest is never refused; who has less to say than the owner merely does not own the output.
                assert refused.request.origin < Origin.PERSON
                assert [reason.ground for reason in refused.reasons] == [Ground.OUTRANKED]

    def judge_last(self, effects: list[Effect]) -> None:
        """Hold effects against the state in which the last of them has left."""
        self.judge(effects)
        engine = self.world.engine
        for command in sent(effects):
            channel = command.request.channel
            if not is_rest(command.request.level):
                assert not engine.latch.holds(device_of(channel))
                assert engine.around.lock_outs.on(channel) is None

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
        self.judge_last(self.world.absorb(effects))

    @rule(channel=OUTPUTS, owner=st.sampled_from(["person", "rule:a", "rule:b"]))
    def let_go(self, channel: ChannelId, owner: str) -> None:
        """Somebody wants nothing any more."""
        self.judge_last(self.world.absorb(self.world.bench.let_go(owner, channel)))

    @rule(device=SOME_DEVICE, answers=st.booleans(), reports=st.booleans(), twice=st.booleans())
    def deliver(self, device: DeviceId, answers: bool, reports: bool, twice: bool) -> None:
        """A message arrives, and perhaps its answer."""
        self.judge_last(self.world.deliver(device, answers=answers, reports=reports, twice=twice))

    @rule(device=SOME_DEVICE)
    def lose(self, device: DeviceId) -> None:
        """A message is lost."""
        self.world.lose(device)

    @rule(device=SOME_DEVICE)
    def report(self, device: DeviceId) -> None:
        """A device says what it does."""
        self.judge_last(self.world.report_all(device))

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
        self.judge_last(effects)

    @rule(device=st.sampled_from([None, ONE, TWO]))
    def release(self, device: DeviceId | None) -> None:
        """An administrator releases it: that permits, and starts nothing."""
        effects = self.world.absorb(self.world.bench.release(*([] if device is None else [device])))
        assert all(is_rest(command.request.level) for command in sent(effects))
        self.judge_last(effects)

    @rule(place=st.sampled_from([PUMP, TWIN, ONE, TWO]), seconds=st.sampled_from([None, 20.0]))
    def hang(self, place: ChannelId | DeviceId, seconds: float | None) -> None:
        """Somebody hangs a tag."""
        effects = self.world.absorb(self.world.bench.hang(place, seconds=seconds))
        assert all(is_rest(command.request.level) for command in sent(effects))
        self.judge_last(effects)

    @rule(place=st.sampled_from([PUMP, TWIN, ONE, TWO]))
    def take_off(self, place: ChannelId | DeviceId) -> None:
        """Somebody takes a tag off: that permits, and starts nothing at once."""
        effects = self.world.absorb(self.world.bench.take_off(place))
        self.judge_last(effects)

    @rule(arrives=st.booleans())
    def lose_broker(self, arrives: bool) -> None:
        """The broker goes."""
        self.world.cut(arrives=arrives)
        self.judge_last(self.world.feed(BrokerLost()))

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
        """A lease, or a rest that is asked for, or the grace of an output that nobody owns."""
        around = self.world.engine.around
        for device in (ONE, TWO):
            for channel in self.world.engine.fleet.devices[device].actuators:
                if around.leases.is_live(channel):
                    assert around.leases.ends.due(channel) is not None

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
        for channel in (PUMP, TWIN, SUPPLY):
            for owner in ("person", "rule:a", "rule:b", "rule", "sequence"):
                self.let_go(channel, owner)
        for _ in range(PATIENCE // 20):
            self.judge(self.world.pass_time(20))
            for device in (ONE, TWO):
                self.judge(self.world.report_all(device))
        assert self.world.running() == set()


TestPromises = Promises.TestCase
TestPromises.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
