"""What a new channel gets when nobody says otherwise."""

import pytest

from custom_components.god_kaiser.core.devices.actuator_types import ACTUATOR_TYPES
from custom_components.god_kaiser.core.devices.defaults import ChannelDefaults
from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.devices.plan import INTERVALS
from custom_components.god_kaiser.core.devices.sensor_types import CONFIGURABLE


@pytest.mark.parametrize("kind", ActuatorKind)
@pytest.mark.parametrize("wish", [1, 3600, 6 * 3600, 24 * 3600, 10**9])
def test_no_default_is_longer_than_the_ceiling_of_a_kind(kind: ActuatorKind, wish: int) -> None:
    """A shorter wish counts, a longer one ends at the ceiling."""
    ceiling = ACTUATOR_TYPES[kind].max_runtime_ceiling
    assert ChannelDefaults(max_runtime=wish).max_runtime_of(kind) == min(wish, ceiling)


def test_without_a_wish_an_actuator_runs_for_an_hour() -> None:
    """Every kind has the same cautious default."""
    assert {ChannelDefaults().max_runtime_of(kind) for kind in ActuatorKind} == {3600}


def test_without_a_wish_each_sensor_type_has_its_own_interval() -> None:
    """Flow changes quickly, moisture does not."""
    usual = {kind: ChannelDefaults().interval_of(kind) for kind in CONFIGURABLE}
    assert (usual["flow"], usual["sht31"], usual["moisture"]) == (10, 30, 60)
    assert {kind for kind, interval in usual.items() if interval not in INTERVALS} == set()


def test_a_wish_counts_for_every_sensor_type() -> None:
    """Also for one that the table does not know; the plan refuses it later."""
    assert {ChannelDefaults(interval=45).interval_of(kind) for kind in (*CONFIGURABLE, "telepathy")} == {45}
