"""Names that Home Assistant and this integration share."""

from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "god_kaiser"

CONF_KAISER_ID: Final = "kaiser_id"
CONF_OFFLINE_AFTER: Final = "offline_after"
CONF_ANSWER_TIMEOUT: Final = "answer_timeout"

DEFAULT_KAISER_ID: Final = "god"
DEFAULT_OFFLINE_AFTER: Final = 180
DEFAULT_ANSWER_TIMEOUT: Final = 10

EVENT_SYSTEM: Final = "god_kaiser_system_event"

PLATFORMS: Final = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.FAN,
    Platform.LIGHT,
    Platform.NUMBER,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.VALVE,
]
