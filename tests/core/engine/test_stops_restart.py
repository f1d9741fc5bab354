"""A stop outlives restarts of Home Assistant, of the broker and of the device, in any order."""

from itertools import permutations

from msgspec import json
import pytest

from custom_components.god_kaiser.core.devices.notices import EmergencyStop, EmergencyStopAll
from custom_components.god_kaiser.core.effects import Effect
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost
from custom_components.god_kaiser.core.facts import WillReceived
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.estop import StopMemory
from custom_components.god_kaiser.core.safety.memory import ChannelMemory, Memory
from custom_components.god_kaiser.core.safety.objections import Ground
from custom_components.god_kaiser.core.safety.proof import ProofState
from tests.builders import BOOT, ESP, PUMP, EngineBench, a_heartbeat, a_plan, a_report, grounds, levels, notices
from tests.core.engine.stopping import (
    CLEARED,
    cleared_devices,
    obey,
    obey_for_long,
    one_device,
    proof_of,
    stopped_devices,
    written,
)


def restarted(bench: EngineBench, *, connected: bool = False) -> EngineBench:
    """Return the next run of Home Assistant, with what the disk has kept of the stop."""
    disk = json.encode(bench.engine.latch.memory)
    successor = EngineBench(connected=connected, offline_after=1e6)
    successor.seconds = bench.seconds
    successor.restore(a_plan(), stop=json.decode(disk, type=StopMemory), marked=BOOT)
    return successor


@pytest.mark.req("SAF-16", "INV-5")
@pytest.mark.parametrize("scope", [(), (ESP,)])
def test_a_stop_survives_a_restart_and_the_device_is_stopped_before_it_is_answered(scope: tuple[str, ...]) -> None:
    """It holds from the first message on (pitfall A4)."""
    bench = one_device()
    memory = written(bench.press(*scope))
    bench = restarted(bench)
    assert bench.engine.latch.memory == memory
    assert proof_of(bench).state is ProofState.SILENT
    bench.feed(BrokerConnected())
    effects = bench.feed(a_heartbeat())
    assert isinstance(notices(effects)[0], EmergencyStop)
    bench.tick(2)
    assert grounds(bench.wish(1.0)) == [Ground.EMERGENCY_STOP_ACTIVE]
    obey_for_long(bench)
    assert cleared_devices(bench.release()) == [ESP]


@pytest.mark.req("SAF-16", "INV-5")
def test_a_restart_stops_nobody_by_a_broadcast() -> None:
    """Whoever is not ours was not stopped by us then, and may have been released since (pitfall A5)."""
    bench = one_device()
    bench.press()
    bench = restarted(bench)
    effects = [*bench.feed(BrokerConnected()), *bench.feed(a_heartbeat()), *bench.tick(600)]
    assert stopped_devices(effects)[:1] == [ESP]
    assert [notice for notice in notices(effects) if isinstance(notice, EmergencyStopAll)] == []


@pytest.mark.req("SAF-16", "INV-3", "INV-5")
def test_demands_that_the_disk_still_knows_do_not_survive_the_stop() -> None:
    """The crash came after the stop was written, and before everything else was."""
    bench = one_device()
    bench.wish(1.0, origin=Origin.RULE, owner="rule/1", standing=True)
    stale = bench.engine.memory(bench.now).channels
    memory = Memory(stop=written(bench.press()), channels=stale, is_clean=False)
    assert isinstance(stale[0], ChannelMemory)
    bench = EngineBench(offline_after=1e6)
    bench.restore(a_plan(), memory=memory, marked=BOOT)
    assert bench.engine.demands.channels() == []
    effects = bench.feed(a_heartbeat())
    effects += bench.tick(60)
    obey(bench)
    bench.release()
    effects += [*bench.feed(CLEARED), *bench.tick(600)]
    assert [level for _, level in levels(effects) if level] == []


def test_a_pending_release_does_not_outlive_a_restart() -> None:
    """A person asks again: a reset is never carried out by a restart."""
    bench = one_device()
    bench.press()
    bench.feed(WillReceived(device=ESP))
    bench.release()
    bench = restarted(bench, connected=True)
    effects = [*bench.feed(a_heartbeat()), *bench.tick(60), *bench.feed(CLEARED)]
    assert cleared_devices(effects) == []
    assert bench.engine.latch.holds(ESP)


class World:
    """One house in which things restart while a stop holds; the pump reports to run whenever it can."""

    def __init__(self) -> None:
        """Run the pump, then press."""
        self.bench = one_device()
        self.boots = 1
        self.effects: list[Effect] = []
        self.bench.energise()
        self.bench.press(ESP)

    def home_assistant(self) -> None:
        """Restart Home Assistant."""
        self.bench = restarted(self.bench, connected=True)

    def broker(self) -> None:
        """Restart the broker."""
        self.effects += self.bench.feed(BrokerLost())
        self.effects += self.bench.tick(3)
        self.effects += self.bench.feed(BrokerConnected())

    def device(self) -> None:
        """Restart the device, which forgets its stop."""
        self.boots += 1
        self.effects += self.bench.feed(WillReceived(device=ESP))
        self.effects += self.bench.tick(3)

    def life_goes_on(self) -> None:
        """Let the device connect and report, and let everybody wish for the pump."""
        self.effects += self.bench.feed(a_heartbeat(boot=f"{BOOT}-{self.boots}"))
        self.effects += self.bench.feed(a_report(1.0))
        self.effects += self.bench.tick(4)
        self.effects += self.bench.wish(1.0)
        self.effects += self.bench.wish(1.0, origin=Origin.RULE, owner="rule/1", standing=True)


EVENTS = ("home_assistant", "broker", "device")


@pytest.mark.req("SAF-16", "INV-1", "INV-5")
@pytest.mark.parametrize("order", [*permutations(EVENTS), *permutations(EVENTS, 2), *((name, name) for name in EVENTS)])
@pytest.mark.parametrize("between", [True, False])
def test_whatever_restarts_in_whatever_order_stopped_stays_stopped(order: tuple[str, ...], between: bool) -> None:
    """And the device is told so before anything else, each time it joins."""
    world = World()
    for event in order:
        getattr(world, event)()
        for _ in range(between):
            world.life_goes_on()
    world.life_goes_on()
    assert world.bench.engine.latch.holds(ESP)
    assert [level for _, level in levels(world.effects) if level] == []
    assert stopped_devices(world.effects) != []
    assert (PUMP, 0.0) in levels(world.effects + world.bench.tick(20))
