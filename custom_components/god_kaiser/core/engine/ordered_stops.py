"""The controlled stop: outputs come to rest one step after the other, then the device is stopped."""

from msgspec import Struct

from ..effects import Effect
from ..ids import ChannelId, DeviceId
from ..instant import Instant
from ..requests import REST
from ..safety.limits import StopMode
from ..safety.proof import PATIENCE
from .proving import Proving
from .state import EngineState

STEP_BOUND = 5.0
HARD_BOUND = 15.0


class _Run(Struct):
    """One controlled stop on its way: what rests now, and what is still to come."""

    ends_at: float
    steps: list[tuple[ChannelId, ...]]
    resting: tuple[ChannelId, ...] = ()
    told_at: float = 0.0


class OrderedStops:
    """Takes devices through their steps; the latch holds already, so nothing starts meanwhile."""

    def __init__(self, state: EngineState, proving: Proving) -> None:
        """Connect to the shared state."""
        self._state = state
        self._proving = proving
        self._runs: dict[DeviceId, _Run] = {}

    @property
    def is_idle(self) -> bool:
        """Tell whether no controlled stop is on its way."""
        return not self._runs

    def is_wanted(self, device: DeviceId) -> bool:
        """Tell whether a device can be brought to rest in order; one that does not hear us is stopped at once."""
        if self._state.around.limits.mode_of(device) is not StopMode.CONTROLLED:
            return False
        return self._state.fleet.broker_connected and self._state.fleet.link(device).is_online

    def begin(self, device: DeviceId, now: Instant) -> list[Effect]:
        """Rest the first step; whatever happens, the device is stopped within the hard bound."""
        steps: dict[int, list[ChannelId]] = {}
        for output in self._state.fleet.devices[device].actuators:
            steps.setdefault(self._state.around.limits.of(output).stop_step, []).append(output)
        ordered = [tuple(outputs) for _, outputs in sorted(steps.items())]
        self._runs[device] = _Run(ends_at=now.monotonic + HARD_BOUND, steps=ordered)
        self._state.proofs.ask(device, now, patience=HARD_BOUND + PATIENCE)
        return self._advance(device, now)

    def cancel(self, device: DeviceId) -> bool:
        """Break off; whoever calls this stops the device at once."""
        self._state.stop_steps.drop(device)
        return self._runs.pop(device, None) is not None

    def reported(self, device: DeviceId, now: Instant) -> list[Effect]:
        """Go on as soon as everything rests that was told to."""
        run = self._runs.get(device)
        if run is None or not all(self._has_confirmed(output, run) for output in run.resting):
            return []
        return self._advance(device, now)

    def wake(self, now: Instant) -> list[Effect]:
        """Go on where a step has taken long enough."""
        return [
            effect
            for device in self._state.stop_steps.pop_due(now.monotonic)
            if device in self._runs
            for effect in self._advance(device, now)
        ]

    def _advance(self, device: DeviceId, now: Instant) -> list[Effect]:
        run = self._runs[device]
        while run.steps and now.monotonic < run.ends_at:
            outputs = run.steps.pop(0)
            run.resting = tuple(output for output in outputs if self._may_run(output))
            if run.resting:
                run.told_at = now.monotonic
                effects = [effect for output in run.resting for effect in self._proving.rest(output, now)]
                self._state.stop_steps.touch(device, min(run.ends_at, self._ends_at(run)))
                return effects
        self.cancel(device)
        return self._proving.ask(device, now) + self._proving.look_at([device], now)

    def _ends_at(self, run: _Run) -> float:
        """Return how long a step may last: a motor valve that is cut short would stay half open."""
        settles = (self._state.fleet.settles_at(output) or 0.0 for output in run.resting)
        return max(run.told_at + STEP_BOUND, *settles)

    def _may_run(self, output: ChannelId) -> bool:
        """Tell whether an output is to be told to rest; only one that is surely at rest already is not."""
        return self._state.around.is_running(output) or self._state.around.confirmed_level(output) != REST

    def _has_confirmed(self, output: ChannelId, run: _Run) -> bool:
        report = self._state.fleet.report(output)
        is_news = report is not None and report.at.monotonic >= run.told_at
        return is_news and self._state.around.confirmed_level(output) == REST
