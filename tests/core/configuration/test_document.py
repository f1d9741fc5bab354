"""A document says exactly what was laid down, and whatever is wrong with one is told with its place."""

from contextlib import suppress
from copy import deepcopy
from typing import Any

from hypothesis import given, strategies as st
import msgspec
import pytest

from custom_components.god_kaiser.core.alarms.limits import AlarmLimits
from custom_components.god_kaiser.core.configuration.document import KIND, MOST_ENTRIES, checksum, read, write
from custom_components.god_kaiser.core.configuration.laid import PARTS, Laid, LaidDevice, PlannedStart
from custom_components.god_kaiser.core.devices.calibration import DryWet
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, DevicePlan, SensorPlan
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel, sensor_channel
from custom_components.god_kaiser.core.rules import reading as rules
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.limits import ChannelSafety, StopMode
from custom_components.god_kaiser.core.sequences import reading as sequences
from custom_components.god_kaiser.core.sequences.limits import SequenceLimits

LIMITS = SequenceLimits()
BED = DeviceId("ESP_0B57A2")
SOIL = sensor_channel(BED, 35, "moisture", "")
PUMP = actuator_channel(BED, 16)
TEXT = "{{ states('sun.sun') }} {% if x %}"
DRIP: dict[str, Any] = {
    "id": "drip",
    "revision": 3,
    "phases": [{"name": "p", "steps": [{"kind": "set", "output": PUMP, "level": 1, "duration": 5}]}],
}
TELL: dict[str, Any] = {"id": "tell", "phases": [{"name": "p", "steps": [{"kind": "log", "text": TEXT}]}]}
FROST: dict[str, Any] = {
    "id": "frost",
    "when": {"kind": "time", "after": "06:00:00", "before": "07:00:00"},
    "then": [{"kind": "notify", "text": TEXT}],
}


def everything() -> Laid:
    """Return something of every kind."""
    soil = SensorPlan(gpio=35, sensor_type="moisture", name="Soil", calibrations={"moisture": DryWet(dry=3.0, wet=1.5)})
    more = SensorPlan(gpio=34, sensor_type="moisture", name="More soil")
    pump = ActuatorPlan(gpio=16, kind=ActuatorKind.PUMP, name="Pump", appears_as=Appearance.SWITCH)
    plan = DevicePlan(device=BED, name="Bed", sensors=(more, soil), actuators=(pump,))
    start = PlannedStart(
        id="1", sequence="drip", at=1_800_000_000.5, roles={"x": PUMP}, variables={"a": 1.0, "b": True}
    )
    return Laid(
        options={"keep_days": 30, "names": ["a", "b"], "on": True, "text": "x", "nothing": None},
        devices={BED: LaidDevice(plan=plan, stop_mode=StopMode.CONTROLLED, area="Tomato bed")},
        safety={PUMP: ChannelSafety(channel=PUMP, interlocks=(MaxOnTime(per_run=300),), hold=60)},
        alarm_limits={SOIL: AlarmLimits(channel=SOIL, high=80.0, dead_band=2.5)},
        sequences={each["id"]: sequences.read(each, LIMITS) for each in (DRIP, TELL)},
        rules={"frost": rules.read(FROST, lambda *_: None)},
        schedules={"1": start},
    )


WHOLE = write(everything(), "god")


def refusal(document: object) -> tuple[str, object]:
    """Return why a document is refused, and where."""
    with pytest.raises(DefinitionError) as caught:
        read(document, LIMITS)
    return caught.value.problem, caught.value.details.get("place")


def test_what_was_written_is_read_again() -> None:
    """All of it, also when it has travelled as JSON."""
    laid = everything()
    assert set(PARTS) <= WHOLE.keys()
    assert read(WHOLE, LIMITS) == laid
    assert read(msgspec.json.decode(msgspec.json.encode(WHOLE)), LIMITS) == laid
    assert write(read(WHOLE, LIMITS), "god") == WHOLE


def test_the_order_of_pins_and_names_is_the_same_however_it_was_entered() -> None:
    """So that two documents of the same hub are the same."""
    laid = everything()
    device = (laid.devices or {})[BED]
    turned = msgspec.structs.replace(device.plan, sensors=device.plan.sensors[::-1])
    other = msgspec.structs.replace(device, plan=turned)
    again = msgspec.structs.replace(
        laid, devices={BED: other}, sequences=dict(reversed((laid.sequences or {}).items()))
    )
    document = write(read(write(again, "god"), LIMITS), "god")
    assert document == WHOLE


def test_only_the_parts_that_are_wanted_are_read() -> None:
    """What is wrong in another one does not matter then."""
    document = {**WHOLE, "rules": [{"id": 4}]}
    assert refusal(document) == ("config_checksum_wrong", None)
    laid = read(document, LIMITS, only=("sequences",))
    assert (laid.rules, laid.devices, set(laid.sequences or ())) == (None, None, {"drip", "tell"})


def test_parts_that_are_left_out_say_nothing() -> None:
    """An empty part says that there is nothing of it, which is something else."""
    assert read({"kind": KIND, "version": 1}, LIMITS) == Laid()
    assert read({"kind": KIND, "version": 1, "rules": []}, LIMITS).rules == {}


@pytest.mark.parametrize("part", PARTS)
def test_any_part_that_was_changed_no_longer_fits_its_checksum(part: str) -> None:
    """A disk, a mail program or a person may have done it; without its checksum it is read as it is."""
    document = deepcopy(WHOLE)
    document[part] = {"keep_days": 31} if part == "options" else []
    assert refusal(document) == ("config_checksum_wrong", None)
    del document["checksums"][part]
    assert len(getattr(read(document, LIMITS), part)) == (1 if part == "options" else 0)


def test_a_checksum_does_not_depend_on_how_numbers_and_templates_are_written() -> None:
    """Browsers write 1.0 as 1, and double braces travel as brackets."""
    assert checksum({"a": 1.0, "b": "{{ x }}{% y %}"}) == checksum({"b": "[[ x ]][% y %]", "a": 1})
    assert checksum({"a": 1.5}) != checksum({"a": 1})
    assert checksum(2.0**60) != checksum(2**60 + 1)


def test_templates_travel_in_brackets() -> None:
    """Home Assistant would work out what stands in braces before the import sees it."""
    assert "[[ states('sun.sun') ]] [% if x %]" in str(WHOLE)
    assert "{{" not in str(WHOLE)
    read_again = read(WHOLE, LIMITS)
    assert TEXT in str((read_again.rules or {})["frost"]) + str((read_again.sequences or {})["tell"])


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"kind": None}, ("config_other_kind", None)),
        ({"version": 2}, ("config_other_version", None)),
        ({"version": True}, ("definition_needs_number", "version")),
        ({"version": "1"}, ("definition_needs_no_quotes", "version")),
        ({"more": 1}, ("definition_field_unknown", "-")),
        ({"checksums": {"others": "x"}}, ("definition_field_unknown", "checksums")),
        ({"devices": {}}, ("definition_needs_list", "devices")),
        ({"devices": [{"plan": {"device": "A"}}]}, ("definition_field_missing", "devices / 1 / plan")),
        (
            {"devices": [{"plan": {"device": "A", "name": "B", "rules": []}}]},
            ("definition_field_unknown", "devices / 1 / plan"),
        ),
        ({"safety": [{"channel": "A", "hold": "x"}]}, ("definition_needs_number", "safety / 1 / hold")),
        ({"safety": [{"channel": "A"}, {"channel": "A"}]}, ("config_twice", "safety / 2")),
        ({"sequences": [DRIP, DRIP]}, ("config_twice", "sequences / 2")),
        ({"sequences": [DRIP, {**DRIP, "id": 4}]}, ("definition_needs_quotes", "sequences / 2 / id")),
        ({"rules": [{**FROST, "when": {}}]}, ("definition_kind_missing", "rules / 1 / when")),
        ({"rules": [FROST] * (MOST_ENTRIES + 1)}, ("config_too_many", None)),
        ({"schedules": [{"id": "1", "sequence": "x", "at": None}]}, ("definition_needs_number", "schedules / 1 / at")),
        ({"options": {"a": {"b": 1}}}, ("definition_needs_value", "options / a")),
    ],
)
def test_whatever_is_wrong_is_told_with_its_place(change: dict[str, Any], wanted: tuple[str, object]) -> None:
    """People find it, and nothing of it is taken over."""
    assert refusal({"kind": KIND, "version": 1, **change}) == wanted


def test_depth_is_refused_before_anybody_walks_into_it() -> None:
    """A thousand levels would end the program instead."""
    deep: object = 1
    for _ in range(5_000):
        deep = [deep]
    assert refusal({"kind": KIND, "version": 1, "options": {"a": deep}})[0] == "config_too_deep"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(part=st.sampled_from(PARTS), content=JSON, number=st.integers(min_value=0, max_value=30))
def test_nothing_but_a_told_error_comes_of_anything(part: str, content: object, number: int) -> None:
    """Whatever stands in a part, or in the place of any value of a real one."""
    for document in ({"kind": KIND, "version": 1, part: content}, replaced(WHOLE, part, number, content)):
        with suppress(DefinitionError):
            assert isinstance(read(document, LIMITS), Laid)


def replaced(document: dict[str, Any], part: str, number: int, content: object) -> dict[str, Any]:
    """Return a document in which one value of a part is another one."""
    other = deepcopy({**document, "checksums": {}})
    places = list(places_in(other[part]))
    inside, key = places[number % len(places)]
    inside[key] = content
    return other


def places_in(written: Any) -> Any:
    """Yield every place of a part, as something to put a value in."""
    entries = written.items() if isinstance(written, dict) else enumerate(written) if isinstance(written, list) else ()
    for key, value in list(entries):
        yield written, key
        yield from places_in(value)


def test_a_channel_is_told_by_its_id() -> None:
    """What was laid down for an output comes back under the same one."""
    assert list(read(WHOLE, LIMITS).safety or ()) == [ChannelId(f"{BED}/actuator/16")]
