"""The runs that a rule would start, judged when it is saved: what a start would refuse whenever it comes."""

from collections.abc import Mapping
from typing import Final

from homeassistant.core import HomeAssistant

from ..core import Engine
from ..core.ids import ChannelId
from ..core.rules.actions import StartSequence
from ..core.rules.errors import RuleError
from ..core.rules.model import Rule
from ..core.safety.objections import Ground
from ..core.sequences.errors import SequenceError
from ..core.sequences.findings import Finding
from ..core.sequences.preflight import OF_THE_WISH
from .failures import sentence_of
from .naming import Names
from .rule_demands import Remark, placed_actions
from .run_trials import Startable
from .run_wishes import Wished

_NEVER: Final = frozenset({"role_missing", *(ground.value for ground in OF_THE_WISH)})
_OUTPUT: Final = "/actuator/"


class RuleStarts:
    """Looks at the outputs and the values that rules give to sequences."""

    def __init__(self, hass: HomeAssistant, engine: Engine, sequences: Startable, names: Names) -> None:
        """Remember who knows sequences."""
        self._hass = hass
        self._fleet = engine.fleet
        self._sequences = sequences
        self._names = names

    async def async_examine(self, rule: Rule) -> list[Remark]:
        """Refuse a start that can never succeed; of outputs that nobody has planned what their device says is told."""
        told: list[Remark] = []
        for place, action in placed_actions(rule):
            if isinstance(action, StartSequence):
                told += await self._async_start(place, action)
        return told

    async def _async_start(self, place: str, start: StartSequence) -> list[Remark]:
        program = self._sequences.library.get(start.sequence)
        wished = Wished(program=program, roles=start.roles, variables=start.variables)
        name, told = program.name or program.id, list[Remark]()
        try:
            await self._sequences.async_demand_possible(wished)
        except SequenceError as err:
            reason = self._said(err.problem, err.details)
            raise RuleError("rule_never_started", place, sequence=name, reason=reason) from err
        for finding in await self._sequences.async_preflight(wished):
            if not _is_for_good(finding):
                continue
            words = {"sequence": name, "reason": self._said(finding.code, _with_place(finding), finding.channel)}
            if self._is_planned(finding.channel):
                raise RuleError("rule_never_started", place, **words)
            told.append(Remark("rule_not_started_so", words))
        return told

    def _is_planned(self, channel: ChannelId | None) -> bool:
        """Tell whether people alone can change what is wrong: what nobody has planned may still become another thing."""
        output = None if channel is None else self._fleet.actuator(channel)
        return channel is None or _OUTPUT not in channel or (output is not None and output.planned)

    def _said(self, key: str, details: Mapping[str, str | float], channel: ChannelId | None = None) -> str:
        return sentence_of(self._hass, self._names, key, details, channel)


def _is_for_good(finding: Finding) -> bool:
    is_no_output = finding.channel is not None and _OUTPUT not in finding.channel
    return finding.code in _NEVER or (is_no_output and finding.code == Ground.ACTUATOR_NOT_CONFIGURED)


def _with_place(finding: Finding) -> dict[str, str | float]:
    return {"place": finding.place, **finding.details}
