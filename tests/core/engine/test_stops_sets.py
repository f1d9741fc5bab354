"""Stops and releases as sets: whatever is pressed and released in whatever order, exactly the union is held."""

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from custom_components.god_kaiser.core.effects import Effect
from custom_components.god_kaiser.core.events import StopPressed, StopReleased
from custom_components.god_kaiser.core.facts import StopCleared
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.estop import ReleaseStage
from tests.builders import EngineBench, a_heartbeat, a_report, levels
from tests.core.engine.stopping import cleared_devices, stopped_devices

DEVICES = tuple(DeviceId(f"ESP_00000{number}") for number in (1, 2, 3))
SCOPES = st.frozensets(st.sampled_from(DEVICES), min_size=1)
USERS = st.sampled_from(("u1", "u2", ""))


class StopsAndReleases(RuleBasedStateMachine):
    """A house with three devices, and beside it the sets that ought to be stopped, each with its owners."""

    def __init__(self) -> None:
        """Bring all devices online and let all their pumps run."""
        super().__init__()
        self.bench = EngineBench(offline_after=1e9)
        for device in DEVICES:
            self.bench.online(device)
            self.bench.energise(actuator_channel(device, 16))
        self.everything: frozenset[str] = frozenset()
        self.owners: dict[DeviceId, frozenset[str]] = {}
        self.asked: set[DeviceId] = set()
        self.seen: list[Effect] = []

    def feed(self, effects: list[Effect]) -> list[Effect]:
        """Keep what follows from an event."""
        self.seen += effects
        self.asked |= {DeviceId(device) for device in cleared_devices(effects)}
        return effects

    @rule(user=USERS)
    def press_everything(self, user: str) -> None:
        """Stop all."""
        effects = self.feed(self.bench.feed(StopPressed(devices=None, user=user)))
        assert set(stopped_devices(effects)) == set(DEVICES)
        self.everything |= {user}
        self.asked.clear()

    @rule(devices=SCOPES, user=USERS)
    def press_some(self, devices: frozenset[DeviceId], user: str) -> None:
        """Stop some."""
        effects = self.feed(self.bench.feed(StopPressed(devices=devices, user=user)))
        assert set(stopped_devices(effects)) == devices
        for device in devices:
            self.owners[device] = self.owners.get(device, frozenset()) | {user}
        self.asked -= devices

    @rule(admin=st.booleans(), user=st.sampled_from(("u1", "u2")))
    def release_everything(self, admin: bool, user: str) -> None:
        """Ask for the release of all, with a right to it or without."""
        may = admin or self.everything.union(*self.owners.values()) == {user}
        effects = self.feed(self.bench.feed(StopReleased(devices=None, user=user, is_admin=admin)))
        general, self.everything = self.everything, frozenset() if may else self.everything
        for device in DEVICES if may and general else ():
            self.owners[device] = self.owners.get(device, frozenset()) | general
        # Devices that have stopped by themselves are asked as well.
        wanted = set(filter(self.bench.engine.releases.is_wanted, DEVICES))
        assert wanted >= (set(self.owners) if may else set())
        assert may or not cleared_devices(effects)

    @rule(devices=SCOPES)
    def release_some(self, devices: frozenset[DeviceId]) -> None:
        """Ask for the release of some, as an administrator."""
        self.feed(self.bench.feed(StopReleased(devices=devices, user="u9", is_admin=True)))
        if self.everything and devices <= self.owners.keys():
            for device in devices:
                del self.owners[device]

    @precondition(lambda self: self.asked)
    @rule(choice=st.data())
    def confirm(self, choice: st.DataObject) -> None:
        """Let one of the devices that were asked confirm that it has left its stop; after a while it is too late."""
        device = choice.draw(st.sampled_from(sorted(self.asked)))
        is_in_time = self.bench.engine.releases.stage_of(device) is ReleaseStage.ASKED
        self.feed(self.bench.feed(StopCleared(device=device)))
        self.asked.discard(device)
        for released in [device] if is_in_time else ():
            self.owners.pop(released, None)

    @rule(device=st.sampled_from(DEVICES), level=st.sampled_from([0.0, 1.0]), stopped=st.booleans())
    def report(self, device: DeviceId, level: float, stopped: bool) -> None:
        """Let a pump say anything."""
        self.feed(self.bench.feed(a_report(level, device=device, stopped=stopped)))

    @rule(device=st.sampled_from(DEVICES))
    def beat(self, device: DeviceId) -> None:
        """Let a device say that it is there."""
        self.feed(self.bench.feed(a_heartbeat(device)))

    @rule(device=st.sampled_from(DEVICES), origin=st.sampled_from([Origin.RULE, Origin.PERSON]), stays=st.booleans())
    def wish(self, device: DeviceId, origin: Origin, stays: bool) -> None:
        """Wish for a pump; while it is held nothing of that goes out."""
        channel = actuator_channel(device, 16)
        effects = self.feed(self.bench.wish(1.0, channel, origin=origin, owner=f"{origin}", standing=stays))
        assert not (self.is_held(device) and levels(effects))

    @rule(seconds=st.sampled_from([0.5, 2.0, 4.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.feed(self.bench.tick(seconds))

    def is_held(self, device: DeviceId) -> bool:
        """Tell whether a device ought to be held."""
        return bool(self.everything) or device in self.owners

    @invariant()
    def exactly_the_union_is_held(self) -> None:
        """No release changes for whom another stop holds."""
        latch = self.bench.engine.latch
        assert {device: latch.holds(device) for device in DEVICES} == {d: self.is_held(d) for d in DEVICES}
        assert (latch.memory.everything is not None) == bool(self.everything)
        assert set(latch.memory.devices) == set(self.owners)

    @invariant()
    def every_presser_is_kept(self) -> None:
        """With the device, and with everything."""
        memory = self.bench.engine.latch.memory
        kept = {device: {press.user for press in scope.presses} for device, scope in memory.devices.items()}
        assert kept == self.owners
        assert {press.user for press in (memory.everything.presses if memory.everything else ())} == self.everything

    @invariant()
    def who_is_held_has_a_proof(self) -> None:
        """And nobody else has."""
        assert {proof.device for proof in self.bench.engine.proofs.all()} == {d for d in DEVICES if self.is_held(d)}

    @invariant()
    def nobody_wants_anything_of_who_has_just_been_stopped(self) -> None:
        """Only wishes that were made during the stop may wait, and they end with it."""
        table = self.bench.engine.demands
        live = {demand.owner for d in DEVICES if self.is_held(d) for demand in table.of(actuator_channel(d, 16))}
        assert live <= {f"{Origin.RULE}", f"{Origin.PERSON}"}


TestStopsAndReleases = StopsAndReleases.TestCase
TestStopsAndReleases.settings = settings(max_examples=40, stateful_step_count=30)
