"""What a template of rules is: what it asks for, and what it makes of the answers."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct

from ...devices.sensor_types import Quantity
from ...ids import ChannelId
from ...safety.interlocks import Interlock

# A rule, or a part of one, as people write it.
type Written = dict[str, object]
type Answer = str | float


class Kind(StrEnum):
    """What a person is asked for."""

    SENSOR = "sensor"
    OUTPUT = "output"
    NUMBER = "number"
    COUNT = "count"
    TIME = "time"
    CHOICE = "choice"
    SEQUENCE = "sequence"
    ENTITY = "entity"
    TEXT = "text"


class Parameter(Struct, frozen=True, kw_only=True):
    """One thing that a template asks for; what has a ``default`` or is ``optional`` need not be answered.

    ``quantities`` are what a sensor may measure, if that matters; numbers lie between ``low`` and ``high``.
    """

    name: str
    kind: Kind
    quantities: tuple[Quantity, ...] = ()
    unit: str = ""
    default: Answer | None = None
    low: float = 0.0
    high: float = 0.0
    options: tuple[str, ...] = ()
    optional: bool = False

    @property
    def quantity(self) -> Quantity | None:
        """Return what a sensor has to measure, None where it may be one of several quantities or any."""
        return self.quantities[0] if len(self.quantities) == 1 else None

    @property
    def is_needed(self) -> bool:
        """Tell whether nothing can be made without an answer."""
        return self.default is None and not self.optional


class Answers(Struct, frozen=True, kw_only=True):
    """The answers of a person, each of the kind that was asked for, with the defaults in the place of the others."""

    given: dict[str, Answer]
    words: Mapping[str, str] = {}

    def word(self, code: str) -> str:
        """Return what people call a part of what is made."""
        return self.words.get(code, code)

    def has(self, name: str) -> bool:
        """Tell whether something was answered."""
        return name in self.given

    def number(self, name: str) -> float:
        """Return a number."""
        return float(self.given[name])

    def count(self, name: str) -> int:
        """Return a whole number."""
        return int(self.given[name])

    def text(self, name: str) -> str:
        """Return a text, which is empty where none was given."""
        return str(self.given.get(name, ""))

    def channel(self, name: str) -> ChannelId:
        """Return a sensor or an output."""
        return ChannelId(str(self.given[name]))


class Doubt(Struct, frozen=True, kw_only=True):
    """A sensor of which nobody knows whether it measures what is asked for."""

    parameter: str
    sensor: ChannelId
    wanted: tuple[Quantity, ...]


class Filled(Struct, frozen=True, kw_only=True):
    """What a template has made: whole rules, what should guard their outputs besides, and what is worth a second look."""

    rules: tuple[Written, ...]
    interlocks: dict[ChannelId, tuple[Interlock, ...]] = {}
    doubts: tuple[Doubt, ...] = ()


class Template(Struct, frozen=True, kw_only=True):
    """One template; ``build`` is given answers that were checked one by one."""

    id: str
    parameters: tuple[Parameter, ...]
    build: Callable[[Answers], Filled]


def sensor(name: str, *quantities: Quantity, optional: bool = False) -> Parameter:
    """Return the question for a sensor that measures one of these quantities; without any it may measure anything."""
    return Parameter(name=name, kind=Kind.SENSOR, quantities=quantities, optional=optional)


def output(name: str, *, optional: bool = False) -> Parameter:
    """Return the question for an output."""
    return Parameter(name=name, kind=Kind.OUTPUT, optional=optional)


def number(name: str, low: float, high: float, default: float | None = None, unit: str = "") -> Parameter:
    """Return the question for a number that has to be answered, unless it has a usual one."""
    return Parameter(name=name, kind=Kind.NUMBER, unit=unit, default=default, low=low, high=high)


def count(name: str, low: int, high: int, default: int | None, unit: str = "") -> Parameter:
    """Return the question for a whole number, which may be left out where there is no usual one."""
    return Parameter(
        name=name, kind=Kind.COUNT, unit=unit, default=default, low=low, high=high, optional=default is None
    )


def seconds(name: str, low: int, high: int, default: int | None) -> Parameter:
    """Return the question for a time span; devices count whole seconds."""
    return count(name, low, high, default, "s")


def time(name: str, default: str) -> Parameter:
    """Return the question for a time of day."""
    return Parameter(name=name, kind=Kind.TIME, default=default)


def text(name: str, default: str | None = None) -> Parameter:
    """Return the question for a text; one without a usual one may be left out."""
    return Parameter(name=name, kind=Kind.TEXT, default=default, optional=default is None)


# How full something is: no type is made for it, so its sensor is of none, or one that can be used for it.
FILL_LEVEL = (Quantity.OTHER, Quantity.MOISTURE, Quantity.PRESSURE)
# Every rule has an id and may have a name.
NAMED = (Parameter(name="id", kind=Kind.TEXT), text("name"))
TO = Parameter(name="to", kind=Kind.ENTITY, optional=True)
LEVEL = number("level", 0.05, 1.0, 1.0)
MAX_AGE = seconds("max_age", 30, 86_400, 900)
