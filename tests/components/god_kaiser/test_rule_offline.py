"""Whether a rule goes on without Home Assistant is told with every reason why not, in both languages."""

import json
from unittest.mock import MagicMock

from homeassistant.core import HomeAssistant
import pytest

from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.rules.why_not import WhyNot
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.rule_offline import key_of, offline_record
from custom_components.god_kaiser.overview import configuration_state
from tests.architecture.source import PACKAGE

from .conftest import PassTime, a_plan, a_sensor, an_actuator
from .rules import Garden, a_rule, save
from .wire import ESP


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_reason_has_a_sentence(language: str) -> None:
    """No reason is told as a word alone, and none is told that does not exist."""
    texts = json.loads((PACKAGE / "translations" / f"{language}.json").read_text(encoding="utf-8"))["common"]
    told = {key for key in texts if key.startswith("rule_offline_")}
    assert told == {key_of(why) for why in WhyNot}
    assert all(texts[key].endswith(".") for key in told)


async def test_a_rule_tells_why_its_device_cannot_follow_it(
    hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime
) -> None:
    """A rule that waits for a while does what no device can; it is told so in words."""
    Garden(hass, host, mqtt_mock, pass_time)
    await save(host, a_rule(cooldown=60))
    told = offline_record(host, "water")
    assert (told["works"], told["is_on_device"]) == (False, False)
    reasons = {each["code"]: each["sentence"] for each in told["reasons"]}
    assert reasons["cooldown"] == "It has a cooldown; its device knows no pauses."


async def test_a_device_that_has_its_rules_is_in_sync(
    hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime
) -> None:
    """What it has confirmed is everything that it had to be told, its rules included."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    await host.async_change_plan(
        a_plan(an_actuator("pwm", 17, "Fan", "fan", max_runtime=36_000), a_sensor("sht31", 0, "Air"))
    )
    when = {"kind": "hysteresis", "sensor": f"{ESP}/sensor/0/sht31_temp/0x44", "below": 27, "above": 30, "cools": True}
    await save(host, a_rule(when=when, then=[{"kind": "set", "output": f"{ESP}/actuator/17", "level": 1.0}]))
    for _ in range(20):
        garden.beat()
        await garden.wait(2)
    assert offline_record(host, "water")["reasons"] == []
    known = host.fleet.devices[DeviceId(ESP)]
    mark = host.engine.sync_of(known.id).mark
    assert mark is not None
    assert mark.plan.rules
    assert configuration_state(host, known) == "in_sync"
