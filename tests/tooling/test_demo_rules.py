"""The rules of the demo can be saved, and only where their outputs are."""

import pytest

from custom_components.god_kaiser.core.devices.sensor_types import values_of
from custom_components.god_kaiser.core.rules.reading import read
from scripts.demo_rules import AIR, FRESH_AIR, RULES, TOMATO_MOISTURE, WATER_TOMATOES
from scripts.demo_saving import possible
from scripts.hass_client import Json
from simulator.scenario import load

GREENHOUSE = load("greenhouse").devices


@pytest.mark.parametrize("rule", [FRESH_AIR, WATER_TOMATOES], ids=lambda rule: str(rule["id"]))
def test_a_rule_of_the_demo_can_be_saved(rule: Json) -> None:
    """It keeps to what a rule has to keep to."""
    assert read(rule, lambda *_: None).name == rule["name"]


def test_the_greenhouse_has_what_they_ask_about() -> None:
    """Their sensors are those of its scenario."""
    wired = {
        f"{spec.id}/sensor/{sensor.gpio}/{value}"
        for spec in GREENHOUSE
        for sensor in spec.sensors
        for value in values_of(sensor.sensor_type)
    }
    assert {AIR.removesuffix("/0x44"), TOMATO_MOISTURE} <= wired


def test_a_fleet_has_what_it_can_do() -> None:
    """A rule whose output is missing is not offered."""
    assert list(possible(RULES, GREENHOUSE)) == [FRESH_AIR, WATER_TOMATOES]
    assert list(possible(RULES, GREENHOUSE[:1])) == [FRESH_AIR]
    assert list(possible(RULES, ())) == []
