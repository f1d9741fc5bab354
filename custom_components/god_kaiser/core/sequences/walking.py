"""Going through steps, and through the steps inside of steps, from a position to the next one."""

from msgspec.structs import replace

from .acting import Outcome, begin, fault_of, proceed, templates_of
from .codes import SequenceCode as Code
from .fault import Fault
from .inside import AFTERWARDS, MAIN, OTHERWISE, THEN, Steps, main_of
from .journey import CLEANING_UP, Journey, Scope
from .leaving import left_inside
from .orders import WorkOut
from .run import Cursor, Node, Stage
from .steps import Branch, Parallel, Repeat, RunSequence, Step
from .steps.base import OnFailure
from .walk import FINALLY, ITEM, TURN

_HOLDING = (Branch, Repeat, Parallel, RunSequence)
_TIME_OVER = Fault(code=Code.STEP_TIMED_OUT, may_retry=False)


def walk(steps: Steps, cursor: Cursor, journey: Journey, scope: Scope) -> Cursor | Fault | None:
    """Go on in a list of steps; None means that it is done."""
    if cursor.is_left:
        return _leave(steps, cursor, journey, scope)
    while cursor.index < len(steps):
        if cursor.node is None and (reason := journey.excess):
            return Fault(code=Code.STEP_FAILED, reason=reason, may_retry=False)
        if cursor.node is None and journey.has_to_wait():
            return cursor
        if cursor.node is None:
            journey.note_step(scope.place, cursor.index)
        step = steps[cursor.index]
        place = f"{scope.place} / {cursor.index + 1}"
        outcome = _visit(step, cursor.node, journey, scope._replace(place=place))
        if isinstance(outcome, Node):
            journey.waiting += not outcome.inner
            return replace(cursor, node=outcome)
        if isinstance(outcome, Fault):
            return outcome
        cursor = Cursor(index=cursor.index + 1)
    return None


def _leave(steps: Steps, cursor: Cursor, journey: Journey, scope: Scope) -> Cursor | None:
    """Go on in a list that is left, until every sequence that is run inside of its step has cleaned up."""
    if cursor.node is None:
        return None
    step, place = steps[cursor.index], f"{scope.place} / {cursor.index + 1}"
    inside = _recover if cursor.node.stage is Stage.RECOVERING else _inside
    outcome = inside(step, cursor.node, journey, scope._replace(place=place))
    return replace(cursor, node=outcome) if isinstance(outcome, Node) else None


def _visit(step: Step, node: Node | None, journey: Journey, scope: Scope) -> Outcome:
    """Take a step from where it is to its end, or to where it has to wait."""
    if node is None:
        node = Node(
            stage=Stage.BEFORE,
            began=journey.clock,
            stage_ends=journey.clock + step.delay_before,
            running=tuple(journey.energised) if isinstance(step, _HOLDING) else (),
        )
        journey.begun(step, scope.place, 1)
    if node.stage in (Stage.BEFORE, Stage.BACKOFF):
        if not journey.is_reached(node.stage_ends):
            return node
        if node.stage is Stage.BACKOFF:
            node = Node(stage=Stage.BEFORE, began=node.began, attempt=node.attempt + 1, first_value=node.first_value)
            journey.begun(step, scope.place, node.attempt)
        return _conclude(step, node, _start(step, node, journey, scope), journey, scope)
    if node.stage is Stage.AFTER:
        return None if journey.is_reached(node.stage_ends) else node
    if node.stage is Stage.RECOVERING:
        return _recover(step, node, journey, scope)
    outcome = _continue(step, node, journey, scope)
    return _conclude(step, node, outcome, journey, scope)


def _start(step: Step, node: Node, journey: Journey, scope: Scope) -> Outcome:
    if templates := templates_of(step):
        key = journey.issue()
        journey.orders.append(WorkOut(key=key, templates=templates, variables=scope.variables | journey.learned))
        journey.is_busy = True
        return replace(node, stage=Stage.ASKING, key=key, stage_ends=None)
    return _act(step, node, journey, scope)


def _act(step: Step, node: Node, journey: Journey, scope: Scope) -> Outcome:
    acting = replace(node, stage=Stage.ACTING, acted_at=journey.clock, stage_ends=None)
    if not isinstance(step, _HOLDING):
        return begin(step, acting, journey, scope)
    ends = None if step.timeout is None else journey.clock + step.timeout
    return _inside(step, replace(_opened(step, acting, journey, scope), stage_ends=ends), journey, scope)


def _continue(step: Step, node: Node, journey: Journey, scope: Scope) -> Outcome:
    if node.stage is Stage.ASKING:
        answer = journey.answer_to(node)
        if answer is None:
            journey.is_busy = True
            return node
        if not answer.is_done:
            return fault_of(answer)
        return _act(step, replace(node, worked_out=answer.values), journey, scope)
    if isinstance(step, _HOLDING):
        return _inside(step, node, journey, scope)
    return proceed(step, node, journey, scope)


def _conclude(step: Step, before: Node, outcome: Outcome, journey: Journey, scope: Scope) -> Outcome:
    """Write down how a step has ended, and do what is to be done when it has failed."""
    if isinstance(outcome, Node):
        return outcome
    if outcome is None:
        journey.ended(step, before, scope.place, None)
        after = replace(before, stage=Stage.AFTER, stage_ends=journey.clock + step.delay_after, inner=())
        return None if journey.is_reached(after.stage_ends) else after
    journey.let_go_left_over(scope.place)
    if outcome.may_retry and before.attempt <= step.retries:
        wait = journey.backoff(step, scope.place, before.attempt)
        backoff = Node(stage=Stage.BACKOFF, began=before.began, attempt=before.attempt, stage_ends=journey.clock + wait)
        journey.look_at(journey.clock + wait)
        return backoff
    journey.ended(step, before, scope.place, outcome)
    fault = outcome if outcome.place else replace(outcome, place=scope.place)
    goes_on = step.on_failure is OnFailure.CONTINUE or (scope.goes_on and step.on_failure is not OnFailure.ABORT)
    goes_on = goes_on and not journey.is_exhausted
    if isinstance(step, _HOLDING) and (goes_on or step.on_failure is OnFailure.RECOVER):
        journey.rest_inside(scope.place, before.running)
    if step.on_failure is OnFailure.RECOVER:
        recovering = replace(before, stage=Stage.RECOVERING, fault=fault, inner=(Cursor(),), stage_ends=None)
        return _recover(step, recovering, journey, scope)
    journey.is_partial = journey.is_partial or goes_on
    return None if goes_on else fault


def _recover(step: Step, node: Node, journey: Journey, scope: Scope) -> Outcome:
    """Run the sequence that puts right what has failed; the run goes on only if that works."""
    program = journey.library.get(step.recovery or "")
    roles = (program.usual_roles if program is not None else {}) | scope.roles
    inner = scope._replace(place=f"{scope.place} / recovery", roles=roles, goes_on=False)
    outcome = walk(main_of(program), node.inner[0], journey, inner)
    if isinstance(outcome, Cursor):
        return replace(node, inner=(outcome,))
    if isinstance(outcome, Fault) or program is None:
        return node.fault
    journey.is_partial = journey.is_partial or not node.inner[0].is_left
    return None


# -- Steps that hold steps -------------------------------------------------------------------------------------------


def _opened(step: Step, node: Node, journey: Journey, scope: Scope) -> Node:
    """Return a step that holds others at its beginning."""
    match step:
        case Branch(condition=condition):
            return replace(node, turn=THEN if journey.is_true(condition, scope) else OTHERWISE, inner=(Cursor(),))
        case Repeat(while_true=condition) if condition is not None and not journey.is_true(condition, scope):
            return replace(node, turn=0)
        case Parallel(branches=branches):
            return replace(node, inner=tuple(Cursor() for _ in branches))
        case _:
            return replace(node, turn=1, inner=(Cursor(),))


def _inside(step: Step, node: Node, journey: Journey, scope: Scope) -> Outcome:
    if journey.is_reached(node.stage_ends):
        journey.rest_measured(scope.place)
        is_cleaning_up = node.fault is not None or (isinstance(step, RunSequence) and node.turn != MAIN)
        return node.fault if is_cleaning_up else _cut(step, node, _TIME_OVER, journey, scope)
    match step:
        case Branch(then=then, otherwise=otherwise):
            return _one_list(then if node.turn == THEN else otherwise, node, journey, scope)
        case Repeat():
            return _repeat(step, node, journey, scope)
        case Parallel():
            return _parallel(step, node, journey, scope)
        case RunSequence():
            return _nested(step, node, journey, scope)
        case _:
            return Fault(code=Code.EXECUTOR_NOT_FOUND, may_retry=False)


def _cut(step: Step, node: Node, fault: Fault, journey: Journey, scope: Scope) -> Outcome:
    """Let a step that holds others fail, when every sequence that is run inside of it has cleaned up."""
    leaving = left_inside(step, node, journey.library)
    if leaving is None:
        return fault
    ends = journey.clock + journey.clean_up
    return _inside(step, replace(leaving, fault=fault, stage_ends=ends), journey, scope)


def _one_list(steps: Steps, node: Node, journey: Journey, scope: Scope) -> Outcome:
    outcome = walk(steps, node.inner[0], journey, scope)
    return replace(node, inner=(outcome,)) if isinstance(outcome, Cursor) else _final(outcome or node.fault)


def _final(fault: Fault | None) -> Fault | None:
    """What has failed inside was tried there as often as it may be: the whole is not begun anew because of it."""
    return None if fault is None else replace(fault, may_retry=False)


def _repeat(step: Repeat, node: Node, journey: Journey, scope: Scope) -> Outcome:
    while node.turn:
        variables = {**scope.variables, TURN: node.turn}
        if step.items:
            variables[ITEM] = step.items[node.turn - 1]
        outcome = _one_list(step.steps, node, journey, scope._replace(variables=variables))
        if outcome is not None or node.inner[0].is_left:
            return outcome
        if _is_last(step, node.turn, journey, scope):
            return None
        if node.turn >= step.at_most:
            return Fault(code=Code.STEP_FAILED, reason="at_most", may_retry=False)
        node = replace(node, turn=node.turn + 1, inner=(Cursor(),))
    return None


def _is_last(step: Repeat, turn: int, journey: Journey, scope: Scope) -> bool:
    if step.count is not None:
        return turn >= step.count
    if step.while_true is not None:
        return not journey.is_true(step.while_true, scope)
    if step.until_true is not None:
        return journey.is_true(step.until_true, scope)
    return turn >= len(step.items)


def _parallel(step: Parallel, node: Node, journey: Journey, scope: Scope) -> Outcome:
    inner, waiting = list[Cursor](), journey.waiting
    for number, (steps, cursor) in enumerate(zip(step.branches, node.inner, strict=True), 1):
        outcome = walk(steps, cursor, journey, scope._replace(place=f"{scope.place} / branch {number}"))
        if isinstance(outcome, Fault):
            # Whatever its siblings were doing is left as it stands.
            journey.waiting = waiting
            journey.rest_measured(scope.place)
            positions = (*inner, Cursor(index=len(steps)), *node.inner[number:])
            fault = replace(outcome, may_retry=False)
            return _cut(step, replace(node, inner=positions), fault, journey, scope)
        inner.append(outcome or Cursor(index=len(steps)))
    is_done = all(cursor.index == len(steps) for steps, cursor in zip(step.branches, inner, strict=True))
    return node.fault if is_done else replace(node, inner=tuple(inner))


def _cleaning_up(node: Node, journey: Journey, outcome: Fault | None) -> Node:
    """Return a step that runs another sequence at the ``finally`` of that, which has its own time.

    One that was cut off has been given its time for that already.
    """
    if node.fault is not None:
        return replace(node, turn=AFTERWARDS, inner=(Cursor(),))
    ends = journey.clock + journey.clean_up
    journey.look_at(ends)
    return replace(node, turn=AFTERWARDS, inner=(Cursor(),), fault=_final(outcome), stage_ends=ends)


def _nested(step: RunSequence, node: Node, journey: Journey, scope: Scope) -> Outcome:
    program = journey.library.get(step.sequence)
    if program is None:
        return Fault(code=Code.NOT_FOUND, reason=step.sequence, may_retry=False)
    named = {name: scope.output(output) for name, output in step.roles.items()}
    bound = program.usual_roles | {name: output for name, output in named.items() if output is not None}
    usual = {name: each.default for name, each in program.variables.items() if each.default is not None}
    inner = Scope(f"{scope.place} / {program.id}", bound, usual | step.variables, not program.abort_on_failure)
    if node.turn == MAIN:
        outcome = walk(main_of(program), node.inner[0], journey, inner)
        if isinstance(outcome, Cursor):
            return replace(node, inner=(outcome,))
        node = _cleaning_up(node, journey, outcome)
    at_end = inner._replace(place=f"{inner.place} / {FINALLY}", goes_on=True)
    shares, journey.shares = journey.shares, CLEANING_UP
    outcome = walk(program.afterwards, node.inner[0], journey, at_end)
    journey.shares = shares
    return replace(node, inner=(outcome,)) if isinstance(outcome, Cursor) else node.fault
