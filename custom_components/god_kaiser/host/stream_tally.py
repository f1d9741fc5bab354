"""Where those who follow live are counted, for the health of every hub."""

from typing import Final

from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..core.health.streams import StreamTally

STREAMS: Final[HassKey[StreamTally]] = HassKey(f"{DOMAIN}_streams")
