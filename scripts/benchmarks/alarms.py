"""What alarms cost: a reading whose sensor has limits beside one whose sensor has none, and a thousand alarms at once."""

import asyncio
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
import tempfile
from time import thread_time
from typing import Final, NamedTuple

from homeassistant.bootstrap import async_load_base_functionality
from homeassistant.config_entries import ConfigEntries
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.loader import async_setup
from msgspec.structs import replace

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core import Engine
from custom_components.god_kaiser.core.alarms.limits import AlarmLimits
from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.ids import device_of, sensor_channel
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.journal.chain import Anchors
from custom_components.god_kaiser.host.alarm_desk import AlarmDesk
from custom_components.god_kaiser.host.alarm_notices import AlarmNotices
from custom_components.god_kaiser.host.alarm_options import chosen
from custom_components.god_kaiser.host.alarm_sensors import SensorAlarms
from custom_components.god_kaiser.host.announcer import Announcer
from custom_components.god_kaiser.host.hall import Hall
from custom_components.god_kaiser.host.memory_file import MemoryFile
from custom_components.god_kaiser.host.naming import Names
from custom_components.god_kaiser.host.storage import PlanStore, StoredDevice
from custom_components.god_kaiser.host.watchers import Watchers
from scripts.benchmarks.journal import a_journal
from scripts.benchmarks.rules import KIND, SENSORS, a_house, a_reading
from scripts.benchmarks.table import Row
from scripts.hass_server import prepare

ROUNDS, READINGS = 7, 2_000
_INSIDE, _BEYOND = 50.0, 90.0
_WELL: Final = partial(AlarmLimits, low_low=5.0, low=10.0, high=80.0, high_high=95.0, dead_band=1.0)
CHANNELS = [sensor_channel(*sensor, KIND, "") for sensor in SENSORS]


class OpenPlans(PlanStore):
    """Plans into which limits are put without the disk."""

    def put(self, plan: DevicePlan) -> None:
        """Know a device without limits."""
        self._devices[plan.device] = StoredDevice(plan=plan)

    def lay_down(self, limits: AlarmLimits) -> None:
        """Put limits of a sensor beside the others."""
        device = device_of(limits.channel)
        known = self._devices[device]
        others = [each for each in known.limits if each.channel != limits.channel]
        self._devices[device] = replace(known, limits=(*others, limits))


class Room(NamedTuple):
    """A house of 1,000 sensors, and whoever watches over them."""

    hass: HomeAssistant
    engine: Engine
    now: Instant
    hall: Hall
    plans: OpenPlans
    desk: AlarmDesk
    sensors: SensorAlarms

    def read(self, number: int, value: float, *, is_watched: bool = True) -> None:
        """Take one reading, as the host takes it."""
        self.engine.handle(a_reading(SENSORS[number], value), self.now)
        self.engine.next_wake()
        if is_watched:
            self.sensors.look(CHANNELS[number])

    def limit(self, *numbers: int) -> None:
        """Lay down limits for sensors."""
        for number in numbers:
            self.plans.lay_down(_WELL(channel=CHANNELS[number]))


async def a_room(folder: str) -> Room:
    """Build it, with a journal and a memory on the disk; nobody is told but Home Assistant."""
    hass = HomeAssistant(folder)
    hass.config_entries = ConfigEntries(hass, {})
    async_setup(hass)
    await async_load_base_functionality(hass)
    await async_get_translations(hass, "en", "common", {DOMAIN})
    engine, now = a_house([])
    names = Names(hass, engine.fleet, lambda device: device or "")
    announcer = Announcer(hass, "bench", "god", names)
    memory, journal = MemoryFile(hass, "bench", lambda _: None), a_journal(hass)
    await memory.async_load()
    await journal.async_open(Anchors())
    hall = Hall(hass, "bench", engine, lambda _: None, Watchers(), memory, announcer, journal)
    plans = OpenPlans(hass, "bench")
    for known in engine.fleet.devices.values():
        if known.plan is not None:
            plans.put(known.plan)
    desk = AlarmDesk(hall, plans, "bench")
    AlarmNotices(hall, desk, chosen({})).begin()
    desk.restore()
    return Room(hass, engine, now, hall, plans, desk, SensorAlarms(hall, desk))


def seconds(work: Callable[[int], None]) -> float:
    """Return the CPU seconds of one reading."""
    began = thread_time()
    for number in range(READINGS):
        work(number)
    return (thread_time() - began) / READINGS


def readings(room: Room) -> dict[str, float]:
    """Return what one reading costs in each way, measured in turn."""
    room.limit(1)
    ways: dict[str, Callable[[int], None]] = {
        "unwatched": lambda number: room.read(0, _INSIDE + number % 7, is_watched=False),
        "without": lambda number: room.read(0, _INSIDE + number % 7),
        "with": lambda number: room.read(1, _INSIDE + number % 7),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            found[name].append(seconds(way))
    return {name: median(each) for name, each in found.items()}


async def spent(room: Room, values: Callable[[int], float]) -> tuple[float, float]:
    """Return the CPU seconds on the loop for one reading of each sensor, at one go and with all that follows."""
    began = thread_time()
    for number in range(len(SENSORS)):
        room.read(number, values(number))
    at_once = thread_time() - began
    await room.hall.journal.writer.async_flush()
    await room.hall.memory.async_flush()
    for _ in range(10):
        await asyncio.sleep(0)
    return at_once, thread_time() - began


async def measure() -> list[Row]:
    """Measure everything in one house."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), 0, "Bench")
        room = await a_room(folder)
        cost = readings(room)
        room.limit(*range(len(SENSORS)))
        _, calm = await spent(room, lambda number: _INSIDE + number % 7)
        at_once, flood = await spent(room, lambda _: _BEYOND)
        raised = len(room.desk.active)
        if raised != len(SENSORS):
            raise SystemExit(f"{raised} alarms were raised, not {len(SENSORS)}")
        values = count()
        standing = median(seconds(lambda _: room.read(1, _BEYOND + next(values) % 3)) for _ in range(ROUNDS))
        await room.hall.journal.async_close()
        await room.hall.memory.async_close()
        await room.hass.async_stop(force=True)
    return [
        Row("a reading that nobody watches for alarms", f"{cost['unwatched'] * 1e6:.1f} µs"),
        Row("a reading of a sensor without limits", f"{cost['without'] * 1e6:.1f} µs"),
        Row("a reading of a sensor with four limits", f"{cost['with'] * 1e6:.1f} µs"),
        Row("the same against the one without limits", f"{cost['with'] / cost['without']:.2f} ×"),
        Row("1,000 alarms at once, CPU on the loop at one go", f"{at_once * 1e3:.0f} ms"),
        Row("1,000 alarms at once, with all that follows on the loop", f"{flood * 1e3:.0f} ms"),
        Row("the same against 1,000 readings that raise none", f"{flood / calm:.1f} ×"),
        Row("a reading beyond its limit while 1,000 alarms stand", f"{standing * 1e6:.1f} µs"),
        Row("the same against one inside of its limits", f"{standing / cost['with']:.2f} ×"),
    ]
