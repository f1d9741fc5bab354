"""Parts of rules as templates write them: questions, and what follows from them."""

from typing import Final

from ...ids import ChannelId
from ...safety.interlocks.fresh_sensor import FreshSensor
from .template import Answers, Written


def reading(sensor: ChannelId, operator: str, value: float) -> Written:
    """Return the question whether a value is so."""
    return {"kind": "reading", "sensor": sensor, "operator": operator, "value": value}


def band(sensor: ChannelId, below: float, above: float, *, cools: bool = False) -> Written:
    """Return the question with two thresholds."""
    return {"kind": "hysteresis", "sensor": sensor, "below": below, "above": above, "cools": cools}


def change(sensor: ChannelId, within: float, operator: str, value: float) -> Written:
    """Return the question how far a value has moved."""
    return {"kind": "change", "sensor": sensor, "within": within, "operator": operator, "value": value}


def hours(answers: Answers) -> Written:
    """Return the question whether it is between the two times that a person has given."""
    return {"kind": "time", "after": answers.text("after"), "before": answers.text("before")}


def runs(output: ChannelId) -> Written:
    """Return the question whether an output runs."""
    return {"kind": "output", "output": output, "operator": ">", "value": 0.0}


def lasting(question: Written, span: float) -> Written:
    """Return the question whether something has been so for a while."""
    return {"kind": "lasting", "seconds": span, "of": question}


def negated(question: Written) -> Written:
    """Return the question whether something is not so."""
    return {"kind": "not", "of": question}


def every(*questions: Written) -> Written:
    """Return the question whether all of it is so."""
    return questions[0] if len(questions) == 1 else {"kind": "all", "of": list(questions)}


def either(*questions: Written) -> Written:
    """Return the question whether any of it is so."""
    return questions[0] if len(questions) == 1 else {"kind": "any", "of": list(questions)}


def on(output: ChannelId, level: float = 1.0, duration: float | None = None) -> Written:
    """Return the wish that an output runs."""
    wish: Written = {"kind": "set", "output": output, "level": level}
    return wish if duration is None else {**wish, "duration": duration}


def lock(output: ChannelId, reason: str) -> Written:
    """Return the wish that nobody runs an output until a person has looked."""
    return {"kind": "lock", "output": output, "reason": reason}


def notify(message: str, to: str = "") -> Written:
    """Return the wish that people are told."""
    wish: Written = {"kind": "notify", "text": message}
    return {**wish, "to": [to]} if to else wish


def rule_of(answers: Answers, **fields: object) -> Written:
    """Return the rule that bears the id and the name that a person has given."""
    return {"id": answers.text("id"), **_named(answers.text("name")), **fields}


# What stands beside a rule, as the ids of these rules say it.
PARTS: Final = ("guard", "silent", "probes")


def rule_beside(answers: Answers, part: str, **fields: object) -> Written:
    """Return a rule that belongs to the one that a person has named."""
    title = answers.text("name")
    return {"id": f"{answers.text('id')}_{part}", **_named(title and f"{title} · {answers.word(part)}"), **fields}


def _named(title: str) -> Written:
    return {"name": title} if title else {}


def fresh(answers: Answers, name: str, low: float | None = None, high: float | None = None) -> FreshSensor:
    """Return the interlock that wants a value of a sensor that is not too old."""
    return FreshSensor(sensor=answers.channel(name), max_age=answers.count("max_age"), low=low, high=high)
