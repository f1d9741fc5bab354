"""Templates of rules at play: each reaches its goal, and its guards bite."""

from typing import Any

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.ids import ChannelId
from tests.builders import BOOT
from tests.core.engine.gardening import (
    EC,
    FIRST,
    FLOW,
    GARDEN,
    HOUR,
    LUX,
    OTHER_PH,
    PH,
    SECOND,
    SOURCE,
    TANK,
    THIRD,
    VPD,
    Garden,
    Nature,
    least_between,
    most_within,
)
from tests.core.engine.ruling import AIR, SENSOR_ESP, SOIL

IRRIGATION = {"soil": SOIL, "valve": FIRST, "after": "09:00", "before": "13:00", "max_per_day": 8}
FILLING = {"tank": TANK, "pump": FIRST, "empty": 30, "full": 80}
ACID = {"probe": PH, "pump": FIRST, "max_age": 120}


def drying(garden: Garden) -> None:
    """Dry the soil slowly, and wet it by what the valve lets through."""
    garden.values[SOIL] = max(0.0, garden.values[SOIL] - 0.01 + 0.05 * garden.ran())


def filling(garden: Garden) -> None:
    """Fill the tank from the source, as long as there is something in it."""
    flows = garden.ran() > 0 and garden.values[SOURCE] > 0
    garden.values[FLOW] = 4.0 if flows else 0.0
    if flows:
        garden.values[TANK] = min(100.0, garden.values[TANK] + 0.1 * garden.ran())
        garden.values[SOURCE] -= 0.02 * garden.ran()


def souring(per_second: float, sensor: ChannelId = PH) -> Nature:
    """Return a nature in which each second of a dose moves a value by so much."""

    def nature(garden: Garden) -> None:
        moved = per_second * garden.ran()
        for each in {sensor, OTHER_PH} & garden.values.keys():
            garden.values[each] += moved

    return nature


def of_room(garden: Garden) -> None:
    """Let the room follow the cold outside and the heater."""
    garden.values[AIR] += -0.02 + 0.004 * garden.ran() - 0.004 * garden.ran(SECOND)


def a_garden(template: str, values: dict[ChannelId, float], **answers: Any) -> Garden:
    """Return a garden with the rules of a template, in which these values are so."""
    garden = Garden()
    garden.values = dict(values)
    garden.plant(template, **answers)
    return garden


def silent(garden: Garden, *sensors: ChannelId) -> Garden:
    """Break sensors."""
    garden.broken.update(sensors)
    return garden


def test_dry_soil_is_watered_in_pulses_until_it_is_wet() -> None:
    """Pulses with time to soak in, no more of them than an hour may have, and none outside the window."""
    garden = a_garden("irrigation", {SOIL: 30.0}, **IRRIGATION)
    garden.live(3.9 * HOUR, drying)
    starts = garden.starts()
    assert 4 <= len(starts) <= 8
    assert most_within(starts, HOUR) <= 4
    assert least_between(starts) >= 660
    assert garden.ran(within=4 * HOUR) == pytest.approx(60 * len(starts), abs=len(starts))
    assert 34.0 < garden.values[SOIL] < 50.0
    garden.values[SOIL] = 5.0
    garden.live(2.5 * HOUR)
    assert garden.levels[FIRST] == 0.0
    assert [start for start in garden.starts() if start > 4 * HOUR] == []


def test_soil_that_never_gets_wet_has_its_day() -> None:
    """A probe that has fallen out of the pot floods nothing: the day has an end."""
    garden = a_garden("irrigation", {SOIL: 5.0}, **IRRIGATION)
    garden.live(4 * HOUR)
    assert len(garden.starts()) == 8


@pytest.mark.parametrize(
    ("template", "values", "answers", "dead"),
    [
        ("irrigation", {SOIL: 10.0}, IRRIGATION, SOIL),
        ("irrigation", {SOIL: 10.0, SOURCE: 50.0}, IRRIGATION | {"source": SOURCE}, SOURCE),
        ("tank_filling", {TANK: 10.0, SOURCE: 90.0}, FILLING, TANK),
        ("tank_filling", {TANK: 10.0, SOURCE: 90.0, FLOW: 0.0}, FILLING | {"flow": FLOW}, FLOW),
        ("tank_filling", {TANK: 10.0, SOURCE: 90.0}, FILLING | {"source": SOURCE}, SOURCE),
        ("vpd_fan", {VPD: 0.3}, {"vpd": VPD, "fan": FIRST}, VPD),
        ("heating", {AIR: 10.0}, {"temperature": AIR, "output": FIRST}, AIR),
        ("cooling", {AIR: 40.0}, {"temperature": AIR, "output": FIRST}, AIR),
        ("day_light", {LUX: 100.0}, {"lamp": FIRST, "light": LUX}, LUX),
        ("ph_dosing", {PH: 7.5}, ACID, PH),
        ("ph_dosing", {PH: 7.5, OTHER_PH: 7.5}, ACID | {"second_probe": OTHER_PH}, OTHER_PH),
        ("ec_dosing", {EC: 500.0}, ACID | {"probe": EC}, EC),
        ("frost_guard", {AIR: -5.0}, {"temperature": AIR, "heater": FIRST}, AIR),
    ],
)
def test_nothing_runs_while_a_sensor_has_not_spoken(
    template: str, values: dict[ChannelId, float], answers: dict[str, Any], dead: ChannelId
) -> None:
    """What is not known never energises anything, whichever of the sensors is missing; when it speaks, the rule acts."""
    garden = silent(a_garden(template, values, **answers), dead)
    garden.live(1800.0)
    assert garden.starts() == []
    garden.broken.clear()
    garden.live(900.0)
    assert garden.starts() != []


def test_a_tank_is_filled_until_it_is_full() -> None:
    """The pump runs from the lower mark to the upper one, once; nobody is told anything."""
    garden = a_garden("tank_filling", {TANK: 40.0, SOURCE: 90.0, FLOW: 0.0}, **FILLING, flow=FLOW, source=SOURCE)
    garden.live(300.0, filling)
    assert garden.starts() == []
    garden.values[TANK] = 25.0
    garden.live(HOUR, filling)
    assert len(garden.starts()) == 1
    assert 80.0 <= garden.values[TANK] < 84.0
    assert (garden.is_locked(), garden.messages()) == (False, 0)


@pytest.mark.parametrize("answers", [{}, {"flow": FLOW}])
def test_a_pump_that_brings_no_water_is_locked_out(answers: dict[str, Any]) -> None:
    """A dry source ends the filling for good: the pump starts again only after a person has looked."""
    garden = a_garden("tank_filling", {TANK: 10.0, SOURCE: 0.0, FLOW: 0.0}, **FILLING, **answers)
    garden.live(1800.0, filling)
    assert garden.is_locked()
    assert len(garden.starts()) == 1
    assert 120 <= garden.ran(within=1800.0) <= 160
    assert garden.messages() == 1


def test_who_has_looked_takes_the_tag_off_and_begins_anew() -> None:
    """Nothing starts when the tag is gone; switched off and on the rule fills, and a dry source is found again."""
    garden = a_garden("tank_filling", {TANK: 10.0, SOURCE: 0.0, FLOW: 0.0}, **FILLING)
    garden.live(600.0, filling)
    garden.take_off(FIRST)
    garden.live(300.0, filling)
    assert len(garden.starts()) == 1
    rule = garden.engine.rules.book.rules[GARDEN]
    garden.values[SOURCE] = 90.0
    garden.save(replace(rule, enabled=False), rule)
    garden.live(HOUR, filling)
    assert garden.values[TANK] >= 80.0
    assert not garden.is_locked()


def test_a_stuck_level_floods_nothing() -> None:
    """Water flows but the level does not move: the sensor is broken, and the pump is locked out."""
    garden = a_garden("tank_filling", {TANK: 10.0, SOURCE: 90.0, FLOW: 0.0}, **FILLING, flow=FLOW)
    garden.stuck[TANK] = 10.0
    garden.live(HOUR, filling)
    assert garden.is_locked()
    assert garden.ran(within=HOUR) <= 160


def test_a_sensor_that_dies_ends_the_filling() -> None:
    """When the level is not known any more the pump rests."""
    garden = a_garden("tank_filling", {TANK: 10.0, SOURCE: 90.0}, **FILLING, max_age=60)
    garden.live(60.0, filling)
    assert garden.levels[FIRST] == 1.0
    silent(garden, TANK).live(120.0, filling)
    assert garden.levels[FIRST] == 0.0


def test_a_fan_carries_moist_air_away() -> None:
    """It runs below the lower value until above the upper one, and keeps its state in between."""
    garden = a_garden("vpd_fan", {VPD: 0.8}, vpd=VPD, fan=FIRST)
    seen = []
    for value in (0.8, 0.6, 0.8, 1.0, 0.8):
        garden.values[VPD] = value
        garden.live(120.0)
        seen.append(garden.levels.get(FIRST, 0.0))
    assert seen == [0.0, 1.0, 1.0, 0.0, 0.0]


def test_a_room_is_kept_warm() -> None:
    """The heater keeps the room within its band, without switching all the time."""
    garden = a_garden("heating", {AIR: 15.0}, temperature=AIR, output=FIRST)
    garden.live(4 * HOUR, of_room)
    warm: list[float] = []
    for _ in range(40):
        garden.live(120.0, of_room)
        warm.append(garden.values[AIR])
    assert min(warm) > 19.3
    assert max(warm) < 20.7
    assert most_within(garden.starts(), HOUR) <= 6


def test_heating_and_cooling_never_run_together() -> None:
    """Each names the other: whoever comes second is refused."""
    garden = a_garden("heating", {AIR: 15.0}, temperature=AIR, output=FIRST, opponent=SECOND)
    garden.wish(1.0, SECOND)
    garden.play(2.0)
    garden.live(120.0)
    assert garden.starts() == []


def test_a_room_is_cooled_and_the_compressor_rests() -> None:
    """Above the band it cools until below it; between two runs lie three minutes."""
    garden = a_garden("cooling", {AIR: 28.0}, temperature=AIR, output=SECOND)

    def warming(garden: Garden) -> None:
        garden.values[AIR] += 0.03 - 0.008 * garden.ran(SECOND)

    garden.live(3 * HOUR, warming)
    assert 25.3 < garden.values[AIR] < 26.8
    starts = garden.starts(SECOND)
    assert len(starts) > 1


@pytest.mark.parametrize(("lux", "is_lit"), [(1000.0, True), (50_000.0, False)])
def test_the_lamp_helps_the_sun(lux: float, is_lit: bool) -> None:
    """By day the lamp shines where the sun gives too little; a cloud of a minute changes nothing."""
    garden = a_garden("day_light", {LUX: lux}, lamp=FIRST, light=LUX, before="10:00")
    garden.live(240.0)
    assert garden.starts() == []
    garden.live(120.0)
    assert (garden.starts() != []) is is_lit
    garden.live(HOUR)
    assert garden.levels.get(FIRST, 0.0) == 0.0


def test_acid_brings_the_value_down_in_doses() -> None:
    """Doses are mixed in, counted, and end at the target; nobody is locked out."""
    garden = a_garden("ph_dosing", {PH: 7.0}, **ACID)
    garden.live(6 * HOUR, souring(-0.05))
    starts = garden.starts()
    assert 5.8 <= garden.values[PH] <= 6.0
    assert 6 <= len(starts) <= 8
    assert most_within(starts, HOUR) <= 4
    assert least_between(starts) >= 900
    assert not garden.is_locked()
    assert garden.ran(within=6 * HOUR) == pytest.approx(3 * len(starts), abs=len(starts))


@pytest.mark.parametrize("moves", [0.0, +0.05])
def test_doses_without_the_right_effect_end_in_a_lock_out(moves: float) -> None:
    """An empty bottle, a stuck probe or the wrong bottle: after three doses a person has to look."""
    garden = a_garden("ph_dosing", {PH: 7.0}, **ACID)
    garden.live(12 * HOUR, souring(moves))
    assert len(garden.starts()) == 3
    assert garden.is_locked()
    assert garden.messages() == 1


@pytest.mark.parametrize(("seconds", "doses"), [(2700.0, 1), (HOUR, 3)])
def test_who_mends_nothing_is_locked_out_again(seconds: float, doses: int) -> None:
    """The tag is taken off, but the bottle is still empty: at once one dose is given, later the count begins anew."""
    garden = a_garden("ph_dosing", {PH: 7.0}, **ACID)
    garden.live(seconds)
    assert len(garden.starts()) == 3
    assert garden.is_locked()
    garden.take_off(FIRST)
    garden.live(4 * HOUR)
    assert garden.is_locked()
    assert len(garden.starts()) == 3 + doses
    assert garden.messages() == 2


@pytest.mark.parametrize("calm", [0.0, 1300.0, 1800.0])
def test_doses_that_nobody_has_seen_are_not_counted(calm: float) -> None:
    """For how long the pump had rested when Home Assistant was started nobody knows: three doses are three also then."""
    garden = a_garden("ph_dosing", {PH: 6.0}, **ACID)
    garden.live(calm)
    garden.values[PH] = 7.0
    garden.live(2 * HOUR)
    assert garden.is_locked()
    assert len(garden.starts()) == 3


def test_a_lock_out_survives_a_restart() -> None:
    """What has been locked out is so afterwards: nothing is dosed, and nobody is told twice."""
    garden = a_garden("ph_dosing", {PH: 7.0}, **ACID)
    garden.live(HOUR)
    after = Garden()
    after.restore(*after.plans, memory=garden.engine.memory(garden.now), marked=BOOT)
    after.values = {PH: 7.0}
    after.plant("ph_dosing", **ACID)
    after.live(2 * HOUR)
    assert after.is_locked()
    assert (after.starts(), after.messages()) == ([], 0)


def test_probes_that_disagree_dose_nothing_and_say_so() -> None:
    """A is not B: nobody knows which of them is right, so nothing is dosed, and people are told once."""
    garden = a_garden("ph_dosing", {PH: 7.0, OTHER_PH: 6.2}, **ACID, second_probe=OTHER_PH)
    garden.live(2 * HOUR)
    assert garden.starts() == []
    assert garden.messages() == 1
    garden.values[OTHER_PH] = 6.9
    garden.live(HOUR, souring(-0.05))
    assert garden.starts() != []


def test_nothing_is_dosed_into_water_that_stands() -> None:
    """The dose waits for the circulation, and for the other doser to be at rest."""
    garden = a_garden("ph_dosing", {PH: 7.0}, **ACID, circulation=SECOND, other_doser=THIRD)
    garden.live(HOUR, souring(-0.05))
    assert garden.starts() == []
    garden.wish(1.0, THIRD)
    garden.wish(1.0, SECOND)
    garden.live(600.0, souring(-0.05))
    assert garden.starts() == []
    garden.wish(0.0, THIRD)
    garden.live(600.0, souring(-0.05))
    assert len(garden.starts()) == 1


def test_a_probe_that_dies_ends_the_dosing() -> None:
    """An old value is no reason for another dose, although it is still the last one."""
    garden = a_garden("ph_dosing", {PH: 7.0}, **ACID)
    garden.live(600.0)
    assert len(garden.starts()) == 1
    silent(garden, PH).live(4 * HOUR)
    assert len(garden.starts()) == 1


def test_base_and_nutrients_bring_values_up() -> None:
    """The other direction works the same way."""
    base = a_garden("ph_dosing", {PH: 5.0}, **ACID, direction="up")
    base.live(6 * HOUR, souring(+0.05))
    assert 6.0 <= base.values[PH] <= 6.3
    food = a_garden("ec_dosing", {EC: 1000.0}, **(ACID | {"probe": EC}))
    food.live(6 * HOUR, souring(+40.0, EC))
    assert 1600 <= food.values[EC] <= 1750
    assert not (base.is_locked() or food.is_locked())


def test_a_day_has_so_many_doses() -> None:
    """However long the value stays wrong, the day has an end."""
    garden = a_garden("ph_dosing", {PH: 9.0}, **ACID, max_per_day=5, least_response=0.01)
    garden.live(12 * HOUR, souring(-0.05))
    assert len(garden.starts()) == 5


def test_before_it_freezes_it_is_heated() -> None:
    """The frost guard heats whatever others want, until it is warm enough."""
    garden = a_garden("frost_guard", {AIR: 2.0}, temperature=AIR, heater=FIRST)
    garden.live(60.0, of_room)
    assert garden.levels[FIRST] == 1.0
    garden.live(HOUR, of_room)
    assert garden.values[AIR] > 3.0
    assert "rule.escalated" not in garden.happenings()


def test_a_heater_that_does_not_answer_is_replaced() -> None:
    """People are told, and the second heater takes over."""
    garden = a_garden("frost_guard", {AIR: 2.0}, temperature=AIR, heater=FIRST, second_heater=SECOND)
    garden.deaf.add(FIRST)
    garden.live(600.0)
    assert "rule.escalated" in garden.happenings()
    assert garden.levels[SECOND] == 1.0


def test_a_frost_guard_without_its_sensor_calls_for_help() -> None:
    """Not to know how cold it is heats nothing, and is told."""
    garden = a_garden("frost_guard", {AIR: 10.0}, temperature=AIR, heater=FIRST)
    garden.live(120.0)
    silent(garden, AIR).live(600.0)
    assert "rule.escalated" in garden.happenings()
    assert garden.starts() == []


def test_an_alarm_is_given_once_and_again_when_wished() -> None:
    """A value that is out of range for long enough is told, a spike is not; the reminder comes when it was asked for."""
    garden = a_garden("alarm", {AIR: 20.0}, value=AIR, high=30, low=5, remind_every=1800)
    garden.live(600.0)
    garden.values[AIR] = 35.0
    garden.live(240.0)
    assert garden.messages() == 0
    garden.live(120.0)
    assert garden.messages() == 1
    garden.live(1900.0)
    assert garden.messages() == 2
    garden.values[AIR] = 0.0
    garden.live(60.0)
    assert garden.messages() == 2


def test_a_sensor_that_falls_silent_is_told() -> None:
    """A value that nobody knows is no reason to be calm."""
    garden = a_garden("alarm", {AIR: 20.0}, value=AIR, high=30, sequence="drain")
    garden.live(600.0)
    silent(garden, AIR).live(1800.0)
    assert garden.messages() == 1
    garden.mute.add(SENSOR_ESP)
    garden.live(600.0)
    assert garden.messages() == 1
