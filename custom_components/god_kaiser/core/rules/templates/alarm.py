"""Tell people when a value has left its range for a while, and when nothing is heard of its sensor any more."""

from ..errors import RuleError
from .asking import either, notify, reading, rule_beside, rule_of
from .template import NAMED, TO, Answers, Filled, Kind, Parameter, Template, Written, seconds, sensor, text

MESSAGE = "The value has left its range:"
SILENT = "The sensor has gone silent, or what it says cannot be trusted."
# Home Assistant works out what the value is when it tells people; the name of the rule is the title.
_VALUE = " {{ trigger.value }}"
_DOUBTFUL = ("stale", "suspect", "bad", "critical", "error")
_ANY = 1e6


def _build(answers: Answers) -> Filled:
    value, to = answers.channel("value"), answers.text("to")
    bounds = [reading(value, operator, answers.number(name)) for name, operator in _BOUNDS if answers.has(name)]
    if not bounds:
        raise RuleError("rule_template_missing", "low")
    if len(bounds) == len(_BOUNDS) and answers.number("low") >= answers.number("high"):
        raise RuleError("rule_out_of_range", "high", low=answers.number("low"), high=_ANY, given=answers.number("high"))
    message = answers.text("message")
    then: list[Written] = [notify(message if "{{" in message else message + _VALUE, to)]
    if answers.has("sequence"):
        then.append({"kind": "run", "sequence": answers.text("sequence")})
    again = {"cooldown": answers.number("remind_every")} if answers.has("remind_every") else {}
    alarm = rule_of(answers, when=either(*bounds), then=then, **{"for": answers.number("out_for")}, **again)
    question: Written = {"kind": "quality", "sensor": value, "quality": list(_DOUBTFUL)}
    silent = rule_beside(
        answers,
        "silent",
        when=question,
        then=[notify(answers.text("silent_message"), to)],
        **{"for": answers.number("silent_for")},
    )
    return Filled(rules=(alarm, silent))


_BOUNDS = (("low", "<"), ("high", ">"))
ALARM = Template(
    id="alarm",
    parameters=(
        *NAMED,
        sensor("value"),
        *(Parameter(name=name, kind=Kind.NUMBER, low=-_ANY, high=_ANY, optional=True) for name, _ in _BOUNDS),
        seconds("out_for", 0, 86_400, 300),
        seconds("remind_every", 60, 86_400, None),
        seconds("silent_for", 0, 86_400, 900),
        text("message", MESSAGE),
        text("silent_message", SILENT),
        TO,
        Parameter(name="sequence", kind=Kind.SEQUENCE, optional=True),
    ),
    build=_build,
)
