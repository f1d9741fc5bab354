"""The scenarios that come along, their clones, and a fleet that was configured before."""

from pathlib import Path

import pytest

from simulator.boards import BOARDS
from simulator.fleet import Fleet, build
from simulator.raw_words import DEVICES, dallas_checksum, device_of
from simulator.scenario import ScenarioError, load, names, sites
from simulator.states import ActuatorType
from simulator.wire import Json, encoded
from tests.simulator.bench import documents

SHIPPED = ["burst", "flapping_sensor", "greenhouse", "leaking_tank", "lost_device"]


def push(fleet: Fleet) -> list[Json]:
    """Connect, approve and configure every device as wired, and return the config answers."""
    answers = []
    for unit in fleet.units:
        esp, root = unit.esp, f"kaiser/god/esp/{unit.esp.spec.id}"
        esp.link_up(0.0)
        esp.receive(f"{root}/system/heartbeat/ack", b'{"status":"approved","handover_epoch":1}', 0.0)
        payload = {
            "correlation_id": "c",
            "sensors": [
                {"gpio": s.gpio, "sensor_type": s.sensor_type, "sensor_name": s.name}
                | {"onewire_address": s.onewire_address, "i2c_address": s.i2c_address}
                for s in esp.spec.sensors
            ],
            "actuators": [
                {"gpio": a.gpio, "actuator_type": a.actuator_type, "actuator_name": a.name, "aux_gpio": a.aux_gpio}
                for a in esp.spec.actuators
            ],
        }
        answers += documents(esp.receive(f"{root}/config", encoded(payload), 0.0), "config_response")
    return answers


def test_the_promised_scenarios_are_there() -> None:
    """Every one with a title."""
    assert names() == SHIPPED
    assert all(load(name).title for name in names())


@pytest.mark.parametrize("name", SHIPPED)
def test_everything_wired_can_be_configured(name: str) -> None:
    """The device itself accepts every pin and address of the scenario."""
    assert {answer["status"] for answer in push(build(load(name)))} == {"success"}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_sensor_stands_in_a_place_that_exists(name: str) -> None:
    """So do the targets and sources of actuators."""
    scenario = load(name)
    places = {f"{kind}/{place}" for kind in ("air", "soil", "tank") for place in getattr(scenario.world, kind)}
    wired = [sensor.feeds for device in scenario.devices for sensor in device.sensors]
    effects = [a.acts_on for device in scenario.devices for a in device.actuators if a.acts_on]
    assert set(wired) | {effect.target for effect in effects} | {e.source for e in effects if e.source} <= places


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_wired_is_electrically_sound(name: str) -> None:
    """Analog on the first converter, outputs on output pins, intact OneWire addresses, known types."""
    board = BOARDS["esp32_dev"]
    for device in load(name).devices:
        analog = {s.gpio for s in device.sensors if not device_of(s.sensor_type) and not s.onewire_address}
        assert analog <= board.adc1
        assert all(not dallas_checksum(bytes.fromhex(s.onewire_address)) for s in device.sensors)
        assert {a.gpio for a in device.actuators} <= board.usable - board.input_only - board.bus_pins
        assert {a.actuator_type for a in device.actuators} <= set(ActuatorType)


def test_the_greenhouse_shows_every_kind_of_channel() -> None:
    """Four devices, all four actuator types, and most quantities."""
    devices = load("greenhouse").devices
    assert len(devices) == 4
    assert {a.actuator_type for d in devices for a in d.actuators} == {"pump", "relay", "pwm", "valve"}
    assert {a.appears_as for d in devices for a in d.actuators} >= {"switch", "valve", "fan", "light", "number"}
    assert len({s.sensor_type for d in devices for s in d.sensors}) >= 7


def test_clones_have_their_own_ids_worlds_and_addresses() -> None:
    """Ten devices of a scenario with four: three worlds, nothing shared."""
    made = list(sites(load("greenhouse"), 10))
    specs = [spec for site in made for spec in site.devices]
    assert len(made) == 3
    assert len({spec.id for spec in specs}) == len({spec.name for spec in specs}) == 10
    roms = [sensor.onewire_address for spec in specs for sensor in spec.sensors if sensor.onewire_address]
    assert len(set(roms)) == len(roms)
    assert not any(dallas_checksum(bytes.fromhex(rom)) for rom in roms)


def test_a_clone_needs_the_pump_of_its_own_site() -> None:
    """References between devices move along."""
    second = list(sites(load("greenhouse"), 8))[1]
    needs = [a.acts_on.needs for spec in second.devices for a in spec.actuators if a.acts_on and a.acts_on.needs]
    assert [needed.partition("/")[0] for needed in needs] == [second.devices[2].id]


def test_a_thousand_devices_are_set_up() -> None:
    """With a thousand different ids."""
    fleet = build(load("greenhouse"), devices=1000)
    assert len(fleet.by_id) == 1000


def test_a_configured_fleet_starts_approved_with_its_channels() -> None:
    """As the former server would have left it, and not stuck in a pending state."""
    fleet = build(load("lost_device"), configured=True, kaiser_id="other")
    for unit in fleet.units:
        assert unit.esp.firmware.counts[:2] == (1, 1)
        assert unit.esp.chip.state.name == "OPERATIONAL"
        assert unit.esp.chip.kaiser_id == "other"


def test_a_configured_device_without_actuators_is_not_stuck_either(tmp_path: Path) -> None:
    """An inert rule is in its memory."""
    file = tmp_path / "one.yaml"
    file.write_text(
        "title: One\nworld: {air: {a: {}}}\ndevices:\n"
        "  - {id: ESP_000001, name: A, sensors: [{gpio: 0, sensor_type: sht31, name: Air, feeds: air/a}]}\n"
    )
    esp = build(load(str(file)), configured=True).units[0].esp
    assert esp.chip.state.name == "OPERATIONAL"
    assert esp.firmware.counts == (1, 0, 1)


BROKEN = [
    "title: X\ndevices: [{id: ESP_00000g, name: A}]\n",
    "title: X\ndevices: [{id: ESP_000001, name: A, colour: red}]\n",
    "title: X\n",
    "][",
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_scenario_is_refused_with_its_file(text: str, tmp_path: Path) -> None:
    """The message names where to look."""
    file = tmp_path / "broken.yaml"
    file.write_text(text)
    with pytest.raises(ScenarioError, match=r"broken\.yaml"):
        load(str(file))


def test_an_unknown_scenario_lists_the_known_ones() -> None:
    """A typing mistake is answered with the choice."""
    with pytest.raises(ScenarioError, match="greenhouse"):
        load("grenhouse")


def test_physics_may_run_faster_than_the_clock() -> None:
    """At speed 60 a minute passes in a second."""
    fleet = build(load("leaking_tank"), speed=60.0)
    tank = fleet.worlds[0].tank["cistern"]
    fleet.worlds[0].leaks["cistern"] = 0.1
    fleet.advance(0.0)
    fleet.advance(1.0)
    assert tank.level == pytest.approx(70 - 5, abs=0.01)


def test_the_wire_may_run_faster_while_timestamps_stay_true() -> None:
    """At rate 10 a heartbeat minute passes in 6 s of the wall clock."""
    fleet = build(load("leaking_tank"), now=1_777_539_600.0, clock_rate=10.0)
    esp = fleet.units[0].esp
    esp.link_up(1_777_539_600.0)
    esp.tick(1_777_539_601.0)
    later = [message.document for message in esp.tick(1_777_539_660.0)]
    assert later[-1]["uptime"] == 60
    assert later[-1]["ts"] == 1_777_539_606


def test_every_value_type_of_an_i2c_device_has_a_quantity_in_the_air() -> None:
    """No sensor reads from nowhere."""
    world = next(iter(sites(load("burst")))).world
    assert all(world.read("air/lab", q) is not None for q in ("temperature", "humidity", "pressure", "co2", "light"))
    assert set(DEVICES) == {"sht31", "bmp280", "bme280"}
