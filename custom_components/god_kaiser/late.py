"""Actions that few people ever call: what they need is imported with the first call, apart from the loop."""

from collections.abc import Awaitable, Callable

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers.importlib import async_import_module


def late(module: str, name: str) -> Callable[[ServiceCall], Awaitable[ServiceResponse]]:
    """Return an action of a module of ours that nobody has imported yet."""

    async def run(call: ServiceCall) -> ServiceResponse:
        actions = await async_import_module(call.hass, f"{__package__}.{module}")
        answer: ServiceResponse = await getattr(actions, name)(call)
        return answer

    return run
