"""Whom a stop means: everything, or exactly the devices behind entities, ids, areas and zones."""

from typing import Final

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN
from .core.errors import DefinitionError, NotFoundError
from .core.ids import DeviceId
from .host.engine_host import EngineHost
from .targets import Target, hubs_out_of_reach, loaded_hosts, lying_in, target_of

type Scope = frozenset[DeviceId] | None

_FIELDS: Final = ("entity_id", "device_id", "area_id", "zone")


class StopTargets:
    """What was found of what an action names, by hub; the first thing that was not found; and who is out of reach."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.scopes: dict[EngineHost, Scope] = {}
        self.unknown: NotFoundError | ServiceValidationError | None = None
        self.unreached: DefinitionError | None = None

    def add(self, found: Target) -> None:
        """Widen the scope of a hub; all of it contains every device of it."""
        known = self.scopes.get(found.host, frozenset())
        self.scopes[found.host] = None if known is None or found.device is None else known | {found.device}

    def miss(self, problem: NotFoundError | ServiceValidationError) -> None:
        """Remember the first problem."""
        self.unknown = self.unknown or problem

    def note_unreached(self, hass: HomeAssistant) -> None:
        """Remember which hubs may have devices that are meant, but are not there to be asked."""
        if hubs := hubs_out_of_reach(hass):
            self.unreached = DefinitionError("hubs_out_of_reach", hubs=", ".join(sorted(hubs)))


@callback
def stop_targets(call: ServiceCall) -> StopTargets:
    """Return whom an action means; without a target everything, with one that means nothing a problem."""
    targets = StopTargets()
    named = [field for field in _FIELDS if field in call.data]
    if not named:
        targets.scopes = dict.fromkeys(loaded_hosts(call.hass))
        targets.note_unreached(call.hass)
        if not targets.scopes and targets.unreached is None:
            targets.miss(NotFoundError("hub", DOMAIN))
        return targets
    for entity_id in call.data.get("entity_id", ()):
        _add_entity(targets, call.hass, entity_id)
    for registry_id in call.data.get("device_id", ()):
        _add_device(targets, call.hass, registry_id)
    for area_id in call.data.get("area_id", ()):
        _add_area(targets, call.hass, area_id)
    if zones := call.data.get("zone", ()):
        targets.note_unreached(call.hass)
    for zone in zones:
        _add_zone(targets, call.hass, zone)
    if not targets.scopes:
        # What was to be stopped and is not must never look like a success.
        targets.miss(NotFoundError("stop_target", ", ".join(named)))
    return targets


def _add_device(targets: StopTargets, hass: HomeAssistant, registry_id: str) -> None:
    try:
        targets.add(target_of(hass, registry_id))
    except (NotFoundError, ServiceValidationError) as err:
        targets.miss(err)


def _add_entity(targets: StopTargets, hass: HomeAssistant, entity_id: str) -> None:
    entry = er.async_get(hass).async_get(entity_id)
    if entry is None or entry.platform != DOMAIN or entry.device_id is None:
        targets.miss(NotFoundError("stop_target", entity_id))
        return
    _add_device(targets, hass, entry.device_id)


def _add_area(targets: StopTargets, hass: HomeAssistant, area_id: str) -> None:
    """Add every device that lies in an area, and every one that has an output or a sensor there."""
    try:
        lying = lying_in(hass, area_id)
    except NotFoundError as err:
        targets.miss(err)
        return
    for registry_id, _ in lying:
        try:
            found = target_of(hass, registry_id)
        except (NotFoundError, ServiceValidationError) as err:
            targets.miss(err)
            continue
        # Where the hub itself is said to be says nothing about where its devices are.
        if found.device is not None:
            targets.add(found)


def _add_zone(targets: StopTargets, hass: HomeAssistant, zone: str) -> None:
    """Add every device that says that it belongs to a zone."""
    found = [
        Target(host, known.id)
        for host in loaded_hosts(hass)
        for known in host.fleet.devices.values()
        if known.is_approved and known.vitals.zone_id == zone
    ]
    if not found:
        targets.miss(NotFoundError("zone", zone))
    for target in found:
        targets.add(target)
