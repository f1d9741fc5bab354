"""A house in which what runs has a result: soil gets wet, tanks fill, rooms warm up, doses work; templates play in it."""

from collections.abc import Callable
from itertools import pairwise
from typing import override

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Quality
from custom_components.god_kaiser.core.effects import Effect
from custom_components.god_kaiser.core.events import Event, SafetyChanged
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.rules.reading import read
from custom_components.god_kaiser.core.rules.templates import filled
from custom_components.god_kaiser.core.safety.gate import ApprovedCommand
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from tests.builders import ROM, a_plan, a_reading, a_report, a_sensor, an_actuator
from tests.core.engine.ruling import PUMP_ESP, SENSOR_ESP, House, nowhere

FIRST, SECOND, THIRD = (ChannelId(f"{PUMP_ESP}/actuator/{pin}") for pin in (12, 13, 14))
PH, OTHER_PH, EC = (ChannelId(f"{SENSOR_ESP}/sensor/{place}") for place in ("35/ph", "32/ph", "33/ec"))
TANK, SOURCE = (ChannelId(f"{SENSOR_ESP}/sensor/{pin}/moisture") for pin in (36, 39))
FLOW = ChannelId(f"{SENSOR_ESP}/sensor/5/flow")
VPD = ChannelId(f"{SENSOR_ESP}/sensor/21/vpd")
LUX = ChannelId(f"{SENSOR_ESP}/sensor/25/light")
GARDEN = "garden"
HOUR = 3600.0
_STEP = 15.0

type Nature = Callable[[Garden], None]


class Garden(House):
    """Three outputs and many sensors; ``values`` is what is so, and what the sensors say unless they are ``broken``."""

    def __init__(self) -> None:
        """Bring both devices online; all outputs rest, and no sensor has spoken."""
        super().__init__(is_new=False)
        sensors = [a_sensor(), a_sensor("ds18b20", 4, name="Air", onewire=ROM)]
        pumps = [an_actuator(ActuatorKind.RELAY, pin, name=f"Output {pin}") for pin in (12, 13, 14)]
        self.plans = (
            a_plan(SENSOR_ESP, sensors=sensors, actuators=[]),
            a_plan(PUMP_ESP, sensors=[], actuators=pumps),
        )
        for plan in self.plans:
            self.online(plan=plan)
        for output in (FIRST, SECOND, THIRD):
            self.feed_report(output, 0.0)
        self.values: dict[ChannelId, float] = {}
        self.broken: set[ChannelId] = set()
        self.stuck: dict[ChannelId, float] = {}
        self._timers: dict[ChannelId, tuple[float, Event]] = {}

    def plant(self, template: str, **answers: object) -> None:
        """Save what a template makes, with the interlocks that it recommends."""
        made = filled(template, {"id": GARDEN, **answers})
        for channel, interlocks in made.interlocks.items():
            self.feed(SafetyChanged(safety=ChannelSafety(channel=channel, interlocks=interlocks)))
        self.save(*(read(rule, nowhere) for rule in made.rules))

    def live(self, seconds: float, nature: Nature | None = None) -> None:
        """Let time pass; nature goes on, and then the sensors speak."""
        for _ in range(int(seconds // _STEP)):
            self.play(_STEP)
            if nature is not None:
                nature(self)
            for sensor in self.values:
                self.speak(sensor)

    def speak(self, sensor: ChannelId) -> None:
        """Let a sensor say what it measures, unless it is broken."""
        if sensor in self.broken:
            return
        _, _, pin, kind, *address = sensor.split("/")
        value = self.stuck.get(sensor, self.values[sensor])
        self.feed(
            a_reading(
                kind,
                int(pin),
                device=SENSOR_ESP,
                raw=value,
                value=value,
                raw_mode=False,
                quality=Quality.GOOD,
                address=address[0] if address else "",
            )
        )

    @override
    def _obey(self, command: ApprovedCommand) -> None:
        super()._obey(command)
        channel, duration = command.request.channel, command.duration
        if (timer := self._timers.pop(channel, None)) in self._due:
            self._due.remove(timer)
        if duration is not None and self.levels.get(channel) == command.request.level > 0:
            device, _, pin = channel.split("/")
            end = a_report(0.0, int(pin), device=device, kind=None)
            self._timers[channel] = (self.seconds + duration, end)
            self._due.append(self._timers[channel])

    @override
    def _answer(self) -> list[Effect]:
        due = min(self._due, key=lambda each: each[0])
        for channel, timer in self._timers.items():
            if timer is due:
                self.levels[channel] = 0.0
                self.trace.append((round(self.seconds, 1), channel, 0.0))
        return super()._answer()

    def ran(self, output: ChannelId = FIRST, within: float = _STEP) -> float:
        """Return for how many seconds an output has run lately."""
        begin = self.seconds - within
        told = [(moment, level) for moment, name, level in self.trace if name == output]
        spans = pairwise([*told, (self.seconds, 0.0)])
        return sum(max(0.0, end - max(start, begin)) * level for (start, level), (end, _) in spans)

    def starts(self, output: ChannelId = FIRST) -> list[float]:
        """Return when an output was started."""
        levels = [(moment, level) for moment, name, level in self.trace if name == output]
        return [moment for (_, was), (moment, level) in pairwise([(0.0, 0.0), *levels]) if level and not was]

    def is_locked(self, output: ChannelId = FIRST) -> bool:
        """Tell whether a tag without an end hangs on an output."""
        tag = self.engine.around.lock_outs.on(output)
        return tag is not None and tag.until is None

    def messages(self) -> int:
        """Return how often people were to be told something."""
        return sum(job.action.__struct_config__.tag == "notify" for job in self.jobs)


def most_within(moments: list[float], span: float) -> int:
    """Return the greatest number of moments in any span."""
    return max((sum(start <= each < start + span for each in moments) for start in moments), default=0)


def least_between(moments: list[float]) -> float:
    """Return the shortest time between two moments."""
    return min(later - earlier for earlier, later in pairwise(moments))
