"""What was laid down, as a document that people keep: every part with a checksum, and nothing that only this house knows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct
from msgspec.structs import replace

from ..alarms.limits import AlarmLimits, checked
from ..errors import DefinitionError
from ..fleet.planning import sensor_identity
from ..ids import ChannelId, DeviceId
from ..misreadings import Misreading, listed, misreading_of, no_fields, shown
from ..rules import reading as rule_reading
from ..rules.model import Rule
from ..safety.limits import ChannelSafety
from ..sequences import reading as sequence_reading
from ..sequences.limits import SequenceLimits
from ..sequences.model import Sequence
from .laid import PARTS, Laid, LaidDevice, Option, PlannedStart

KIND: Final = "god_kaiser.configuration"
VERSION: Final = 1
MOST_ENTRIES: Final = 2_000
_DEEPEST: Final = 100
_LARGEST_WHOLE: Final = 2**53
# Home Assistant works every {{ }} out that stands in the data of an action.
_SPELLINGS: Final = (("{{", "[["), ("}}", "]]"), ("{%", "[%"), ("%}", "%]"))

type Written = dict[str, Any]


class _Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document as it may be written; programs and rules have readers of their own."""

    kind: str
    version: int
    kaiser_id: str = ""
    checksums: dict[str, str] = {}
    options: dict[str, Option] | None = None
    devices: list[LaidDevice] | None = None
    safety: list[ChannelSafety] | None = None
    alarm_limits: list[AlarmLimits] | None = None
    sequences: list[dict[str, Any]] | None = None
    rules: list[dict[str, Any]] | None = None
    schedules: list[PlannedStart] | None = None


def write(laid: Laid, kaiser_id: str) -> Written:
    """Return a document in plain types; what is laid down alike is written alike."""
    parts = {name: _part(name, laid) for name in PARTS if getattr(laid, name) is not None}
    sums = {name: checksum(part) for name, part in parts.items()}
    return {"kind": KIND, "version": VERSION, "kaiser_id": kaiser_id, "checksums": sums, **parts}


def read(written: object, limits: SequenceLimits, *, only: Iterable[str] = PARTS) -> Laid:
    """Return what a document says, or raise ``DefinitionError`` with the place of the first thing that is wrong."""
    document = _converted(written)
    wanted = {name for name in only if getattr(document, name) is not None}
    for name in sorted(wanted & document.checksums.keys()):
        given = document.checksums[name]
        if checksum(_raw(written, name)) != given:
            raise DefinitionError("config_checksum_wrong", part=name)
    return Laid(
        options=document.options if "options" in wanted else None,
        devices=_devices(document.devices) if "devices" in wanted else None,
        safety=_by_id("safety", document.safety or (), lambda each: each.channel) if "safety" in wanted else None,
        alarm_limits=_alarm_limits(document.alarm_limits) if "alarm_limits" in wanted else None,
        sequences=_sequences(document.sequences, limits) if "sequences" in wanted else None,
        rules=_rules(document.rules) if "rules" in wanted else None,
        schedules=_by_id("schedules", document.schedules or (), lambda each: each.id)
        if "schedules" in wanted
        else None,
    )


def checksum(part: object) -> str:
    """Return the checksum of a part in plain types, however its fields are ordered and its numbers are written."""
    return sha256(msgspec.json.encode(_plain(part), order="sorted")).hexdigest()


def ordered(device: LaidDevice) -> LaidDevice:
    """Return a device with its channels in the order of their pins, and without what follows from rules."""
    plan = device.plan
    sensors = tuple(sorted(plan.sensors, key=sensor_identity))
    actuators = tuple(sorted(plan.actuators, key=lambda each: each.gpio))
    return replace(device, plan=replace(plan, sensors=sensors, actuators=actuators, rules=UNSET))


def _part(name: str, laid: Laid) -> object:
    content: dict[str, Any] = getattr(laid, name)
    if name == "options":
        return dict(sorted(content.items()))
    return [_plain(msgspec.json.decode(msgspec.json.encode(content[key]))) for key in sorted(content)]


def _converted(written: object) -> _Document:
    if not isinstance(written, Mapping):
        raise _fault(no_fields(written))
    _demand_shallow(written)
    if written.get("kind") != KIND:
        raise DefinitionError("config_other_kind", given=shown(written.get("kind")), wanted=KIND)
    version = written.get("version")
    if isinstance(version, int) and version != VERSION:
        raise DefinitionError("config_other_version", given=version, wanted=VERSION)
    try:
        document = msgspec.convert(written, _Document, strict=True)
    except msgspec.ValidationError as err:
        raise _fault(misreading_of(err, written, _Document)) from err
    if strange := sorted(document.checksums.keys() - set(PARTS)):
        place, allowed = "checksums", listed(PARTS)
        raise DefinitionError("definition_field_unknown", field=strange[0], place=place, allowed=allowed)
    for name in PARTS:
        if (count := len(getattr(document, name) or ())) > MOST_ENTRIES:
            raise DefinitionError("config_too_many", part=name, count=count, most=MOST_ENTRIES)
    return document


def _demand_shallow(written: object) -> None:
    """Refuse what is nested deeper than anything of ours, before anybody walks into it."""
    level, depth = [written], 0
    while level:
        depth += 1
        if depth > _DEEPEST:
            raise DefinitionError("config_too_deep", most=_DEEPEST)
        level = [inner for each in level for inner in _inside(each) if isinstance(inner, (Mapping, list, tuple))]


def _inside(written: object) -> Iterable[object]:
    if isinstance(written, Mapping):
        return written.values()
    return written if isinstance(written, (list, tuple)) else ()


def _raw(written: object, name: str) -> object:
    return written.get(name) if isinstance(written, Mapping) else None


def _devices(devices: list[LaidDevice] | None) -> dict[DeviceId, LaidDevice]:
    for number, each in enumerate(devices or (), 1):
        if each.plan.rules is not UNSET:
            place, allowed = f"devices / {number} / plan", listed(each.plan.__struct_fields__[:-1])
            raise DefinitionError("definition_field_unknown", field="rules", place=place, allowed=allowed)
    return _by_id("devices", (ordered(each) for each in devices or ()), lambda each: each.plan.device)


def _alarm_limits(written: list[AlarmLimits] | None) -> dict[ChannelId, AlarmLimits]:
    return _by_id("alarm_limits", (checked(each) for each in written or ()), lambda each: each.channel)


def _sequences(written: list[Written] | None, limits: SequenceLimits) -> dict[str, Sequence]:
    found = _each_of("sequences", written, lambda each: sequence_reading.read(each, limits))
    return _by_id("sequences", found, lambda each: each.id)


def _rules(written: list[Written] | None) -> dict[str, Rule]:
    found = _each_of("rules", written, lambda each: rule_reading.read(_respelled(each), lambda *_: None))
    return _by_id("rules", found, lambda each: each.id)


def _each_of[Definition](
    part: str, written: list[Written] | None, reader: Callable[[Written], Definition]
) -> Iterator[Definition]:
    for number, each in enumerate(written or (), 1):
        try:
            yield reader(each)
        except DefinitionError as err:
            inner = str(err.details.get("place", "")).strip("-")
            err.details["place"] = " / ".join(piece for piece in (part, str(number), inner) if piece)
            raise


def _by_id[Id: str, Entry](part: str, entries: Iterable[Entry], id_of: Callable[[Entry], Id]) -> dict[Id, Entry]:
    found: dict[Id, Entry] = {}
    for number, each in enumerate(entries, 1):
        if (key := id_of(each)) in found:
            raise DefinitionError("config_twice", given=key, place=f"{part} / {number}")
        found[key] = each
    return found


def _plain(written: object) -> object:
    """Return something as it is compared: whole numbers are whole, and templates are spelled as they travel."""
    match written:
        case str():
            return _spelled(written)
        case float() if written.is_integer() and abs(written) < _LARGEST_WHOLE:
            return int(written)
        case Mapping():
            return {str(name): _plain(each) for name, each in written.items()}
        case list() | tuple():
            return [_plain(each) for each in written]
        case _:
            return written


def _spelled(written: Any) -> Any:
    return _exchanged(written, _SPELLINGS)


def _respelled(written: Any) -> Any:
    return _exchanged(written, tuple((there, here) for here, there in _SPELLINGS))


def _exchanged(written: Any, spellings: tuple[tuple[str, str], ...]) -> Any:
    match written:
        case str():
            for before, after in spellings:
                written = written.replace(before, after)
            return written
        case Mapping():
            return {name: _exchanged(each, spellings) for name, each in written.items()}
        case list() | tuple():
            return [_exchanged(each, spellings) for each in written]
        case _:
            return written


def _fault(found: Misreading) -> DefinitionError:
    return DefinitionError(found.problem, place=found.place or "-", **found.details)
