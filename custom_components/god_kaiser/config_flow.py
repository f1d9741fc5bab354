"""Adding a hub by hand or by discovery, and the card on which a newly found device is approved."""

import re
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntryState, ConfigFlow, ConfigFlowResult
from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import AreaSelector, TextSelector
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
from homeassistant.helpers.typing import DiscoveryInfoType
import voluptuous as vol

from .approval import async_approve, offer_id
from .channel_forms import select
from .const import CONF_KAISER_ID, DEFAULT_KAISER_ID, DOMAIN
from .core.devices.boards import Board
from .core.errors import DefinitionError, NotFoundError
from .core.fleet.planning import MAX_NAME
from .core.ids import DeviceId
from .host.engine_host import EngineHost
from .host.mqtt_link import async_wait_for_broker_client
from .options_flow import GodKaiserOptionsFlow
from .runtime import GodKaiserConfigEntry

_KAISER_ID: Final = re.compile(r"[A-Za-z0-9_]{1,63}")
_ANNOUNCEMENT: Final = re.compile(r"kaiser/([A-Za-z0-9_]{1,63})/esp/[A-Za-z0-9_-]{1,64}/session/announce")
_LONGEST_TITLE: Final = 64

APPROVAL = {
    vol.Optional("area"): AreaSelector(),
    vol.Required("board", default=Board.ESP32_DEV.value): select("board", Board),
}


class GodKaiserConfigFlow(ConfigFlow, domain=DOMAIN):
    """One hub for each kaiser id; devices are approved in a flow of their own."""

    VERSION = 1
    MINOR_VERSION = 1

    _kaiser_id: str
    _entry_id: str
    _device: DeviceId

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: GodKaiserConfigEntry) -> GodKaiserOptionsFlow:
        """Return the flow behind *Configure*."""
        return GodKaiserOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the kaiser id."""
        if not await async_wait_for_broker_client(self.hass):
            return self.async_abort(reason="mqtt_not_available")
        errors: dict[str, str] = {}
        if user_input is not None:
            self._kaiser_id = user_input[CONF_KAISER_ID].strip()
            if _KAISER_ID.fullmatch(self._kaiser_id):
                await self.async_set_unique_id(self._kaiser_id, raise_on_progress=False)
                self._abort_if_unique_id_configured()
                return self._create_hub()
            errors[CONF_KAISER_ID] = "invalid_kaiser_id"
        schema = vol.Schema({vol.Required(CONF_KAISER_ID, default=DEFAULT_KAISER_ID): TextSelector()})
        schema = self.add_suggested_values_to_schema(schema, user_input)
        return self.async_show_form(step_id="user", data_schema=schema, errors=errors)

    @override
    async def async_step_mqtt(self, discovery_info: MqttServiceInfo) -> ConfigFlowResult:
        """Take a device's announcement as a sign that a hub is wanted."""
        announced = _ANNOUNCEMENT.fullmatch(discovery_info.topic)
        if announced is None or not discovery_info.payload:
            return self.async_abort(reason="invalid_discovery_info")
        self._kaiser_id = announced[1]
        await self.async_set_unique_id(self._kaiser_id)
        self._abort_if_unique_id_configured()
        self.context["title_placeholders"] = {"name": _title(self._kaiser_id)}
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Let a person confirm a discovered hub."""
        if user_input is not None:
            return self._create_hub()
        self._set_confirm_only()
        return self.async_show_form(step_id="confirm", description_placeholders={"kaiser_id": self._kaiser_id})

    def _create_hub(self) -> ConfigFlowResult:
        return self.async_create_entry(title=_title(self._kaiser_id), data={CONF_KAISER_ID: self._kaiser_id})

    @override
    async def async_step_integration_discovery(self, discovery_info: DiscoveryInfoType) -> ConfigFlowResult:
        """Offer a device that has knocked at a hub."""
        self._entry_id = discovery_info["entry_id"]
        self._device = DeviceId(discovery_info["device"])
        if (host := self._host) is None:
            return self.async_abort(reason="hub_not_loaded")
        await self.async_set_unique_id(offer_id(host, self._device))
        # Only a rejected device has an entry under this id.
        self._abort_if_unique_id_configured(error="device_rejected")
        self.context["title_placeholders"] = {"name": self._device}
        return await self.async_step_approve()

    async def async_step_approve(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what the device is called, where it stands and which board it is."""
        if (host := self._host) is None:
            return self.async_abort(reason="hub_not_loaded")
        if host.plan_of(self._device) is not None:
            return self.async_abort(reason="device_already_approved")
        errors: dict[str, str] = {}
        if user_input is not None:
            if not (errors := await self._async_approve(host, user_input)):
                return self.async_abort(reason="device_approved", description_placeholders={"device": self._device})
        schema = vol.Schema({vol.Required("name", default=self._device[:MAX_NAME]): TextSelector(), **APPROVAL})
        return self.async_show_form(
            step_id="approve",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors=errors,
            description_placeholders={"device": self._device, "limit": str(MAX_NAME)},
        )

    async def _async_approve(self, host: EngineHost, wanted: dict[str, Any]) -> dict[str, str]:
        try:
            await async_approve(
                host,
                self._device,
                name=wanted["name"],
                board=Board(wanted["board"]),
                area_id=wanted.get("area"),
            )
        except DefinitionError as err:
            return {"name" if err.problem == "name_invalid" else "base": err.problem}
        except NotFoundError as err:
            return {"base": f"{err.what}_not_found"}
        except HomeAssistantError as err:
            return {"base": err.translation_key or "not_saved"}
        return {}

    @property
    def _host(self) -> EngineHost | None:
        entry: GodKaiserConfigEntry | None = self.hass.config_entries.async_get_entry(self._entry_id)
        return entry.runtime_data if entry is not None and entry.state is ConfigEntryState.LOADED else None

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Let a hub be renamed; its kaiser id stays, because every device was told that id."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            title = " ".join(user_input["title"].split())
            if title and len(title) <= _LONGEST_TITLE:
                return self.async_update_and_abort(entry, title=title)
            errors["title"] = "title_invalid"
        schema = vol.Schema({vol.Required("title", default=entry.title): TextSelector()})
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors=errors,
            description_placeholders={"kaiser_id": entry.data[CONF_KAISER_ID], "limit": str(_LONGEST_TITLE)},
        )


def _title(kaiser_id: str) -> str:
    return f"Kaiser {kaiser_id}"
