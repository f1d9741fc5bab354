"""A stage on which runs play: a clock that jumps, devices that obey or do not, and what they were told."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import Any

from msgspec import json
from msgspec.structs import replace

from custom_components.god_kaiser.core.fleet.view import FleetView
from custom_components.god_kaiser.core.ids import ChannelId, CommandId
from custom_components.god_kaiser.core.sequences.advance import advance, ending
from custom_components.god_kaiser.core.sequences.codes import SequenceCode
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.orders import (
    CallHome,
    LetGo,
    Order,
    SetOutput,
    TellPeople,
    WorkOut,
    WriteAhead,
)
from custom_components.god_kaiser.core.sequences.pausing import go_on, stand_still
from custom_components.god_kaiser.core.sequences.restart import interrupted, policy_of, resumed
from custom_components.god_kaiser.core.sequences.run import Answer, Run
from custom_components.god_kaiser.core.sequences.status import ENDED, RunStatus
from custom_components.god_kaiser.core.sequences.steps.base import OnRestart
from custom_components.god_kaiser.core.sequences.steps.tell import Log
from tests.builders import EngineBench, a_plan, a_reading, a_sensor, an_instant

type Trace = list[tuple[float, str, float]]
SOON = 0.1


class Stage:
    """Everything around one run. ``obey`` answers what an output is told; None is silence."""

    def __init__(self, program: Sequence, **more: Any) -> None:
        """Put a run at its beginning."""
        self.bench = EngineBench(offline_after=1e6)
        self.bench.online(plan=a_plan(sensors=[a_sensor()]))
        self.entities: dict[str, str | float] = {}
        self.run = Run(id="r1", program=program, status=RunStatus.RUNNING, started_at=0.0, **more)
        self.trace: Trace = []
        self.levels: dict[str, float] = {}
        self.orders: list[Order] = []
        self.obey: Callable[[SetOutput], Answer | None] = lambda order: Answer(key=order.key)
        self.worked_out: dict[str, Any] = {}
        self.writes = True
        self.approves: bool | None = None
        self._due: list[tuple[float, Answer]] = []
        self._looks_at: float | None = None

    @property
    def fleet(self) -> FleetView:
        """Return what is known about the devices."""
        return self.bench.engine.fleet

    @property
    def zone(self) -> tzinfo:
        """Return where people live."""
        return UTC

    @property
    def rules(self) -> None:
        """Return what only rules know: nothing."""
        return None

    def entity(self, entity_id: str, attribute: str) -> str | float | None:
        """Return the state of an entity."""
        return self.entities.get(f"{entity_id}.{attribute}" if attribute else entity_id)

    def measure(self, raw: int) -> None:
        """Let the sensor say something."""
        self.bench.feed(a_reading(raw=raw))

    def look(self, answer: Answer | None = None) -> None:
        """Let the run look at the world once."""
        moved = advance(self.run, self, self._now(), answer)
        self.run = moved.run
        self._looks_at = moved.looks_again_at
        for order in moved.orders:
            self.orders.append(order)
            self._carry_out(order)
        if answer is not None and not answer.is_done:
            self._release_refused(answer.key)

    def _release_refused(self, key: CommandId) -> None:
        """Do as the engine does: what was refused is wanted no longer, whatever ran there before."""
        asked = [order.channel for order in self.orders if isinstance(order, SetOutput) and order.key == key]
        self.levels |= {channel: 0.0 for channel in asked if channel not in self.run.energised}

    def play(self, seconds: float = 4000.0) -> Run:
        """Let time pass until the run has ended, or for so many seconds."""
        until = self.run.clock + seconds
        if not self.orders:
            self.look()
        while self.run.status not in ENDED:
            self._due.sort(key=lambda due: due[0])
            moments = [moment for moment in (self._looks_at, *(due[0] for due in self._due[:1])) if moment is not None]
            if not moments or min(moments) > until:
                self.run = replace(self.run, clock=until)
                return self.run
            self.run = replace(self.run, clock=max(self.run.clock, min(moments)))
            if self._due and self._due[0][0] <= self.run.clock:
                self.look(self._due.pop(0)[1])
            else:
                self.look()
        return self.run

    def crash(self) -> None:
        """Forget everything but what was written down; the outputs go on with what they did."""
        self.run = interrupted(json.decode(json.encode(self.run), type=Run))
        self._due.clear()
        self._looks_at = None

    def resume(self, policy: OnRestart | None = None) -> None:
        """Let the run go on as its policy says, or a person."""
        self.run, orders = resumed(self.run, policy or policy_of(self.run))
        self.orders += orders
        for order in orders:
            self._carry_out(order)
        self.look()

    def stand_still(self, status: RunStatus, **more: Any) -> None:
        """Let somebody pause the run, or hold it."""
        self.run, orders = stand_still(self.run, status, **more)
        for order in orders:
            self._carry_out(order)

    def go_on(self) -> None:
        """Let somebody end that."""
        self.run, orders = go_on(self.run)
        for order in orders:
            self._carry_out(order)
        self.look()

    def end(self, status: RunStatus, reason: str = "") -> None:
        """Let somebody end the run."""
        self.run = ending(self.run, status, reason)
        self.look()

    def answered(self, order: Order, answer: Answer | None, after: float = SOON) -> None:
        """Let an answer come in a while."""
        if answer is not None:
            self._due.append((self.run.clock + after, answer))

    def _carry_out(self, order: Order) -> None:
        match order:
            case WriteAhead(key=key):
                self.answered(order, Answer(key=key) if self.writes else None, 0.0)
            case SetOutput():
                self.trace.append((round(self.run.clock, 3), order.channel, order.level))
                answer = self.obey(order)
                if answer is None or answer.is_done:
                    # Whoever says nothing may have obeyed.
                    self.levels[order.channel] = order.level
                self.answered(order, answer)
            case LetGo(channels=channels):
                self.levels |= dict.fromkeys(channels, 0.0)
                self.trace += [(round(self.run.clock, 3), channel, 0.0) for channel in channels]
            case WorkOut(key=key):
                self.answered(order, Answer(key=key, values=self.worked_out))
            case CallHome(key=key):
                self.answered(order, Answer(key=key))
            case TellPeople(step=Log()):
                pass
            case TellPeople(key=key) if self.approves is not None:
                self.answered(order, Answer(key=key, is_done=self.approves, reason="no"))
            case _:
                pass

    def _now(self) -> Any:
        return an_instant(self.bench.seconds)


def refuses(
    *channels: str, code: SequenceCode = SequenceCode.STEP_FAILED, may_retry: bool = True, at_rest: bool = False
) -> Any:
    """Return devices of which some refuse to run, or whatever they are told."""

    def obey(order: SetOutput) -> Answer:
        is_done = order.channel not in channels or not (order.level or at_rest)
        return Answer(key=order.key, is_done=is_done, code=code, reason="refused", may_retry=may_retry)

    return obey


def told(trace: Trace, channel: ChannelId | str) -> list[tuple[float, float]]:
    """Return when an output was told what."""
    return [(moment, level) for moment, name, level in trace if name == channel]
