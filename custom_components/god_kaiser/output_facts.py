"""What is known about an output beside its level: who has it, until when it runs, and who has locked it out."""

from datetime import UTC, datetime
from typing import Any, Final

from .core.devices.model import ActuatorChannel
from .core.ids import ChannelId
from .core.safety.lockouts import LockOut
from .host.engine_host import EngineHost
from .host.naming import entity_of

type Record = dict[str, Any]

_HOUR: Final = 3600.0


def moment(host: EngineHost, due: float | None) -> str | None:
    """Return what people call a moment of the monotonic clock."""
    return None if due is None else host.now().utc_of(due).isoformat(timespec="seconds")


def hold_of(host: EngineHost, channel: ChannelId) -> Record:
    """Return whose wish decides about an output and until when, and when the run that it is on ends."""
    outcome = host.engine.demands.effective(channel, host.now())
    leases = host.engine.around.leases
    return {
        "held_by": outcome.winner.owner if outcome else None,
        "held_until": moment(host, outcome.winner.until) if outcome else None,
        "runs_until": moment(host, leases.ends.due(channel)),
        "device_ends_at": moment(host, leases.device_ends_at(channel)),
    }


def hold_picture(host: EngineHost, channel: ChannelId) -> object:
    """Return the same in a form that changes only when something has happened."""
    outcome = host.engine.demands.effective(channel, host.now())
    leases = host.engine.around.leases
    held = (outcome.winner.owner, outcome.winner.until) if outcome else None
    return (held, leases.ends.due(channel), leases.device_ends_at(channel), host.engine.around.lock_outs.on(channel))


def tag_of(host: EngineHost, channel: ChannelId) -> Record:
    """Return who has locked an output out, by its own tag or by that of its device."""
    return tag_record(host.engine.around.lock_outs.on(channel))


def tag_record(tag: LockOut | None) -> Record:
    """Return what stands on a tag."""
    return {
        "locked_out_by": tag.by if tag else None,
        "lock_out_reason": tag.reason if tag else None,
        "lock_out_until": utc_of(tag.until) if tag else None,
    }


def usage_of(host: EngineHost, channel: ChannelId) -> Record:
    """Return how long and how often an output has run."""
    around, now = host.engine.around, host.now()
    usage = around.usage.of(channel)
    return {
        "on_today": round(usage.on_today(now, around.zone)),
        "starts_last_hour": usage.starts_since(now.monotonic - _HOUR),
        "running_since": moment(host, usage.on_since),
    }


def demands_on(host: EngineHost, channel: ChannelId) -> list[Record]:
    """Return who wants what of an output; the one that decides comes first."""
    demands = host.engine.demands
    outcome = demands.effective(channel, host.now())
    winner = outcome.winner.owner if outcome else None
    return [
        {
            "owner": demand.owner,
            "origin": demand.origin.name.lower(),
            "priority": int(demand.priority),
            "level": demand.level,
            "since": moment(host, demand.since),
            "until": moment(host, demand.until),
            "decides": demand.owner == winner,
        }
        for demand in sorted(demands.of(channel), key=lambda demand: (demand.owner != winner, demand.owner))
    ]


def last_known(host: EngineHost, channel: ActuatorChannel) -> Record:
    """Return the last word of an output, and when it rests by itself should nobody reach it any more."""
    heard = host.fleet.last_heard_of(channel.id)
    leases = host.engine.around.leases
    return {
        "name": host.names.of_channel(channel.id),
        "entity_id": entity_of(host.hass, channel),
        "level": heard.level if heard else None,
        "last_seen": utc_of(heard.at) if heard else None,
        "runs_until": moment(host, leases.ends.due(channel.id)),
        "device_ends_at": moment(host, leases.device_ends_at(channel.id)),
    }


def still_running(host: EngineHost, channels: list[ActuatorChannel]) -> list[Record]:
    """Return what is known about those outputs that may be running."""
    return [last_known(host, channel) for channel in channels if _may_run(host, channel.id)]


def _may_run(host: EngineHost, channel: ChannelId) -> bool:
    heard = host.fleet.last_heard_of(channel)
    return host.engine.around.is_running(channel) or (heard is not None and bool(heard.level))


def utc_of(seconds: float | None) -> str | None:
    """Return what people call a moment that is written down as seconds since 1970."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
