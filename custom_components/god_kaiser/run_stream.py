"""Runs and sequences over the websocket: everything at first, then only what has changed."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
import voluptuous as vol

from .core.ids import CommandId
from .core.sequences.run import Run
from .host.engine_host import EngineHost
from .host.run_wishes import sequence_key
from .host.schedule_desk import SCHEDULES
from .hub_following import Forget, Tell, follow_hubs
from .run_records import Record
from .stop_stream import StopFollower
from .watched_runs import Watcher, outlook_of, watched_run, watched_sequence

RUNS_STATE: Final = "runs_state"
RUNS_CHANGED: Final = "runs_changed"
# What changes within this time is told together; the last word about a run is always told.
_PAUSE: Final = 0.2
_PREFIX: Final = sequence_key("")

type Seen = tuple[Run, tuple[CommandId, ...]]


@callback
def async_setup_run_stream(hass: HomeAssistant) -> None:
    """Register the command."""
    websocket_api.async_register_command(hass, follow_runs)


@websocket_api.websocket_command(
    {
        vol.Required("type"): "god_kaiser/runs/subscribe",
        vol.Optional("entry_id"): str,
        vol.Optional("stop", default=False): bool,
    }
)
@callback
def follow_runs(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Send all runs and sequences, and what changes about them, until the subscription ends; if wanted, all of stops as well."""

    @callback
    def begin(host: EngineHost, tell: Tell) -> Forget:
        forget_runs = HubRuns(Watcher(hass, host, connection.user), tell).begin()
        forget_stop = StopFollower(host, tell).begin() if msg["stop"] else None

        @callback
        def forget() -> None:
            forget_runs()
            if forget_stop is not None:
                forget_stop()

        return forget

    follow_hubs(hass, connection, msg, begin)


class HubRuns:
    """Follows the runs and sequences of one hub for one client."""

    def __init__(self, watcher: Watcher, tell: Tell) -> None:
        """Remember whom to tell, and that nothing was told yet."""
        self._watcher = watcher
        self._desk = watcher.host.sequences
        self._tell = tell
        self._runs: dict[str, Seen] = {}
        self._sequences: dict[str, Record] = {}
        self._library = self._desk.store.library
        self._starts: dict[str, float] = {}
        self._stirred: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None

    @callback
    def begin(self) -> Forget:
        """Tell everything, then what changes."""
        self._runs = {run.id: self._seen(self._all[run.id]) for run in self._desk.runs()}
        self._starts = self._desk.schedules.next_starts()
        self._library = self._desk.store.library
        self._sequences = self._looked_at(sorted(self._library.sequences))
        everything = {
            "hub": self._watcher.host.kaiser_id,
            "runs": self._records(self._runs),
            "sequences": list(self._sequences.values()),
        }
        self._tell(RUNS_STATE, everything)
        stop_watching = self._watcher.host.watchers.watch_everything(self._stir)

        @callback
        def forget() -> None:
            stop_watching()
            if self._timer is not None:
                self._timer.cancel()

        return forget

    @property
    def _all(self) -> dict[str, Run]:
        return self._watcher.host.engine.programs.runs.all

    def _seen(self, run: Run) -> Seen:
        asked = self._desk.assistant.open.values()
        return run, tuple(approval.key for approval in asked if approval.run == run.id)

    def _records(self, keys: Iterable[str]) -> list[Record]:
        return [watched_run(self._watcher, self._desk.run(key)) for key in keys]

    @callback
    def _stir(self, key: str) -> None:
        if key == SCHEDULES:
            before, self._starts = self._starts, self._desk.schedules.next_starts()
            self._stirred.update(name for name, _ in self._starts.items() ^ before.items())
        elif key.startswith(_PREFIX):
            self._stirred.add(key.removeprefix(_PREFIX))
        else:
            return
        if self._timer is None:
            self._timer = self._watcher.hass.loop.call_later(_PAUSE, self._tell_changes)

    @callback
    def _tell_changes(self) -> None:
        self._timer = None
        stirred, self._stirred = self._stirred, set()
        if self._library is not self._desk.store.library:
            # What one sequence drives, those drive as well that run it.
            self._library = self._desk.store.library
            stirred.update(self._library.sequences)
        changes = {**self._changed_runs(stirred), **self._changed_sequences(stirred)}
        if any(changes.values()):
            self._tell(RUNS_CHANGED, changes)

    def _changed_runs(self, stirred: set[str]) -> Record:
        """Return the runs of these sequences that are not what they were, and all that are forgotten by now."""
        gone = [key for key in self._runs if key not in self._all]
        for key in gone:
            del self._runs[key]
        seen = {key: self._seen(run) for key, run in self._all.items() if run.program.id in stirred}
        changed = {key: mark for key, mark in seen.items() if not _is_same(self._runs.get(key), mark)}
        self._runs |= changed
        return {"runs": self._records(changed), "runs_gone": gone}

    def _changed_sequences(self, stirred: set[str]) -> Record:
        library = self._library.sequences
        gone = [name for name in stirred if name not in library and self._sequences.pop(name, None) is not None]
        records = self._looked_at(stirred & library.keys())
        changed = {name: record for name, record in records.items() if self._sequences.get(name) != record}
        self._sequences |= changed
        return {"sequences": list(changed.values()), "sequences_gone": gone}

    def _looked_at(self, names: Iterable[str]) -> dict[str, Record]:
        outlook, library = outlook_of(self._watcher.host), self._library.sequences
        return {name: watched_sequence(self._watcher, library[name], outlook) for name in names}


def _is_same(before: Seen | None, now: Seen) -> bool:
    """Tell whether a run is the very one that was told; what becomes of one is always another."""
    return before is not None and before[0] is now[0] and before[1] == now[1]
