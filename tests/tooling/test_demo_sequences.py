"""The sequences of the demo can be saved, and only where their outputs are."""

import pytest

from custom_components.god_kaiser.core.sequences.limits import SequenceLimits
from custom_components.god_kaiser.core.sequences.reading import read
from scripts.demo_saving import possible
from scripts.demo_sequences import FOG_AND_AIR, SEQUENCES, WATER_HERBS
from scripts.hass_client import Json
from simulator.scenario import load

GREENHOUSE = load("greenhouse").devices


@pytest.mark.parametrize("sequence", [WATER_HERBS, FOG_AND_AIR], ids=lambda sequence: str(sequence["id"]))
def test_a_sequence_of_the_demo_can_be_saved(sequence: Json) -> None:
    """It keeps to what a sequence has to keep to."""
    assert read(sequence, SequenceLimits()).name == sequence["name"]


def test_the_greenhouse_has_both() -> None:
    """Their outputs are those of its scenario."""
    assert list(possible(SEQUENCES, GREENHOUSE)) == [WATER_HERBS, FOG_AND_AIR]


def test_a_smaller_fleet_has_what_it_can_do() -> None:
    """A sequence whose pump is missing is not offered."""
    assert list(possible(SEQUENCES, GREENHOUSE[:2])) == [FOG_AND_AIR]
    assert list(possible(SEQUENCES, ())) == []
