"""Which sequences run when an action of Home Assistant is called: those it names, and those of buttons that it presses."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..core.ids import ChannelId
from ..core.rules.actions import CallAction
from ..core.sequences.model import Sequence
from ..core.sequences.steps.call_action import CallAction as CallStep
from ..core.sequences.uses import reached

_RUNS: Final = frozenset({f"{DOMAIN}.run_sequence", f"{DOMAIN}.schedule_sequence"})
_BUTTON: Final = "sequence_run"


class Start(NamedTuple):
    """A run that begins, with the outputs that are chosen for its roles."""

    sequence: str
    roles: Mapping[str, ChannelId]


@callback
def starts_of(
    hass: HomeAssistant, hub: str, action: CallAction, entities: Iterable[str], shown: Mapping[str, ChannelId]
) -> Iterator[Start]:
    """Yield the runs of a hub that begin when an action is called that has to do with these entities."""
    given = action.fields.get("sequence") if action.action in _RUNS else None
    chosen = action.fields.get("roles")
    roles = {
        role: shown.get(output, ChannelId(output))
        for role, output in (chosen.items() if isinstance(chosen, Mapping) else ())
        if isinstance(output, str)
    }
    for name in [given] if isinstance(given, str) else given if isinstance(given, list | tuple) else ():
        if isinstance(name, str):
            yield Start(_of_button(hass, hub, name) or name, roles)
    for entity_id in entities:
        if (name := _of_button(hass, hub, entity_id)) is not None:
            yield Start(name, {})


def called_in(program: Sequence, sequences: Mapping[str, Sequence], roles: Mapping[str, ChannelId]) -> list[CallAction]:
    """Return what a run may call, whichever way it goes through its program."""
    steps = (each.step for each in reached(program, sequences, roles))
    return [
        CallAction(action=step.action, target=step.target, fields=step.fields)
        for step in steps
        if isinstance(step, CallStep)
    ]


def _of_button(hass: HomeAssistant, hub: str, entity_id: str) -> str | None:
    entry = er.async_get(hass).async_get(entity_id)
    if entry is None or entry.config_entry_id != hub or entry.translation_key != _BUTTON:
        return None
    return entry.unique_id.partition("_sequence_")[2].removesuffix("_run")
