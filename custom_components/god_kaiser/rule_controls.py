"""Switching a rule on and off by hand, and why it does what it does."""

from datetime import datetime, timedelta
from typing import Any, override

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.components.switch import SwitchEntity
from homeassistant.const import EntityCategory
from homeassistant.core import Context, callback

from .core.errors import NotFoundError
from .core.ids import ChannelId
from .core.rules.actions import StartSequence
from .core.rules.model import Rule
from .host.engine_host import EngineHost
from .host.naming import entity_of
from .host.rule_standing import Standing, standing_by
from .library_entities import refusals_in_words
from .rule_entities import SWITCH_PART, OutputFollowingEntity


class RuleSwitch(OutputFollowingEntity, SwitchEntity):
    """On while the rule is looked at; off lets go of what it holds."""

    part = SWITCH_PART
    _attr_translation_key = "rule"
    _attr_entity_category = EntityCategory.CONFIG
    _unrecorded_attributes = frozenset({"next_look"})

    def __init__(self, host: EngineHost, rule: Rule) -> None:
        """Belong to a rule."""
        super().__init__(host, rule)
        self._due: float | None = None
        self._next_look: datetime | None = None
        self._why: dict[str, Any] | None = None

    @property
    @override
    def is_on(self) -> bool:
        return self.host.rules.is_on(self.rule)

    @override
    def picture(self) -> object:
        self._why = self._told()
        return (self.is_on, self._why)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        return self._why

    @callback
    def _told(self) -> dict[str, Any] | None:
        why = self.host.engine.rules.answers.why(self.rule, self.host.now())
        if why is None:
            return None
        state = self.host.rules.state_of(self.rule)
        return {
            "why": why.value,
            "truth": state.truth.name.lower(),
            "active": standing_by(self.host, self.rule, why) is Standing.ACTIVE,
            "priority": self.host.rules.rule(self.rule).priority,
            "next_look": self._looks_at(),
        }

    @callback
    def _looks_at(self) -> datetime | None:
        """Return when the rule is looked at although nothing has changed; the same moment is always told alike."""
        due = self.host.engine.rules.looks.looks.due(self.rule)
        if due != self._due:
            now = self.host.now()
            self._due = due
            left = None if due is None else timedelta(seconds=due - now.monotonic)
            self._next_look = None if left is None else (now.utc + left).replace(microsecond=0)
        return self._next_look

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self._async_switch(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self._async_switch(on=False)

    async def _async_switch(self, *, on: bool) -> None:
        with refusals_in_words():
            await self._async_demand_rights(self._context or Context())
            await self.host.rules.async_switch(self.rule, on=on)

    async def _async_demand_rights(self, context: Context) -> None:
        """Refuse a person who may not control everything that the rule may set; automations have no user."""
        if not context.user_id:
            return
        user = await self.hass.auth.async_get_user(context.user_id)
        rule, library = self.host.rules.rule(self.rule), self.host.sequences.store.library.sequences
        for output in rule.outputs:
            if user is None or not self._may_control(user, output):
                raise NotFoundError("permission", self.host.names.of_channel(output))
        for action in (*rule.then, *rule.otherwise, *rule.escalation.instead):
            program = library.get(action.sequence) if isinstance(action, StartSequence) else None
            if program is None or not isinstance(action, StartSequence):
                continue
            if user is None or not self.host.sequences.rights.may_control(user, program, action.roles):
                raise NotFoundError("permission", program.name or program.id)

    def _may_control(self, user: User, output: ChannelId) -> bool:
        channel = self.host.fleet.actuator(output)
        entity_id = entity_of(self.hass, channel) if channel is not None else None
        return user.permissions.check_entity(entity_id or "", POLICY_CONTROL)
