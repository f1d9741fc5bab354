"""God-Kaiser: the server that ESP32 controllers of a greenhouse look for, inside Home Assistant."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType

from .alarm_stream import async_setup_alarm_stream
from .config_writing import finish_import
from .const import CONF_KAISER_ID, DOMAIN, PLATFORMS
from .core.errors import DefinitionError
from .editor_commands import async_setup_editor
from .health_stream import async_setup_health_stream
from .host.engine_host import EngineHost
from .host.failures import definition
from .host.mqtt_link import async_wait_for_broker_client
from .http_api.ask_command import async_setup_ask_command
from .http_api.stream_view import async_setup_stream_view
from .http_api.views import async_setup_http_api
from .journal_choices import async_setup_journal_choices
from .llm_tools import async_setup_llm_tools
from .panel import async_serve_panel, async_show_panel
from .plan_edits import async_remove_device
from .rule_entities import device_key as rule_device_key, follow_rule_devices
from .run_stream import async_setup_run_stream
from .runtime import GodKaiserConfigEntry
from .sequence_entities import follow_sequence_devices
from .sequence_targets import device_key
from .services import async_setup_services
from .stop_stream import async_setup_stop_stream
from .stream import async_setup_stream

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions, the streams of events and the modules of the panel."""
    async_setup_services(hass)
    async_setup_stream(hass)
    async_setup_stream_view(hass)
    async_setup_stop_stream(hass)
    async_setup_run_stream(hass)
    async_setup_health_stream(hass)
    async_setup_alarm_stream(hass)
    async_setup_llm_tools(hass)
    async_setup_editor(hass)
    async_setup_journal_choices(hass)
    async_setup_http_api(hass)
    async_setup_ask_command(hass)
    await async_serve_panel(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: GodKaiserConfigEntry) -> bool:
    """Answer heartbeats first, then show entities: an unanswered device drops its outputs."""
    await async_show_panel(hass)
    if not await async_wait_for_broker_client(hass):
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="mqtt_not_available")
    host = EngineHost(hass, entry, entry.data[CONF_KAISER_ID])
    entry.runtime_data = host
    entry.async_on_unload(host.stop)
    try:
        await host.async_start()
    except BaseException:
        await host.async_give_up()
        raise
    # Before their entities, which would bring the devices without the place that people have written for them.
    follow_sequence_devices(entry)
    follow_rule_devices(entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    finish_import(hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: GodKaiserConfigEntry) -> bool:
    """Unload the entities; when that has worked, listening ends first, so that the last word is on disk."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    entry.runtime_data.suspend()
    entry.runtime_data.stop()
    await entry.runtime_data.async_flush()
    return True


async def async_remove_entry(hass: HomeAssistant, entry: GodKaiserConfigEntry) -> None:
    """Leave no file behind."""
    host = EngineHost(hass, entry, entry.data[CONF_KAISER_ID])
    await host.async_remove()


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: GodKaiserConfigEntry, device: dr.AnyDeviceEntry
) -> bool:
    """Let people remove a device that is not there any more, and that nothing else needs."""
    if entry.state is not ConfigEntryState.LOADED:
        return False
    host = entry.runtime_data
    wanted = {key for domain, key in device.identifiers if domain == DOMAIN}
    for known in list(host.fleet.devices.values()):
        if known.id in wanted and known.is_approved:
            if known.link.is_present:
                return False
            try:
                await async_remove_device(host, known.id)
            except DefinitionError as err:
                raise definition(err) from err
            return True
    channels = [channel for known in host.fleet.devices for channel in host.channels_of(known)]
    sequences = {device_key(host, each) for each in host.sequences.store.library.sequences}
    rules = {rule_device_key(host, each) for each in host.rules.rules}
    return (sequences | rules).isdisjoint(wanted) and not host.registry.is_alive(wanted, channels)
