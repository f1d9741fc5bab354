"""Reading the items of a config push."""

from .arduino import boolean_or, integer_or, text_or
from .boards import NO_PIN
from .nvs import DEFAULT_MAX_RUNTIME_MS, ActuatorConfig, SensorConfig
from .raw_words import DEFAULT_ADDRESS, device_of
from .wire import Json

TOP_GPIO = 39
MODES = frozenset({"continuous", "on_demand", "paused", "scheduled"})
FAILURE_NUMBERS = {
    "MISSING_FIELD": 2011,
    "TYPE_MISMATCH": 2010,
    "VALIDATION_FAILED": 2010,
    "GPIO_CONFLICT": 1002,
    "CONFIG_FAILED": 1041,
    "NVS_WRITE_FAILED": 2003,
}
TRUE_WORDS = frozenset({"true", "1"})
FALSE_WORDS = frozenset({"false", "0"})


class ItemError(Exception):
    """An item cannot be configured; `word` is the symbolic error code."""

    def __init__(self, word: str, detail: str) -> None:
        """Keep word and detail."""
        super().__init__(detail)
        self.word = word
        self.detail = detail


def sensor_item(item: Json) -> tuple[SensorConfig, bool]:
    """Return the configuration of a sensor item and whether it stays."""
    gpio = _required_integer(item, "gpio")
    if not 0 <= gpio <= TOP_GPIO:
        raise ItemError("VALIDATION_FAILED", f"GPIO {gpio} out of range")
    sensor_type = _required_text(item, "sensor_type").lower()
    name = _required_text(item, "sensor_name")
    mode = text_or(item, "operating_mode", "continuous")
    config = SensorConfig(
        gpio=gpio,
        sensor_type=sensor_type,
        name=name,
        subzone_id=text_or(item, "subzone_id"),
        onewire_address=text_or(item, "onewire_address").upper() if "ds18b20" in sensor_type else "",
        i2c_address=integer_or(item, "i2c_address", top=255) or DEFAULT_ADDRESS.get(device_of(sensor_type), 0),
        operating_mode=mode if mode in MODES else "continuous",
        interval=min(300, max(1, integer_or(item, "measurement_interval_seconds", 30))),
    )
    return config, boolean_or(item, "active", default=True)


def actuator_item(item: Json) -> tuple[ActuatorConfig, bool]:
    """Return the configuration of an actuator item and whether it stays."""
    gpio = _required_integer(item, "gpio", "Actuator")
    kind = _required_text(item, "actuator_type", "Actuator", alias="type")
    if not kind:
        raise ItemError("VALIDATION_FAILED", "Actuator type cannot be empty")
    name = _required_text(item, "actuator_name", "Actuator", alias="name")
    runtime = integer_or(item, "max_runtime_ms")
    config = ActuatorConfig(
        gpio=gpio % 256,
        actuator_type=kind,
        name=name,
        aux_gpio=integer_or(item, "aux_gpio", NO_PIN) % 256,
        subzone_id=text_or(item, "subzone_id"),
        critical=_loose_boolean(item, "critical", default=False),
        inverted_logic=_loose_boolean(
            item, "inverted_logic" if "inverted_logic" in item else "inverted", default=False
        ),
        default_state=_loose_boolean(item, "default_state", default=False),
        default_pwm=min(255, max(0, integer_or(item, "default_pwm"))),
        max_runtime_ms=runtime if runtime > 0 else DEFAULT_MAX_RUNTIME_MS,
    )
    return config, _loose_boolean(item, "active", default=True)


def _required_integer(item: Json, key: str, kind: str = "Sensor") -> int:
    if key not in item:
        raise ItemError("MISSING_FIELD", f"{kind} config missing required field '{key}'")
    value = item[key]
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**31:
        raise ItemError("TYPE_MISMATCH", f"{kind} field '{key}' must be an integer")
    return value


def _required_text(item: Json, key: str, kind: str = "Sensor", alias: str = "") -> str:
    found = key if key in item or not alias else alias
    if found not in item:
        raise ItemError("MISSING_FIELD", f"{kind} config missing required field '{key}'")
    value = item[found]
    if not isinstance(value, str):
        raise ItemError("TYPE_MISMATCH", f"{kind} field '{found}' must be a string")
    return value


def _loose_boolean(item: Json, key: str, *, default: bool) -> bool:
    match item.get(key):
        case bool() as value:
            return value
        case int() as number:
            return number != 0
        case str() as word if word.lower() in TRUE_WORDS | FALSE_WORDS:
            return word.lower() in TRUE_WORDS
        case _:
            return default
