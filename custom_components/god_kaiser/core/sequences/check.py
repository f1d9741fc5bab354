"""What a sequence must keep to before it is stored; the first fault is told with its place."""

from collections.abc import Mapping
import re

from ..conditions import Condition, check_condition, place_of_fault
from ..conditions.output_is import OutputIs
from ..conditions.reading_is import ReadingIs
from ..errors import DefinitionError
from ..misreadings import hides_something, shown, unknown_aim
from .binding import ROLE
from .codes import SequenceCode as Code
from .errors import SequenceError
from .limits import (
    DEEPEST_NESTING,
    MOST_BRANCHES,
    MOST_PHASE_RETRIES,
    MOST_RETRIES,
    MOST_TURNS,
    SHORTEST_APPROVAL,
    SequenceLimits,
)
from .model import RunMode, Sequence, Variable
from .steps import Branch, Parallel, Repeat, RunSequence, Step
from .steps.base import OnFailure
from .steps.call_action import CallAction
from .steps.delay import Delay
from .steps.set_level import SetLevel
from .steps.tell import Approval
from .steps.until import Until
from .steps.wait_until import WaitUntil
from .turns import check_turns
from .uses import single_questions
from .walk import Placed, least_seconds, lists_in, steps_of

TOGGLE = "toggle"
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# What stands for something else where a sequence is read by its id.
RESERVED = frozenset({"schema", "stats"})
_OUTPUT = re.compile(r"[A-Za-z0-9_-]{1,32}/actuator/\d{1,2}")
_ACTION = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")


def is_template(text: str) -> bool:
    """Tell whether Home Assistant has to work a text out first."""
    return "{{" in text or "{%" in text


def check(sequence: Sequence, limits: SequenceLimits) -> None:
    """Refuse what cannot be run as it is written."""
    if not _ID.fullmatch(sequence.id):
        raise SequenceError(Code.INVALID_DEFINITION, "id", why="wrong_id", given=sequence.id)
    if sequence.id in RESERVED:
        raise SequenceError(Code.INVALID_DEFINITION, "id", why="reserved_id", given=sequence.id)
    # One run at a time is what the other two modes are for.
    if (sequence.mode in (RunMode.SINGLE, RunMode.RESTART)) is not (sequence.most_runs == 1):
        raise SequenceError(Code.INVALID_DEFINITION, "most_runs", why="wrong_most_runs", given=str(sequence.most_runs))
    if not 1 <= sequence.most_runs <= limits.runs:
        raise SequenceError(Code.INVALID_DEFINITION, "most_runs", why="wrong_most_runs", given=str(sequence.most_runs))
    _check_size(sequence, limits)
    _check_names(sequence)
    for name, variable in sequence.variables.items():
        _check_variable(name, variable)
    for placed in steps_of(sequence):
        _check_step(placed, sequence, limits)
    if not _is_named(sequence.observe or "", sequence):
        raise SequenceError(Code.INVALID_DEFINITION, "observe", given=str(sequence.observe))
    check_turns(sequence, {})
    planned = sum(least_seconds(phase.steps) for phase in sequence.phases)
    if planned > sequence.max_duration:
        raise SequenceError(Code.DURATION_EXCEEDED, seconds=planned, limit=sequence.max_duration)


def check_references(sequence: Sequence, library: Mapping[str, Sequence]) -> None:
    """Refuse sequences that do not exist, that run themselves, that are nested too deeply, or that turn too often."""
    _follow(sequence, {**library, sequence.id: sequence}, (sequence.id,), set())
    check_turns(sequence, library)


def _follow(
    sequence: Sequence, library: Mapping[str, Sequence], path: tuple[str, ...], sound: set[tuple[str, int]]
) -> None:
    for placed in steps_of(sequence):
        for wanted in _references(placed.step):
            if wanted in path or len(path) > DEEPEST_NESTING:
                raise SequenceError(Code.CIRCULAR_REFERENCE, placed.place, given=" → ".join((*path, wanted)))
            if (other := library.get(wanted)) is None:
                raise SequenceError(Code.NOT_FOUND, placed.place, given=wanted)
            # What was followed without a fault from here has none on another way either, and the ways are many.
            if (wanted, len(path)) not in sound:
                _follow(other, library, (*path, wanted), sound)
                sound.add((wanted, len(path)))


def _references(step: Step) -> list[str]:
    recovery = [step.recovery] if step.recovery else []
    return [step.sequence, *recovery] if isinstance(step, RunSequence) else recovery


def _check_size(sequence: Sequence, limits: SequenceLimits) -> None:
    if not any(phase.steps for phase in sequence.phases):
        raise SequenceError(Code.EMPTY_STEPS)
    for count, placed in enumerate(steps_of(sequence), 1):
        if count > limits.steps:
            raise SequenceError(Code.TOO_MANY_STEPS, limit=limits.steps)
        if placed.depth > DEEPEST_NESTING:
            raise SequenceError(Code.INVALID_STEP, placed.place, given=f"> {DEEPEST_NESTING}")
    if not 0 < sequence.max_duration <= limits.seconds:
        raise SequenceError(Code.DURATION_EXCEEDED, seconds=sequence.max_duration, limit=limits.seconds)
    names = [phase.name for phase in sequence.phases]
    if len(set(names)) < len(names):
        raise SequenceError(Code.INVALID_DEFINITION, "phases", given=", ".join(names))
    for phase in sequence.phases:
        if phase.timeout is not None and not 0 < phase.timeout <= limits.seconds:
            raise SequenceError(Code.DURATION_EXCEEDED, phase.name, seconds=phase.timeout, limit=limits.seconds)
        if not 0 <= phase.retries <= MOST_PHASE_RETRIES:
            raise SequenceError(Code.INVALID_DEFINITION, phase.name, given=f"retries: {phase.retries}")


def _check_names(sequence: Sequence) -> None:
    steps = [(placed.place.removesuffix(f" {placed.step.name}"), placed.step.name) for placed in steps_of(sequence)]
    for place, name in [("name", sequence.name), *(("phases", phase.name) for phase in sequence.phases), *steps]:
        if name.isspace() or (place == "phases" and not name):
            raise SequenceError(Code.INVALID_DEFINITION, place).said_as("definition_name_empty", {})
        if hides_something(name):
            fault = SequenceError(Code.INVALID_DEFINITION, place, given=shown(name))
            raise fault.said_as("text_hides_something", {})


def _check_variable(name: str, variable: Variable) -> None:
    given, bounds = variable.default, (variable.low, variable.high)
    place = f"variables / {name}"
    if not name.isidentifier():
        raise SequenceError(Code.INVALID_DEFINITION, place, given=name)
    if any(bound is not None for bound in bounds) and not isinstance(given, (int, float, type(None))):
        raise SequenceError(Code.INVALID_DEFINITION, place, given=str(given))
    low, high = (default if bound is None else bound for bound, default in zip(bounds, (-1e300, 1e300), strict=True))
    if low > high or (isinstance(given, (int, float)) and not low <= given <= high):
        raise SequenceError(Code.INVALID_DEFINITION, place, given=str(given))


def _check_step(placed: Placed, sequence: Sequence, limits: SequenceLimits) -> None:
    step, place = placed.step, placed.place
    for seconds in (step.delay_before, step.delay_after, step.retry_delay):
        _check_delay(seconds, place, limits)
    if step.timeout is not None and not 0 < step.timeout <= limits.seconds:
        raise SequenceError(Code.INVALID_STEP, place, given=f"timeout: {step.timeout}")
    if not 0 <= step.retry_jitter <= 1:
        raise SequenceError(Code.INVALID_STEP, place, given=f"retry_jitter: {step.retry_jitter}")
    if not 0 <= step.retries <= MOST_RETRIES:
        raise SequenceError(Code.INVALID_STEP, place, given=f"retries: {step.retries}")
    if (step.on_failure is OnFailure.RECOVER) is not bool(step.recovery):
        raise SequenceError(Code.INVALID_STEP, place, given="recovery")
    for name, steps in lists_in(step).items():
        if not steps and name != "otherwise":
            raise SequenceError(Code.EMPTY_STEPS, f"{place} / {name}")
    _check_own(step, place, sequence, limits)


def _check_own(step: Step, place: str, sequence: Sequence, limits: SequenceLimits) -> None:
    match step:
        case SetLevel():
            _check_set(step, place, sequence, limits)
        case Delay(seconds=seconds):
            _check_delay(seconds, place, limits)
        case WaitUntil(condition=condition) | Branch(condition=condition):
            _check_condition(condition, place, sequence)
        case Until():
            _check_until(step, place, sequence, limits)
        case Repeat():
            _check_repeat(step, place, sequence)
        case Approval(timeout=timeout) if timeout is not None and timeout < SHORTEST_APPROVAL:
            raise SequenceError(Code.INVALID_STEP, place, given=f"timeout: {timeout}")
        case Parallel(branches=branches) if not 2 <= len(branches) <= MOST_BRANCHES:
            raise SequenceError(Code.INVALID_STEP, place, given=f"branches: {len(branches)}")
        case CallAction():
            _check_call(step, place)
        case _:
            pass


def _check_set(step: SetLevel, place: str, sequence: Sequence, limits: SequenceLimits) -> None:
    _check_output(step.output, place, sequence)
    match step.level:
        case str() as text if text != TOGGLE and not is_template(text):
            raise SequenceError(Code.INVALID_STEP, place, given=f"level: {text}")
        case int() | float() as level if not 0 <= level <= 1:
            raise SequenceError(Code.INVALID_STEP, place, given=f"level: {level}")
        case _:
            pass
    match step.duration:
        case str() as text if not is_template(text):
            raise SequenceError(Code.INVALID_STEP, place, given=f"duration: {text}")
        case int() | float() as seconds if not 0 < seconds <= limits.seconds:
            raise SequenceError(Code.INVALID_STEP, place, given=f"duration: {seconds}")
        case _:
            pass


def _check_until(step: Until, place: str, sequence: Sequence, limits: SequenceLimits) -> None:
    _check_output(step.output, place, sequence)
    if not 0 < step.level <= 1 or not 0 < step.at_most <= limits.seconds:
        raise SequenceError(Code.INVALID_STEP, place, given=f"{step.level}, {step.at_most}")
    if (step.meter is None) is not (step.amount is None) or (step.meter is None and step.condition is None):
        raise SequenceError(Code.INVALID_STEP, place, given="condition, meter, amount")
    if step.amount is not None and not step.amount > 0:
        raise SequenceError(Code.INVALID_STEP, place, given=f"amount: {step.amount}")
    if not _is_named(step.meter or "", sequence):
        raise SequenceError(Code.INVALID_STEP, place, given=f"meter: {step.meter}")
    if step.condition is not None:
        _check_condition(step.condition, place, sequence)


def _check_call(step: CallAction, place: str) -> None:
    if not _ACTION.fullmatch(step.action):
        raise SequenceError(Code.INVALID_ACTION_TYPE, place, given=step.action)
    if (fault := unknown_aim(step.target)) is not None:
        raise SequenceError(Code.INVALID_STEP, f"{place} / {fault.place}").said_as(fault.problem, fault.details)


def _check_repeat(step: Repeat, place: str, sequence: Sequence) -> None:
    ways = (step.count is not None, step.while_true is not None, step.until_true is not None, bool(step.items))
    if sum(ways) != 1:
        raise SequenceError(Code.INVALID_STEP, place, given="count, while_true, until_true, items")
    turns = step.count if step.count is not None else len(step.items) or step.at_most
    if not 1 <= turns <= step.at_most <= MOST_TURNS:
        raise SequenceError(Code.INVALID_STEP, place, given=f"1 – {MOST_TURNS}")
    for condition in (step.while_true, step.until_true):
        if condition is not None:
            _check_condition(condition, place, sequence)


def _check_output(output: str, place: str, sequence: Sequence) -> None:
    is_role = output.startswith(ROLE) and _is_named(output, sequence)
    if not is_role and not _OUTPUT.fullmatch(output):
        raise SequenceError(Code.INVALID_STEP, place, given=f"output: {output}")


def _check_delay(seconds: float | str, place: str, limits: SequenceLimits) -> None:
    is_possible = is_template(seconds) if isinstance(seconds, str) else 0 <= seconds <= limits.seconds
    if not is_possible:
        raise SequenceError(Code.INVALID_DELAY, place, seconds=seconds, limit=limits.seconds)


def _is_named(name: str, sequence: Sequence) -> bool:
    """Tell whether a name is no role, or one of those that the sequence has."""
    return not name.startswith(ROLE) or name.removeprefix(ROLE) in sequence.roles


def _check_condition(condition: Condition, place: str, sequence: Sequence) -> None:
    try:
        check_condition(condition)
    except DefinitionError as err:
        where = place_of_fault(condition, place)
        raise SequenceError(Code.INVALID_STEP, where).said_as(err.problem, err.details) from err
    for question in single_questions(condition):
        match question:
            case ReadingIs(sensor=name) | OutputIs(output=name) if not _is_named(name, sequence):
                raise SequenceError(Code.INVALID_STEP, place, given=name)
            case _:
                pass
