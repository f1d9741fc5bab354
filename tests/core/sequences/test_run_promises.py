"""What every run promises, tried with any program, any devices, and anything that people and crashes do to it."""

from typing import Any

from hypothesis import example, given, settings, strategies as st
from msgspec import json

from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.errors import SequenceError
from custom_components.god_kaiser.core.sequences.orders import SetOutput, StepEnded
from custom_components.god_kaiser.core.sequences.reading import read, write
from custom_components.god_kaiser.core.sequences.run import Answer, Part, Run
from custom_components.god_kaiser.core.sequences.status import ENDED, RunStatus, may_follow
from custom_components.god_kaiser.core.sequences.steps.base import OnRestart

from .programs import LIMITS, PUMP, VALVE, delay, set_to, until, wet, written
from .stage import Stage

OUTPUTS = st.sampled_from([PUMP, VALVE])
SECONDS = st.sampled_from([0.0, 0.5, 3.0, 40.0])
POLICIES = {
    "on_failure": st.sampled_from(["abort", "continue", "retry"]),
    "on_restart": st.sampled_from(["resume", "restart_step", "skip", "ask", "abort"]),
    "retries": st.integers(0, 2),
    "delay_before": SECONDS,
    "delay_after": SECONDS,
    "timeout": st.sampled_from([5.0, 60.0]),
}
MORE = st.fixed_dictionaries({}, optional=POLICIES)
LEAVES = st.one_of(
    st.builds(lambda seconds, more: delay(seconds, **more), SECONDS, MORE),
    st.builds(
        lambda output, level, more: set_to(output, level, **more), OUTPUTS, st.sampled_from([1.0, 0.5, 0.0]), MORE
    ),
    st.builds(lambda output, more: until(output, **more), OUTPUTS, MORE),
    st.builds(lambda more: {"kind": "wait_until", "condition": wet(), "timeout": 30, **more}, MORE),
    st.builds(lambda more: {"kind": "call", "action": "script.x", **more}, MORE),
    st.builds(lambda more: {"kind": "approval", "text": "?", "timeout": 20, **more}, MORE),
)
LISTS = st.recursive(
    st.lists(LEAVES, min_size=1, max_size=3),
    lambda inner: st.lists(
        st.one_of(
            st.builds(lambda steps: {"kind": "repeat", "count": 2, "steps": steps}, inner),
            st.builds(lambda one, two: {"kind": "parallel", "branches": [one, two]}, inner, inner),
            st.builds(lambda steps: {"kind": "branch", "condition": wet(), "then": steps}, inner),
            LEAVES,
        ),
        min_size=1,
        max_size=3,
    ),
    max_leaves=8,
)
WHIMS = st.lists(
    st.sampled_from(["play", "crash", "pause", "hold", "go_on", "cancel", "mute", "refuse", "obey", "rain", "approve"]),
    max_size=14,
)


def a_program(steps: list[dict[str, Any]], afterwards: list[dict[str, Any]], *, aborts: bool) -> dict[str, Any]:
    """Return a sequence as it is written."""
    return written(*steps, abort_on_failure=aborts, **{"finally": afterwards})


def is_possible(program: dict[str, Any]) -> bool:
    """Tell whether chance has written something that is a sequence."""
    try:
        read(program, LIMITS)
    except SequenceError:
        return False
    return True


PROGRAMS = st.builds(a_program, LISTS, st.lists(LEAVES, max_size=2), aborts=st.booleans()).filter(is_possible)


class Whims:
    """People, devices and crashes, one whim after the other; what may never happen is looked for after each."""

    def __init__(self, program: dict[str, Any]) -> None:
        """Begin to play."""
        self.stage = Stage(read(program, LIMITS))
        self.before = self.stage.run
        self.ended: Run | None = None

    def follow(self, whim: str) -> None:
        """Follow a whim."""
        getattr(self, f"_{whim}")()
        run = self.stage.run
        assert self.before.status is run.status or self.may_lead(self.before.status, run.status)
        assert run.progress >= self.before.progress or run.part is not Part.PHASES
        assert self.ended is None or run == self.ended
        assert json.decode(json.encode(run), type=Run) == run
        assert run.status not in ENDED or (run.energised == {} and run.kept == () and run.ended_at is not None)
        # Whatever runs, the run knows of it: nobody else would rest it at its end.
        assert {output for output, level in self.stage.levels.items() if level} <= set(run.energised)
        self.ended = run if run.status in ENDED else None
        self.before = run

    @staticmethod
    def may_lead(before: RunStatus, after: RunStatus) -> bool:
        """Tell whether one status may lead to another over any others."""
        reached, front = {before}, {before}
        while front:
            front = {status for status in RunStatus if any(may_follow(seen, status) for seen in front)} - reached
            reached |= front
        return after in reached

    def _play(self) -> None:
        self.stage.play(7.0)

    def _crash(self) -> None:
        self.stage.crash()
        for policy in (None, OnRestart.RESUME):
            if self.stage.run.status is RunStatus.INTERRUPTED:
                self.stage.resume(policy)

    def _pause(self) -> None:
        self._stand_still(RunStatus.PAUSED)

    def _hold(self) -> None:
        self._stand_still(RunStatus.HELD)

    def _stand_still(self, status: RunStatus) -> None:
        try:
            self.stage.stand_still(status)
        except SequenceError:
            assert self.stage.run.part is not Part.PHASES or self.stage.run.status is RunStatus.INTERRUPTED

    def _go_on(self) -> None:
        self.stage.go_on()

    def _cancel(self) -> None:
        self.stage.end(RunStatus.CANCELLED, "whim")

    def _mute(self) -> None:
        self.stage.obey = lambda order: None

    def _refuse(self) -> None:
        self.stage.obey = lambda order: Answer(key=order.key, is_done=not order.level, code=Code.SAFETY_BLOCKED)

    def _obey(self) -> None:
        self.stage.obey = lambda order: Answer(key=order.key)

    def _rain(self) -> None:
        self.stage.measure(1200)

    def _approve(self) -> None:
        self.stage.approves = True


@settings(max_examples=150)
@given(program=PROGRAMS, whims=WHIMS)
@example(
    program=a_program([{"kind": "parallel", "branches": [[set_to(PUMP)], [set_to(VALVE)]]}], [], aborts=False),
    whims=["crash", "pause", "play", "cancel"],
)
@example(program=a_program([until(on_restart="restart_step")], [], aborts=False), whims=["play", "crash", "cancel"])
def test_every_run_ends_once_with_everything_at_rest(program: dict[str, Any], whims: list[str]) -> None:
    """Whatever happens: nothing stays on, what has ended stays as it ended, and no order has the key of another."""
    play = Whims(program)
    for whim in whims:
        play.follow(whim)
    stage = play.stage
    stage.go_on()
    stage.play()
    stage.end(RunStatus.CANCELLED)
    stage.play()
    assert stage.run.status in ENDED
    assert set(stage.levels.values()) <= {0.0}
    keys = [order.key for order in stage.orders if isinstance(order, SetOutput)]
    assert len(keys) == len(set(keys))
    ended = [order.result for order in stage.orders if isinstance(order, StepEnded)]
    assert tuple(ended) == stage.run.results


@given(program=PROGRAMS)
def test_every_program_is_written_down_and_read_as_the_same(program: dict[str, Any]) -> None:
    """Twice over."""
    sequence = read(program, LIMITS)
    assert read(write(sequence), LIMITS) == sequence
    assert write(read(write(sequence), LIMITS)) == write(sequence)
