"""What a loaded entry carries."""

from homeassistant.config_entries import ConfigEntry

from .host.engine_host import EngineHost

type GodKaiserConfigEntry = ConfigEntry[EngineHost]
