"""The rules of a device, those of an earlier server and ours, in front of the simulated firmware."""

from msgspec import json
import pytest

from custom_components.god_kaiser.core.devices.notices import ConfigPush
from custom_components.god_kaiser.core.devices.offline_rule import OfflineRule, OfflineWindow
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.protocol.outbound import encode
from tests.simulator.bench import online

RULE = {
    "actuator_gpio": 16,
    "sensor_gpio": 0,
    "sensor_value_type": "sht31_temp",
    "activate_above": 30.0,
    "deactivate_below": 27.0,
}


@pytest.mark.parametrize("inert", [False, True])
def test_the_first_push_takes_the_rules_of_an_earlier_server_away(inert: bool) -> None:
    """Also one that says nothing else; the rule that only completes a configuration drives nothing."""
    bench = online(rules=[RULE])
    assert [rule.actuator_gpio for rule in bench.esp.chip.nvs.rules] == [16]
    push = ConfigPush(device=DeviceId(bench.esp.chip.esp_id), correlation_id="cfg-1", inert_rule=inert)
    bench.tell("config", json.decode(encode(push, kaiser_id="god").payload))
    assert bench.heard("system/intent_outcome")[-1]["outcome"] == "persisted"
    assert [rule.actuator_gpio for rule in bench.esp.chip.nvs.rules] == [255] * inert


def pushed(*rules: OfflineRule) -> list[tuple[object, ...]]:
    """Push rules to a device that follows another one, and return what it makes of them."""
    bench = online(rules=[RULE | {"current_state_active": True}])
    push = ConfigPush(device=DeviceId(bench.esp.chip.esp_id), correlation_id="cfg-1", rules=rules)
    bench.tell("config", json.decode(encode(push, kaiser_id="god").payload))
    assert bench.heard("system/intent_outcome")[-1]["outcome"] == "persisted"
    return [
        (
            (rule.actuator_gpio, rule.sensor_gpio, rule.sensor_value_type),
            (rule.activate_below, rule.deactivate_above, rule.activate_above, rule.deactivate_below),
            (rule.time_filter, rule.start_minute, rule.end_minute, rule.days_mask, rule.berlin),
            (rule.enabled, rule.is_active),
        )
        for rule in bench.esp.chip.nvs.rules
    ]


def test_a_device_reads_our_rules_as_they_are_meant() -> None:
    """Each pair in its place, hours and days of the right clock, and no activity of the rule that was there before."""
    window = OfflineWindow(start=22 * 60 + 30, end=1440, days=0b1000001, zone="Europe/Berlin")
    found = pushed(
        OfflineRule(gpio=16, sensor_gpio=0, value_type="sht31_temp", on_below=5.0, off_above=8.0),
        OfflineRule(gpio=17, sensor_gpio=4, value_type="ds18b20", on_above=0.0, off_below=-2.0, window=window),
        OfflineRule(gpio=19, window=OfflineWindow(start=0, end=1)),
    )
    none, at_rest = (False, 0, 0, 0x7F, False), (True, False)
    assert found == [
        ((16, 0, "sht31_temp"), (5.0, 8.0, 0.0, 0.0), none, at_rest),
        ((17, 4, "ds18b20"), (0.0, 0.0, 0.0, -2.0), (True, 1350, 1440, 65, True), at_rest),
        ((19, 255, "__twindow_on"), (0.0, 0.0, 0.0, 0.0), (True, 0, 1, 127, False), at_rest),
    ]
