"""Puts right by itself what it may, step by step, and leaves to people what it cannot."""

from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime
import logging
from typing import Final

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.event import async_call_later

from ..core.health.finding import Finding, HealthCode
from ..core.health.messages import retained
from ..core.ids import ChannelId, DeviceId, device_of
from ..core.journal.kinds import Noted
from ..core.recovery.ladder import Climbs, Ladder, Move, Rung, by_device, concerns_device
from ..core.recovery.wishes import (
    ConfigurationRepeated,
    DeviceAsked,
    LeftoverFound,
    OwnerMissed,
    RecoveryWish,
    ReservationLifted,
)
from ..core.sequences.status import MOVING
from .announcer import Asked
from .engine_loop import EngineLoop
from .hall import Hall
from .health_words import action_of, text_of
from .hub_options import HubOptions
from .leftover_ear import LeftoverEar
from .memory_rows import CLIMBS_ROW, RUN_ROW
from .plain_words import tame
from .run_wishes import Cancel

NEEDS_PERSON: Final = "device_needs_person"
LEFTOVERS: Final = "leftovers"
# What is left of somebody who is gone, or on the broker, and can be removed.
_REMOVABLE: Final = frozenset(
    {
        HealthCode.RETAINED,
        HealthCode.STALE_LOCK,
        HealthCode.OWNERLESS,
        HealthCode.INCONSISTENT,
        HealthCode.SEQUENCE_GONE,
    }
)
_MONITOR: Final = logging.getLogger("custom_components.god_kaiser.monitor")
_BY: Final = "system"


class RecoveryDesk:
    """Climbs the ladder for every device with which something is wrong, and cleans up what nobody owns."""

    def __init__(
        self, hall: Hall, ear: LeftoverEar, options: HubOptions, look: Callable[[datetime], Coroutine[None, None, None]]
    ) -> None:
        """Remember what is allowed, and how to have everything looked at again."""
        self._hall = hall
        self._ear = ear
        self.is_healing = options.auto_recovery
        self._is_cleaning = options.cleanup_orphaned
        self._ladder = Ladder(options.recovery_attempts)
        # What of that is on the disk.
        self._kept: dict[DeviceId, tuple[float, ...]] = {}
        self._look = look
        self._timer: CALLBACK_TYPE | None = None
        # What nobody may remove but a person, as it was found last.
        self._left: tuple[Finding, ...] = ()

    @callback
    def restore(self) -> None:
        """Remember how often each device was helped in the last day; where the disk did not give that, it begins anew."""
        since = _epoch()
        for each in self._hall.memory.climbs:
            self._ladder.restore(each.device, tuple(at - since for at in each.begun))
        self._kept = self._ladder.begun

    @callback
    def stop(self) -> None:
        """Try nothing more."""
        if self._timer is not None:
            self._timer()
            self._timer = None

    @callback
    def follow(self, findings: Iterable[Finding]) -> None:
        """Do what follows from what a check has found."""
        found = tuple(findings)
        if self.is_healing:
            self._heal(found)
        if self._is_cleaning:
            for each in found:
                self._clean(each)
        else:
            self._left = tuple(each for each in found if each.code in _REMOVABLE)
            self._ask_about_leftovers()

    @callback
    def heal(self, is_wanted: bool) -> None:
        """Climb from now on, or leave everything to people."""
        self.is_healing = is_wanted
        if not is_wanted:
            self.stop()
            for device in self._ladder.let_go():
                self._hall.announcer.withdraw(NEEDS_PERSON, device)

    def has_taken(self, finding: Finding) -> bool:
        """Tell whether a finding is looked after here, and people are asked here when they are needed."""
        if concerns_device(finding):
            return self._ladder.is_on(device_of(ChannelId(finding.subject)))
        return finding in self._left

    async def async_begin_anew(self, device: DeviceId) -> None:
        """Try everything again: a person has looked after the device."""
        self._ladder.begin_anew(device)
        self._keep()
        self._hall.announcer.withdraw(NEEDS_PERSON, device)
        self._set_timer(0.0)

    async def async_leave(self, device: DeviceId) -> None:
        """Ask no more about a device until it has been well again."""
        self._hall.announcer.withdraw(NEEDS_PERSON, device)

    async def async_clean_up(self) -> None:
        """Remove what is left: a person has said so, and everything is looked at again."""
        for each in self._left:
            self._clean(each)
        self._set_timer(0.0)

    def _heal(self, findings: tuple[Finding, ...]) -> None:
        now = EngineLoop.now().monotonic
        devices = self._hall.engine.fleet.devices.values()
        there = {device.id for device in devices if device.is_approved and device.link.is_online}
        around = self._hall.engine.around
        busy = {device.id for device in devices if any(map(around.is_running, device.actuators))}
        for move in self._ladder.look(by_device(findings, busy), there, now):
            self._make(move)
        self._keep()
        self._set_timer(self._ladder.next_look(now))

    def _keep(self) -> None:
        """Write down what a restart would otherwise begin anew."""
        before, self._kept, since = self._kept, self._ladder.begun, _epoch()
        for device in before.keys() | self._kept.keys():
            if before.get(device) != (begun := self._kept.get(device)):
                kept = begun and Climbs(device=device, begun=tuple(at + since for at in begun))
                self._hall.memory.keep(f"{CLIMBS_ROW}{device}", kept or None, is_urgent=False)

    def _set_timer(self, delay: float | None) -> None:
        self.stop()
        if delay is not None:
            self._timer = async_call_later(self._hall.hass, delay, self._look)

    def _make(self, move: Move) -> None:
        self._note(move)
        match move.rung:
            case None:
                self._hall.announcer.withdraw(NEEDS_PERSON, move.device)
            case Rung.PERSON:
                self._hand_over(move)
            case Rung.ASK:
                channels = tuple(ChannelId(cause.subject) for cause in move.causes)
                self._hall.feed(DeviceAsked(device=move.device, channels=channels))
            case Rung.CONFIGURE if not move.is_skipped:
                self._hall.feed(ConfigurationRepeated(device=move.device))

    def _note(self, move: Move) -> None:
        kinds = {None: Noted.RECOVERY_SUCCEEDED, Rung.PERSON: Noted.RECOVERY_HANDED_OVER}
        kind = kinds.get(move.rung, Noted.RECOVERY_TRIED)
        causes = [cause.code.value for cause in move.causes]
        told = {"rung": move.rung.value if move.rung else None, "climb": move.climb, "causes": causes}
        content = {"esp_id": move.device, **told, "is_skipped": move.is_skipped}
        self._hall.journal.note(kind, {"data": content}, subject=move.device)
        _MONITOR.info("%s: %s %s", kind.value, move.device, told)

    def _hand_over(self, move: Move) -> None:
        hass, names = self._hall.hass, self._hall.announcer.names
        lines = [f"- {tame(text_of(hass, names, each))} {action_of(hass, each)}" for each in move.causes[:10]]
        words = {"device": tame(names.of_device(move.device)), "findings": "\n".join(lines)}
        self._hall.announcer.ask(Asked(NEEDS_PERSON, move.device, words))

    def _ask_about_leftovers(self) -> None:
        hass, announcer = self._hall.hass, self._hall.announcer
        if not self._left:
            announcer.withdraw(LEFTOVERS, LEFTOVERS)
            return
        lines = [f"- {tame(text_of(hass, announcer.names, each))}" for each in self._left[:10]]
        announcer.ask(Asked(LEFTOVERS, LEFTOVERS, {"findings": "\n".join(lines)}))

    def _clean(self, finding: Finding) -> None:
        if finding.code is HealthCode.RETAINED:
            self._clear(finding)
            return
        wish = self._wish_for(finding)
        if finding.code is HealthCode.SEQUENCE_GONE:
            self._end_without_sequence(finding)
        elif finding.code is HealthCode.INCONSISTENT:
            self._hall.memory.keep(f"{RUN_ROW}{finding.subject}", None, is_urgent=False)
            self._cleaned(finding)
        elif wish is not None:
            self._hall.feed(wish)
            self._cleaned(finding)

    def _clear(self, finding: Finding) -> None:
        for each in self._ear.heard:
            if [finding] == retained([each]):
                self._ear.forget(each)
                self._hall.feed(LeftoverFound(leftover=each))
                self._cleaned(finding)

    def _end_without_sequence(self, finding: Finding) -> None:
        run = self._hall.engine.programs.runs.all.get(finding.subject)
        # One that moves has its program with it, and goes on to its end.
        if run is not None and run.status not in MOVING:
            self._hall.feed(Cancel(by=_BY, hand=_BY, reason="sequence_gone").wish(run.id))
            self._cleaned(finding)

    @staticmethod
    def _wish_for(finding: Finding) -> RecoveryWish | None:
        match finding.code:
            case HealthCode.OWNERLESS:
                channel, owner = finding.details["channel"], finding.details["owner"]
                return OwnerMissed(channel=ChannelId(str(channel)), owner=str(owner))
            case HealthCode.STALE_LOCK:
                return ReservationLifted(run=finding.subject)
            case _:
                return None

    def _cleaned(self, finding: Finding) -> None:
        content = {"code": finding.code.value, **finding.details}
        self._hall.journal.note(Noted.RECOVERY_CLEANED, {"data": content}, subject=finding.subject)
        _MONITOR.info("cleaned up: %s %s", finding.code.value, finding.subject)


def _epoch() -> float:
    """Return by how much a moment since 1970 is ahead of the clock that nobody sets."""
    now = EngineLoop.now()
    return now.utc.timestamp() - now.monotonic
