"""The demo's dashboard: sensors with their course, actuators, sequences and rules to press, the health of devices."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

type Card = dict[str, Any]

# How an actuator is operated; a light that can only be switched counts as a switch.
CONTROLS: dict[str, list[Card]] = {
    "switch": [{"type": "toggle"}],
    "valve": [{"type": "valve-open-close"}],
    "number": [{"type": "numeric-input", "style": "slider"}],
    "fan": [{"type": "fan-speed"}],
    "light": [{"type": "light-brightness"}],
}
# What a person looks at and presses of a sequence, in this order: how its entities end, and how they are shown.
PROGRAM: dict[str, list[Card]] = {
    "status": [],
    "progress": [{"type": "bar-gauge"}],
    "run": [{"type": "button"}],
    "cancel": [{"type": "button"}],
}
TREND = [{"type": "trend-graph", "hours_to_show": 0.25}]
HEALTH = ("connectivity", "signal_strength", "timestamp")
HOURS = 0.5
SECTIONS = {"type": "sections", "max_columns": 4}
WIDE = {"columns": 12}


class Shown(NamedTuple):
    """One entity as the dashboard needs it."""

    entity_id: str
    name: str
    area: str
    device: str
    diagnostic: bool
    device_class: str
    control: str
    sequence: str = ""
    rule: str = ""

    @property
    def is_program(self) -> bool:
        """Tell whether this is about a sequence or a rule, not about a place or a device."""
        return bool(self.sequence or self.rule)

    @property
    def measures(self) -> bool:
        """Tell whether this is a sensor that a gardener looks at."""
        return self.entity_id.startswith("sensor.") and not (self.diagnostic or self.is_program)

    @property
    def acts(self) -> bool:
        """Tell whether this is an actuator."""
        return self.control in CONTROLS and not (self.diagnostic or self.is_program)


def dashboard(entities: Sequence[Shown]) -> Card:
    """Return a Lovelace configuration with three views: what to see and press, courses, health of the devices."""
    placed = [shown for shown in entities if shown.area]
    sensors = [shown for shown in placed if shown.measures]
    health = [
        shown for shown in entities if not shown.is_program and (shown.diagnostic or not (shown.area or shown.acts))
    ]
    programs = [shown for shown in entities if shown.sequence and not shown.diagnostic]
    house = [_area(area, list(found)) for area, found in _grouped(placed, "area")]
    house += [_sequence(name, list(found)) for name, found in _grouped(programs, "sequence")]
    house += _rules([shown for shown in entities if shown.rule])
    courses = [_courses(quantity, list(found)) for quantity, found in _grouped(sensors, "device_class")]
    devices = [_device(device, list(found)) for device, found in _grouped(health, "device")]
    return {
        "views": [
            {"title": "Greenhouse", "path": "house", "icon": "mdi:greenhouse", "sections": house, **SECTIONS},
            {"title": "History", "path": "history", "icon": "mdi:chart-line", "sections": courses, **SECTIONS},
            {"title": "Devices", "path": "devices", "icon": "mdi:chip", "sections": devices, **SECTIONS},
        ]
    }


def _grouped(entities: Iterable[Shown], key: str) -> Iterable[tuple[str, Iterable[Shown]]]:
    ordered = sorted(entities, key=lambda shown: (str(getattr(shown, key)), shown.entity_id))
    return groupby(ordered, key=lambda shown: str(getattr(shown, key)))


def _area(area: str, entities: Sequence[Shown]) -> Card:
    links = [shown for shown in entities if shown.device_class == "connectivity"]
    badges = [{"type": "entity", "entity": shown.entity_id, "show_state": True} for shown in links]
    cards: list[Card] = [{"type": "heading", "heading": area, "icon": "mdi:sprout", "badges": badges}]
    cards += [_tile(shown, CONTROLS[shown.control], WIDE, "inline") for shown in entities if shown.acts]
    cards += [_tile(shown, TREND, {"columns": 6}, "bottom") for shown in entities if shown.measures]
    return {"type": "grid", "cards": cards}


def _sequence(name: str, entities: Sequence[Shown]) -> Card:
    cards: list[Card] = [{"type": "heading", "heading": name, "icon": "mdi:playlist-play"}]
    for ending, features in PROGRAM.items():
        for shown in entities:
            if shown.entity_id.endswith(f"_{ending}"):
                short = shown._replace(name=shown.name.removeprefix(f"{name} "))
                # A button has no state that anybody would want to read.
                cards.append(_tile(short, features, WIDE, "inline") | {"hide_state": shown.control == "button"})
    return {"type": "grid", "cards": cards}


def _rules(entities: Sequence[Shown]) -> list[Card]:
    """Return one section with all rules: where each stands, and its switch."""
    cards: list[Card] = [{"type": "heading", "heading": "Rules", "icon": "mdi:robot"}]
    for rule, found in _grouped(entities, "rule"):
        for shown in found:
            if shown.control == "switch":
                tile = _tile(shown._replace(name=rule), CONTROLS["switch"], WIDE, "inline")
                cards.append(tile | {"state_content": ["state", "why"]})
    return [{"type": "grid", "cards": cards}] if len(cards) > 1 else []


def _courses(quantity: str, sensors: Sequence[Shown]) -> Card:
    heading = sensors[0].name if len(sensors) == 1 else quantity.replace("_", " ").capitalize()
    rows = [{"entity": shown.entity_id, "name": shown.name} for shown in sensors]
    graph: Card = {"type": "history-graph", "entities": rows, "hours_to_show": HOURS, "grid_options": WIDE}
    return {"type": "grid", "cards": [{"type": "heading", "heading": heading}, graph]}


def _device(device: str, health: Sequence[Shown]) -> Card:
    ordered = sorted(health, key=lambda shown: (shown.device_class not in HEALTH, shown.entity_id))
    rows = [{"entity": shown.entity_id, "name": shown.name} for shown in ordered]
    listing: Card = {"type": "entities", "entities": rows, "grid_options": WIDE}
    return {"type": "grid", "cards": [{"type": "heading", "heading": device, "icon": "mdi:chip"}, listing]}


def _tile(shown: Shown, features: list[Card], size: Card, position: str) -> Card:
    tile: Card = {"type": "tile", "entity": shown.entity_id, "name": shown.name, "features_position": position}
    return {**tile, "features": features, "grid_options": size}
