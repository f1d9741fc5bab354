"""What an earlier server has left on a device, in front of the simulated firmware."""

from msgspec import json
import pytest

from custom_components.god_kaiser.core.devices.notices import ConfigPush
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
