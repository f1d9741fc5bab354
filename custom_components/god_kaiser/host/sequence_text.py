"""Sequences as YAML, for people who write, share and compare them as text."""

from collections.abc import Hashable
from math import isfinite
from typing import Any, Protocol, override

from homeassistant.helpers.json import json_dumps
from homeassistant.util.json import json_loads
import yaml

from ..core.sequences.codes import SequenceCode as Code
from ..core.sequences.errors import SequenceError
from ..core.sequences.limits import LONGEST_DEFINITION, SequenceLimits
from ..core.sequences.model import Sequence
from ..core.sequences.reading import read, write

_DEEPEST = 100
_LONGEST_WORD = 64
_TEXT = "tag:yaml.org,2002:str"
_DATE = "tag:yaml.org,2002:timestamp"


class _Mark(Protocol):
    """Where in a text something stands, counted from 0."""

    @property
    def line(self) -> int:
        """Return the line."""

    @property
    def column(self) -> int:
        """Return the place in it."""


class _Loader(yaml.CSafeLoader):
    """Reads what JSON can say: Home Assistant's loader would open files (``!include``) and show secrets."""

    # A date stays the text that it is: it would not come back from the disk as one.
    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _DATE]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }

    @override
    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        """Refuse numbers that take longer to work out than to write."""
        if node.tag != _TEXT and len(node.value) > _LONGEST_WORD:
            raise _fault("number", node.start_mark)
        return super().construct_scalar(node)

    @override
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse names that are none, and those that are given twice: the first would be lost without a word."""
        names: set[str] = set()
        for name, _ in node.value:
            if name.tag != _TEXT or name.value in names:
                shown = f"{name.value[:_LONGEST_WORD]}:" if isinstance(name, yaml.ScalarNode) else "?"
                raise _fault(shown, name.start_mark)
            names.add(name.value)
        return super().construct_mapping(node, deep)


def to_yaml(sequence: Sequence) -> str:
    """Return a sequence as text; ``from_yaml`` makes the same sequence of it."""
    # Home Assistant's own dump takes ": null" at the end of a line away, also inside of a text.
    return yaml.dump(
        write(sequence), Dumper=yaml.CSafeDumper, default_flow_style=False, allow_unicode=True, sort_keys=False
    )


def as_written(given: object, *, longest: int = LONGEST_DEFINITION) -> object:
    """Return what was given as text or as fields, in plain types; both may be as large, and no larger."""
    if isinstance(given, str):
        return parsed(given, longest=longest)
    _check_numbers(given)
    try:
        # YAML of Home Assistant comes with types of its own, which remember their lines.
        text = json_dumps(given)
    except TypeError as err:
        raise SequenceError(Code.INVALID_DEFINITION, given=str(err)) from err
    if len(text) > longest:
        raise SequenceError(Code.INVALID_DEFINITION, given=f"> {longest}")
    return json_loads(text)


def from_yaml(text: str, limits: SequenceLimits) -> Sequence:
    """Return the sequence that a text describes, ours or the former server's; raises ``SequenceError``."""
    return read(parsed(text), limits)


def parsed(text: str, *, longest: int = LONGEST_DEFINITION) -> object:
    """Return what a text says, whether it is a sequence or not; raises ``SequenceError``."""
    if len(text) > longest:
        raise SequenceError(Code.INVALID_DEFINITION, given=f"> {longest}")
    try:
        _look_through(text)
        written = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as err:
        raise _fault(err.problem or "YAML", err.problem_mark, "definition_no_yaml") from err
    except (yaml.YAMLError, ValueError) as err:
        raise SequenceError(Code.INVALID_DEFINITION, given=str(err).partition("\n")[0]) from err
    _check_numbers(written)
    return written


def _look_through(text: str) -> None:
    """Refuse, before anything is built, what could grow (aliases), reach out (tags) or go too deep."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        match event:
            case yaml.AliasEvent() | yaml.NodeEvent(anchor=str()):
                raise _fault("&, *", event.start_mark)
            case yaml.ScalarEvent(tag=str(tag)) | yaml.CollectionStartEvent(tag=str(tag)):
                raise _fault(tag[:_LONGEST_WORD], event.start_mark)
            case yaml.CollectionStartEvent():
                depth += 1
            case yaml.CollectionEndEvent():
                depth -= 1
            case _:
                pass
        if depth > _DEEPEST:
            raise _fault(f"> {_DEEPEST}", event.start_mark)


def _check_numbers(written: object) -> None:
    """Refuse what is no number on disk: infinity and its like would come back as nothing."""
    waiting: list[tuple[tuple[str, ...], object]] = [((), written)]
    while waiting:
        place, found = waiting.pop()
        match found:
            case dict() as fields:
                waiting.extend(((*place, str(name)), each) for name, each in fields.items())
            case list() as parts:
                waiting.extend(((*place, str(number)), each) for number, each in enumerate(parts, 1))
            case float() as number if not isfinite(number):
                fault = SequenceError(Code.INVALID_DEFINITION, " / ".join(place), given=str(number))
                raise fault.said_as("definition_needs_number", {})
            case _:
                pass


def _fault(given: str, mark: _Mark | None, problem: str = "") -> SequenceError:
    place = f"{mark.line + 1}:{mark.column + 1}" if mark else ""
    fault = SequenceError(Code.INVALID_DEFINITION, place, given=given)
    return fault.said_as(problem, {}) if problem else fault
