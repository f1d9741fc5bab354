"""What becomes of a run in whose middle Home Assistant has ended: by the step where it stood, and by its own word."""

from collections.abc import Iterator

from msgspec.structs import replace

from ..ids import CommandId
from .advance import ending
from .codes import SequenceCode as Code
from .orders import Order, SetOutput
from .run import Cursor, Fault, Node, Part, Run, Stage
from .status import ENDED, RunStatus
from .steps import Branch, RunSequence, Step
from .steps.base import OnRestart
from .steps.call_action import CallAction
from .steps.until import Until
from .walk import lists_in
from .walking import MAIN, THEN

# The most careful word of all steps that were under way counts for the whole run.
_CAREFUL = (OnRestart.ABORT, OnRestart.ASK, OnRestart.SKIP, OnRestart.RESTART_STEP, OnRestart.RESUME)
_ASKED = frozenset({Stage.ASKING, Stage.WRITING, Stage.ACTING})


def interrupted(run: Run) -> Run:
    """Return a run as it is found after a crash: nothing moves before its policy or a person has spoken."""
    return run if run.status in ENDED else replace(run, status=RunStatus.INTERRUPTED)


def policy_of(run: Run) -> OnRestart:
    """Return what is to become of an interrupted run; what was cleaning up goes on doing so."""
    if run.part is not Part.PHASES:
        return OnRestart.RESUME
    under_way = [step.on_restart or run.program.on_restart for step in _under_way(run)]
    return min(under_way or [run.program.on_restart], key=_CAREFUL.index)


def resumed(run: Run, policy: OnRestart) -> tuple[Run, tuple[Order, ...]]:
    """Return an interrupted run on its way again, and the outputs that it wants to have running meanwhile."""
    match policy:
        case OnRestart.ASK:
            return run, ()
        case OnRestart.ABORT:
            fault = Fault(code=Code.CANCELLED, reason="restart", may_retry=False)
            return ending(run, RunStatus.FAILED, "restart", fault), ()
        case _:
            pass
    steps = run.program.phases[run.phase].steps if run.part is Part.PHASES else run.program.afterwards
    cursor = _again(run.cursor, steps, run, policy)
    status = RunStatus.RUNNING if run.part is Part.PHASES else RunStatus.STOPPING
    run = replace(run, status=status, cursor=cursor)
    return run_again(run)


def run_again(run: Run) -> tuple[Run, tuple[Order, ...]]:
    """Return a run that has its outputs switched on again, for what is left of their times, with the orders for that."""
    running = {
        channel: output for channel, output in run.energised.items() if output.until is None or output.until > run.clock
    }
    keys = [CommandId(f"{run.id}:{run.issued + number}") for number in range(1, len(running) + 1)]
    orders = tuple(
        SetOutput(
            key=key,
            channel=channel,
            level=output.level,
            duration=None if output.until is None else output.until - run.clock,
        )
        for key, (channel, output) in zip(keys, running.items(), strict=True)
    )
    return replace(run, issued=run.issued + len(keys), energised=running, resuming=tuple(keys)), orders


def _under_way(run: Run) -> Iterator[Step]:
    """Yield every step that had begun and not ended, those that hold others left out."""
    yield from _begun(run.cursor, run.program.phases[run.phase].steps, run)


def _begun(cursor: Cursor, steps: tuple[Step, ...], run: Run) -> Iterator[Step]:
    if cursor.node is None or cursor.index >= len(steps):
        return
    step = steps[cursor.index]
    held = _lists(step, cursor.node, run)
    if not held:
        yield step
    for inner, inside in zip(cursor.node.inner, held, strict=True):
        yield from _begun(inner, inside, run)


def _lists(step: Step, node: Node, run: Run) -> list[tuple[Step, ...]]:
    """Return the lists of steps that a step is going through, as many as it has positions."""
    if node.stage is Stage.RECOVERING:
        return [_main(run, step.recovery or "")]
    match step:
        case RunSequence(sequence=name):
            program = run.library.get(name)
            return [_main(run, name) if node.turn == MAIN or program is None else program.afterwards][: len(node.inner)]
        case Branch(then=then, otherwise=otherwise):
            return [then if node.turn == THEN else otherwise][: len(node.inner)]
        case _:
            return list(lists_in(step).values())[: len(node.inner)]


def _main(run: Run, name: str) -> tuple[Step, ...]:
    program = run.library.get(name)
    return tuple(step for phase in program.phases for step in phase.steps) if program is not None else ()


def _again(cursor: Cursor, steps: tuple[Step, ...], run: Run, policy: OnRestart) -> Cursor:
    """Return a position from which a run goes on: what waited for an answer that never comes is done once more."""
    if cursor.node is None or cursor.index >= len(steps):
        return cursor
    step, node = steps[cursor.index], cursor.node
    held = _lists(step, node, run)
    if held:
        inner = tuple(_again(each, inside, run, policy) for each, inside in zip(node.inner, held, strict=True))
        return replace(cursor, node=replace(node, inner=inner))
    if policy is OnRestart.SKIP:
        return Cursor(index=cursor.index + 1)
    began_anew = Node(stage=Stage.BACKOFF, began=node.began, attempt=node.attempt, stage_ends=run.clock)
    if policy is OnRestart.RESTART_STEP:
        return replace(cursor, node=began_anew)
    if node.stage not in _ASKED or not (node.key or isinstance(step, Until)):
        return cursor
    if isinstance(step, CallAction) and node.stage is Stage.ACTING and not step.is_idempotent:
        # It may have been done: only a person can know.
        lost = replace(node, key=CommandId(""), stage_ends=run.clock)
        return replace(cursor, node=lost)
    if isinstance(step, Until) and node.turn > 1:
        # It goes on measuring from where it began; its output is switched on again with all others.
        return replace(cursor, node=replace(node, key=CommandId("")))
    return replace(cursor, node=replace(began_anew, attempt=node.attempt - 1, first_value=node.first_value))
