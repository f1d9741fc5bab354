"""Roles stand for channels in every condition that may name one."""

from typing import Any

import msgspec
import pytest

from custom_components.god_kaiser.core.conditions import Condition
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.sequences.binding import bound, channel_of

PUMP, SOIL = ChannelId("ESP_A1B2C3/actuator/16"), ChannelId("ESP_A1B2C3/sensor/34/moisture")
ROLES = {"pump": PUMP, "soil": SOIL}


def condition(**written: Any) -> Condition:
    """Return a condition as it is written."""
    made: Condition = msgspec.convert(written, Condition)
    return made


def dry(sensor: str) -> dict[str, Any]:
    """Return the question whether a sensor says less than thirty."""
    return {"kind": "reading", "sensor": sensor, "operator": "<", "value": 30.0}


def runs(output: str) -> dict[str, Any]:
    """Return the question whether an output runs."""
    return {"kind": "output", "output": output}


@pytest.mark.parametrize("join", ["all", "any"])
def test_roles_are_bound_in_readings_outputs_groups_and_negations(join: str) -> None:
    """However deeply a role is named, the channel stands there afterwards."""
    written = condition(kind=join, of=[dry("role:soil"), {"kind": "not", "of": runs("role:pump")}])
    assert bound(written, ROLES) == condition(kind=join, of=[dry(SOIL), {"kind": "not", "of": runs(PUMP)}])


@pytest.mark.parametrize("plain", [dry(SOIL), runs(PUMP), {"kind": "entity", "entity_id": "sun.sun"}])
def test_what_names_no_role_stays_as_it_is(plain: dict[str, Any]) -> None:
    """Channels and entities are bound already."""
    assert bound(condition(**plain), ROLES) == condition(**plain)


@pytest.mark.parametrize("named", [dry("role:nobody"), runs("role:nobody")])
def test_a_role_that_nothing_is_bound_to_stays_a_name(named: dict[str, Any]) -> None:
    """What it means is refused elsewhere; here nothing is guessed."""
    assert bound(condition(**named), ROLES) == condition(**named)
    assert channel_of("role:nobody", ROLES) is None
