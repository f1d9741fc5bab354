"""The self-check of how a hub is wired: options, code, MQTT, actions, commands, texts, entities and timers."""

from importlib import import_module
import json
import logging
from pathlib import Path
import sys
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .config_export import OPTIONS
from .config_faults import option_fault, options_against_each_other
from .const import DOMAIN, PLATFORMS
from .host.mqtt_link import is_broker_connected
from .host.naming import entity_of
from .self_check import Check, Mark, Outcome, Subject, judged

COMMANDS: Final = (
    "god_kaiser/subscribe",
    "god_kaiser/stop",
    "god_kaiser/runs/subscribe",
    "god_kaiser/editor/catalog",
    "god_kaiser/journal/catalog",
    "god_kaiser/health/subscribe",
    "god_kaiser/alarms",
    "god_kaiser/ask",
)
_LOGGER = logging.getLogger(__name__)
_HERE: Final = Path(__file__).parent
_MOST_NAMED: Final = 10


async def _options(subject: Subject) -> Outcome:
    """Look at every option by itself, and at all of them together, as the forms and an import do."""
    options = subject.hass.config_entries.async_get_known_entry(subject.host.journal.entry_id).options
    wrong = [name for name in OPTIONS if name in options and option_fault(name, options[name]) is not None]
    clashes = options_against_each_other(subject.hass, options)
    return judged(_listed(list(dict.fromkeys([*wrong, *(name for clash in clashes for name in clash.names)]))))


async def _modules(subject: Subject) -> Outcome:
    """Import whatever nobody has needed yet, apart from the loop."""
    return judged(_listed(await subject.hass.async_add_executor_job(_not_importable, _HERE)))


def _not_importable(root: Path) -> list[str]:
    package = __package__ or DOMAIN
    parts = (path.relative_to(root).with_suffix("").parts for path in sorted(root.rglob("*.py")))
    names = [".".join((package, *(part for part in each if part != "__init__"))) for each in parts]
    broken: list[str] = []
    for name in names:
        if name in sys.modules:
            continue
        try:
            import_module(name)
        except Exception as err:
            _LOGGER.exception("The module %s cannot be imported", name)
            broken.append(f"{name}: {type(err).__name__}")
    return broken


async def _platforms(subject: Subject) -> Outcome:
    missing = [platform for platform in PLATFORMS if f"{DOMAIN}.{platform}" not in subject.hass.config.components]
    return judged(_listed([platform.value for platform in missing]))


async def _mqtt_present(subject: Subject) -> Outcome:
    return judged("" if "mqtt" in subject.hass.config.components else "mqtt")


async def _mqtt_connected(subject: Subject) -> Outcome:
    return judged("" if is_broker_connected(subject.hass) else "mqtt")


async def _subscriptions(subject: Subject) -> Outcome:
    missing = subject.host.health.facts.examined.link.missing
    return judged(str(missing) if missing else "")


async def _broker_agreed(subject: Subject) -> Outcome:
    """Look whether engine and client say the same about the broker."""
    told = subject.host.fleet.broker_connected
    return judged("" if told == is_broker_connected(subject.hass) else str(told))


async def _actions(subject: Subject) -> Outcome:
    """Look whether every action that has a text is there."""
    names = set.union(*await _async_described(subject))
    return judged(_listed(sorted(each for each in names if not subject.hass.services.has_service(DOMAIN, each))))


async def _action_texts(subject: Subject) -> Outcome:
    """Look whether every action that is there has its text in both languages."""
    names = set.intersection(*await _async_described(subject))
    return judged(_listed(sorted(set(subject.hass.services.async_services_for_domain(DOMAIN)) - names)))


async def _async_described(subject: Subject) -> list[set[str]]:
    return await subject.hass.async_add_executor_job(_described, _HERE / "translations")


def _described(folder: Path) -> list[set[str]]:
    """Return which actions have a name, in each language."""
    of_all = (json.loads((folder / f"{name}.json").read_bytes())["services"] for name in ("en", "de"))
    return [{name for name, texts in services.items() if texts.get("name")} for services in of_all]


async def _commands(subject: Subject) -> Outcome:
    registered: dict[str, Any] = subject.hass.data.get("websocket_api", {})
    return judged(_listed([name for name in COMMANDS if name not in registered]))


async def _texts(subject: Subject) -> Outcome:
    missing = await subject.hass.async_add_executor_job(_untranslated, _HERE / "translations")
    return judged(_listed(missing))


def _untranslated(folder: Path) -> list[str]:
    """Return which texts one language has and the other has not."""
    english, german = ({*_keys(json.loads((folder / f"{name}.json").read_bytes()))} for name in ("en", "de"))
    return sorted(english ^ german)


def _keys(tree: dict[str, Any], prefix: str = "") -> list[str]:
    return [
        found
        for key, value in tree.items()
        for found in (_keys(value, f"{prefix}{key}.") if isinstance(value, dict) else [f"{prefix}{key}"])
    ]


async def _entities(subject: Subject) -> Outcome:
    host = subject.host
    channels = [channel for device in host.fleet.devices for channel in host.channels_of(device)]
    return judged(_listed([channel.id for channel in channels if entity_of(subject.hass, channel) is None]))


async def _registry(subject: Subject) -> Outcome:
    """Look for entities that are enabled and that nobody has brought."""
    entries = er.async_entries_for_config_entry(er.async_get(subject.hass), subject.host.journal.entry_id)
    silent = [each.entity_id for each in entries if each.disabled_by is None and _is_unbrought(subject.hass, each)]
    return judged(_listed(silent), Mark.WARN)


def _is_unbrought(hass: HomeAssistant, entry: er.RegistryEntry) -> bool:
    state = hass.states.get(entry.entity_id)
    return state is None or bool(state.attributes.get("restored"))


async def _timers(subject: Subject) -> Outcome:
    return judged("" if subject.host.loop.is_awake else str(subject.host.engine.next_wake()))


async def _monitor(subject: Subject) -> Outcome:
    return judged("" if subject.host.health.is_watching else "health_check_interval", Mark.WARN)


async def _devices(subject: Subject) -> Outcome:
    known = subject.host.fleet.devices.values()
    return judged(_listed([each.id for each in known if each.is_approved and not each.link.is_present]), Mark.WARN)


async def _configured(subject: Subject) -> Outcome:
    """Look for devices that are there and have not taken their configuration."""
    host = subject.host
    there = [each for each in host.fleet.devices.values() if each.is_approved and each.link.is_online]
    return judged(_listed([each.id for each in there if host.engine.sync_of(each.id).mark is None]), Mark.WARN)


async def _stop(subject: Subject) -> Outcome:
    latch = subject.host.engine.latch
    return judged(subject.host.kaiser_id if latch.is_latched else "", Mark.WARN)


async def _zone(subject: Subject) -> Outcome:
    zone = str(subject.host.engine.around.zone)
    return judged("" if zone == subject.hass.config.time_zone else zone)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else "")


WIRING_CHECKS: Final[dict[str, Check]] = {
    "options_valid": _options,
    "modules_importable": _modules,
    "platforms_loaded": _platforms,
    "mqtt_present": _mqtt_present,
    "mqtt_connected": _mqtt_connected,
    "subscriptions": _subscriptions,
    "broker_agreed": _broker_agreed,
    "actions_registered": _actions,
    "commands_registered": _commands,
    "texts_in_both_languages": _texts,
    "actions_have_texts": _action_texts,
    "entities_registered": _entities,
    "entities_brought": _registry,
    "timers_armed": _timers,
    "monitor_watching": _monitor,
    "devices_there": _devices,
    "devices_configured": _configured,
    "no_stop": _stop,
    "time_zone": _zone,
}
