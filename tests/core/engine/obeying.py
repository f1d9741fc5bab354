"""Devices that obey, and a clock that only the test moves: what runs of sequences and rules play on."""

from collections.abc import Callable
from typing import override

from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.effects import Effect, Send
from custom_components.god_kaiser.core.events import Event, WakeReached
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId
from custom_components.god_kaiser.core.safety.gate import ApprovedCommand
from tests.builders import EngineBench, a_heartbeat, a_report, an_answer, an_instant

ANSWERS_AFTER = 0.2
_BEAT = 60.0
_MOST_STEPS = 20_000

type Trace = list[tuple[float, str, float]]


class ObedientBench(EngineBench):
    """Devices with outputs; what they are told is in ``trace``, who is ``mute`` says nothing, what is ``deaf`` stays as it is."""

    plans: tuple[DevicePlan, ...] = ()

    def __init__(self, *, disk: dict[str, bytes] | None = None, at: float = 0.0) -> None:
        """Begin at a moment, with what is on the disk."""
        super().__init__()
        self.seconds = at
        self.trace: Trace = []
        self.levels: dict[ChannelId, float] = {}
        self.disk: dict[str, bytes] = dict(disk or {})
        self.mute: set[str] = set()
        self.deaf: set[ChannelId] = set()
        self._due: list[tuple[float, Event]] = []
        self._last_beat = at - _BEAT

    @override
    def feed(self, event: Event) -> list[Effect]:
        """Hand one event to the engine and let devices and disk do what follows."""
        effects = super().feed(event)
        for effect in effects:
            self._perform(effect)
        return effects

    def play(self, seconds: float) -> list[Effect]:
        """Let time pass: devices beat, answer and obey, and the engine wakes when it wants to."""
        until, effects = self.seconds + seconds, list[Effect]()
        for _ in range(_MOST_STEPS):
            moment, step = min(self._steps(), key=lambda each: each[0])
            if moment > until:
                self.seconds = until
                return effects
            self.seconds = max(self.seconds, moment)
            effects += step()
        raise AssertionError("time does not pass")

    def beat(self, device: DeviceId) -> list[Effect]:
        """Let a device say that it is there."""
        return self.feed(a_heartbeat(device))

    def _steps(self) -> list[tuple[float, Callable[[], list[Effect]]]]:
        """Return what comes next of each kind; of several at once the first kind comes first."""
        steps: list[tuple[float, Callable[[], list[Effect]]]] = []
        if self._due:
            steps.append((min(moment for moment, _ in self._due), self._answer))
        steps.append((self._last_beat + _BEAT, self._beat))
        if (due := self.engine.next_wake()) is not None:
            steps.append((due - an_instant().monotonic, lambda: self.feed(WakeReached())))
        return [(max(self.seconds, moment), step) for moment, step in steps]

    def _beat(self) -> list[Effect]:
        self._last_beat = self.seconds
        present = [plan.device for plan in self.plans if plan.device not in self.mute]
        return [effect for device in present for effect in self.beat(device)]

    def _answer(self) -> list[Effect]:
        position = min(range(len(self._due)), key=lambda index: self._due[index][0])
        return self.feed(self._due.pop(position)[1])

    def _perform(self, effect: Effect) -> None:
        if isinstance(effect, Send):
            self._obey(effect.command)

    def _obey(self, command: ApprovedCommand) -> None:
        request = command.request
        channel, level = request.channel, request.level
        self.trace.append((round(self.seconds, 1), str(channel), level))
        device, gpio = str(channel).split("/")[0], int(str(channel).rsplit("/", 1)[1])
        if device in self.mute or channel in self.deaf:
            return
        self.levels[channel] = level
        soon = self.seconds + ANSWERS_AFTER
        self._due.append((soon, an_answer(request.id, device=device)))
        self._due.append((soon, a_report(level, gpio, device=device, kind=None)))
