"""What the recorder of Home Assistant remembers of everything that rules look at."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Final, NamedTuple

from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.recorder import get_instance

from ..const import DOMAIN
from ..core.conditions import singles
from ..core.conditions.device_is import DeviceIs
from ..core.conditions.entity_is import EntityIs
from ..core.conditions.output_is import OutputIs
from ..core.devices.sensor_types import type_of
from ..core.ids import ChannelId, DeviceId
from ..core.laboratory.history import DeviceTurned, EntityTurned, History, OutputTurned, Sample, SensorSaid
from ..core.laboratory.scene import Scene
from ..core.rules.errors import RuleError
from ..core.safety.interlocks.fresh_sensor import FreshSensor
from .engine_host import EngineHost
from .naming import entity_of

RECORDER: Final = "recorder"
# States are kept for some days, means of an hour for ever.
_EDGE: Final = timedelta(hours=1)
_NOTHING: Final = frozenset({STATE_UNAVAILABLE, STATE_UNKNOWN, ""})
_RUNNING: Final = frozenset({"on", "open", "opening"})
_FULL_BRIGHTNESS: Final = 255
_DIMMED: Final = {Platform.FAN.value: ("percentage", 100), Platform.LIGHT.value: ("brightness", _FULL_BRIGHTNESS)}

type States = dict[str, list[State]]
type GoOn = Callable[[float], None]


class Wanted(NamedTuple):
    """The entities that tell what rules want to know, each with what it stands for."""

    sensors: dict[str, ChannelId]
    asked: dict[str, ChannelId]
    driven: dict[str, ChannelId]
    devices: dict[str, DeviceId]
    entities: dict[str, set[str]]

    @property
    def all(self) -> list[str]:
        """Return every entity."""
        return [*{**self.sensors, **self.asked, **self.driven, **self.devices, **self.entities}]


class Past(NamedTuple):
    """A history, and since when it consists of what was measured: before that of means of an hour."""

    history: History
    exact_since: datetime


async def async_past(host: EngineHost, scene: Scene, begin: datetime, end: datetime, go_on: GoOn) -> Past:
    """Return what was recorded of everything that the rules of a scene look at and drive.

    It is read entity by entity: ``go_on`` is told how much is done, and raises where nobody wants it any more.
    """
    hass = host.hass
    if RECORDER not in hass.config.components:
        raise RuleError("rule_no_recorder", "days")
    wanted = _wanted(host, scene)
    parts = len(wanted.all) + len(wanted.sensors)
    states: States = {}
    for number, entity_id in enumerate(wanted.all):
        go_on(number / parts)
        states |= await _async_states(hass, entity_id, begin, end)
    first = min((told[0].last_updated for name, told in states.items() if told and name in wanted.sensors), default=end)
    exact_since = max(begin, first)
    means: dict[str, list[dict[str, Any]]] = {}
    if exact_since - begin > _EDGE:
        for number, entity_id in enumerate(wanted.sensors, len(wanted.all)):
            go_on(number / parts)
            means |= await _async_means(hass, entity_id, begin, exact_since)
    go_on(1.0)
    samples = sorted(_samples(hass, wanted, states, means), key=lambda sample: sample.at)
    recorded = sorted(_outputs(wanted.driven, states), key=lambda sample: sample.at)
    return Past(History(begin=begin, end=end, samples=samples, recorded=recorded), exact_since if means else begin)


async def _async_states(hass: HomeAssistant, entity_id: str, begin: datetime, end: datetime) -> States:
    history = await async_import_module(hass, "homeassistant.components.recorder.history")

    def read() -> States:
        found: States = history.get_significant_states(
            hass, begin, end, [entity_id], include_start_time_state=True, significant_changes_only=False
        )
        return found

    return await get_instance(hass).async_add_executor_job(read)


async def _async_means(
    hass: HomeAssistant, entity_id: str, begin: datetime, end: datetime
) -> dict[str, list[dict[str, Any]]]:
    statistics = await async_import_module(hass, "homeassistant.components.recorder.statistics")

    def read() -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = statistics.statistics_during_period(
            hass, begin, end, {entity_id}, "hour", None, {"mean"}
        )
        return found

    return await get_instance(hass).async_add_executor_job(read)


@callback
def _wanted(host: EngineHost, scene: Scene) -> Wanted:
    questions = [question for rule in scene.rules for question in singles(rule.when)]
    guards = (each for safety in scene.safeties for each in safety.interlocks)
    guarding = {each.sensor for each in guards if isinstance(each, FreshSensor)}
    asked = {ChannelId(source) for question in questions for source in question.sources if "/sensor/" in source}
    driven = {output for rule in scene.rules for output in rule.outputs}
    outputs = {question.output for question in questions if isinstance(question, OutputIs)} - driven
    entities: dict[str, set[str]] = {}
    for question in questions:
        if isinstance(question, EntityIs):
            entities.setdefault(question.entity_id, set()).add(question.attribute)
    devices = {question.device for question in questions if isinstance(question, DeviceIs)}
    return Wanted(
        sensors=_shown(host, asked | guarding),
        asked=_shown(host, outputs),
        driven=_shown(host, driven),
        devices={name: device for device in devices if (name := _connection(host.hass, device)) is not None},
        entities=entities,
    )


def _shown(host: EngineHost, channels: Iterable[ChannelId]) -> dict[str, ChannelId]:
    known = ((key, host.fleet.channel(key)) for key in sorted(channels))
    shown = ((entity_of(host.hass, channel), key) for key, channel in known if channel is not None)
    return {entity_id: key for entity_id, key in shown if entity_id is not None}


def _connection(hass: HomeAssistant, device: DeviceId) -> str | None:
    registry = er.async_get(hass)
    return registry.async_get_entity_id(Platform.BINARY_SENSOR, DOMAIN, f"{device}_connection")


def _samples(
    hass: HomeAssistant, wanted: Wanted, states: States, means: dict[str, list[dict[str, Any]]]
) -> Iterator[Sample]:
    for entity_id, sensor in wanted.sensors.items():
        unit = _Units(hass, entity_id, sensor)
        for row in means.get(entity_id, ()):
            yield SensorSaid(at=float(row["start"]), sensor=sensor, value=unit.ours(row.get("mean")))
        for state in states.get(entity_id, ()):
            value = unit.ours(_number(state.state))
            yield SensorSaid(at=state.last_updated.timestamp(), sensor=sensor, value=value)
    yield from _outputs(wanted.asked, states)
    for entity_id, device in wanted.devices.items():
        for state in states.get(entity_id, ()):
            yield DeviceTurned(at=state.last_updated.timestamp(), device=device, is_there=state.state == "on")
    for entity_id, attributes in wanted.entities.items():
        for state in states.get(entity_id, ()):
            for attribute in attributes:
                yield EntityTurned(
                    at=state.last_updated.timestamp(),
                    entity_id=entity_id,
                    attribute=attribute,
                    state=_state(state, attribute),
                )


def _outputs(shown: dict[str, ChannelId], states: States) -> Iterator[OutputTurned]:
    for entity_id, output in shown.items():
        for state in states.get(entity_id, ()):
            yield OutputTurned(at=state.last_updated.timestamp(), output=output, level=_level(state))


def _level(state: State) -> float | None:
    """Return how strongly an output ran, as its entity shows it."""
    if state.state in _NOTHING:
        return None
    if (number := _number(state.state)) is not None:
        return min(1.0, max(0.0, number / 100))
    if state.state not in _RUNNING:
        return 0.0
    attribute, full = _DIMMED.get(state.entity_id.partition(".")[0], ("", 1))
    told = state.attributes.get(attribute)
    return min(1.0, told / full) if isinstance(told, int | float) else 1.0


def _state(state: State, attribute: str) -> str | float | None:
    if state.state in _NOTHING:
        return None
    if not attribute:
        return state.state
    told = state.attributes.get(attribute)
    return told if told is None or isinstance(told, str | int | float) else str(told)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


class _Units:
    """Turns what an entity shows into the unit in which rules are written: people may have chosen another one."""

    def __init__(self, hass: HomeAssistant, entity_id: str, sensor: ChannelId) -> None:
        state = hass.states.get(entity_id)
        attributes = {} if state is None else state.attributes
        self._unit = type_of(sensor.split("/")[3]).unit.value
        self._shown = attributes.get("unit_of_measurement", self._unit)
        self._converter = UNIT_CONVERTERS.get(attributes.get("device_class"))

    def ours(self, value: float | None) -> float | None:
        """Return a value in our unit."""
        if value is None or self._converter is None or self._shown == self._unit:
            return value
        return self._converter.convert(value, self._shown, self._unit)
