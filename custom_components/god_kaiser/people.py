"""Who is behind a call: a person, or nobody but an automation."""

from typing import NamedTuple

from homeassistant.core import Context, HomeAssistant

from .core.requests import BY_AUTOMATION, BY_HAND


class Asker(NamedTuple):
    """Who asks, as the log names it, and with which rights; without an account nobody has any."""

    name: str = BY_AUTOMATION
    user: str = ""
    is_admin: bool = False

    @property
    def hand(self) -> str:
        """Return what may be told to everybody: that it was a person, not which one."""
        return BY_HAND if self.user else BY_AUTOMATION


async def async_asker(hass: HomeAssistant, context: Context | None) -> Asker:
    """Return who is behind a context; an account of Home Assistant's own is no person."""
    user_id = context.user_id if context else None
    user = await hass.auth.async_get_user(user_id) if user_id else None
    if user is None:
        return Asker()
    name = user.name or user.id
    return Asker(name) if user.system_generated else Asker(name, user.id, user.is_admin)
