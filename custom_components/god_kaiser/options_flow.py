"""What can be changed about a hub: its settings, and what its devices should know."""

from collections.abc import Callable, Mapping

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.exceptions import HomeAssistantError
import voluptuous as vol

from .alarm_flow import AlarmFlow
from .channel_forms import actuator_form, choice, place_of, select, sensor_form
from .core.devices.model import ActuatorChannel, ActuatorKind, Channel
from .core.devices.plan import DevicePlan
from .core.devices.sensor_types import CONFIGURABLE
from .core.errors import DefinitionError, NotFoundError
from .core.fleet.planning import with_actuator, with_sensor
from .core.ids import DeviceId
from .host.alarm_options import alarm_part
from .host.failures import words_of
from .host.registry_sync import unit_name
from .plan_edits import actuator_from, async_edit_plan, async_remove_unit, sensor_from, units_of
from .safety_flow import Input
from .settings_form import LIMIT_TEXTS, as_kept, in_sections, out_of_sections, problems_in, settings_form


class GodKaiserOptionsFlow(AlarmFlow):
    """Settings reload the hub; channels are saved through the host and leave the options alone."""

    _device: DeviceId
    _kind: str

    async def async_step_init(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask what is to be changed."""
        return self.async_show_menu(
            step_id="init",
            menu_options=[
                "settings",
                "add_sensor",
                "add_actuator",
                "remove_channel",
                "safety",
                "alarm_limits",
                "alarm_notices",
            ],
        )

    async def async_step_settings(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask how long to wait for devices, what new channels get and how much is kept."""
        errors: dict[str, str] = {}
        if user_input is not None:
            entered = out_of_sections(user_input)
            if not (errors := problems_in(entered)):
                return self.async_create_entry(data=alarm_part(self.config_entry.options) | as_kept(entered))
        shown = in_sections(self.config_entry.options) if user_input is None else user_input
        return self.async_show_form(
            step_id="settings",
            data_schema=self.add_suggested_values_to_schema(settings_form(), shown),
            errors=errors,
            description_placeholders=LIMIT_TEXTS,
        )

    async def async_step_add_sensor(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask which device has the sensor, and of what kind it is."""
        if user_input is not None:
            self._device, self._kind = DeviceId(user_input["device"]), user_input["sensor_type"]
            return await self.async_step_sensor()
        return self._ask_device("add_sensor", {vol.Required("sensor_type"): select("sensor_type", CONFIGURABLE)})

    async def async_step_sensor(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask for the particulars of the sensor."""
        if (host := self._host) is None or (plan := self._plan) is None:
            return self.async_abort(reason="device_not_found")
        probes, usual = host.fleet.devices[self._device].probes, host.channel_defaults
        schema = sensor_form(plan, self._kind, [probe.rom for probe in probes], usual)

        def add(current: DevicePlan) -> DevicePlan:
            fields = {**(user_input or {}), "sensor_type": self._kind}
            return with_sensor(current, sensor_from(current, fields, usual))

        return await self._ask_particulars("sensor", schema, user_input, add)

    async def async_step_add_actuator(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask which device has the actuator, and of what kind it is."""
        if user_input is not None:
            self._device, self._kind = DeviceId(user_input["device"]), user_input["actuator_type"]
            return await self.async_step_actuator()
        return self._ask_device("add_actuator", {vol.Required("actuator_type"): select("actuator_type", ActuatorKind)})

    async def async_step_actuator(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask for the particulars of the actuator."""
        if (host := self._host) is None or (plan := self._plan) is None:
            return self.async_abort(reason="device_not_found")
        usual = host.channel_defaults
        schema = actuator_form(plan, ActuatorKind(self._kind), usual)

        def add(current: DevicePlan) -> DevicePlan:
            fields = {**(user_input or {}), "actuator_type": self._kind}
            return with_actuator(current, actuator_from(current, fields, usual))

        return await self._ask_particulars("actuator", schema, user_input, add)

    async def async_step_remove_channel(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask which device is to lose something."""
        if user_input is not None:
            self._device = DeviceId(user_input["device"])
            return await self.async_step_channel()
        return self._ask_device("remove_channel", {})

    async def async_step_channel(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask what is to be removed; a chip goes with all its values."""
        if (host := self._host) is None or self._plan is None:
            return self.async_abort(reason="device_not_found")
        if not (units := units_of(host, self._device)):
            return self.async_abort(reason="no_channels")
        errors: dict[str, str] = {}
        placeholders = {"device": host.name_of(self._device)}
        if user_input is not None:
            try:
                await async_remove_unit(host, self._device, units.get(user_input["channel"], []))
            except NotFoundError:
                return self.async_abort(reason="device_not_found")
            except DefinitionError as err:
                errors["channel"] = err.problem
                placeholders |= words_of(self.hass, err.details)
            except HomeAssistantError as err:
                errors["base"] = err.translation_key or "not_saved"
            else:
                return self._saved()
        labels = {key: _label(unit[0]) for key, unit in units.items()}
        return self.async_show_form(
            step_id="channel",
            data_schema=vol.Schema({vol.Required("channel"): choice(labels)}),
            errors=errors,
            description_placeholders=placeholders,
        )

    def _ask_device(self, step: str, fields: Mapping[vol.Marker, object]) -> ConfigFlowResult:
        if (host := self._host) is None:
            return self.async_abort(reason="hub_not_loaded")
        names: dict[str, str] = {
            known.id: known.plan.name for known in host.fleet.devices.values() if known.plan is not None
        }
        if not names:
            return self.async_abort(reason="no_devices")
        schema = vol.Schema({vol.Required("device", default=next(iter(names))): choice(names), **fields})
        return self.async_show_form(step_id=step, data_schema=schema)

    async def _ask_particulars(
        self, step: str, schema: vol.Schema | None, given: Input | None, change: Callable[[DevicePlan], DevicePlan]
    ) -> ConfigFlowResult:
        if schema is None or (host := self._host) is None:
            return self.async_abort(reason="no_free_pin")
        errors: dict[str, str] = {}
        placeholders = {"device": host.name_of(self._device)}
        if given is not None:
            try:
                await async_edit_plan(host, self._device, change)
            except NotFoundError:
                return self.async_abort(reason="device_not_found")
            except DefinitionError as err:
                errors[place_of(err, given)] = err.problem
                placeholders |= words_of(self.hass, err.details)
            except HomeAssistantError as err:
                errors["base"] = err.translation_key or "not_saved"
            else:
                return self._saved()
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, given),
            errors=errors,
            description_placeholders=placeholders,
        )

    def _saved(self) -> ConfigFlowResult:
        return self.async_create_entry(data=self.config_entry.options)

    @property
    def _plan(self) -> DevicePlan | None:
        return host.plan_of(self._device) if (host := self._host) else None


def _label(channel: Channel) -> str:
    kind = channel.kind.value if isinstance(channel, ActuatorChannel) else channel.address or channel.sensor_type
    return f"{unit_name(channel)} – GPIO {channel.gpio}, {kind}"
