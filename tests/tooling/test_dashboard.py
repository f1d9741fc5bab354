"""The demo's dashboard shows each entity where a person looks for it."""

import json

from scripts.dashboard import Shown, dashboard

PUMP = Shown("switch.pump", "Pump", "Beds", "Bed controller", False, "", "switch")
SOIL = Shown("sensor.soil", "Soil", "Beds", "Bed controller", False, "moisture", "sensor")
LINK = Shown("binary_sensor.link", "Connection", "Beds", "Bed controller", True, "connectivity", "binary_sensor")
HUB = Shown("binary_sensor.broker", "MQTT broker", "", "Kaiser god", True, "connectivity", "binary_sensor")

STATUS = Shown("sensor.herbs_status", "Herbs Status", "", "Kaiser god", False, "enum", "sensor", "Herbs")
RUN = Shown("button.herbs_run", "Herbs Run", "", "Kaiser god", False, "", "button", "Herbs")
LASTED = Shown("sensor.herbs_last_duration", "Herbs Last", "", "Kaiser god", True, "duration", "sensor", "Herbs")
RULE = Shown("switch.air_on", "Air Switched on", "", "Kaiser god", True, "", "switch", "", "Air")
STATE = Shown("sensor.air_state", "Air State", "", "Kaiser god", False, "enum", "sensor", "", "Air")
PAUSE = Shown("switch.herbs_pause", "Herbs Pause", "", "Kaiser god", False, "", "switch", "Herbs")


def shown_in(view: int) -> str:
    """Return one view as text."""
    return json.dumps(dashboard([PUMP, SOIL, LINK, HUB, STATUS, RUN, LASTED, PAUSE])["views"][view])


def test_the_house_shows_actuators_to_press_and_sensors_by_area() -> None:
    """Devices without a place stay out of the house."""
    house = shown_in(0)
    assert '"toggle"' in house
    assert all(wanted in house for wanted in (PUMP.entity_id, SOIL.entity_id, LINK.entity_id, '"heading": "Beds"'))
    assert HUB.entity_id not in house


def test_the_history_draws_sensors_only() -> None:
    """A course is drawn for what is measured."""
    history = shown_in(1)
    assert '"history-graph"' in history
    assert SOIL.entity_id in history
    assert PUMP.entity_id not in history


def test_the_devices_show_the_health_of_everything() -> None:
    """The hub counts as a device here."""
    devices = shown_in(2)
    assert all(wanted in devices for wanted in (LINK.entity_id, HUB.entity_id, "Bed controller", "Kaiser god"))
    assert SOIL.entity_id not in devices


def test_a_sequence_has_a_section_with_what_can_be_seen_and_pressed() -> None:
    """It is neither an actuator nor a sensor of a place, and no device with a health."""
    (section,) = dashboard([STATUS, RUN, LASTED, PAUSE])["views"][0]["sections"]
    heading, status, run = section["cards"]
    assert (heading["heading"], status["name"], run["name"]) == ("Herbs", "Status", "Run")
    assert run["features"] == [{"type": "button"}]
    for view in (1, 2):
        assert "herbs" not in shown_in(view)
    assert not (STATUS.measures or PAUSE.acts)


def test_rules_have_one_section_with_their_switches() -> None:
    """Each by its name, with why it does what it does; they are nowhere else."""
    (section,) = dashboard([RULE, STATE])["views"][0]["sections"]
    heading, tile = section["cards"]
    assert (heading["heading"], tile["entity"], tile["name"]) == ("Rules", RULE.entity_id, "Air")
    assert (tile["features"], tile["state_content"]) == ([{"type": "toggle"}], ["state", "why"])
    assert all(not view["sections"] for view in dashboard([RULE, STATE])["views"][1:])
    assert dashboard([])["views"][0]["sections"] == []
