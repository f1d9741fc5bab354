"""What a rule is: a question, what is wanted while its answer is yes, and how often and how urgently."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct, field

from ..conditions import Condition
from ..ids import ChannelId
from ..requests import Priority, is_rest
from .actions import Action, LockOutput, SetOutput, StartSequence
from .executions import Cause

LOWEST_PRIORITY = 999
_OF_OUTPUTS = (SetOutput, LockOutput)


class WhenUnknown(StrEnum):
    """What becomes of the outputs that a rule holds when nobody knows any more whether it should."""

    REST = "rest"
    HOLD = "hold"
    KEEP = "keep"


class Offline(StrEnum):
    """Whether the device may go on with a rule while Home Assistant is away.

    ``safe`` means where nothing can go wrong by it, ``endless`` also where the device cannot end a run by itself.
    """

    SAFE = "safe"
    ENDLESS = "endless"
    NEVER = "never"


class Escalation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What is done when a critical rule does not get what it wants for ``after`` seconds.

    People are told, what the rule wants is asked for again ``retries`` times, and when that has not helped the
    ``instead`` actions are carried out, once.
    """

    after: float = 60.0
    notify: tuple[str, ...] = ()
    retries: int = 0
    retry_every: float = 60.0
    instead: tuple[Action, ...] = ()


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One rule; times are seconds, and of the priority a smaller number is more important."""

    id: str
    when: Condition
    then: tuple[Action, ...]
    name: str = ""
    description: str = ""
    enabled: bool = True
    priority: int = Priority.NORMAL.value
    lasting: float = field(default=0.0, name="for")
    otherwise: tuple[Action, ...] = ()
    stop_on_error: bool = False
    cooldown: float = 0.0
    max_per_hour: int | None = None
    max_per_day: int | None = None
    when_unknown: WhenUnknown = WhenUnknown.REST
    hold_for: float = 0.0
    offline: Offline = Offline.SAFE
    critical: bool = False
    escalation: Escalation = Escalation()
    influences: tuple[ChannelId, ...] = ()
    area: str = ""
    labels: tuple[str, ...] = ()
    revision: int = 0

    @property
    def title(self) -> str:
        """Return what people call the rule."""
        return self.name or self.id

    @property
    def owner(self) -> str:
        """Return whose the demands of the rule are."""
        return owner_of(self.id)

    @property
    def outputs(self) -> tuple[ChannelId, ...]:
        """Return every output that the rule may set."""
        wanted = self.then + self.otherwise + self.escalation.instead
        return tuple({action.output: None for action in wanted if isinstance(action, _OF_OUTPUTS)})

    @property
    def starts(self) -> list[StartSequence]:
        """Return every start of a sequence that the rule may order."""
        return starts_of((*self.then, *self.otherwise, *self.escalation.instead))

    def actions_of(self, cause: Cause) -> tuple[Action, ...]:
        """Return what the rule wants for a cause."""
        match cause:
            case Cause.THEN:
                return self.then
            case Cause.OTHERWISE:
                return self.otherwise
            case Cause.INSTEAD:
                return self.escalation.instead

    @property
    def is_repeating(self) -> bool:
        """Tell whether the rule acts again while its answer stays yes: it gives pulses, and then has to wait."""
        is_holding = any(isinstance(action, SetOutput) and not action.is_pulse for action in self.then)
        return self.cooldown > 0 and not is_holding

    @property
    def turns_on(self) -> bool:
        """Tell whether the rule lets an output run, and so will see when it does."""
        return any(isinstance(action, SetOutput) and not is_rest(action.level) for action in self.then)

    @property
    def gives_pulses(self) -> bool:
        """Tell whether the rule wants something of an output that ends by itself."""
        return any(isinstance(action, SetOutput) and action.is_pulse for action in self.then)


def standing(actions: Iterable[Action]) -> list[SetOutput]:
    """Return what is wanted without an end of its own."""
    return [action for action in actions if isinstance(action, SetOutput) and not action.is_pulse]


def starts_of(actions: Iterable[Action]) -> list[StartSequence]:
    """Return the starts of sequences among actions."""
    return [action for action in actions if isinstance(action, StartSequence)]


def held_by(actions: Iterable[Action]) -> list[ChannelId]:
    """Return the outputs that are wanted without an end of its own."""
    return [wish.output for wish in standing(actions)]


def owner_of(rule: str) -> str:
    """Return whose the demands of a rule are."""
    return f"rule:{rule}"
