"""One device, one message."""

from typing import Any

from msgspec import json

from custom_components.god_kaiser.core.facts import DeviceFact
from custom_components.god_kaiser.core.protocol.inbound import decode


def tell(ending: str, **payload: Any) -> DeviceFact | None:
    """Decode a message of one device."""
    return decode(f"kaiser/god/esp/ESP_1/{ending}", json.encode(payload), kaiser_id="god")
