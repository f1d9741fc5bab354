"""What a person has to be allowed to control before a run may drive it for that person."""

from collections.abc import Mapping

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import HomeAssistant

from ..core.fleet.fleet import Fleet
from ..core.ids import ChannelId
from ..core.sequences.findings import Advice, Check, Finding, Severity
from ..core.sequences.model import Sequence
from ..core.sequences.uses import channels_of
from .naming import entity_of
from .sequence_store import SequenceStore


class RunRights:
    """The rights of people over the outputs of one hub, looked up whenever they count."""

    def __init__(self, hass: HomeAssistant, fleet: Fleet, store: SequenceStore) -> None:
        """Remember where people, outputs and sequences are found."""
        self._hass = hass
        self._fleet = fleet
        self._store = store

    async def async_denied(
        self, user_id: str | None, program: Sequence, roles: Mapping[str, ChannelId]
    ) -> tuple[Finding, ...]:
        """Return a finding for each output that a person may not control; automations have no user."""
        if not user_id:
            return ()
        user = await self._hass.auth.async_get_user(user_id)
        if user is None or not user.is_active:
            return (_finding("person_gone"),)
        library = self._store.library.closure(program)
        usual = {name: role.default for name, role in program.roles.items() if role.default is not None}
        driven = sorted(channels_of(program, library, usual | dict(roles)))
        return tuple(_finding("not_permitted", channel) for channel in driven if not self._may_control(user, channel))

    def _may_control(self, user: User, key: ChannelId) -> bool:
        channel = self._fleet.actuator(key)
        entity_id = entity_of(self._hass, channel) if channel is not None else None
        return user.permissions.check_entity(entity_id or "", POLICY_CONTROL)


def _finding(code: str, channel: ChannelId | None = None) -> Finding:
    return Finding(
        check=Check.PERMISSIONS,
        severity=Severity.ERROR,
        code=code,
        advice=Advice.ASK_ADMINISTRATOR,
        channel=channel,
    )
