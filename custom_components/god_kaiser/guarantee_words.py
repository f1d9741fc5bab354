"""What may be promised of an output, and what may not, in sentences for people."""

from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN
from .core.devices.model import ActuatorChannel
from .core.safety.guarantees import Guarantee, guarantees
from .host.engine_host import EngineHost
from .output_facts import Record


async def async_guarantees_of(host: EngineHost, output: ActuatorChannel) -> list[Record]:
    """Return every promise with a sentence in the language of the house."""
    texts = await async_get_translations(host.hass, host.hass.config.language, "config_panel", {DOMAIN})
    limits = host.engine.around.limits
    return [
        {
            "kind": promise.kind.value,
            "holds": promise.holds,
            "seconds": promise.seconds,
            "caveat": promise.caveat.value if promise.caveat else None,
            "by": host.names.of_channel(promise.by) if promise.by else None,
            "text": _sentence(host, promise, texts),
        }
        for promise in guarantees(output, limits.of(output.id), host.fleet, ruled=limits.ruled.get(output.id))
    ]


def _sentence(host: EngineHost, promise: Guarantee, texts: dict[str, str]) -> str:
    keys = [f"guarantees.{promise.kind}_{'yes' if promise.holds else 'no'}"]
    if promise.caveat is not None:
        keys.append(f"caveats.{promise.caveat}")
    words = {"seconds": promise.seconds, "by": host.names.of_channel(promise.by) if promise.by else ""}
    return " ".join(texts[f"component.{DOMAIN}.config_panel.{key}"].format_map(words) for key in keys)
