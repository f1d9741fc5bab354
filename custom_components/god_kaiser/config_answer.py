"""What would become of a document and what has, as people read it and as the trail keeps it."""

from typing import Any, Final

from .core.configuration.comparison import Comparison, Fate, Item
from .core.fleet.fleet import Fleet
from .host.engine_host import EngineHost
from .host.failures import common_text, sentence_of
from .host.naming import Names
from .run_records import Record

MOVED: Final = (Fate.ADDED, Fate.CHANGED, Fate.REMOVED)
_OF_CHANNELS: Final = frozenset({"safety", "alarm_limits"})
_SETTLED: Final = {
    Fate.ADDED: "config_conflict_replaced",
    Fate.CHANGED: "config_conflict_replaced",
    Fate.KEPT: "config_conflict_kept",
}
_MOST_LISTED: Final = 100
_LONGEST_NAME: Final = 100


class ConfigAnswer:
    """Tells of one comparison."""

    def __init__(self, host: EngineHost, compared: Comparison) -> None:
        """Remember how devices are called here, and how they would be called afterwards."""
        self._host = host
        self._compared = compared
        devices, fleet = compared.after.devices or {}, Fleet()
        for device in devices.values():
            fleet.set_plan(device.plan, host.now())
        self._later = Names(host.hass, fleet, lambda key: devices[key].plan.name if key in devices else key or "")

    @property
    def record(self) -> Record:
        """Return every entry with its fate."""
        parts: Record = {}
        for item in self._compared.items:
            part = parts.setdefault(item.part, {fate.value: [] for fate in Fate} | {"conflicts": []})
            told = self._told(item)
            part[item.fate.value].append(told)
            if item.obstacle is not None and item.fate is not Fate.LEFT_OUT:
                part["conflicts"].append(told | {"fate": item.fate.value})
        return {"is_possible": not self._compared.is_refused, "parts": parts, "counts": self._counts}

    @property
    def trail(self) -> Record:
        """Return how many entries had which fate, and which were moved, as far as the trail has room for them."""
        moved = [
            {
                "part": each.part,
                "id": each.id[:_LONGEST_NAME],
                "name": self._name(each)[:_LONGEST_NAME],
                "fate": each.fate,
            }
            for each in self._compared.items
            if each.fate in MOVED
        ]
        return {**self._counts, "entries": moved[:_MOST_LISTED]}

    def problem(self, item: Item) -> str:
        """Return what keeps an entry from being laid down, and which one that is."""
        return f"{item.part} / {self._name(item)}: {self._told(item)['text']}"

    @property
    def _counts(self) -> dict[str, int]:
        return {fate.value: sum(item.fate is fate for item in self._compared.items) for fate in Fate}

    def _told(self, item: Item) -> dict[str, Any]:
        told: dict[str, Any] = {"id": item.id, "name": self._name(item)}
        if item.fields:
            told["fields"] = list(item.fields)
        if item.obstacle is not None:
            hass, code = self._host.hass, item.obstacle.code
            advice = common_text(hass, _SETTLED.get(item.fate, "config_conflict_open"), {})
            text = sentence_of(hass, self._host.names, code, item.obstacle.details | {"advice": advice}, None)
            told |= {"code": code, "text": text}
        return told

    def _name(self, item: Item) -> str:
        """Return what people call an entry: by its output, its sensor or its sequence where it has no name of its own."""
        if item.part in _OF_CHANNELS:
            here = self._host.names.of_channel(item.id)
            return self._later.of_channel(item.id) if here == item.id else here
        if item.part == "schedules":
            sequence = (self._compared.after.sequences or {}).get(item.name)
            return (sequence.name if sequence else "") or item.name
        return item.name
