"""Each calibration method fits itself to reference points and gives them back."""

from typing import get_args

from hypothesis import assume, given, strategies as st
import msgspec
import pytest

from custom_components.god_kaiser.core.devices.calibration import Calibration, DryWet, Linear, Offset, fits
from custom_components.god_kaiser.core.devices.sensor_types import SENSOR_TYPES
from custom_components.god_kaiser.core.errors import DefinitionError

VOLTS = st.floats(min_value=0.0, max_value=5.0)
REFERENCES = st.floats(min_value=0.0, max_value=20_000.0)
WORDS = st.integers(min_value=0, max_value=4095)
VALUES = st.floats(min_value=-1000.0, max_value=1000.0)
LINE = Linear(slope=-5.7, offset=15.4)
SCALE = DryWet(dry=3200, wet=1500)
SHIFT = Offset(offset=-0.5)


@given(first=st.tuples(VOLTS, REFERENCES), second=st.tuples(VOLTS, REFERENCES))
def test_a_line_gives_its_two_reference_points_back(first: tuple[float, float], second: tuple[float, float]) -> None:
    """What was fitted is what is applied, whichever point comes first."""
    assume(abs(first[0] - second[0]) > 0.01)
    assume(abs(first[1] - second[1]) > 0.01)
    there, back = Linear.fit([first, second]), Linear.fit([second, first])
    assert there.apply(first[0]) == pytest.approx(first[1], abs=1e-6)
    assert there.apply(second[0]) == pytest.approx(second[1], abs=1e-6)
    assert back.apply(first[0]) == pytest.approx(there.apply(first[0]), abs=1e-6)


def test_the_two_points_of_the_former_server_give_its_slope_per_volt() -> None:
    """Buffers of pH 4.01 at 2.0 V and 7.00 at 1.5 V lie on a line of -5.98 per volt."""
    line = Linear.fit([(2.0, 4.01), (1.5, 7.00)])
    assert line.slope == pytest.approx(-5.98)
    assert line.offset == pytest.approx(15.97)


def test_three_points_are_balanced() -> None:
    """The errors of a line through too many points cancel out."""
    points = [(1.0, 10.0), (2.0, 7.1), (3.0, 4.0)]
    line = Linear.fit(points)
    assert line.slope == pytest.approx(-3.0)
    assert sum(line.apply(volts) - reference for volts, reference in points) == pytest.approx(0.0)


@pytest.mark.parametrize(
    "points",
    [
        [],
        [(1.5, 7.0)],
        [(1.5, 7.0), (1.5, 4.0)],
        [(1.5, 7.0), (2.0, 7.0)],
        [(float("nan"), 7.0), (2.0, 4.0)],
        [(1.5, float("inf")), (2.0, 4.0)],
        [(1.5, 1e308), (2.0, -1e308)],
    ],
)
def test_points_that_are_no_line_are_refused(points: list[tuple[float, float]]) -> None:
    """A person is told that the points are impossible, instead of getting a flat line."""
    with pytest.raises(DefinitionError) as refusal:
        Linear.fit(points)
    assert refusal.value.problem == "calibration_impossible"


@given(dry=WORDS, wet=WORDS)
def test_dry_is_nothing_and_wet_is_everything_whichever_word_is_larger(dry: int, wet: int) -> None:
    """The roles decide, so a probe that counts the other way round is not inverted."""
    assume(dry != wet)
    scale = DryWet.fit(dry=dry, wet=wet)
    assert scale.apply(dry) == 0.0
    assert scale.apply(wet) == 100.0
    assert scale.apply((dry + wet) / 2) == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("dry", "wet"), [(2000, 2000), (float("nan"), 1500), (3200, float("inf")), (float("inf"), float("inf"))]
)
def test_ends_without_anything_between_are_refused(dry: float, wet: float) -> None:
    """Equal or infinite ends are no scale."""
    with pytest.raises(DefinitionError) as refusal:
        DryWet.fit(dry=dry, wet=wet)
    assert refusal.value.problem == "calibration_impossible"


@given(measured=VALUES, reference=VALUES)
def test_an_offset_turns_what_was_measured_into_its_reference(measured: float, reference: float) -> None:
    """One point is enough for a shift."""
    assert Offset.fit(measured=measured, reference=reference).apply(measured) == pytest.approx(reference, abs=1e-9)


@pytest.mark.parametrize(("measured", "reference"), [(float("nan"), 20.0), (20.0, float("inf"))])
def test_an_endless_offset_is_refused(measured: float, reference: float) -> None:
    """A shift has to be a number."""
    with pytest.raises(DefinitionError) as refusal:
        Offset.fit(measured=measured, reference=reference)
    assert refusal.value.problem == "calibration_impossible"


@pytest.mark.parametrize("calibration", [LINE, SCALE, SHIFT])
def test_a_calibration_survives_being_stored(calibration: Linear | DryWet | Offset) -> None:
    """What is read is what was written, including its kind."""
    assert msgspec.json.decode(msgspec.json.encode(calibration), type=Calibration.__value__) == calibration


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"kind": "linear", "slope": 0, "offset": 7}', "slope must not be zero"),
        ('{"kind": "linear", "slope": 1}', "missing required field `offset`"),
        ('{"kind": "linear", "slope": 1, "offset": 0, "cell_factor": 2}', "unknown field `cell_factor`"),
        ('{"kind": "dry_wet", "dry": 1500, "wet": 1500}', "dry and wet must differ"),
        ('{"kind": "quadratic", "slope": 1, "offset": 0}', "Invalid value 'quadratic'"),
    ],
)
def test_a_stored_calibration_is_checked_when_it_is_read(text: str, complaint: str) -> None:
    """Neither a useless value nor a misspelt field slips in."""
    with pytest.raises(msgspec.ValidationError, match=complaint):
        msgspec.json.decode(text, type=Calibration.__value__)


@pytest.mark.parametrize("broken", [{"slope": float("nan"), "offset": 0.0}, {"slope": 1.0, "offset": float("inf")}])
def test_a_line_is_finite(broken: dict[str, float]) -> None:
    """A line that turns every value into nonsense cannot be made."""
    with pytest.raises(ValueError, match="finite"):
        Linear(**broken)


@pytest.mark.parametrize(
    ("sensor_type", "method"),
    [("ph", Linear), ("ec", Linear), ("moisture", DryWet), ("sht31_temp", Offset), ("co2", Offset), ("leaf", Offset)],
)
def test_a_sensor_type_has_one_method(sensor_type: str, method: type) -> None:
    """Of all methods exactly one fits."""
    assert [type(one) for one in (LINE, SCALE, SHIFT) if fits(one, sensor_type)] == [method]


def test_everything_that_is_measured_can_be_calibrated_and_nothing_derived() -> None:
    """A vapour pressure deficit is computed from values that are already calibrated."""
    calibrated = {key for key in SENSOR_TYPES if any(fits(one, key) for one in (LINE, SCALE, SHIFT))}
    assert calibrated == set(SENSOR_TYPES) - {"vpd"}
    assert len(get_args(Calibration.__value__)) == 3
