"""What an action takes, what it does, and who may call it."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
import voluptuous as vol


class Action(NamedTuple):
    """One action; what changes a configuration is for administrators."""

    run: Callable[[ServiceCall], Awaitable[ServiceResponse]] | Callable[[ServiceCall], Awaitable[None]]
    fields: dict[vol.Marker, object]
    admin: bool = True
    response: SupportsResponse = SupportsResponse.NONE
