"""The part of *Configure* in which people choose whom to tell of alarms, and the limits of sensors."""

from typing import Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.exceptions import HomeAssistantError
import voluptuous as vol

from .alarm_actions import async_lay_down, changed
from .alarm_forms import (
    ALARM_LIMIT_TEXTS,
    limits_form,
    notices_as_kept,
    notices_form,
    problems_in_notices,
    unknown_target,
)
from .alarm_records import limits_record
from .channel_forms import choice
from .core.alarms.limits import BOUNDS, LONGEST_DELAY
from .core.devices.sensor_types import type_of
from .core.errors import DefinitionError, NotFoundError
from .core.ids import ChannelId
from .host.alarm_options import alarm_part
from .host.engine_host import EngineHost
from .host.figures import number_text
from .host.naming import NOTHING
from .safety_flow import Input, SafetyFlow

_DELAYS: Final = ("on_delay", "off_delay")


class AlarmFlow(SafetyFlow):
    """Who is told is an option; limits belong to the plan of a device and are saved by themselves."""

    _sensor: ChannelId

    async def async_step_alarm_notices(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask whom to tell of alarms, and when."""
        errors: dict[str, str] = {}
        options = dict(self.config_entry.options)
        if user_input is not None and not (errors := problems_in_notices(self.hass, user_input)):
            others = {key: value for key, value in options.items() if key not in alarm_part(options)}
            return self.async_create_entry(data=others | notices_as_kept(user_input))
        shown = alarm_part(options) if user_input is None else user_input
        return self.async_show_form(
            step_id="alarm_notices",
            data_schema=self.add_suggested_values_to_schema(notices_form(self.hass), shown),
            errors=errors,
            description_placeholders=ALARM_LIMIT_TEXTS | {"target": unknown_target(self.hass, shown)},
        )

    async def async_step_alarm_limits(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask which sensor is meant."""
        if user_input is not None:
            self._sensor = ChannelId(user_input["sensor"])
            return await self.async_step_sensor_limits()
        if (host := self._host) is None:
            return self.async_abort(reason="hub_not_loaded")
        sensors: dict[str, str] = {
            key: host.names.of_channel(key)
            for known in host.fleet.devices.values()
            if known.is_approved
            for key in known.sensors
        }
        if not sensors:
            return self.async_abort(reason="no_sensors")
        schema = vol.Schema({vol.Required("sensor", default=next(iter(sensors))): choice(sensors)})
        return self.async_show_form(step_id="alarm_limits", data_schema=schema)

    async def async_step_sensor_limits(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask for the limits of the sensor."""
        if (host := self._host) is None or host.fleet.sensor(self._sensor) is None:
            return self.async_abort(reason="sensor_gone")
        errors: dict[str, str] = {}
        if user_input is not None:
            # In a form what is left empty is meant to be empty.
            given = {name: user_input.get(name) for name in BOUNDS} | {"dead_band": user_input["dead_band"]}
            given |= {name: int(user_input[name]) for name in _DELAYS}
            try:
                await async_lay_down(host, changed(host, self._sensor, given))
            except NotFoundError:
                return self.async_abort(reason="sensor_gone")
            except DefinitionError as err:
                errors["base"] = err.problem
            except HomeAssistantError as err:
                errors["base"] = err.translation_key or "not_saved"
            else:
                return self.async_create_entry(data=self.config_entry.options)
        shown = limits_record(host.alarms.limits_of(self._sensor)) if user_input is None else user_input
        return self.async_show_form(
            step_id="sensor_limits",
            data_schema=self.add_suggested_values_to_schema(limits_form(), shown),
            errors=errors,
            description_placeholders={
                "sensor": host.names.of_channel(self._sensor),
                "value": self._value_of(host),
                "limit": str(LONGEST_DELAY),
            },
        )

    def _value_of(self, host: EngineHost) -> str:
        reading, sensor = host.fleet.readings.get(self._sensor), host.fleet.sensor(self._sensor)
        if reading is None or reading.value is None or sensor is None:
            return NOTHING
        return f"{number_text(self.hass, reading.value)} {type_of(sensor.sensor_type).unit.value}".strip()
