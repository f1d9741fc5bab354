"""Whether a rule goes on without Home Assistant is told with every reason why not, in both languages."""

import json
from unittest.mock import MagicMock

from homeassistant.core import HomeAssistant
import pytest

from custom_components.god_kaiser.core.rules.why_not import WhyNot
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.rule_offline import key_of, offline_record
from tests.architecture.source import PACKAGE

from .conftest import PassTime
from .rules import Garden, a_rule, save


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
