"""What each kind of leaf does: how it begins, and how it goes on when something has happened."""

from msgspec.structs import replace

from ..requests import is_rest
from .check import TOGGLE, is_template
from .codes import SequenceCode as Code
from .fault import Fault
from .journey import Journey, Scope
from .limits import USUAL_TIMEOUT
from .orders import CallHome, SetOutput, TellPeople, WriteAhead
from .run import Answer, Energised, Node, Stage
from .steps import Step
from .steps.call_action import CallAction
from .steps.delay import Delay
from .steps.set_level import SetLevel
from .steps.tell import Approval, AtDeadline, Log, Notify
from .steps.until import Until
from .steps.wait_until import AtTimeout, WaitUntil

_STARTING, MEASURING, _RESTING = 1, 2, 3

type Outcome = Node | Fault | None


def templates_of(step: Step) -> dict[str, str]:
    """Return the fields of a step that Home Assistant has to work out before it can begin."""
    fields = {name: getattr(step, name, None) for name in ("level", "duration", "seconds", "text", "title")}
    return {name: text for name, text in fields.items() if isinstance(text, str) and is_template(text)}


def begin(step: Step, node: Node, journey: Journey, scope: Scope) -> Outcome:
    """Begin a step that holds no others; None means that it has ended already."""
    match step:
        case Delay():
            seconds = _number(node, "seconds", step.seconds)
            if seconds is None or seconds < 0:
                return Fault(code=Code.INVALID_DELAY, reason=str(node.worked_out.get("seconds")), may_retry=False)
            return proceed(step, replace(node, stage_ends=journey.clock + seconds), journey, scope)
        case SetLevel() | Until():
            return _begin_output(step, node, journey, scope)
        case WaitUntil():
            return proceed(step, _timed(step, node, journey, None), journey, scope)
        case Log():
            journey.orders.append(TellPeople(key=node.key, step=_worded(step, node)))
            return None
        case Notify():
            return _told(_worded(step, node), node, journey, USUAL_TIMEOUT)
        case Approval():
            return _told(_worded(step, node), node, journey, None)
        case CallAction():
            key = journey.issue()
            known = scope.variables | journey.learned
            call = CallHome(key=key, action=step.action, target=step.target, fields=step.fields, variables=known)
            journey.orders.append(call)
            return proceed(step, _timed(step, replace(node, key=key), journey, USUAL_TIMEOUT), journey, scope)
        case _:
            return Fault(code=Code.EXECUTOR_NOT_FOUND, may_retry=False)


def proceed(step: Step, node: Node, journey: Journey, scope: Scope) -> Outcome:
    """Go on with a step that has begun."""
    match step:
        case Delay():
            return None if journey.is_reached(node.stage_ends) else node
        case SetLevel():
            return _set(step, node, journey, scope)
        case Until():
            return _until(step, node, journey, scope)
        case WaitUntil():
            return _wait(step, node, journey, scope)
        case Approval():
            return _approval(step, node, journey)
        case CallAction():
            return _called(step, node, journey)
        case _:
            return _answered(node, journey)


def _number(node: Node, field: str, written: float | str | None) -> float | None:
    """Return a number of a step, as it is written or as it was worked out."""
    worked_out = node.worked_out.get(field, written)
    if worked_out is None or isinstance(worked_out, (int, float)):
        return worked_out
    try:
        return float(worked_out)
    except ValueError:
        return None


def _worded[Telling: (Log, Notify, Approval)](step: Telling, node: Node) -> Telling:
    words = {name: str(text) for name, text in node.worked_out.items()}
    return replace(step, **words)


def _timed(step: Step, node: Node, journey: Journey, usual: float | None) -> Node:
    timeout = step.timeout if step.timeout is not None else usual
    ends = None if timeout is None else journey.clock + timeout
    journey.is_reached(ends)
    return replace(node, stage_ends=ends)


def _told(step: Notify | Approval, node: Node, journey: Journey, usual: float | None) -> Outcome:
    key = journey.issue()
    journey.orders.append(TellPeople(key=key, step=step))
    return proceed(step, _timed(step, replace(node, key=key), journey, usual), journey, _NOWHERE)


def _answered(node: Node, journey: Journey) -> Outcome:
    """Go by the answer of whoever was asked."""
    answer = journey.answer_to(node)
    if answer is None:
        if journey.is_reached(node.stage_ends):
            # Nobody knows whether it was done: to do it again could do it twice.
            return Fault(code=Code.STEP_TIMED_OUT, may_retry=False)
        journey.is_busy = True
        return node
    return None if answer.is_done else fault_of(answer)


def _called(step: CallAction, node: Node, journey: Journey) -> Outcome:
    """Keep what an action has answered, for the templates of later steps."""
    answer = journey.answer_to(node)
    if answer is not None and answer.is_done and step.response:
        journey.learned[step.response] = answer.values.get("response")
    return _answered(node, journey)


def fault_of(answer: Answer) -> Fault:
    """Return why a step fails whose order was not carried out."""
    return Fault(
        code=answer.code,
        reason=answer.reason,
        may_retry=answer.may_retry,
        error_tech=answer.error_tech,
        details=answer.details,
    )


def _begin_output(step: SetLevel | Until, node: Node, journey: Journey, scope: Scope) -> Outcome:
    """Write down what is about to be energised before it is; a rest waits for nothing."""
    if scope.output(step.output) is None:
        return Fault(code=Code.INVALID_STEP, reason=step.output, may_retry=False)
    level = _level(step, node, journey, scope)
    if level is None:
        return Fault(code=Code.INVALID_STEP, reason=f"level: {node.worked_out.get('level')}", may_retry=False)
    if (
        isinstance(step, SetLevel)
        and step.duration is not None
        and not (_number(node, "duration", step.duration) or 0) > 0
    ):
        # Without an end that can be read, an output would run for as long as it may.
        return Fault(code=Code.INVALID_STEP, reason=f"duration: {node.worked_out.get('duration')}", may_retry=False)
    node = replace(node, worked_out={**node.worked_out, "level": level})
    if is_rest(level):
        return _submit(step, node, journey, scope, level)
    if isinstance(step, Until) and step.meter is not None and node.first_value is None:
        # Whatever flows from here on counts, also over a crash.
        node = replace(node, first_value=journey.value_of(step.meter, scope))
    key = journey.issue()
    journey.orders.append(WriteAhead(key=key))
    journey.is_busy = True
    return replace(node, stage=Stage.WRITING, key=key, stage_ends=None)


def _level(step: SetLevel | Until, node: Node, journey: Journey, scope: Scope) -> float | None:
    if isinstance(step, SetLevel) and step.level == TOGGLE and "level" not in node.worked_out:
        channel = scope.output(step.output)
        report = journey.view.fleet.report(channel) if channel is not None else None
        known = report.level if report is not None else None
        return None if known is None else float(is_rest(known))
    level = _number(node, "level", step.level)
    return level if level is not None and 0 <= level <= 1 else None


def _submit(step: SetLevel | Until, node: Node, journey: Journey, scope: Scope, level: float) -> Outcome:
    channel = scope.output(step.output)
    if channel is None:
        return Fault(code=Code.INVALID_STEP, reason=step.output, may_retry=False)
    key = journey.issue()
    duration = step.at_most if isinstance(step, Until) else _number(node, "duration", step.duration)
    if is_rest(level):
        # Whoever is told to rest is asked again until it does, by others than the run.
        journey.energised.pop(channel, None)
    else:
        node = replace(node, before=journey.energised.get(channel))
        until = None if duration is None else journey.clock + duration
        journey.energised[channel] = Energised(
            level=level, until=until, by=key, place=scope.place, is_measured=isinstance(step, Until)
        )
    journey.orders.append(
        SetOutput(key=key, channel=channel, level=level, duration=None if is_rest(level) else duration)
    )
    journey.is_busy = True
    acting = replace(node, stage=Stage.ACTING, key=key, acted_at=journey.clock, turn=node.turn or _STARTING)
    return _timed(step, acting, journey, USUAL_TIMEOUT)


def _write_or_submit(step: SetLevel | Until, node: Node, journey: Journey, scope: Scope) -> Outcome:
    answer = journey.answer_to(node)
    if answer is None:
        journey.is_busy = True
        return node
    if not answer.is_done:
        return fault_of(answer)
    level = _level(step, node, journey, scope)
    return (
        Fault(code=Code.INVALID_STEP, may_retry=False) if level is None else _submit(step, node, journey, scope, level)
    )


def _set(step: SetLevel, node: Node, journey: Journey, scope: Scope) -> Outcome:
    if node.stage is Stage.WRITING:
        return _write_or_submit(step, node, journey, scope)
    outcome = _answered(node, journey)
    if isinstance(outcome, Fault) and outcome.code is Code.STEP_TIMED_OUT:
        # A level is absolute: to ask for it once more cannot do it twice.
        return replace(outcome, may_retry=True)
    if isinstance(outcome, Fault):
        _take_back(step, node, journey, scope)
    return outcome


def _take_back(step: SetLevel | Until, node: Node, journey: Journey, scope: Scope) -> None:
    """What was refused does not run: a run has it as it had it before. Of what nobody has answered that is not known."""
    channel = scope.output(step.output)
    if channel is not None and channel in journey.energised:
        del journey.energised[channel]
        if node.before is not None and not node.before.is_over(journey.clock):
            journey.energised[channel] = node.before


def _until(step: Until, node: Node, journey: Journey, scope: Scope) -> Outcome:
    if node.stage is Stage.WRITING:
        return _write_or_submit(step, node, journey, scope)
    channel = scope.output(step.output)
    if channel is None:
        return Fault(code=Code.INVALID_STEP, reason=step.output, may_retry=False)
    since = journey.clock if node.acted_at is None else node.acted_at
    if node.turn == _STARTING:
        outcome = _answered(node, journey)
        if isinstance(outcome, Fault) and outcome.code is Code.STEP_TIMED_OUT:
            # It may run, and nobody measures it.
            journey.rest(channel)
        elif isinstance(outcome, Fault):
            _take_back(step, node, journey, scope)
        if outcome is not None:
            return outcome
        node = replace(node, turn=MEASURING)
    if node.turn == MEASURING:
        is_over = journey.is_reached(since + step.at_most)
        is_enough, first = _is_enough(step, node, journey, scope)
        if not is_over and not is_enough:
            return replace(node, first_value=first)
        missed = Fault(code=Code.STEP_TIMED_OUT, reason="at_most", may_retry=False)
        key = journey.rest(channel)
        fault = None if is_enough or step.at_timeout is AtTimeout.GO_ON else missed
        return _timed(step, replace(node, turn=_RESTING, key=key, fault=fault), journey, USUAL_TIMEOUT)
    # After a restart nobody answers any more; that it rests is seen to by others.
    outcome = _answered(node, journey) if node.key else None
    return node.fault if outcome is None else outcome


def _is_enough(step: Until, node: Node, journey: Journey, scope: Scope) -> tuple[bool, float | None]:
    """Tell whether enough was measured; a meter that falls back counts as nothing, and the time is the bound."""
    if step.condition is not None and journey.waits_for(step.condition, scope):
        return True, node.first_value
    if step.meter is None or step.amount is None:
        return False, node.first_value
    value = journey.value_of(step.meter, scope)
    first = value if node.first_value is None else node.first_value
    return value is not None and first is not None and value - first >= step.amount, first


def _wait(step: WaitUntil, node: Node, journey: Journey, scope: Scope) -> Outcome:
    if journey.waits_for(step.condition, scope):
        return None
    if not journey.is_reached(node.stage_ends):
        return node
    return None if step.at_timeout is AtTimeout.GO_ON else Fault(code=Code.STEP_TIMED_OUT)


def _approval(step: Approval, node: Node, journey: Journey) -> Outcome:
    answer = journey.answer_to(node)
    if answer is not None:
        return None if answer.is_done else Fault(code=Code.STEP_FAILED, reason=answer.reason, may_retry=False)
    if not journey.is_reached(node.stage_ends):
        return node
    match step.at_deadline:
        case AtDeadline.APPROVE:
            return None
        case AtDeadline.ASK_AGAIN:
            return _told(_worded(step, node), node, journey, None)
        case AtDeadline.REJECT:
            return Fault(code=Code.STEP_TIMED_OUT, reason="approval", may_retry=False)


_NOWHERE = Scope(place="", roles={}, variables={}, goes_on=False)
