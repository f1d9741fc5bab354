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
from .nested_steps import is_whole
from .sequence_store import SequenceStore

type Pinned = Mapping[str, Sequence]


class RunRights:
    """The rights of people over the outputs of one hub, looked up whenever they count."""

    def __init__(self, hass: HomeAssistant, fleet: Fleet, store: SequenceStore) -> None:
        """Remember where people, outputs and sequences are found."""
        self._hass = hass
        self._fleet = fleet
        self._store = store

    async def async_denied(
        self, user_id: str | None, program: Sequence, roles: Mapping[str, ChannelId], library: Pinned | None = None
    ) -> tuple[Finding, ...]:
        """Return a finding for each output that a person may not control; automations have no user.

        Of a run its own ``library`` counts, of what is only saved the library of today.
        """
        if not user_id:
            return ()
        user = await self._hass.auth.async_get_user(user_id)
        if user is None or not user.is_active:
            return (_finding("person_gone"),)
        driven = sorted(self._driven(program, roles, library))
        return tuple(_finding("not_permitted", channel) for channel in driven if not self._may_drive(user, channel))

    def may_control(
        self, user: User, program: Sequence, roles: Mapping[str, ChannelId], library: Pinned | None = None
    ) -> bool:
        """Tell whether a person may control everything that a run or a sequence drives; nobody knows without all of it."""
        if not user.is_active or not is_whole(program, self._judged_by(library)):
            return False
        if user.permissions.access_all_entities(POLICY_CONTROL):
            return True
        return all(self._may_drive(user, channel) for channel in self._driven(program, roles, library))

    def _driven(
        self, program: Sequence, roles: Mapping[str, ChannelId], library: Pinned | None
    ) -> frozenset[ChannelId]:
        return channels_of(program, self._judged_by(library), program.usual_roles | dict(roles))

    def _judged_by(self, library: Pinned | None) -> Pinned:
        return self._store.library.sequences if library is None else library

    def _may_drive(self, user: User, key: ChannelId) -> bool:
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
