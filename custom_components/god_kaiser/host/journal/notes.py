"""What the engine orders and tells, as it is noted in the journal."""

from typing import Any, Final

from homeassistant.core import Context, callback

from ...core.effects import Ending, Occasion, Settle, Tell
from ...core.ids import ChannelId, DeviceId, device_of
from ...core.journal.actors import Actor, ActorType, actor_named
from ...core.journal.decision import Decision
from ...core.journal.kinds import Domain, Level, Nature, Noted, nature_of
from ...core.requests import CommandRequest, Origin
from ...core.safety.proof import Fate
from ..at_work import at_work
from .journal import Journal

type Content = dict[str, Any]

_KINDS: Final = {
    Occasion.DEVICE_ONLINE: Noted.DEVICE_ONLINE,
    Occasion.DEVICE_OFFLINE: Noted.DEVICE_OFFLINE,
    Occasion.BROKER_ONLINE: Noted.BROKER_ONLINE,
    Occasion.BROKER_OFFLINE: Noted.BROKER_OFFLINE,
    Occasion.EMERGENCY_STOP: Noted.STOP_PRESSED,
    Occasion.EMERGENCY_CONFIRMED: Noted.STOP_CONFIRMED,
    Occasion.EMERGENCY_OUTCOME: Noted.STOP_OUTCOME,
    Occasion.EMERGENCY_CLEARED: Noted.STOP_CLEARED,
    Occasion.EMERGENCY_REFUSED: Noted.STOP_REFUSED,
    Occasion.STOP_NOT_EFFECTIVE: Noted.STOP_NOT_EFFECTIVE,
    Occasion.FORCED_TO_REST: Noted.OUTPUT_RESTED,
    Occasion.CRASH_FOUND: Noted.HUB_CRASHED,
    Occasion.LOCKED_OUT: Noted.OUTPUT_LOCKED,
    Occasion.LOCK_OUT_ENDED: Noted.OUTPUT_UNLOCKED,
    Occasion.ALERT: Noted.OUTPUT_ALERT,
    Occasion.DEVICE_ERROR: Noted.DEVICE_ERROR,
    Occasion.CONFIGURED: Noted.DEVICE_CONFIGURED,
    Occasion.CONFIGURATION_FAILED: Noted.DEVICE_NOT_CONFIGURED,
}
# A refusal is noted as the decision that it is, with more than it tells.
UNTOLD: Final = frozenset({Occasion.COMMAND_REJECTED})
FORMER_KINDS: Final = {kind: occasion for occasion, kind in _KINDS.items()}
ENDINGS: Final = {
    Ending.CONFIRMED: Noted.OUTPUT_CONFIRMED,
    Ending.REFUSED_BY_DEVICE: Noted.OUTPUT_REFUSED_BY_DEVICE,
    Ending.UNCONFIRMED: Noted.OUTPUT_UNCONFIRMED,
    Ending.POSITION_UNKNOWN: Noted.OUTPUT_UNCONFIRMED,
}
# Tags go by themselves as well: when their time is over, and with what they hang on.
_BY_ITSELF: Final = frozenset({"time", "removal"})
# What a person switches belongs into the trail; what automations switch all day does not.
_BY_HAND: Final = Nature(Domain.DELIVERY, is_audit=True)
_LATEST_COMMANDS: Final = 500
_LARGEST: Final = 1e9

type Mark = tuple[str, bool, tuple[str, ...]]


class Notes:
    """Notes decisions, answers of devices, and what people are told; what is only said again is left out."""

    def __init__(self, journal: Journal) -> None:
        """Remember where to note."""
        self._journal = journal
        self._last: dict[ChannelId, Mark] = {}
        self._commands: dict[str, Decision] = {}
        # Of commands that have an id of their own, the call by which all of them were asked for.
        self._calls: dict[str, str] = {}
        # How those are called who have asked for an output by hand.
        self._people: dict[str, str] = {}

    @callback
    def started(self, *, after_crash: bool) -> int | None:
        """Note that the hub was loaded, and return how many events the last end has cost; None where nobody knows."""
        lost = self._journal.lost
        if lost is None and not after_crash and self._journal.was_opened:
            lost = 0
        self._journal.note(Noted.HUB_STARTED, {"data": {"after_crash": after_crash, "events_lost": lost}})
        return lost

    @callback
    def asked(self, request: CommandRequest, context: Context) -> None:
        """Note that somebody has clicked or called for an output; all that follows from it is found by the id of that."""
        if request.id != context.id:
            self._belongs(request.id, context.id)
        if request.user:
            self._people[request.user] = request.person
        nature = _BY_HAND if request.user else None
        self._of_call(Noted.OUTPUT_ASKED, request.channel, _number_of(request.level), context, nature)

    @callback
    def changed_to(self, channel: ChannelId, level: float, context: Context) -> None:
        """Note that the state of an output has changed as somebody has asked."""
        self._of_call(Noted.OUTPUT_CHANGED, channel, level, context)

    def _of_call(
        self, kind: Noted, channel: ChannelId, level: float | None, context: Context, nature: Nature | None = None
    ) -> None:
        name = self._people.get(context.user_id or "", "")
        actor = ActorType.USER if name else ActorType.WEBHOOK
        content: Content = {
            "correlation_id": context.id,
            "actor": Actor(type=actor, id=context.user_id or context.parent_id or "", name=name).record,
            "data": {"esp_id": device_of(channel), "channel": channel, "level": level},
        }
        self._journal.note(kind, content, subject=channel, actor=actor, nature=nature)

    def _belongs(self, command: str, call: str) -> None:
        """Keep for what follows from a command by which call it was asked for."""
        self._calls[command] = call
        while len(self._calls) > _LATEST_COMMANDS:
            del self._calls[next(iter(self._calls))]

    def _call_of(self, command: object) -> Content:
        """Return by which call a command was asked for, where its own id does not say that."""
        call = self._calls.get(str(command))
        return {} if call is None else {"call": call}

    @callback
    def decision(self, decision: Decision) -> None:
        """Note what became of a wish; a program that is refused again for the same reasons is no news."""
        if decision.is_renewal:
            return
        grounds = tuple(reason.ground for reason in decision.reasons)
        mark = (decision.owner, decision.is_allowed, grounds)
        is_again = self._last.get(decision.channel) == mark and not decision.is_allowed
        self._last[decision.channel] = mark
        if is_again and decision.origin is not Origin.PERSON:
            return
        if decision.call:
            self._belongs(decision.command, decision.call)
        if decision.is_allowed:
            self._remember(decision)
        actor = _actor_of(decision)
        kind = Noted.DECISION_ALLOWED if decision.is_allowed else Noted.DECISION_REFUSED
        self._journal.note(
            kind,
            {
                "correlation_id": decision.command,
                "actor": actor.record,
                "data": {
                    "esp_id": device_of(decision.channel),
                    "channel": decision.channel,
                    "level": _number_of(decision.level),
                    "origin": decision.origin.name.lower(),
                    "owner": decision.owner,
                    "reasons": [{"ground": reason.ground, **reason.details} for reason in decision.reasons],
                    "outranked": list(decision.outranked),
                    **self._call_of(decision.command),
                },
            },
            subject=decision.channel,
            actor=actor.type,
        )

    @callback
    def settled(self, settle: Settle) -> None:
        """Note what the device has said to a command, and who had asked for that."""
        if (decision := self._commands.pop(settle.id, None)) is None:
            return
        content: Content = {"channel": decision.channel, "level": decision.level, "source": settle.source.value}
        content |= self._call_of(settle.id)
        actor = _actor_of(decision)
        told = {"message": settle.message, "code": settle.code, "ending": settle.ending.value}
        self._journal.note(
            ENDINGS[settle.ending],
            {
                "correlation_id": settle.id,
                "actor": actor.record,
                "data": {"esp_id": device_of(decision.channel), **content, **{k: v for k, v in told.items() if v}},
            },
            subject=decision.channel,
            actor=actor.type,
        )

    @callback
    def occasion(self, tell: Tell) -> None:
        """Note what people are told."""
        if tell.occasion in UNTOLD:
            return
        by = str(tell.details.get("by", ""))
        type_ = ActorType.SYSTEM if by in _BY_ITSELF and not tell.user else actor_named(by)
        name = by if type_ is ActorType.USER else ""
        self._journal.note(
            _KINDS[tell.occasion],
            {
                "correlation_id": tell.call or str(tell.details.get("command", "")) or None,
                "actor": Actor(type=type_, id=tell.user, name=name).record,
                "data": {"esp_id": tell.device, **tell.details, **self._call_of(tell.details.get("command"))},
            },
            former=tell.occasion.value,
            subject=tell.device or "",
            actor=type_,
            nature=nature_of_occasion(tell),
        )

    @callback
    def changed(self, kind: Noted, device: DeviceId, **content: Any) -> None:
        """Note that somebody has changed what is laid down for a device, by an action or in a form."""
        laid_down(self._journal, kind, {"esp_id": device, **content}, subject=device)

    def _remember(self, decision: Decision) -> None:
        """Keep for its answer what was sent; one that is never answered is forgotten in time."""
        self._commands[decision.command] = decision
        while len(self._commands) > _LATEST_COMMANDS:
            del self._commands[next(iter(self._commands))]


@callback
def laid_down(journal: Journal, kind: Noted, data: Content, *, subject: str) -> None:
    """Note that something was laid down by whoever is at work."""
    worker = at_work()
    content: Content = {"correlation_id": worker.call or None, "actor": worker.actor.record, "data": data}
    journal.note(kind, content, subject=subject, actor=worker.actor.type)


def nature_of_occasion(tell: Tell) -> Nature:
    """Return how it is kept what people are told."""
    nature = nature_of(_KINDS.get(tell.occasion, Noted.DECISION_REFUSED))
    if tell.occasion is Occasion.EMERGENCY_OUTCOME and any(
        tell.details.get(fate) for fate in Fate if fate is not Fate.AT_REST
    ):
        return nature._replace(level=Level.WARN)
    return nature


def _number_of(wished: object) -> float | None:
    """Return what was wished for where that is a number; its refusal says what else it was."""
    if isinstance(wished, bool) or not isinstance(wished, int | float):
        return None
    return float(wished) if abs(wished) <= _LARGEST else None


def _actor_of(decision: Decision) -> Actor:
    """Return who has wished for something: of the system itself, whose demand it is."""
    if decision.origin is Origin.PERSON and decision.user:
        return Actor(type=ActorType.USER, id=decision.user, name=decision.asked_by)
    actor = actor_named(decision.asked_by) if decision.origin is Origin.PERSON else ActorType.SYSTEM
    name = decision.owner or decision.asked_by if actor is ActorType.SYSTEM else decision.asked_by
    return Actor(type=actor, name=name)
