"""What is wrong with options and pins of a document, as the forms in which people enter them would say."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from homeassistant.core import HomeAssistant
import msgspec

from .alarm_forms import QUIET, problems_in_notices, unknown_target
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
_TIMEOUTS: Final = (CONF_EMERGENCY_TIMEOUT, CONF_COMPLETION_TIMEOUT)


class Clash(NamedTuple):
    """Options that do not fit together, and why."""

    names: tuple[str, ...]
    err: DefinitionError


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


def options_against_each_other(hass: HomeAssistant, options: Mapping[str, Any]) -> Iterator[Clash]:
    """Yield what is wrong with options together, as they hold when nothing is said of the others, and with names that nobody has here."""
    try:
        chosen = HubOptions.made_of({name: value for name, value in options.items() if name not in NAMES})
        alarms = msgspec.convert({name: value for name, value in options.items() if name in NAMES}, AlarmOptions)
    except msgspec.ValidationError:
        return
    if chosen.emergency_timeout <= chosen.completion_timeout:
        words = {"emergency": chosen.emergency_timeout, "completion": chosen.completion_timeout}
        yield Clash(_TIMEOUTS, DefinitionError("config_emergency_before_completion", **words))
    given = {name: getattr(alarms, name) for name in ("alarm_targets", "alarm_action", *QUIET)}
    for name, problem in problems_in_notices(hass, given).items():
        if name in QUIET:
            yield Clash(QUIET, DefinitionError(problem))
        else:
            named = unknown_target(hass, given) if name == "alarm_targets" else alarms.alarm_action
            yield Clash((name,), DefinitionError(f"config_{problem}", given=named))


def option_faults(hass: HomeAssistant, compared: Comparison) -> Iterator[Fault]:
    """Yield what would be wrong with options together by what moves; one that goes has its usual value."""
    moved = compared.moved("options", *_BROUGHT, Fate.REMOVED)
    for clash in options_against_each_other(hass, compared.after.options or {}):
        if concerned := [name for name in clash.names if name in moved]:
            yield fault_of("options", concerned[0], clash.err)


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
