"""What the questions of rules have seen, in words of the house: one clause for each."""

from collections.abc import Callable, Collection, Iterator
from typing import Final

from homeassistant.core import callback

from ..core.conditions import Condition, Lasting, inside
from ..core.conditions.comparison import Operator
from ..core.conditions.device_is import Aspect, DeviceIs
from ..core.conditions.time_window import TimeWindow, Weekday, is_whole_day
from ..core.conditions.view import SunEvent
from ..core.devices.sensor_types import type_of
from ..core.ids import ChannelId, DeviceId
from ..core.rules.executions import Evidence
from ..core.rules.explaining import Part
from ..core.truth import Truth
from .engine_host import EngineHost
from .failures import common_text
from .rule_numbers import numbers, span_text
from .state_words import attribute_text, state_text

# Nobody reads a sentence with more of them.
_MOST_CLAUSES: Final = 3
# What devices say about themselves, in bytes and seconds.
_UNITS: Final = {Aspect.RSSI: "dBm", Aspect.FREE_MEMORY: "B", Aspect.UPTIME: "s"}
_TRUTHS: Final = {Truth.TRUE: "true", Truth.FALSE: "false", Truth.UNKNOWN: "unknown"}

type Asked = Condition | None


class Clauses:
    """Puts what was seen into words, with the names that people have given."""

    def __init__(self, host: EngineHost, silent: Collection[str] = ()) -> None:
        """Remember where names are found, and which sensors are taken to say nothing."""
        self._silent = silent
        self._hass = host.hass
        self._host = host
        self._of: dict[str, Callable[[Evidence, Asked], str]] = {
            "reading": self._of_reading,
            "change": self._of_change,
            "hysteresis": self._of_band,
            "quality": self._of_quality,
            "difference": self._of_difference,
            "device": self._of_device,
            "output": self._of_output,
            "entity": self._of_entity,
            "time": self._of_time,
            "sequence": self._of_sequence,
        }

    @callback
    def because(self, part: Part, asked: Asked = None) -> str:
        """Return in one clause why a question has the answer that it has: what decides, and no more than a few of that."""
        return self.joined([self.part(each, question) for each, question in _deciding(part, asked)])

    @callback
    def joined(self, clauses: list[str]) -> str:
        """Return several clauses as one."""
        told = list(dict.fromkeys(clauses))
        whole = told[0] if told else ""
        for clause in told[1:_MOST_CLAUSES]:
            whole = self._text("and", one=whole, other=clause)
        more = len(told) - _MOST_CLAUSES
        return self._text("and_more", some=whole, count=more) if more > 0 else whole

    @callback
    def part(self, part: Part, asked: Asked = None) -> str:
        """Return one part of a question in words."""
        if part.seen is not None:
            return self.seen(part.seen, asked)
        inner = self.because(part.parts[0], _inner(asked, 0)) if part.parts else ""
        # What is not so at all does not have to last.
        if not isinstance(asked, Lasting) or any(each.truth is Truth.FALSE for each in part.parts):
            return inner
        span = span_text(self._hass, asked.seconds)
        return self._text(f"lasting_{_TRUTHS[part.truth]}", inner=inner, span=span)

    @callback
    def seen(self, seen: Evidence, asked: Asked = None) -> str:
        """Return what one question has seen."""
        if seen.truth is Truth.UNKNOWN and seen.source in self._silent:
            return self._text("silent", what=self._host.names.of_channel(seen.source))
        told = self._of.get(seen.kind)
        return self._text(f"house_{_TRUTHS[seen.truth]}") if told is None else told(seen, asked)

    def _of_reading(self, seen: Evidence, _asked: Asked) -> str:
        what, unit = self._sensor(seen.source)
        return self._doubt(seen, what) if seen.truth is Truth.UNKNOWN else self._compared(seen, what, unit)

    def _doubt(self, seen: Evidence, what: str) -> str:
        """Return why a value is not taken: there is none, it is too old, or nobody trusts it."""
        if seen.age is None:
            return self._text("nothing", what=what)
        sensor = self._host.fleet.sensor(ChannelId(seen.source.partition(" - ")[0]))
        if sensor is not None and seen.age >= sensor.fresh_for:
            return self._text("old", what=what, age=span_text(self._hass, seen.age))
        return self._text("doubtful", what=what)

    def _of_change(self, seen: Evidence, _asked: Asked) -> str:
        what, unit = self._sensor(seen.source)
        if seen.truth is Truth.UNKNOWN:
            return self._text("change_unknown", what=what)
        return self._compared(seen, what, unit, "change_")

    def _of_band(self, seen: Evidence, _asked: Asked) -> str:
        what, unit = self._sensor(seen.source)
        if seen.truth is Truth.UNKNOWN or not isinstance(seen.value, float | int):
            return self._doubt(seen, what)
        value, low, high = (_with(text, unit) for text in numbers(self._hass, seen.value, seen.threshold, seen.high))
        return self._text(f"band_{seen.operator}", what=what, value=value, low=low, high=high)

    def _of_quality(self, seen: Evidence, _asked: Asked) -> str:
        what, _ = self._sensor(seen.source)
        if seen.truth is Truth.UNKNOWN:
            return self._text("nothing", what=what)
        value, wanted = (
            self._either(self._codes("rule_seen_of_quality", each)) for each in (seen.value, seen.threshold)
        )
        return self._text(f"quality_{_TRUTHS[seen.truth]}", what=what, value=value, wanted=wanted)

    def _codes(self, table: str, codes: object) -> list[str]:
        return [common_text(self._hass, f"{table}_{each}", {}) for each in str(codes).split(", ")]

    def _either(self, words: list[str]) -> str:
        """Return words of which one is meant."""
        return self._text("or", some=", ".join(words[:-1]), last=words[-1]) if len(words) > 1 else words[0]

    def _of_difference(self, seen: Evidence, _asked: Asked) -> str:
        one, _, other = seen.source.partition(" - ")
        (first, unit), (second, _) = self._sensor(one), self._sensor(other)
        if seen.truth is Truth.UNKNOWN:
            return self._text("difference_unknown", one=first, other=second)
        return self._compared(seen, self._text("difference", one=first, other=second), unit)

    def _of_device(self, seen: Evidence, asked: Asked) -> str:
        what = self._host.names.of_device(DeviceId(seen.source))
        aspect = asked.aspect if isinstance(asked, DeviceIs) else None
        if aspect is not None and aspect is not Aspect.ONLINE:
            what = self._text(aspect.value, what=what)
        if seen.truth is Truth.UNKNOWN:
            return self._text("device_unknown" if isinstance(seen.threshold, str) else "unknown", what=what)
        if isinstance(seen.threshold, str):
            return self._text("online" if seen.value == "true" else "offline", what=what)
        return self._compared(seen, what, "" if aspect is None else _UNITS.get(aspect, ""))

    def _of_output(self, seen: Evidence, _asked: Asked) -> str:
        what = self._host.names.of_channel(seen.source)
        if seen.truth is Truth.UNKNOWN or not isinstance(seen.value, float | int):
            return self._text("output_unknown", what=what)
        if (seen.operator, seen.threshold) == (Operator.ABOVE, 0):
            return self._text("runs" if seen.value > 0 else "rests", what=what)
        return self._compared(seen, what, "%", scale=100)

    def _of_entity(self, seen: Evidence, _asked: Asked) -> str:
        what = self._entity(seen.source)
        if seen.truth is Truth.UNKNOWN:
            return self._text("unknown", what=what)
        if not isinstance(seen.threshold, str):
            return self._compared(seen, what, "")
        value, wanted = (self._state(seen.source, str(each)) for each in (seen.value, seen.threshold))
        if seen.truth is Truth.TRUE or seen.operator == Operator.IS_NOT:
            return self._text("is", what=what, value=value)
        return self._text("is_no", what=what, value=value, wanted=wanted)

    def _of_time(self, seen: Evidence, asked: Asked) -> str:
        if seen.truth is Truth.UNKNOWN:
            return self._text("time_unknown")
        day, _, clock = str(seen.value).partition(" ")
        after, _, before = str(seen.threshold).partition(" - ")
        told = f"time_whole_{_TRUTHS[seen.truth]}" if is_whole_day(after, before) else f"time_{_TRUTHS[seen.truth]}"
        begin, end = self._with_sun(after), self._with_sun(before)
        words = {"day": self._day(day), "clock": clock, "begin": begin, "end": end}
        days = asked.weekdays if isinstance(asked, TimeWindow) else ()
        if 0 < len(days) < len(Weekday):
            return self._text(f"{told}_days", days=", ".join(self._day(each) for each in days), **words)
        return self._text(told, **words)

    def _of_sequence(self, seen: Evidence, _asked: Asked) -> str:
        known = self._host.sequences.store.library.sequences.get(seen.source)
        what = seen.source if known is None else known.name or known.id
        if not seen.value:
            return self._text("no_run", what=what)
        return self._text("goes_on", what=what, value=", ".join(self._codes("run_word", seen.value)))

    def _compared(self, seen: Evidence, what: str, unit: str, kind: str = "", scale: float = 1) -> str:
        """Return a value and what it was compared with."""
        given = (seen.value, seen.threshold, seen.high)
        scaled = (each * scale if isinstance(each, float | int) else each for each in given)
        value, than, high = numbers(self._hass, *scaled)
        compared = self._text(
            f"than_{Operator(seen.operator).name.lower()}", value=_with(than, unit), high=_with(high, unit)
        )
        return self._text(f"{kind}{_TRUTHS[seen.truth]}", what=what, value=_with(value, unit), than=compared)

    def _sensor(self, source: str) -> tuple[str, str]:
        """Return what people call a sensor, and its unit."""
        parts = source.split("/")
        unit = type_of(parts[3]).unit.value if len(parts) > 3 else ""
        return self._host.names.of_channel(source), unit

    def _state(self, source: str, state: str) -> str:
        entity_id, attribute = _parted(source)
        return state_text(self._hass, entity_id, state, attribute)

    def _entity(self, source: str) -> str:
        entity_id, attribute = _parted(source)
        state = self._hass.states.get(entity_id)
        name = entity_id if state is None else state.name
        if not attribute:
            return name
        return self._text("attribute", what=name, attribute=attribute_text(self._hass, entity_id, attribute))

    def _day(self, day: str) -> str:
        return self._text(f"day_{day[:3].lower()}")

    def _with_sun(self, text: str) -> str:
        for event in SunEvent:
            text = text.replace(event.value, self._text(event.value))
        return text

    def _text(self, key: str, **words: object) -> str:
        return common_text(self._hass, f"rule_seen_{key}", words)


def _deciding(part: Part, asked: Asked) -> Iterator[tuple[Part, Asked]]:
    """Yield the parts of a question that its answer comes from."""
    if part.kind not in ("all", "any", "not"):
        yield part, asked
        return
    decides = {Truth.TRUE: "any", Truth.FALSE: "all"}.get(part.truth, part.kind)
    for number, inner in enumerate(part.parts):
        if part.kind == "not" or part.kind != decides or inner.truth is part.truth:
            yield from _deciding(inner, _inner(asked, number))


def _inner(asked: Asked, number: int) -> Asked:
    """Return the question that a part has answered, None where that is not known."""
    held = () if asked is None else inside(asked)
    return held[number] if number < len(held) else None


def _parted(source: str) -> tuple[str, str]:
    """Return an entity, and which of its attributes was asked for."""
    parts = source.split(".")
    return ".".join(parts[:2]), ".".join(parts[2:])


def _with(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit and unit != "pH" else text
