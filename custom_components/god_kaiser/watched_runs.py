"""What a client that follows runs is told about a run and about a sequence, seen with the rights of its person."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
import msgspec

from .core.ids import CommandId
from .core.sequences.model import Sequence
from .core.sequences.remaining import seconds_after_step
from .core.sequences.run import Cursor, Node, Run
from .host.approvals import OpenApproval
from .host.approvers import accounts_of
from .host.engine_host import EngineHost
from .run_records import Record, moment, run_record, sequence_record


class Watcher(NamedTuple):
    """Whose eyes look at which hub."""

    hass: HomeAssistant
    host: EngineHost
    user: User


class Outlook(NamedTuple):
    """What a list of sequences tells about runs and planned starts, gathered once for all of them."""

    latest: Mapping[str, Run]
    starts: Mapping[str, float]


def outlook_of(host: EngineHost) -> Outlook:
    """Return by which run each sequence is known now, and when it starts next."""
    return Outlook(host.sequences.latest(), host.sequences.schedules.next_starts())


def watched_run(watcher: Watcher, run: Run) -> Record:
    """Return how far a run is, what it asks people, and whether this person may control it."""
    host, desk = watcher.host, watcher.host.sequences
    asked = [approval for approval in desk.assistant.open.values() if approval.run == run.id]
    return {
        **run_record(watcher.hass, host, run),
        # A client may count down to what lies behind the step in which the run is, and no further.
        "seconds_after_step": seconds_after_step(run),
        "may_control": desk.rights.may_control(watcher.user, run.program, run.roles, run.library),
        "approvals": [_approval(watcher, run, approval) for approval in asked],
    }


def watched_sequence(watcher: Watcher, sequence: Sequence, outlook: Outlook) -> Record:
    """Return a sequence as a list shows it, with what a start asks for and when the next one is planned."""
    host, desk = watcher.host, watcher.host.sequences
    return {
        **sequence_record(host, sequence, outlook.latest.get(sequence.id)),
        "roles": [
            {
                "name": name,
                "description": role.description,
                "default": None if role.default is None else host.names.of_channel(role.default),
            }
            for name, role in sequence.roles.items()
        ],
        "variables": [
            {"name": name, **msgspec.structs.asdict(variable)} for name, variable in sequence.variables.items()
        ],
        "may_control": desk.rights.may_control(watcher.user, sequence, {}),
        "next_start": moment(outlook.starts.get(sequence.id)),
    }


def _approval(watcher: Watcher, run: Run, approval: OpenApproval) -> Record:
    node = next(_asking(run.cursor, approval.key), None)
    ends = node.stage_ends if node is not None else None
    return {
        "question": approval.key,
        "text": approval.text,
        "place": approval.place,
        "by": list(approval.by),
        "asked_at": approval.since.isoformat(),
        "seconds_left": None if ends is None else round(max(0.0, ends - run.clock), 1),
        "at_deadline": approval.at_deadline.value,
        "may_decide": _may_decide(watcher, approval),
    }


def _asking(cursor: Cursor, key: CommandId) -> Iterator[Node]:
    """Yield the step that has asked something, wherever it stands."""
    if (node := cursor.node) is not None:
        if node.key == key:
            yield node
        for inner in node.inner:
            yield from _asking(inner, key)


def _may_decide(watcher: Watcher, approval: OpenApproval) -> bool:
    user = watcher.user
    if not user.is_active or user.system_generated:
        return False
    return not approval.by or any(accounts_of(watcher.hass, name, {user.id: user}) for name in approval.by)
