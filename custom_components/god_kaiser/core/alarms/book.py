"""All alarms of a hub that are not normal, and everything that moves them."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final, NamedTuple

from msgspec.structs import replace

from ..errors import NotFoundError
from ..instant import Instant
from .alarm import Alarm, AlarmState, Shelf, key_of
from .delays import Delays, Signal
from .kinds import CAUSES, HIDING, causes_of, traits_of
from .transitions import Motion, moved, shelved, suppressed

# Whoever has been away needs a moment until its sensors have spoken again.
_GRACE: Final = 90.0


class Change(NamedTuple):
    """What has happened to an alarm, in which state it was before, and how it is now."""

    motion: Motion
    before: AlarmState
    alarm: Alarm
    by: str = ""


class AlarmBook:
    """Moves alarms as those who watch say, as people wish, and as time passes."""

    def __init__(self, hub: str = "") -> None:
        """Start with everything normal; no other hub gives the same ids, because they are told without it."""
        self._mark = sha256(hub.encode()).hexdigest()[:4]
        self.alarms: dict[str, Alarm] = {}
        self._delays = Delays()
        # Causes that are over, and until when they still count.
        self._fading: dict[str, float] = {}
        # Whose alarms hide others now, or do so no longer, and have not been looked after yet.
        self._moved_causes: set[str] = set()
        self._shelves: dict[str, float] = {}
        self._last_id = 0

    def restore(self, alarms: Iterable[Alarm]) -> None:
        """Take over what was known before a restart."""
        self.alarms = {}
        for alarm in alarms:
            self._set(alarm)
            if alarm.cause:
                # It may have been over for long.
                self._moved_causes.add(_subject_of(alarm.cause))

    def is_present(self, key: str) -> bool:
        """Tell whether an alarm stands for something that is so now."""
        return (known := self.alarms.get(key)) is not None and known.is_present

    def find(self, alarm_id: str) -> Alarm:
        """Return an alarm by the id of its occurrence: what has come again meanwhile has another one."""
        for alarm in self.alarms.values():
            if alarm.id == alarm_id:
                return alarm
        raise NotFoundError("alarm", alarm_id)

    def is_news(self, signal: Signal) -> bool:
        """Tell whether anything can come of what somebody says: it was otherwise before, or waits to be."""
        key = key_of(signal.kind, signal.subject)
        is_known = signal.is_present is self.is_present(key) and not self._delays.has(key)
        return not is_known or traits_of(signal.kind).is_momentary

    def hear(self, signal: Signal, now: Instant) -> list[Change]:
        """Take what somebody says who watches something; it counts when it has lasted."""
        key, traits = key_of(signal.kind, signal.subject), traits_of(signal.kind)
        if traits.is_momentary:
            return self._happened(signal, now)
        if signal.is_present is self.is_present(key):
            self._delays.drop(key)
            return []
        chosen, usual = (
            (signal.on_delay, traits.on_delay) if signal.is_present else (signal.off_delay, traits.off_delay)
        )
        if seconds := usual if chosen is None else chosen:
            self._delays.put(key, signal, now.monotonic, seconds)
            return []
        self._delays.drop(key)
        return self._apply(signal, now)

    def acknowledge(self, alarm: Alarm, now: Instant, by: str) -> list[Change]:
        """Note that somebody has seen an alarm."""
        return self._move(alarm, Motion.ACKNOWLEDGE, now, by)

    def reset(self, alarm: Alarm, now: Instant, by: str) -> list[Change]:
        """Let an alarm go that was held until somebody has looked."""
        return self._move(alarm, Motion.RESET, now, by)

    def shelve(self, alarm: Alarm, shelf: Shelf, now: Instant) -> list[Change]:
        """Set an alarm aside for a while."""
        return self._put(Motion.SHELVE, alarm, shelved(alarm, shelf, now.utc.timestamp()), shelf.by)

    def unshelve(self, alarm: Alarm, now: Instant, by: str = "") -> list[Change]:
        """Take an alarm from the shelf."""
        return self._move(alarm, Motion.UNSHELVE, now, by)

    def note_told(self, alarm: Alarm, now: Instant) -> Alarm | None:
        """Remember that people were told of an alarm, unless it is over or has come again meanwhile."""
        known = self.alarms.get(alarm.key)
        if known is None or known.id != alarm.id:
            return None
        told = self.alarms[alarm.key] = replace(known, told_at=now.utc.timestamp(), told=known.told + 1)
        return told

    def wake(self, now: Instant) -> list[Change]:
        """Do what has become due."""
        changes = [change for signal in self._delays.pop_due(now.monotonic) for change in self._apply(signal, now)]
        clock = now.utc.timestamp()
        for key in [key for key, until in self._shelves.items() if until <= clock]:
            changes += self.unshelve(self.alarms[key], now)
        return changes + self._hide(now)

    def next_due(self, now: Instant) -> float | None:
        """Return when to look again, as monotonic seconds."""
        clock = now.utc.timestamp()
        moments = [now.monotonic + until - clock for until in self._shelves.values()] + list(self._fading.values())
        if (due := self._delays.next_due()) is not None:
            moments.append(due)
        return min(moments, default=None)

    def _happened(self, signal: Signal, now: Instant) -> list[Change]:
        """Raise an alarm for what is over at once; it stays until somebody has seen it."""
        key = key_of(signal.kind, signal.subject)
        return [
            *(self._apply(signal, now) if signal.is_present else []),
            *(self._move(self.alarms[key], Motion.RETURN, now) if self.is_present(key) else []),
        ]

    def _apply(self, signal: Signal, now: Instant) -> list[Change]:
        key = key_of(signal.kind, signal.subject)
        known = self.alarms.get(key)
        if signal.kind in HIDING:
            self._moved_causes.add(signal.subject)
        if not signal.is_present:
            changes = self._move(known, Motion.RETURN, now) if known is not None else []
            if signal.kind in CAUSES:
                self._fading[key] = now.monotonic + _GRACE
            return changes + self._hide(now)
        at = now.utc.timestamp()
        alarm = Alarm(
            id=self._next_id(now),
            kind=signal.kind,
            raised_at=at,
            subject=signal.subject,
            device=signal.device,
            details=signal.details,
            is_held=traits_of(signal.kind).latches,
        )
        if known is not None:
            again = moved(known, Motion.RAISE, at)
            alarm = replace(again, id=alarm.id, details=signal.details, device=signal.device)
        before = known.state if known is not None else AlarmState.NORMAL
        # Whoever hides behind another one from the beginning was never seen.
        cause = self._cause_of(alarm, now)
        alarm = suppressed(alarm, cause) if cause else replace(alarm, was_shown=alarm.shelf is None)
        self._set(alarm)
        return [Change(Motion.RAISE, before, alarm), *self._hide(now)]

    def _move(self, alarm: Alarm, motion: Motion, now: Instant, by: str = "") -> list[Change]:
        return self._put(motion, alarm, moved(alarm, motion, now.utc.timestamp(), by=by), by)

    def _put(self, motion: Motion, before: Alarm, after: Alarm, by: str) -> list[Change]:
        if after is before:
            return []
        if after.state is AlarmState.NORMAL:
            del self.alarms[after.key]
            self._shelves.pop(after.key, None)
        else:
            self._set(after)
        return [Change(motion, before.state, after, by)]

    def _set(self, alarm: Alarm) -> None:
        key = alarm.key
        self.alarms[key] = alarm
        if alarm.shelf is not None:
            self._shelves[key] = alarm.shelf.until
        else:
            self._shelves.pop(key, None)

    def _hide(self, now: Instant) -> list[Change]:
        """Let everything hide that follows from something else, and show again what follows from nothing any more."""
        for key in [key for key, until in self._fading.items() if until <= now.monotonic]:
            del self._fading[key]
            self._moved_causes.add(_subject_of(key))
        if not self._moved_causes:
            # Of a thousand alarms that come at once nearly none hides another one.
            return []
        moved_causes, self._moved_causes = self._moved_causes, set()
        changes: list[Change] = []
        for alarm in list(self.alarms.values()):
            if moved_causes.isdisjoint(("", alarm.device, alarm.subject)):
                continue
            cause = self._cause_of(alarm, now)
            if cause and not alarm.cause:
                changes += self._put(Motion.SUPPRESS, alarm, suppressed(alarm, cause), "")
            elif alarm.cause and not cause:
                shown = replace(moved(alarm, Motion.RELEASE, now.utc.timestamp()), was_shown=True)
                changes += self._put(Motion.RELEASE, alarm, shown, "")
        return changes

    def _cause_of(self, alarm: Alarm, now: Instant) -> str:
        for kind in causes_of(alarm.kind):
            for subject in ("", alarm.device, alarm.subject):
                key = key_of(kind, subject)
                if self.is_present(key) or self._fading.get(key, 0.0) > now.monotonic:
                    return key
        return ""

    def _next_id(self, now: Instant) -> str:
        """Return an id that comes after all others, also over restarts."""
        self._last_id = max(self._last_id + 1, int(now.utc.timestamp() * 1000))
        return f"a{self._last_id:x}{self._mark}"


def _subject_of(key: str) -> str:
    """Return what an alarm is about, by its key."""
    return key.partition("/")[2]
