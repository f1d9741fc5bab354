"""Which answers of a person are to blame for a mistake in what a template has made of them."""

from collections.abc import Iterator, Mapping
from typing import override

from ...ids import ChannelId
from ..errors import RuleError
from .template import Answers, Template

_BETWEEN = " / "
# Words of a sentence that are names of fields.
_FIELDS = ("lower", "upper")


class _Number(float):
    """A number that remembers what it answers."""

    parameter = ""


class _Count(int):
    """A whole number that remembers what it answers."""

    parameter = ""


class _Text(str):
    """A text that remembers what it answers, also where something is added to it."""

    __slots__ = ("parameter",)
    parameter: str

    @override
    def __add__(self, more: str) -> _Text:
        return _text(str(self) + more, self.parameter)


class _Marked(Answers, frozen=True, kw_only=True):
    """Answers of which each is recognised where a template has put it."""

    @override
    def number(self, name: str) -> float:
        made = _Number(self.given[name])
        made.parameter = name
        return made

    @override
    def count(self, name: str) -> int:
        made = _Count(self.given[name])
        made.parameter = name
        return made

    @override
    def text(self, name: str) -> str:
        return _text(Answers.text(self, name), name)

    @override
    def channel(self, name: str) -> ChannelId:
        return ChannelId(_text(Answers.channel(self, name), name))


def blamed(template: Template, answers: Answers, number: int, err: RuleError) -> RuleError:
    """Return a mistake in one of the rules of a template with the names of what was asked in the place of its fields."""
    rule = template.build(_Marked(given=answers.given, words=answers.words)).rules[number]
    found = _at(rule, err.place.split(_BETWEEN))
    fields = {name: str(err.details[name]) for name in _FIELDS if name in err.details}
    if isinstance(found, Mapping) and fields:
        asked = {name: next(_parameters(found.get(field)), field) for name, field in fields.items()}
        return RuleError(err.problem, ", ".join(asked.values()), **_without_place(err) | asked)
    if not (names := list(dict.fromkeys(_parameters(found)))):
        return err
    return RuleError(err.problem, ", ".join(names), **_without_place(err))


def _without_place(err: RuleError) -> dict[str, str | float]:
    return {name: value for name, value in err.details.items() if name != "place"}


def _at(found: object, steps: list[str]) -> object:
    """Return what stands at a place, as people count, and nothing where it is none; what a condition holds has a number alone."""
    for step in steps:
        if isinstance(found, Mapping) and step in found:
            found = found[step]
            continue
        inner = found.get("of") if isinstance(found, Mapping) else found
        entries = inner if isinstance(inner, list) else [inner]
        if not (step.isdecimal() and 0 < int(step) <= len(entries)):
            return None
        found = entries[int(step) - 1]
    return found


def _parameters(found: object) -> Iterator[str]:
    """Yield what is answered by a value, or by all values inside of something."""
    match found:
        case _Number() | _Count() | _Text():
            yield found.parameter
        case Mapping():
            for inner in found.values():
                yield from _parameters(inner)
        case list():
            for inner in found:
                yield from _parameters(inner)
        case _:
            pass


def _text(text: str, parameter: str) -> _Text:
    made = _Text(text)
    made.parameter = parameter
    return made
