"""The memory of the emergency stop: which devices must rest until a person releases them."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from ..ids import DeviceId


class Press(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who has stopped something, why, when and by which call; ``user`` is the id of the account, if there was one."""

    by: str = ""
    user: str = ""
    reason: str = ""
    since: str = ""
    call: str = ""


class StopScope(Press, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last press of a stop, and the ones before it that still hold: one of each account, in their order."""

    before: tuple[Press, ...] = ()

    @property
    def presses(self) -> tuple[Press, ...]:
        """Return everything that has to be released, the last press at the end."""
        return *self.before, self

    def over(self, held: Iterable[Press]) -> StopScope:
        """Return this press on top of those that hold already; of one account only the last press counts."""
        before = [_bare(press) for press in held if press.user != self.user]
        return replace(self, before=tuple(before))


def _bare(p: Press) -> Press:
    return Press(by=p.by, user=p.user, reason=p.reason, since=p.since, call=p.call)


def together(scopes: Iterable[StopScope]) -> StopScope | None:
    """Return all presses of several scopes as one, None without any."""
    presses = dict.fromkeys(press for scope in scopes for press in scope.presses)
    whole: StopScope | None = None
    for press in sorted(presses, key=lambda press: press.since):
        alone = StopScope(by=press.by, user=press.user, reason=press.reason, since=press.since, call=press.call)
        whole = alone.over(whole.presses if whole else ())
    return whole


class StopMemory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of the latch survives a restart: a union of scopes."""

    everything: StopScope | None = None
    devices: dict[DeviceId, StopScope] = {}

    @property
    def shown(self) -> StopScope | None:
        """Return what people are told of: the stop of everything, else those of all the devices together."""
        return self.everything or together(self.devices.values())


class ReleaseStage(StrEnum):
    """What a release waits for: the return of its device, the moment from which on that may be cleared, or its word."""

    AWAY = "away"
    TOO_EARLY = "too_early"
    ASKED = "asked"


class ReleaseProblem(StrEnum):
    """Why a stop is not released; each is the key of a translated sentence."""

    NO_PERSON = "release_needs_a_person"
    NOT_THE_OWNER = "release_not_yours"
    HELD_BY_EVERYTHING = "held_by_everything"


def may_release(
    memory: StopMemory,
    devices: frozenset[DeviceId] | None,
    *,
    user: str,
    is_admin: bool,
    allow_automatic: bool = False,
) -> ReleaseProblem | None:
    """Return why somebody may not release these devices, or everything, None if they may.

    An administrator may release any stop, everybody else only what nobody but they have pressed, and nobody at all
    only where people have allowed it. A device that the stop of everything holds is not released alone: that stop covers all others, too.
    """
    if not is_admin and not user:
        if not allow_automatic:
            return ReleaseProblem.NO_PERSON
    elif not is_admin and not _owns(user, memory, devices):
        return ReleaseProblem.NOT_THE_OWNER
    if devices is not None and memory.everything is not None and not devices <= memory.devices.keys():
        return ReleaseProblem.HELD_BY_EVERYTHING
    return None


def _owns(user: str, memory: StopMemory, devices: frozenset[DeviceId] | None) -> bool:
    if devices is not None:
        scopes = [memory.devices.get(device, memory.everything) for device in devices]
    else:
        scopes = [*memory.devices.values(), *([memory.everything] if memory.everything else [])]
    return bool(scopes) and all(
        scope is not None and all(press.user == user for press in scope.presses) for scope in scopes
    )


class StopLatch:
    """Holds until it is released; pressing again widens it and never narrows it."""

    def __init__(self) -> None:
        """Start released."""
        self.memory = StopMemory()
        self.epoch = 0
        self._epochs: dict[DeviceId, int] = {}
        self._epoch_of_all = 0
        # The last stop of anybody who has gone: whoever comes back, what was wished before it stays void.
        self._epoch_of_gone = 0

    def holds(self, device: DeviceId) -> bool:
        """Tell whether a device must rest."""
        return self.memory.everything is not None or device in self.memory.devices

    def scope_of(self, device: DeviceId) -> StopScope | None:
        """Return all that holds a device: its own stop, and the one for everything."""
        own, general = self.memory.devices.get(device), self.memory.everything
        return together((own, general)) if own and general else own or general

    def epoch_of(self, device: DeviceId) -> int:
        """Return the number of the last stop of a device: wishes that have not seen it are void."""
        return max(self._epoch_of_all, self._epochs.get(device, self._epoch_of_gone))

    @property
    def is_latched(self) -> bool:
        """Tell whether anything is stopped."""
        return self.memory.everything is not None or bool(self.memory.devices)

    def press(self, devices: frozenset[DeviceId] | None, scope: StopScope) -> None:
        """Stop the given devices, or all of them; whoever has stopped something before stays among its owners."""
        held = self.memory
        self.epoch += 1
        if devices is None:
            self._epoch_of_all = self.epoch
            self._epochs.clear()
            self.memory = replace(held, everything=_on_top(scope, held.everything))
            return
        for device in devices:
            self._epochs[device] = self.epoch
        pressed = {device: _on_top(scope, held.devices.get(device)) for device in devices}
        self.memory = replace(held, devices=held.devices | pressed)

    def spell_out(self, devices: Iterable[DeviceId]) -> None:
        """Turn the stop of everything into one for each known device, so that each can confirm its release."""
        if (scope := self.memory.everything) is not None:
            # Whoever has pressed the stop of everything has stopped these devices as well.
            both = {device: together((own, scope)) or scope for device, own in self.memory.devices.items()}
            self.memory = StopMemory(devices=dict.fromkeys(devices, scope) | both)

    def release(self, device: DeviceId) -> None:
        """Let one device go."""
        left = {key: scope for key, scope in self.memory.devices.items() if key != device}
        self.memory = replace(self.memory, devices=left)

    def forget(self, device: DeviceId) -> None:
        """Keep nothing about a removed device but this: wishes for it that are older than its last stop stay void."""
        self._epoch_of_gone = max(self._epoch_of_gone, self._epochs.pop(device, 0))


def _on_top(scope: StopScope, held: StopScope | None) -> StopScope:
    return scope if held is None else scope.over(held.presses)
