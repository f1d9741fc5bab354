"""Which rule, which sensors and which outputs an action about rules means."""

from collections.abc import Mapping
from math import isfinite
from typing import NamedTuple

from homeassistant.core import ServiceCall, callback

from .core.devices.model import ActuatorChannel, SensorChannel
from .core.errors import NotFoundError
from .core.ids import ChannelId
from .core.misreadings import is_quoted_number, shown
from .core.rules.errors import RuleError
from .core.rules.model import Rule
from .host.engine_host import EngineHost
from .host.naming import entity_of, shown_by
from .host.rule_trying import Values
from .rule_entities import device_key
from .targets import hosts_of, named_by


class RuleTarget(NamedTuple):
    """One rule, with the hub that it belongs to."""

    host: EngineHost
    rule: Rule


@callback
def rule_of(call: ServiceCall) -> RuleTarget:
    """Return the rule that an action names, in the hub that is meant or wherever it is."""
    wanted: str = call.data["rule"]
    name, hosts = named_by(call, wanted, device_key)
    for host in hosts:
        if (found := host.rules.rules.get(name)) is not None:
            return RuleTarget(host, found)
    raise NotFoundError("rule", wanted)


@callback
def kept_rule(call: ServiceCall) -> tuple[EngineHost, str]:
    """Return where a rule is kept, also one that is deleted or cannot be used."""
    wanted: str = call.data["rule"]
    name, hosts = named_by(call, wanted, device_key)
    for host in hosts:
        if name in host.rules.rules or name in host.rules.degraded or name in host.rules.deleted:
            return host, name
    raise NotFoundError("rule", wanted)


@callback
def output_named(call: ServiceCall, wanted: str) -> tuple[EngineHost, ChannelId]:
    """Return the output that is named by its entity or as a channel."""
    for host in hosts_of(call):
        channel = shown_by(call.hass, host.fleet, wanted) or host.fleet.channel(ChannelId(wanted))
        if isinstance(channel, ActuatorChannel):
            return host, channel.id
    raise NotFoundError("actuator", wanted)


@callback
def values_of(
    host: EngineHost,
    given: Mapping[str, float | str | None],
    levels: Mapping[str, float],
    states: Mapping[str, float | str | None],
) -> Values:
    """Return what is given for a test; an entity of ours stands for its sensor or its output as well."""
    for name, state in states.items():
        if not (state is None or isinstance(state, str) or _is_number(state)):
            raise RuleError("definition_needs_value", f"entities / {name}", given=shown(state))
    values = Values({}, {}, dict(states), {name: (name,) for name in states})
    for name, value in given.items():
        channel = _channel(host, name)
        if not isinstance(channel, SensorChannel):
            raise RuleError("rule_unknown_sensor", "values", given=name)
        if value is not None and (isinstance(value, str) or not _is_number(value)):
            problem = "definition_needs_no_quotes" if is_quoted_number(value) else "definition_needs_number"
            raise RuleError(problem, f"values / {name}", given=shown(value))
        entities = _shown(host, channel)
        values.readings[channel.id] = value
        values.entities.update(dict.fromkeys(entities, value))
        values.meant[name] = (channel.id, *entities)
    for name, level in levels.items():
        output = _channel(host, name)
        if not isinstance(output, ActuatorChannel):
            raise RuleError("rule_unknown_output", "levels", given=name)
        values.levels[output.id] = level
        values.meant[name] = (output.id,)
    return values


def _is_number(value: object) -> bool:
    """Tell whether something is a number that a sensor may measure."""
    try:
        return isinstance(value, float | int) and not isinstance(value, bool) and isfinite(value)
    except OverflowError:
        return False


def _channel(host: EngineHost, name: str) -> SensorChannel | ActuatorChannel | None:
    return shown_by(host.hass, host.fleet, name) or host.fleet.channel(ChannelId(name))


def _shown(host: EngineHost, channel: SensorChannel) -> list[str]:
    entity_id = entity_of(host.hass, channel)
    return [] if entity_id is None else [entity_id]
