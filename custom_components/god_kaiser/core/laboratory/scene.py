"""The house as the laboratory takes it: what is planned, what keeps it safe, and the rules that are tried out."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo

from msgspec import UNSET, Struct
from msgspec.structs import replace

from ..conditions import singles
from ..conditions.device_is import DeviceIs
from ..conditions.view import SunEvent
from ..devices.plan import DevicePlan
from ..ids import ChannelId, actuator_channel, device_of
from ..rules.model import Rule
from ..safety.interlocks.budget import Budget
from ..safety.limits import ChannelSafety, DeviceSafety


def no_sun(_event: SunEvent, _day: date) -> datetime | None:
    """Know nothing of the sun."""
    return None


class Scene(Struct, frozen=True, kw_only=True):
    """One house; ``sun_at`` tells when the sun rises and sets, ``shown`` which channel each entity of ours shows."""

    plans: tuple[DevicePlan, ...]
    rules: tuple[Rule, ...]
    safeties: tuple[ChannelSafety, ...] = ()
    device_safeties: tuple[DeviceSafety, ...] = ()
    zone: tzinfo = UTC
    sun_at: Callable[[SunEvent, date], datetime | None] = no_sun
    shown: Mapping[str, ChannelId] = {}

    @property
    def outputs(self) -> tuple[ChannelId, ...]:
        """Return every planned output."""
        return tuple(actuator_channel(plan.device, item.gpio) for plan in self.plans for item in plan.actuators)

    def bare(self) -> Scene:
        """Return the house without calibrations, because what was recorded is converted already, and without offline rules."""
        plans = (
            replace(plan, rules=UNSET, sensors=tuple(replace(sensor, calibrations={}) for sensor in plan.sensors))
            for plan in self.plans
        )
        return replace(self, plans=tuple(plans))

    def around(self, *keys: str) -> Scene:
        """Return the part of the house that some rules have to do with: who shares or asks about what they set."""
        chosen = [rule for rule in self.rules if rule.id in keys]
        rest = [rule for rule in self.rules if rule.id not in keys and rule.enabled]
        reached = self._closure({place for rule in chosen for place in self._touched_by(rule)})
        while joining := [rule for rule in rest if not reached.isdisjoint(self._outputs_of(rule))]:
            chosen += joining
            rest = [rule for rule in rest if rule not in joining]
            reached = self._closure(reached.union(*(self._touched_by(rule) for rule in joining)))
        devices = {device_of(ChannelId(place)) for place in reached}
        return replace(
            self,
            rules=tuple(rule for rule in self.rules if rule in chosen),
            safeties=tuple(safety for safety in self.safeties if safety.channel in reached),
            device_safeties=tuple(safety for safety in self.device_safeties if safety.device in devices),
            plans=tuple(plan for plan in self.plans if plan.device in devices),
        )

    def _touched_by(self, rule: Rule) -> set[str]:
        """Return the channels and devices that a rule looks at or sets."""
        asked: set[str] = set()
        for question in singles(rule.when):
            sources = {str(self.shown.get(source, source)) for source in question.sources}
            asked.update(source for source in sources if "/" in source or isinstance(question, DeviceIs))
        return asked | set(rule.outputs)

    def _outputs_of(self, rule: Rule) -> set[str]:
        """Return the outputs that a rule sets or asks about."""
        return {place for place in self._touched_by(rule) if "/actuator/" in place}

    def _closure(self, places: set[str]) -> set[str]:
        """Return channels with everything that the interlocks of any of them look at or share."""
        reached = set(places)
        while True:
            added = {
                place
                for safety in self.safeties
                if not reached.isdisjoint(group := {*_mentioned(safety), *self._sharing(safety)})
                for place in group
            } - reached
            if not added:
                return reached
            reached |= added

    def _sharing(self, safety: ChannelSafety) -> Iterator[ChannelId]:
        budgets = {each.budget for each in safety.interlocks if isinstance(each, Budget)}
        for other in self.safeties:
            if any(isinstance(each, Budget) and each.budget in budgets for each in other.interlocks):
                yield other.channel


def _mentioned(safety: ChannelSafety) -> set[str]:
    return {safety.channel, *(source for interlock in safety.interlocks for source in interlock.sources)}
