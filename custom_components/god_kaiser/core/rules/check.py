"""What a rule must keep to before it is saved."""

from collections.abc import Iterator
from math import isfinite
import re

from ..conditions import check_condition, place_of_fault
from ..errors import DefinitionError
from ..misreadings import hides_something, shown, unknown_aim
from ..requests import FULL, REST
from .actions import Action, CallAction, CancelSequence, LockOutput, LogLine, Notify, SetOutput, StartSequence
from .errors import RuleError
from .model import LOWEST_PRIORITY, Rule, WhenUnknown

LONGEST_ID = 64
LONGEST_NAME = 100
LONGEST_TEXT = 500
MOST_ACTIONS = 20
MOST_NAMES = 50
LONGEST_TIME = 86_400.0
MOST_PER_HOUR = 3600
MOST_PER_DAY = 1000
MOST_RETRIES = 10
# What stands for something else where a rule is read by its id.
RESERVED = frozenset({"explain", "export", "history", "templates"})
_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
_OUTPUT = re.compile(r"[A-Za-z0-9_-]{1,32}/actuator/\d{1,2}")
# The field that is wrong, where it is only one, the problem, and the words of its sentence.
type _Fault = tuple[str, str, dict[str, str | float]]
_ACTION = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")


def check(rule: Rule) -> None:
    """Refuse a rule that could not be meant; raises ``RuleError`` with the place."""
    if not rule.id or len(rule.id) > LONGEST_ID or not _SIGNS.issuperset(rule.id):
        raise RuleError("rule_bad_id", "id", given=shown(rule.id))
    if rule.id in RESERVED:
        raise RuleError("rule_reserved_id", "id", given=rule.id)
    for place, text, most in (("name", rule.name, LONGEST_NAME), ("description", rule.description, LONGEST_TEXT)):
        if len(text) > most:
            raise RuleError("rule_text_too_long", place, most=most)
        if hides_something(text, has_lines=place == "description"):
            raise RuleError("text_hides_something", place, given=shown(text))
    if not 1 <= rule.priority <= LOWEST_PRIORITY:
        raise RuleError("rule_out_of_range", "priority", low=1, high=LOWEST_PRIORITY, given=rule.priority)
    _check_times(rule)
    _check_lists(rule)
    try:
        check_condition(rule.when, in_rule=True)
    except DefinitionError as err:
        place = place_of_fault(rule.when, "when", in_rule=True)
        raise RuleError(err.problem, f"{place} / {err.field}" if err.field else place, **err.details) from err
    if not rule.then:
        raise RuleError("rule_no_action", "then")
    _check_actions("then", rule.then)
    _check_actions("otherwise", rule.otherwise)
    _check_actions("escalation / instead", rule.escalation.instead)
    _check_instead(rule)


def _check_lists(rule: Rule) -> None:
    """Refuse names in such a number, or of such a length, that nobody means them."""
    _check_names("area", (rule.area,))
    _check_names("labels", rule.labels)
    _check_names("influences", rule.influences)
    _check_names("escalation / notify", rule.escalation.notify)
    for number, sensor in enumerate(rule.influences, 1):
        if "/sensor/" not in sensor:
            raise RuleError("rule_no_sensor", f"influences / {number}", given=sensor)


def _check_names(place: str, names: tuple[str, ...]) -> None:
    if len(names) > MOST_NAMES:
        raise RuleError("rule_too_many_names", place, most=MOST_NAMES)
    if any(len(name) > LONGEST_NAME for name in names):
        raise RuleError("rule_text_too_long", place, most=LONGEST_NAME)


def _check_times(rule: Rule) -> None:
    times = {
        "for": rule.lasting,
        "cooldown": rule.cooldown,
        "hold_for": rule.hold_for,
        "escalation / after": rule.escalation.after,
        "escalation / retry_every": rule.escalation.retry_every,
    }
    for place, seconds in times.items():
        if not (isfinite(seconds) and 0.0 <= seconds <= LONGEST_TIME):
            raise RuleError("rule_out_of_range", place, low=0, high=LONGEST_TIME, given=seconds)
    counts = (
        ("max_per_hour", rule.max_per_hour, MOST_PER_HOUR),
        ("max_per_day", rule.max_per_day, MOST_PER_DAY),
    )
    for place, most, limit in counts:
        if most is not None and not 1 <= most <= limit:
            raise RuleError("rule_out_of_range", place, low=1, high=limit, given=most)
    retries = rule.escalation.retries
    if not 0 <= retries <= MOST_RETRIES:
        raise RuleError("rule_out_of_range", "escalation / retries", low=0, high=MOST_RETRIES, given=retries)
    if rule.when_unknown is WhenUnknown.HOLD and not rule.hold_for > 0:
        raise RuleError("rule_hold_without_time", "hold_for")


def _check_actions(place: str, actions: tuple[Action, ...]) -> None:
    if len(actions) > MOST_ACTIONS:
        raise RuleError("rule_too_many_actions", place, most=MOST_ACTIONS)
    outputs: set[str] = set()
    for number, action in enumerate(actions, 1):
        where = f"{place} / {number}"
        for field, problem, details in _faults_of(action):
            raise RuleError(problem, f"{where} / {field}" if field else where, **details)
        if isinstance(action, Notify):
            _check_names(f"{where} / to", action.to)
        if isinstance(action, SetOutput):
            if action.output in outputs:
                raise RuleError("rule_output_twice", where, given=action.output)
            outputs.add(action.output)


def _check_instead(rule: Rule) -> None:
    """Refuse to do the same once more where that has not helped: ``retries`` ask again."""
    if not rule.escalation.instead:
        return
    wanted = {(action.output, action.level) for action in rule.then if isinstance(action, SetOutput)}
    for number, action in enumerate(rule.escalation.instead, 1):
        if isinstance(action, SetOutput) and (action.output, action.level) in wanted:
            raise RuleError("rule_instead_the_same", f"escalation / instead / {number}", given=action.output)


def _faults_of(action: Action) -> Iterator[_Fault]:
    match action:
        case SetOutput():
            yield from _faults_of_output(action)
        case StartSequence(sequence=sequence) | CancelSequence(sequence=sequence):
            if not sequence:
                yield "", "rule_no_sequence", {}
        case LockOutput(output=output) if not _OUTPUT.fullmatch(output):
            yield "", "rule_no_output", {"given": output}
        case Notify(text=text) | LogLine(text=text) | LockOutput(reason=text):
            if not text.strip() or len(text) > LONGEST_TEXT:
                yield "", "rule_bad_text", {"most": LONGEST_TEXT}
        case CallAction(action=name, target=target):
            if not _ACTION.fullmatch(name):
                yield "", "rule_bad_action", {"given": name}
            if (fault := unknown_aim(target)) is not None:
                yield fault.place, fault.problem, fault.details


def _faults_of_output(action: SetOutput) -> Iterator[_Fault]:
    if not _OUTPUT.fullmatch(action.output):
        yield "", "rule_no_output", {"given": action.output}
    if not REST <= action.level <= FULL:
        yield "level", "rule_out_of_range", {"low": REST, "high": FULL, "given": action.level}
    if action.duration is not None and not 1 <= action.duration <= LONGEST_TIME:
        yield "duration", "rule_out_of_range", {"low": 1, "high": LONGEST_TIME, "given": action.duration}
    if action.duration is not None and action.level == REST:
        yield "duration", "rule_rest_with_time", {}
