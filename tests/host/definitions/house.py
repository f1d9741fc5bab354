"""The files of definitions of a house without anything else: what is in them carries one number from end to end."""

import re
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant
import msgspec

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, DevicePlan
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.rules import reading as rule_reading
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.sequences import reading as sequence_reading
from custom_components.god_kaiser.core.sequences.limits import SequenceLimits
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.host.rule_store import RuleStore
from custom_components.god_kaiser.host.sequence_store import SequenceStore
from custom_components.god_kaiser.host.storage import PlanStore

ENTRY: Final = "one"
FILES: Final = {"devices": "", "sequences": ".sequences", "rules": ".rules"}
_DEVICE: Final = DeviceId("ESP_00000001")
_WRITTEN: Final = re.compile(r"number (\d+)\b")


class Stores(NamedTuple):
    """Everything that keeps definitions."""

    plans: PlanStore
    sequences: SequenceStore
    rules: RuleStore

    async def async_load(self) -> None:
        """Read all of it."""
        for store in self:
            await store.async_load()

    @property
    def faults(self) -> dict[str, str]:
        """Return what was wrong with which file."""
        files = {"devices": self.plans.file, "sequences": self.sequences.file, "rules": self.rules.file}
        return {name: file.fault for name, file in files.items() if file.fault}

    @property
    def degraded(self) -> int:
        """Return how many definitions could not be used."""
        return len(self.sequences.degraded) + len(self.rules.degraded) + self.plans.unreadable

    @property
    def numbers(self) -> dict[str, int]:
        """Return the number that each kind of definition carries; one that carries two is a mixture."""
        kept = {
            "devices": list(self.plans.stored().values()),
            "sequences": list(self.sequences.library.sequences.values()),
            "rules": list(self.rules.rules.values()),
        }
        found = {name: set(_WRITTEN.findall(msgspec.json.encode(each).decode())) for name, each in kept.items()}
        mixed = {name: numbers for name, numbers in found.items() if len(numbers) > 1}
        assert mixed == {}
        return {name: int(next(iter(numbers), "0")) for name, numbers in found.items()}


def stores_of(hass: HomeAssistant) -> Stores:
    """Return the stores of the one hub."""
    return Stores(PlanStore(hass, ENTRY), SequenceStore(hass, ENTRY, SequenceLimits()), RuleStore(hass, ENTRY))


def a_plan(number: int) -> DevicePlan:
    """Return a plan that says its number in the name of each output."""
    kind, shown = ActuatorKind.RELAY, Appearance.SWITCH
    outputs = [ActuatorPlan(kind=kind, gpio=gpio, name=f"number {number}", appears_as=shown) for gpio in range(12, 20)]
    return DevicePlan(device=_DEVICE, name=f"number {number}", actuators=tuple(outputs))


def a_sequence(number: int) -> Sequence:
    """Return a sequence that says its number in each step."""
    steps = [{"kind": "log", "text": f"number {number}"}] * 40
    return sequence_reading.read({"id": "say", "steps": steps}, SequenceLimits())


def a_rule(number: int) -> Rule:
    """Return a rule that says its number in each action."""
    written = {
        "id": "say",
        "when": {"kind": "entity", "entity_id": "input_boolean.go"},
        "then": [{"kind": "log", "text": f"number {number}"}] * 20,
    }
    return rule_reading.read(written, _nowhere)


def _nowhere(_device: str, _pin: int, _kind: str) -> None:
    return None
