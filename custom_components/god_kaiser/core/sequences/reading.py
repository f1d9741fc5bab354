"""From what a person or the former server has written to a sequence, and back."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ..braces import braced
from ..misreadings import Misreading, empty_name, misreading_of, no_fields
from .check import check
from .codes import SequenceCode as Code
from .errors import SequenceError
from .limits import SequenceLimits
from .model import Sequence
from .seed import from_seed, in_words, is_seed

_PLAIN = "steps"
# Under these stand names and values of others, or such that people have chosen: nothing in there is a word of ours.
_OTHERS = frozenset({"fields", "target", "roles", "variables"})
_OF_STEPS = frozenset({"phases", "finally"})
_CODES = {
    "definition_kind_unknown": Code.INVALID_ACTION_TYPE,
    "definition_kind_missing": Code.STEP_MISSING_ACTION,
}


def read(written: object, limits: SequenceLimits) -> Sequence:
    """Return the sequence that was written, ours or the former server's; raises ``SequenceError``."""
    if not isinstance(written, Mapping):
        raise _fault(no_fields(written))
    spelled: dict[str, Any] = _spelled(braced(written))
    given = from_seed(spelled) if is_seed(spelled) else spelled
    if (empty := empty_name(given)) is not None:
        raise _fault(empty)
    if _PLAIN in given and "phases" not in given:
        given["phases"] = [{"name": "act", "steps": given.pop(_PLAIN)}]
    try:
        sequence = msgspec.convert(given, Sequence, strict=True)
    except msgspec.ValidationError as err:
        raise _fault(misreading_of(err, given, Sequence)) from err
    check(sequence, limits)
    return sequence


def _spelled(written: Any, *, is_ours: bool = True) -> Any:
    """Return a definition in our spelling; what other integrations are told is theirs."""
    match written:
        case Mapping():
            made = {key: _spelled(value, is_ours=is_ours and key not in _OTHERS) for key, value in written.items()}
            return in_words(made) if is_ours and made.get("kind") == "set" else made
        case list() | tuple():
            return [_spelled(each, is_ours=is_ours) for each in written]
        case _:
            return written


def write(sequence: Sequence) -> dict[str, Any]:
    """Return a sequence as people write it; what has its usual value is left out."""
    whole: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(sequence))
    return whole


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a sequence."""
    return msgspec.json.schema(Sequence)


def _fault(found: Misreading) -> SequenceError:
    is_of_step = any(part in _OF_STEPS for part in found.place.split(" / "))
    usual = Code.INVALID_STEP if is_of_step else Code.INVALID_DEFINITION
    code = _CODES.get(found.problem, usual)
    return SequenceError(code, found.place).said_as(found.problem, found.details)
