"""Alarms by action: see them, acknowledge them, set them aside for a while, reset them, and lay down limits."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import Unauthorized
from msgspec.structs import replace

from .alarm_records import alarm_record, limits_record
from .core.alarms.alarm import UNSEEN, Alarm, AlarmState
from .core.alarms.kinds import Priority
from .core.alarms.limits import BOUNDS, AlarmLimits, checked
from .core.alarms.transitions import demand_resettable, demand_shelvable, demand_shelved
from .core.errors import DefinitionError, NotFoundError
from .core.ids import ChannelId, device_of
from .host.engine_host import EngineHost
from .host.naming import entity_of
from .people import async_asker
from .plan_edits import plan_lock
from .stream_sight import Sight
from .targets import hosts_of, one_or_all, sensor_of

_ANY: Final = frozenset(AlarmState)
_ON_SHELVES: Final = frozenset({AlarmState.SHELVED})
_HELD: Final = frozenset({AlarmState.LATCHED, AlarmState.LATCHED_UNACKNOWLEDGED})
_LIMITS: Final = (*BOUNDS, "dead_band", "on_delay", "off_delay")


class Meant(NamedTuple):
    """The alarms of one hub that an action means."""

    host: EngineHost
    alarms: list[Alarm]


async def get_alarms(call: ServiceCall) -> ServiceResponse:
    """Return the alarms that are not normal, the most urgent ones that nobody has acknowledged first."""
    user = await _async_user(call)
    states: set[str] = set(call.data["state"])
    least = Priority(call.data["priority"])
    hubs: dict[str, Any] = {}
    for host in hosts_of(call):
        alarms = [
            alarm_record(host, alarm, is_admin=user is None or user.is_admin)
            for alarm in host.alarms.alarms
            if (not states or alarm.state.value in states)
            and alarm.traits.priority.is_at_least(least)
            and may_see(host, alarm, user)
        ]
        hubs[host.kaiser_id] = {"alarms": alarms, "count": len(alarms)}
    return one_or_all(hubs)


async def acknowledge_alarm(call: ServiceCall) -> None:
    """Note that somebody has seen alarms: those that are named, or all."""
    asker = await async_asker(call.hass, call.context)
    for host, alarms in await _async_meant(call, UNSEEN):
        host.alarms.acknowledge(alarms, asker.name)
        await host.alarms.async_kept()


async def shelve_alarm(call: ServiceCall) -> None:
    """Set alarms aside for a while; none of them, where one may not be."""
    asker = await async_asker(call.hass, call.context)
    seconds: int = call.data["duration"]
    meant = await _async_meant(call, _ANY)
    _demand(meant, partial(demand_shelvable, seconds=seconds))
    for host, alarms in meant:
        host.alarms.shelve(alarms, seconds, call.data["reason"], asker.name)
        await host.alarms.async_kept()


async def unshelve_alarm(call: ServiceCall) -> None:
    """Take alarms from the shelf before their time."""
    asker = await async_asker(call.hass, call.context)
    meant = await _async_meant(call, _ON_SHELVES)
    _demand(meant, demand_shelved)
    for host, alarms in meant:
        host.alarms.unshelve(alarms, asker.name)
        await host.alarms.async_kept()


async def reset_alarm(call: ServiceCall) -> None:
    """Let alarms go that were held until a person has looked; automations cannot look."""
    asker = await async_asker(call.hass, call.context)
    if not asker.user:
        raise DefinitionError("alarm_reset_needs_person")
    meant = await _async_meant(call, _HELD)
    _demand(meant, demand_resettable)
    for host, alarms in meant:
        host.alarms.reset(alarms, asker.name)
        await host.alarms.async_kept()


async def set_alarm_limits(call: ServiceCall) -> None:
    """Lay down at which values of sensors people want to be called; what is not given stays, what is empty goes."""
    sensors = [sensor_of(call.hass, entity_id) for entity_id in call.data["entity_id"]]
    given = {name: call.data[name] for name in _LIMITS if name in call.data}
    if not given:
        raise DefinitionError("alarm_limits_nothing")
    changes = [(host, changed(host, sensor.id, given)) for host, sensor in sensors]
    for host, limits in changes:
        await async_lay_down(host, limits)


async def get_alarm_limits(call: ServiceCall) -> ServiceResponse:
    """Return at which values of sensors people want to be called."""
    found = {entity_id: sensor_of(call.hass, entity_id) for entity_id in call.data["entity_id"]}
    return {
        "sensors": {
            entity_id: limits_record(host.alarms.limits_of(sensor.id)) for entity_id, (host, sensor) in found.items()
        }
    }


def changed(host: EngineHost, sensor: ChannelId, given: dict[str, Any]) -> AlarmLimits:
    """Return the limits of a sensor with some of them changed, or say what is wrong with them."""
    return checked(replace(host.alarms.limits_of(sensor), **given))


async def async_lay_down(host: EngineHost, limits: AlarmLimits) -> None:
    """Save the limits of a sensor that is still there."""
    async with plan_lock(host):
        device = device_of(limits.channel)
        if host.fleet.sensor(limits.channel) is None or host.plan_of(device) is None:
            raise NotFoundError("sensor", limits.channel)
        await host.alarms.async_set_limits(limits)


def may_see(host: EngineHost, alarm: Alarm, user: User | None) -> bool:
    """Tell whether somebody may know of an alarm: of a channel only whoever may read its entity."""
    return user is None or Sight(host.hass, user).may_know(host, alarm.channel)


def may_move(host: EngineHost, alarm: Alarm, user: User | None) -> bool:
    """Tell whether somebody may move an alarm: about a channel whoever may control its entity, else who controls everything."""
    if user is None or user.permissions.access_all_entities(POLICY_CONTROL):
        return True
    channel = host.fleet.channel(alarm.channel) if alarm.channel is not None else None
    entity_id = entity_of(host.hass, channel) if channel is not None else None
    return entity_id is not None and user.permissions.check_entity(entity_id, POLICY_CONTROL)


def _demand(meant: list[Meant], demand: Callable[[Alarm], None]) -> None:
    """Ask the same of every alarm, and name the one that does not meet it as people know it."""
    for host, alarms in meant:
        for alarm in alarms:
            try:
                demand(alarm)
            except DefinitionError as err:
                title = host.alarms.words.text(alarm).removesuffix(".")
                raise DefinitionError(err.problem, **err.details, title=title) from err


async def _async_user(call: ServiceCall) -> User | None:
    """Return who is behind a call, None for what nobody is behind."""
    return await call.hass.auth.async_get_user(call.context.user_id) if call.context.user_id else None


async def _async_meant(call: ServiceCall, states: frozenset[AlarmState]) -> list[Meant]:
    """Return the alarms that are named, or with ``all`` those in some states; nobody moves what they may not control."""
    user = await _async_user(call)
    wanted: list[str] = list(dict.fromkeys(call.data.get("alarm_id", ())))
    if bool(wanted) is call.data.get("all", False):
        raise DefinitionError("alarm_target_missing")
    hosts = hosts_of(call)
    if not wanted:
        return [
            Meant(host, [each for each in host.alarms.alarms if each.state in states and may_move(host, each, user)])
            for host in hosts
        ]
    meant = [Meant(host, [each for each in host.alarms.alarms if each.id in wanted]) for host in hosts]
    if missing := set(wanted) - {alarm.id for _, alarms in meant for alarm in alarms}:
        raise NotFoundError("alarm", ", ".join(sorted(missing)))
    if not all(may_move(host, alarm, user) for host, alarms in meant for alarm in alarms):
        raise Unauthorized(context=call.context, permission=POLICY_CONTROL)
    return meant
