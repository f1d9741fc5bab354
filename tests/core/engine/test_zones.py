"""In which zone a device is outlasts a restart, because a stop of that zone must not wait for a heartbeat."""

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.devices.model import Vitals
from custom_components.god_kaiser.core.events import DeviceForgotten, Event
from custom_components.god_kaiser.core.facts import DiagnosticsReceived, HeartbeatReceived, SystemAnswered, ZoneAnswered
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.safety.memory import DeviceMemory, Memory
from tests.builders import ESP, EngineBench, a_heartbeat, a_plan, kept

ROW = f"device/{ESP}"
BED = DeviceMemory(device=ESP, zone="bed")
SAYS: dict[str, Event] = {
    "heartbeat": replace(a_heartbeat(), vitals=Vitals(zone_id="bed")),
    "diagnostics": DiagnosticsReceived(device=ESP, vitals=Vitals(zone_id="bed")),
    "system answer": SystemAnswered(device=ESP, command="status", success=True, vitals=Vitals(zone_id="bed")),
    "zone answer": ZoneAnswered(device=ESP, subzone=False, success=True, zone_id="bed"),
}


def in_zone(zone: str) -> HeartbeatReceived:
    """Return a heartbeat from a zone."""
    return replace(a_heartbeat(), vitals=Vitals(zone_id=zone))


def a_bench() -> EngineBench:
    """Return an engine with one approved device, which has said nothing about a zone."""
    bench = EngineBench()
    bench.online()
    return bench


@pytest.mark.req("SAF-12", "INV-5")
@pytest.mark.parametrize("fact", SAYS.values(), ids=list(SAYS))
def test_the_zone_is_known_after_a_restart_before_the_device_speaks(fact: Event) -> None:
    """However the device has said it; and it is told to the disk once, not with every message."""
    bench = a_bench()
    assert kept(bench.feed(fact))[ROW] == BED
    assert ROW not in kept(bench.feed(fact))
    successor = bench.restarted(a_plan())
    assert successor.device().vitals.zone_id == "bed"
    assert successor.engine.memory(successor.now).devices == (BED,)
    assert ROW not in kept(successor.feed(fact))


@pytest.mark.parametrize(("later", "row"), [("tent", DeviceMemory(device=ESP, zone="tent")), ("", None)])
def test_the_last_word_about_a_zone_counts(later: str, row: DeviceMemory | None) -> None:
    """Who has moved is no longer where it was, and who has left its zone is in none."""
    bench = a_bench()
    bench.feed(in_zone("bed"))
    assert kept(bench.feed(in_zone(later)))[ROW] == row
    assert bench.engine.memory(bench.now).devices == tuple(filter(None, [row]))


def test_the_zone_of_a_stranger_is_kept_from_its_approval_on() -> None:
    """What nobody has accepted leaves nothing on the disk."""
    bench = EngineBench()
    assert ROW not in kept(bench.feed(in_zone("bed")))
    assert kept(bench.approve(a_plan()))[ROW] == BED


def test_a_device_that_is_removed_takes_its_zone_with_it() -> None:
    """Nothing of it is left on the disk."""
    bench = a_bench()
    bench.feed(in_zone("bed"))
    assert kept(bench.feed(DeviceForgotten(device=ESP)))[ROW] is None
    assert bench.engine.memory(bench.now).devices == ()


def test_a_zone_without_its_device_harms_nobody() -> None:
    """The plan of the device could not be read; its row stays for the day on which it can."""
    bench = EngineBench()
    bench.restore(a_plan(), memory=Memory(devices=(DeviceMemory(device=DeviceId("ESP_GONE"), zone="bed"),)))
    assert bench.engine.memory(bench.now).devices == ()
    assert ROW not in kept(bench.feed(a_heartbeat()))
