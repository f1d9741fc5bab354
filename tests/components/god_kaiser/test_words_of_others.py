"""What a refusal, a finding or a repair issue tells of others: by names and in words, never by codes for programs."""

from unittest.mock import MagicMock

from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.health.finding import Finding, HealthCode
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.failures import sentence_of
from custom_components.god_kaiser.host.health_words import text_of
from custom_components.god_kaiser.host.rule_sentences import RuleSentences

from .calls import act
from .conftest import PassTime, id_of
from .rules import PUMP, Garden, a_rule, save
from .wire import ESP

OUTPUT = ChannelId(PUMP)

type Details = dict[str, str | float]


@pytest.fixture(name="garden")
async def garden_fixture(hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime) -> Garden:
    """Return a garden with a rule for its pump."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    await save(host, a_rule())
    return garden


def pump_of(hass: HomeAssistant) -> str:
    """Return the entity of the pump."""
    return id_of(hass, "switch", f"{ESP}_actuator_16") or ""


async def speak_german(hass: HomeAssistant) -> None:
    """Let the house speak German."""
    await hass.config.async_update(language="de")
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("details", "english", "german"),
    [
        (
            {"owner": "person", "asked_by": "user:ha", "level": 0.0},
            "somebody has switched Pump (Tent) off by hand",
            "jemand hat Pump (Tent) von Hand ausgeschaltet",
        ),
        (
            {"owner": "person", "asked_by": "", "level": 0.5},
            "somebody has set Pump (Tent) to 50 % by hand",
            "jemand hat Pump (Tent) von Hand auf 50 % gestellt",
        ),
        (
            {"owner": "person", "asked_by": "automation", "level": 0.0},
            "an automation has switched Pump (Tent) off",
            "eine Automation hat Pump (Tent) ausgeschaltet",
        ),
        (
            {"owner": "person", "asked_by": "automation", "level": 1.0},
            "an automation has set Pump (Tent) to 100 %",
            "eine Automation hat Pump (Tent) auf 100 % gestellt",
        ),
        (
            {"owner": "rule:water", "asked_by": "automation", "level": 1.0},
            "rule Water wants Pump (Tent) at 100 %",
            "Regel Water will Pump (Tent) auf 100 %",
        ),
        (
            {"owner": "run:gone", "asked_by": "user:ha", "level": 0.0},
            "sequence gone wants Pump (Tent) at rest",
            "Sequenz gone will Pump (Tent) in Ruhe",
        ),
    ],
)
@pytest.mark.parametrize("ground", ["outranked", "opposite_wishes"])
async def test_who_goes_before_is_told_with_what_is_wanted(
    hass: HomeAssistant, garden: Garden, ground: str, details: Details, english: str, german: str
) -> None:
    """Nobody reads "(person, level 0)"."""
    told = sentence_of(hass, garden.host.names, ground, details, OUTPUT)
    assert f": {english}. " in told
    await speak_german(hass)
    told = sentence_of(hass, garden.host.names, ground, details, OUTPUT)
    assert f": {german}. " in told


@pytest.mark.parametrize("is_person", [True, False])
async def test_a_rule_that_has_to_wait_for_a_hand_is_told_so(
    hass: HomeAssistant, garden: Garden, hass_admin_user: User, is_person: bool
) -> None:
    """Everybody who asks why it does nothing reads it."""
    context = Context(user_id=hass_admin_user.id) if is_person else None
    await hass.services.async_call(DOMAIN, "set_output", {"entity_id": pump_of(hass), "level": 0}, True, context)
    (reason,) = RuleSentences(garden.host).refusals_of(OUTPUT, 1.0, "rule:water", 300)
    who = "somebody has switched Pump (Tent) off by hand" if is_person else "an automation has switched Pump (Tent) off"
    assert reason == {
        "code": "outranked",
        "text": f"Something more important goes before: {who}. Wait until that is over, or release the hold.",
    }


@pytest.mark.parametrize(
    ("ground", "details", "english", "german"),
    [
        (
            "rate_limited",
            {"scope": "device", "limit": 5, "window": 60, "seconds": 9},
            "60 s are allowed for its whole device. Try",
            "in 60 s erlaubt, und zwar für das ganze Gerät. Versuche",
        ),
        (
            "sensor_unknown",
            {"sensor": "x", "age": 4, "limit": 3, "quality": "stale"},
            "quality: stale)",
            "Qualität: veraltet)",
        ),
        ("excluded", {"other": "x", "level": "?"}, "(now: unknown)", "(jetzt: unbekannt)"),
        ("excluded", {"other": "x", "level": 0.5}, "(now: 50 %)", "(jetzt: 50 %)"),
        (
            "requirement_missing",
            {"any_of": "x, y", "level": 0.125, "levels": "?, 0.0"},
            "at 12.5 % or more: x, y (now: unknown, 0 %)",
            "auf 12,5 % oder höher ist: x, y (jetzt: unbekannt, 0 %)",
        ),
        ("level_limit", {"level": 1, "low": 0.2, "high": 0.8}, "at 20 % to 80 %, not at 100 %", "mit 20 % bis 80 %"),
        (
            "level_not_supported",
            {"level": 0.25, "kind": "pump"},
            "Pump cannot run at 25 %",
            "Pumpe kann nicht mit 25 %",
        ),
        ("pwm_out_of_range", {"level": "7"}, "7 is no level", "7 ist keine Stufe"),
        ("calibration_does_not_fit", {"sensor_type": "ph"}, "does not fit pH probe", "nicht zu pH-Sonde"),
        (
            "locked_out",
            {"by": "automation", "reason": "x", "until": ""},
            "by an automation (x",
            "von einer Automation (x",
        ),
        ("locked_out", {"by": "Ada", "reason": "x", "until": ""}, "by Ada (x", "von Ada (x"),
    ],
)
async def test_no_code_stands_in_a_sentence(
    hass: HomeAssistant, garden: Garden, ground: str, details: Details, english: str, german: str
) -> None:
    """Levels are percent as in every form, and what is one of several words has one of the house."""
    assert english in sentence_of(hass, garden.host.names, ground, details, OUTPUT)
    await speak_german(hass)
    assert german in sentence_of(hass, garden.host.names, ground, details, OUTPUT)


@pytest.mark.parametrize(
    ("code", "details", "english", "german"),
    [
        (
            HealthCode.OWNERLESS,
            {"channel": PUMP, "owner": "rule:water"},
            "Something is still wanted of Pump (Tent) by rule Water, which",
            "Regel Water will noch etwas von Pump (Tent), ist",
        ),
        (
            HealthCode.CHECK_FAILED,
            {"check": "hanging_runs"},
            "The check of runs that stand still has failed",
            "Die Prüfung (Läufe, die stillstehen) ist",
        ),
    ],
)
async def test_no_code_stands_in_a_finding(
    hass: HomeAssistant, garden: Garden, code: HealthCode, details: Details, english: str, german: str
) -> None:
    """Who is gone has a name, and what was looked at has words."""
    finding = Finding(code=code, details=details)
    assert text_of(hass, garden.host.names, finding).startswith(english)
    await speak_german(hass)
    assert text_of(hass, garden.host.names, finding).startswith(german)


async def test_every_check_has_its_words(hass: HomeAssistant, garden: Garden) -> None:
    """Also one that is added some day."""
    await speak_german(hass)
    for name in garden.host.health.facts.checks:
        finding = Finding(code=HealthCode.CHECK_FAILED, details={"check": name})
        assert garden.host.names.in_words(finding.details)["check"] != name


async def test_an_automation_is_no_name(hass: HomeAssistant, garden: Garden, hass_admin_user: User) -> None:
    """What it locks or stops is told as that of an automation."""
    for level in (1, 0):
        await act(hass, "set_output", entity_id=pump_of(hass), level=level)
        await garden.wait(1)
    await act(hass, "lock_out", entity_id=pump_of(hass), reason="x")
    assert "locked out by an automation (x)" in RuleSentences(garden.host).of_output(OUTPUT, ())
    await act(hass, "emergency_stop", reason="x")
    stops = [issue for issue in ir.async_get(hass).issues.values() if "emergency_stop" in str(issue.translation_key)]
    assert [(issue.translation_placeholders or {})["by"] for issue in stops] == ["an automation"]
