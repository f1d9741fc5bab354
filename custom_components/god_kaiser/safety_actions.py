"""What the actions around safety do: settings of outputs, lock-out tags, and giving an output back."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.util import dt as dt_util
from msgspec.structs import replace

from .core.devices.model import ActuatorChannel
from .core.errors import DefinitionError
from .core.events import DemandReleased, LockOutHung, LockOutTakenOff
from .core.requests import Origin
from .core.safety.interlocks.exclusion import Exclusion
from .core.safety.limits import ChannelSafety
from .core.safety.lockouts import LockOut
from .guarantee_words import async_guarantees_of
from .host.engine_host import EngineHost
from .host.naming import entity_of
from .lock_out_targets import TagPlace, places_of
from .output_facts import demands_on, hold_of, tag_of, usage_of
from .people import Asker, async_asker
from .safety_edits import as_given, async_edit_safety, interlock_from, settings_from
from .stream_sight import async_demand_sight
from .targets import async_demand_control, output_of, output_of_call

_PERSON = Origin.PERSON.name.lower()


async def set_safety(call: ServiceCall) -> None:
    """Change the safety settings of an output; what is left out stays as it was."""
    host, output = output_of_call(call)
    await async_edit_safety(host, output.id, lambda settings: _changed(host, settings, call.data))


def _changed(host: EngineHost, settings: ChannelSafety, given: Mapping[str, Any]) -> ChannelSafety:
    wanted = settings_from(settings, given)
    if "interlocks" not in given:
        return wanted
    return replace(wanted, interlocks=tuple(interlock_from(host, each) for each in given["interlocks"]))


async def get_safety(call: ServiceCall) -> ServiceResponse:
    """Return the safety settings of an output, what they guarantee, and how things stand."""
    host, output = output_of_call(call)
    await async_demand_sight(call.hass, call.context, output)
    settings = host.engine.around.limits.of(output.id)
    return {
        "channel": output.id,
        "entity_id": entity_of(call.hass, output),
        "interlocks": [as_given(host, interlock) for interlock in settings.interlocks],
        "excluded_by": [entity_of(call.hass, other) or other.id for other in _excluded_by(host, output)],
        "hold": settings.hold,
        "on_shutdown": settings.on_shutdown.value,
        "stop_step": settings.stop_step,
        "max_runtime": output.max_runtime,
        "guarantees": await async_guarantees_of(host, output),
        "usage": usage_of(host, output.id),
        "demands": demands_on(host, output.id),
        **hold_of(host, output.id),
        **tag_of(host, output.id),
    }


def _excluded_by(host: EngineHost, output: ActuatorChannel) -> list[ActuatorChannel]:
    """Return the outputs that have declared an exclusion of this one: it holds for both sides."""
    declared = [
        settings.channel
        for settings in host.engine.around.limits.all()
        for interlock in settings.interlocks
        if isinstance(interlock, Exclusion) and output.id in interlock.others
    ]
    return [other for channel in declared if (other := host.fleet.actuator(channel)) is not None]


async def release_hold(call: ServiceCall) -> None:
    """Give outputs back to rules and sequences before the time of a person's wish is over."""
    outputs = [output_of(call.hass, entity_id) for entity_id in call.data["entity_id"]]
    for host, output in outputs:
        await async_demand_control(call, host, output.id)
        if host.engine.demands.wish_of(output.id, _PERSON) is None:
            raise DefinitionError("not_held", output=host.names.of_channel(output.id))
    for host, output in outputs:
        host.feed(DemandReleased(channel=output.id, owner=_PERSON))


async def lock_out(call: ServiceCall) -> None:
    """Hang a tag on outputs, devices or all of an area: whatever it covers rests until the tag is gone."""
    asker = await async_asker(call.hass, call.context)
    places = places_of(call)
    _demand_right(places, asker)
    now = dt_util.utcnow().timestamp()
    duration: int | None = call.data.get("duration")
    for host, place, _ in places:
        tag = LockOut(
            place=place,
            by=asker.name,
            user=asker.user,
            reason=call.data["reason"],
            since=now,
            until=None if duration is None else now + duration,
        )
        host.feed(LockOutHung(tag=tag))


async def release_lock_out(call: ServiceCall) -> None:
    """Take tags off: who has hung one may do it, and administrators; nothing starts by itself."""
    asker = await async_asker(call.hass, call.context)
    if not asker.user:
        raise DefinitionError("lock_out_needs_person")
    places = places_of(call)
    bare = [target for target in places if _tag_on(target) is None]
    if named := [target for target in bare if target.is_named or len(bare) == len(places)]:
        raise DefinitionError("not_locked_out", output=", ".join(_name(target) for target in named))
    _demand_right(places, asker)
    for target in places:
        if target not in bare:
            target.host.feed(LockOutTakenOff(place=target.place, by=asker.name, user=asker.user))


def _demand_right(places: list[TagPlace], asker: Asker) -> None:
    """Refuse to touch the tags of others; automations may renew the tags of automations."""
    for target in places:
        tag = _tag_on(target)
        if tag is not None and not asker.is_admin and tag.user != asker.user:
            raise DefinitionError("lock_out_of_other", by=tag.by, output=_name(target))


def _tag_on(target: TagPlace) -> LockOut | None:
    return target.host.engine.around.lock_outs.tags.get(target.place)


def _name(target: TagPlace) -> str:
    return target.host.names.of_place(target.place)
