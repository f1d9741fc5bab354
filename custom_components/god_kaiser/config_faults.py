"""What is wrong with options and pins of a document, as the forms in which people enter them would say."""

from collections.abc import Iterator
from typing import Final

from homeassistant.core import HomeAssistant
import msgspec

from .alarm_forms import problems_in_notices, unknown_target
from .config_export import OPTIONS
from .const import CONF_COMPLETION_TIMEOUT, CONF_EMERGENCY_TIMEOUT
from .core.configuration.comparison import Comparison, Details, Fate, Key, Obstacle
from .core.configuration.laid import Laid, Option
from .core.devices.plan import DevicePlan
from .core.errors import DefinitionError
from .core.fleet.pin_claims import claims_against
from .core.ids import DeviceId
from .host.alarm_options import LIMITS as ALARM_LIMITS, NAMES, AlarmOptions
from .host.engine_host import EngineHost
from .host.hub_options import LIMITS, HubOptions

type Fault = tuple[Key, Obstacle]
_BROUGHT: Final = (Fate.ADDED, Fate.CHANGED)


def fault_of(part: str, key: str, err: DefinitionError) -> Fault:
    """Return a fault of one entry, which nothing but another document puts right."""
    return (part, key), Obstacle(code=err.problem, details=err.details, is_final=True)


def option_fault(name: str, value: Option) -> Obstacle | None:
    """Return what is wrong with an option by itself."""
    if name not in OPTIONS:
        return Obstacle(code="config_option_unknown", details={"option": name}, is_final=True)
    try:
        msgspec.convert({name: value}, HubOptions if name in HubOptions.__struct_fields__ else AlarmOptions)
    except msgspec.ValidationError:
        return Obstacle(code="config_option_wrong", details={"option": name, "given": str(value)[:60]}, is_final=True)
    limits = {**LIMITS, **ALARM_LIMITS}.get(name)
    if limits is None or not isinstance(value, int) or value in limits:
        return None
    words: Details = {"option": name, "given": value, "low": limits[0], "high": limits[-1]}
    return Obstacle(code="config_option_out_of_range", details=words, is_final=True)


def option_faults(hass: HomeAssistant, compared: Comparison) -> Iterator[Fault]:
    """Yield what is wrong with options together, and with names that nobody has here."""
    brought = compared.moved("options", *_BROUGHT)
    after = compared.after.options or {}
    try:
        chosen = HubOptions.made_of({name: value for name, value in after.items() if name not in NAMES})
        alarms = msgspec.convert({name: value for name, value in after.items() if name in NAMES}, AlarmOptions)
    except msgspec.ValidationError:
        return
    moved = [name for name in (CONF_EMERGENCY_TIMEOUT, CONF_COMPLETION_TIMEOUT) if name in brought]
    if moved and chosen.emergency_timeout <= chosen.completion_timeout:
        words = {"emergency": chosen.emergency_timeout, "completion": chosen.completion_timeout}
        yield fault_of("options", moved[0], DefinitionError("config_emergency_before_completion", **words))
    given = {"alarm_targets": alarms.alarm_targets, "alarm_action": alarms.alarm_action}
    for name, problem in problems_in_notices(hass, given).items():
        if name in brought:
            named = unknown_target(hass, given) if name == "alarm_targets" else alarms.alarm_action
            yield fault_of("options", name, DefinitionError(f"config_{problem}", given=named))


def pin_faults(host: EngineHost, here: Laid, compared: Comparison) -> Iterator[Fault]:
    """Yield pins that are wanted and belong to what a device says that it has, although nobody has planned it."""
    before, after = here.devices or {}, compared.after.devices or {}
    for key in map(DeviceId, compared.moved("devices", *_BROUGHT)):
        if (known := host.fleet.devices.get(key)) is None:
            continue
        plan = before[key].plan if key in before else DevicePlan(device=key, name=after[key].plan.name)
        for claim in claims_against(known, plan, after[key].plan):
            owner = host.names.of_channel(claim.owner)
            yield fault_of(
                "devices", key, DefinitionError("pin_in_use", gpio=claim.gpio, wanted=claim.wanted, owner=owner)
            )
