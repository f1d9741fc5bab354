"""The document of a configuration push (protocol 2.22)."""

import re
from typing import Final

from ..devices.notices import ConfigPush
from ..devices.offline_rule import OfflineRule, OfflineWindow
from ..devices.plan import ActuatorPlan, SensorPlan
from ..errors import DefinitionError
from .budget import Json
from .spelling import identifier, name

_HIGHEST_PIN: Final = 39
_NO_AUX: Final = 255
_LONGEST_INTERVAL: Final = 300
_LONGEST_RUNTIME_MS: Final = 2_147_483_647
_LONGEST_TYPE: Final = 32
# We end a run by a plain rest; the device's own cut-off ends in a stop that a person must clear, so it comes later.
_LATER: Final = 60
_ROM: Final = re.compile(r"[0-9A-Fa-f]{16}")
# Counts as a complete configuration while it does nothing (protocol 3.6 a).
_INERT_RULE: Final[dict[str, Json]] = {"actuator_gpio": 255, "sensor_gpio": 255, "sensor_value_type": "none"}


def document(push: ConfigPush) -> dict[str, Json]:
    """Return the document; what is removed comes first, so that one push can replace an item."""
    correlation = identifier(push.correlation_id)
    if not correlation:
        raise DefinitionError("correlation_missing")
    whole: dict[str, Json] = {"correlation_id": correlation, "intent_id": correlation}
    if sensors := [_removed_sensor(plan) for plan in push.removed_sensors] + [_sensor(plan) for plan in push.sensors]:
        whole["sensors"] = sensors
    removed = [_removed_actuator(plan) for plan in push.removed_actuators]
    if actuators := removed + [_actuator(plan) for plan in push.actuators]:
        whole["actuators"] = actuators
    # What nobody judges must not energise: a push replaces the rules that the device would follow without us.
    whole["offline_rules"] = [_rule(each) for each in push.rules] or ([_INERT_RULE] if push.inert_rule else [])
    return whole


def _rule(rule: OfflineRule) -> dict[str, Json]:
    # Without this a device goes on with the activity of whichever rule was in the same place before.
    item: dict[str, Json] = {
        "actuator_gpio": _pin(rule.gpio),
        "sensor_gpio": rule.sensor_gpio,
        "sensor_value_type": rule.value_type,
        "current_state_active": False,
    }
    if rule.on_below or rule.off_above:
        item |= {"activate_below": rule.on_below, "deactivate_above": rule.off_above}
    if rule.on_above or rule.off_below:
        item |= {"activate_above": rule.on_above, "deactivate_below": rule.off_below}
    return item if rule.window is None else item | {"time_filter": _window(rule.window)}


def _window(window: OfflineWindow) -> dict[str, Json]:
    return {
        "enabled": True,
        "start_hour": window.start // 60,
        "start_minute": window.start % 60,
        "end_hour": window.end // 60,
        "end_minute": window.end % 60,
        "days_of_week_mask": window.days,
        "timezone": window.zone,
    }


def _sensor(plan: SensorPlan) -> dict[str, Json]:
    return _sensor_head(plan) | {
        "active": True,
        "raw_mode": True,
        "operating_mode": plan.mode.value,
        "measurement_interval_seconds": min(max(plan.interval, 1), _LONGEST_INTERVAL),
    }


def _removed_sensor(plan: SensorPlan) -> dict[str, Json]:
    return _sensor_head(plan) | {"active": False}


def _sensor_head(plan: SensorPlan) -> dict[str, Json]:
    sensor_type = name(plan.sensor_type.lower(), _LONGEST_TYPE)
    if not sensor_type:
        raise DefinitionError("sensor_type_missing", gpio=plan.gpio)
    head: dict[str, Json] = {
        "gpio": _pin(plan.gpio),
        "sensor_type": sensor_type,
        "sensor_name": name(plan.name),
    }
    if plan.onewire_address or "ds18b20" in sensor_type:
        head["onewire_address"] = _rom(plan)
    if plan.i2c_address:
        head["i2c_address"] = plan.i2c_address
    return head


def _actuator(plan: ActuatorPlan) -> dict[str, Json]:
    return _actuator_head(plan) | {
        "aux_gpio": _NO_AUX if plan.aux_gpio == _NO_AUX else _pin(plan.aux_gpio),
        "active": True,
        "inverted_logic": plan.inverted,
        "default_state": plan.default_on,
        "max_runtime_ms": min((max(plan.max_runtime, 1) + _LATER) * 1000, _LONGEST_RUNTIME_MS),
    }


def _removed_actuator(plan: ActuatorPlan) -> dict[str, Json]:
    return _actuator_head(plan) | {"active": False}


def _actuator_head(plan: ActuatorPlan) -> dict[str, Json]:
    return {"gpio": _pin(plan.gpio), "actuator_type": plan.kind.value, "actuator_name": name(plan.name)}


def _pin(gpio: int) -> int:
    if not 0 <= gpio <= _HIGHEST_PIN:
        raise DefinitionError("invalid_gpio", gpio=gpio)
    return gpio


def _rom(plan: SensorPlan) -> str:
    if not _ROM.fullmatch(plan.onewire_address):
        raise DefinitionError("onewire_address_invalid", gpio=plan.gpio)
    return plan.onewire_address.upper()
