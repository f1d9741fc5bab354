"""What becomes of a run in whose middle Home Assistant has ended: by the step where it stood, and by its own word."""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from ..ids import ChannelId, CommandId
from .acting import MEASURING
from .advance import ending
from .codes import SequenceCode as Code
from .fault import Fault
from .inside import Steps, lists_inside, part_of
from .limits import USUAL_TIMEOUT
from .orders import LetGo, Order, SetOutput, StepEnded, WriteAhead
from .run import Comeback, Cursor, Energised, Node, Part, Run, Stage, StepResult, StepStatus
from .status import ENDED, RunStatus
from .steps import Step
from .steps.base import OnRestart
from .steps.call_action import CallAction
from .steps.set_level import SetLevel
from .steps.until import Until

# The most careful word of all steps that were under way counts for the whole run.
_CAREFUL = (OnRestart.ABORT, OnRestart.ASK, OnRestart.SKIP, OnRestart.RESTART_STEP, OnRestart.RESUME)
_ASKED = frozenset({Stage.ASKING, Stage.WRITING, Stage.ACTING})
# What a step that is begun anew switches on itself; of those that are left out, an amount is not measured any more.
_TAKEN_BACK: dict[OnRestart, tuple[type[SetLevel | Until], ...]] = {
    OnRestart.RESUME: (),
    OnRestart.RESTART_STEP: (SetLevel, Until),
    OnRestart.SKIP: (Until,),
}


class _Return(NamedTuple):
    """How a run comes back: by which policy, and which orders answer for those that nobody answers any more."""

    policy: OnRestart
    asked_anew: dict[CommandId, CommandId]


def interrupted(run: Run) -> Run:
    """Return a run as it is found after a crash: nothing moves before its policy or a person has spoken."""
    return run if run.status in ENDED else replace(run, status=RunStatus.INTERRUPTED, resumed_by="")


def policy_of(run: Run) -> OnRestart:
    """Return what is to become of an interrupted run; what was cleaning up goes on doing so."""
    if run.part is not Part.PHASES:
        return OnRestart.RESUME
    under_way = [step.on_restart or run.program.on_restart for _, step, _ in _under_way(run)]
    return min(under_way or [run.program.on_restart], key=_CAREFUL.index)


def resumed(run: Run, policy: OnRestart) -> tuple[Run, tuple[Order, ...]]:
    """Return an interrupted run on its way again, and the outputs that it wants to have running meanwhile."""
    match policy:
        case OnRestart.ASK:
            return run, ()
        case OnRestart.ABORT:
            fault = Fault(code=Code.CANCELLED, reason="restart", may_retry=False)
            return ending(asking_anew(run), RunStatus.FAILED, "restart", fault), ()
        case _:
            pass
    if run.part is not Part.PHASES:
        return _cleaning_up(run)
    run, gone = _taken_back(run, policy)
    let_go = (LetGo(channels=gone),) if gone else ()
    moving, orders = _all_again(run)
    asked_anew = _asked_anew(moving, orders)
    _, steps = part_of(run)
    skipped = _skipped(run) if policy is OnRestart.SKIP else ()
    moving, first = _one_by_one(moving, orders)
    return replace(
        moving,
        status=RunStatus.RUNNING,
        cursor=_again(run.cursor, steps, run, _Return(policy, asked_anew)),
        results=(*run.results, *skipped),
        energised={
            channel: replace(output, by=asked_anew.get(output.by, output.by))
            for channel, output in moving.energised.items()
        },
        resuming=tuple(key for key in moving.resuming if key not in asked_anew.values()),
    ), (*let_go, *(StepEnded(result=result) for result in skipped), *first)


def _cleaning_up(run: Run) -> tuple[Run, tuple[Order, ...]]:
    """Return a run that goes on cleaning up; what it had running before its end is not switched on for that."""
    let_go = (LetGo(channels=tuple(reversed(run.energised))),) if run.energised else ()
    again = asking_anew(run)
    return replace(again, status=RunStatus.STOPPING, energised={}, resuming=(), comebacks=()), let_go


def asking_anew(run: Run) -> Run:
    """Return a run to which nobody answers any more: of what it waits for, everything is asked once more."""
    _, steps = part_of(run)
    return replace(run, cursor=_again(run.cursor, steps, run, _Return(OnRestart.RESUME, {})))


def run_again(run: Run) -> tuple[Run, tuple[SetOutput, ...]]:
    """Return a run whose outputs come back one after the other, with the order for the first of them."""
    return _one_by_one(*_all_again(run))


def bring_back(run: Run) -> tuple[Run, tuple[WriteAhead, ...]]:
    """Return a run that begins in the middle: what it had running comes back, once that is written down."""
    if not run.had_at_step:
        return run, ()
    key = CommandId(f"{run.id}:{run.issued + 1}")
    moving, orders = _all_again(replace(run, issued=run.issued + 1, energised=run.had_at_step))
    waiting = tuple(_comeback(order) for order in orders)
    return replace(moving, resuming=(key, *moving.resuming), comebacks=waiting, comes_back=key), (WriteAhead(key=key),)


def _comeback(order: SetOutput) -> Comeback:
    return Comeback(key=order.key, channel=order.channel, level=order.level, duration=order.duration)


def _one_by_one(run: Run, orders: tuple[SetOutput, ...]) -> tuple[Run, tuple[SetOutput, ...]]:
    """A pump that comes back together with its valve would run against it while that still opens."""
    first, later = orders[:1], orders[1:]
    waiting = tuple(_comeback(order) for order in later)
    return replace(run, comebacks=waiting, comes_back=first[0].key if first else CommandId("")), first


def _all_again(run: Run) -> tuple[Run, tuple[SetOutput, ...]]:
    """Return a run that has its outputs switched on again, for what is left of their times, with the orders for that."""
    running = {channel: output for channel, output in run.energised.items() if not output.is_over(run.clock)}
    again = {channel: output for channel, output in running.items() if not output.is_left_over}
    keys = [CommandId(f"{run.id}:{run.issued + number}") for number in range(1, len(again) + 1)]
    orders = tuple(
        SetOutput(
            key=key,
            channel=channel,
            level=output.level,
            duration=None if output.until is None else output.until - run.clock,
        )
        for key, (channel, output) in zip(keys, again.items(), strict=True)
    )
    return replace(run, issued=run.issued + len(keys), energised=running, resuming=tuple(keys)), orders


def _skipped(run: Run) -> tuple[StepResult, ...]:
    """Return what is written down about the steps that are left out."""
    return tuple(
        StepResult(
            place=place,
            name=step.name,
            kind=str(step.__struct_config__.tag),
            status=StepStatus.SKIPPED,
            began=node.began,
            ended=run.clock,
            attempts=node.attempt,
            reason="restart",
        )
        for place, step, node in _unfinished(run)
    )


def _taken_back(run: Run, policy: OnRestart) -> tuple[Run, tuple[ChannelId, ...]]:
    """Return a run with what its steps under way have switched on left over or taken back, and what rests by that."""
    kinds = _TAKEN_BACK[policy]
    before = {node.key: node.before for _, step, node in _unfinished(run) if isinstance(step, kinds)}
    energised, left_over = dict[ChannelId, Energised](), list[ChannelId]()
    for channel, output in run.energised.items():
        is_own = bool(output.by) and output.by in before
        earlier = before[output.by] if is_own else output
        if earlier is None or earlier.is_left_over or (is_own and earlier.is_over(run.clock)):
            left_over.append(channel)
            # It runs on, and the run has to know that: it may end before the step has switched it on once more.
            if policy is not OnRestart.SKIP:
                energised[channel] = replace(output, is_left_over=True)
        else:
            energised[channel] = earlier
    let_go = tuple(reversed(left_over)) if policy is OnRestart.SKIP else ()
    return replace(run, energised=energised), let_go


def _asked_anew(run: Run, orders: tuple[SetOutput, ...]) -> dict[CommandId, CommandId]:
    """Return by which order each step gets its answer that has waited for one about an output that runs."""
    waiting = {node.key for _, step, node in _under_way(run) if _is_starting(step, node)}
    again = {run.energised[order.channel].by: order.key for order in orders}
    return {key: asked for key, asked in again.items() if key in waiting}


def _is_starting(step: Step, node: Node) -> bool:
    return isinstance(step, SetLevel | Until) and node.stage is Stage.ACTING and node.turn <= 1


def _unfinished(run: Run) -> Iterator[tuple[str, Step, Node]]:
    """Yield every step under way that has more to do than to let some time pass afterwards."""
    return (each for each in _under_way(run) if each[2].stage is not Stage.AFTER)


def _under_way(run: Run) -> Iterator[tuple[str, Step, Node]]:
    """Yield every step that had begun and not ended, those that hold others left out, with its place."""
    name, steps = part_of(run)
    yield from _begun(run.cursor, steps, run, name)


def _begun(cursor: Cursor, steps: Steps, run: Run, where: str) -> Iterator[tuple[str, Step, Node]]:
    if cursor.node is None or cursor.index >= len(steps):
        return
    step, place = steps[cursor.index], f"{where} / {cursor.index + 1}"
    held = lists_inside(step, cursor.node, run.library)
    if not held:
        yield place, step, cursor.node
    for inner, (name, inside) in zip(cursor.node.inner, held, strict=True):
        yield from _begun(inner, inside, run, f"{place} / {name}" if name else place)


def _again(cursor: Cursor, steps: Steps, run: Run, way: _Return) -> Cursor:
    """Return a position from which a run goes on: what waited for an answer that never comes is done once more."""
    if cursor.node is None or cursor.index >= len(steps):
        return cursor
    step, node = steps[cursor.index], cursor.node
    held = lists_inside(step, node, run.library)
    if held:
        inner = tuple(_again(each, inside, run, way) for each, (_, inside) in zip(node.inner, held, strict=True))
        return replace(cursor, node=replace(node, inner=inner))
    if node.stage is Stage.AFTER:
        return cursor
    if way.policy is OnRestart.SKIP:
        return Cursor(index=cursor.index + 1)
    if way.policy is OnRestart.RESTART_STEP:
        return replace(cursor, node=_anew(node, run))
    if node.stage not in _ASKED or not (node.key or isinstance(step, Until)):
        return cursor
    return replace(cursor, node=_gone_on(step, node, run, way))


def _gone_on(step: Step, node: Node, run: Run, way: _Return) -> Node:
    """Return a step that waited for an answer, as it goes on."""
    lost = replace(node, key=CommandId(""), stage_ends=run.clock)
    if (asked := way.asked_anew.get(node.key)) is not None:
        ends = run.clock + (USUAL_TIMEOUT if step.timeout is None else step.timeout)
        return replace(node, key=asked, stage_ends=ends)
    if isinstance(step, CallAction) and node.stage is Stage.ACTING and not step.is_idempotent:
        # It may have been done: only a person can know.
        return lost
    if isinstance(step, Until) and node.stage is Stage.ACTING:
        # It goes on measuring from where it began; its output is switched on again with all others.
        return replace(node, turn=max(node.turn, MEASURING), key=CommandId(""))
    if isinstance(step, SetLevel) and node.stage is Stage.ACTING and node.worked_out.get("level"):
        # Its time is over, and it may have run all the while.
        return lost
    return replace(_anew(node, run), attempt=node.attempt - 1, first_value=node.first_value)


def _anew(node: Node, run: Run) -> Node:
    return Node(stage=Stage.BACKOFF, began=node.began, attempt=node.attempt, stage_ends=run.clock)
