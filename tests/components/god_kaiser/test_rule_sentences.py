"""Why a rule or an output does what it does: one plain sentence for each, in English and German."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import MagicMock

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.conditions import Condition
from custom_components.god_kaiser.core.conditions.comparison import Operator
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.ids import ChannelId, CommandId
from custom_components.god_kaiser.core.journal.decision import Decision
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.rules.actions import CallAction
from custom_components.god_kaiser.core.rules.executions import ActionRecord, Evidence, Execution, Outcome
from custom_components.god_kaiser.core.rules.explaining import Claimed, Explanation, Part, Why
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from custom_components.god_kaiser.core.truth import Truth
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.failures import sentence_of
from custom_components.god_kaiser.host.rule_clauses import Clauses
from custom_components.god_kaiser.host.rule_numbers import numbers, span_text
from custom_components.god_kaiser.host.rule_sentences import RuleSentences
from custom_components.god_kaiser.host.rule_views import RuleViews

from .calls import act
from .conftest import PassTime, id_of
from .rules import OTHER, PUMP, SOIL, Garden, a_rule, save, when_on
from .sequences import save as save_sequence, written
from .wire import ESP

DRY = Evidence(kind="reading", truth=Truth.TRUE, source=SOIL, value=20.04, operator="<", threshold=30.0, age=2.0)
AIR = ChannelId(f"{OTHER}/sensor/0/sht31_temp/0x44")
YES, NO, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def seen(kind: str, truth: Truth = YES, **fields: Any) -> Evidence:
    """Return what a question has seen."""
    return Evidence(kind=kind, truth=truth, **fields)


def one(evidence: Evidence) -> Part:
    """Return a question that is a single one."""
    return Part(kind=evidence.kind, truth=evidence.truth, seen=evidence)


def reading(truth: Truth = YES, **fields: Any) -> Evidence:
    """Return what a question about the soil has seen."""
    usual: dict[str, Any] = {"source": SOIL, "value": 20.0, "operator": "<", "threshold": 30.0, "age": 2.0}
    return seen("reading", truth, **{**usual, **fields})


async def speak(hass: HomeAssistant, language: str) -> None:
    """Let the house speak another language."""
    hass.config.language = language
    for category in ("common", "exceptions"):
        await async_get_translations(hass, language, category, {DOMAIN})


@pytest.fixture(name="garden")
async def garden_fixture(hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime) -> Garden:
    """Return two devices, both online."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    return garden


# -- Evidence --------------------------------------------------------------------------------------------------------

COMPARED = [
    (">", "above 30 %", "über 30 %"),
    (">=", "at least 30 %", "mindestens 30 %"),
    ("<", "below 30 %", "unter 30 %"),
    ("<=", "at most 30 %", "höchstens 30 %"),
    ("==", "equal to 30 %", "gleich 30 %"),
    ("!=", "other than 30 %", "anders als 30 %"),
    ("between", "between 30 % and 40 %", "zwischen 30 % und 40 %"),
]

CLAUSES: list[tuple[Evidence, str, str]] = [
    (reading(), "Soil (Bed) is 20 %, below 30 %", "Soil (Bed) ist 20 %, unter 30 %"),
    (reading(NO, value=35.25), "Soil (Bed) is 35.2 %, not below 30 %", "Soil (Bed) ist 35,2 %, nicht unter 30 %"),
    (
        reading(NO, value=30.04),
        "Soil (Bed) is 30.04 %, not below 30 %",
        "Soil (Bed) ist 30,04 %, nicht unter 30 %",
    ),
    (
        reading(UNKNOWN, age=10_800.0),
        "the last value of Soil (Bed) is 3 hours old, a fresh one is needed",
        "der letzte Wert von Soil (Bed) ist 3 Stunden alt, gebraucht wird ein frischer",
    ),
    (
        reading(UNKNOWN),
        "the value of Soil (Bed) cannot be trusted",
        "dem Wert von Soil (Bed) ist nicht zu trauen",
    ),
    (
        reading(UNKNOWN, value=None, age=None),
        "nothing is known of Soil (Bed) yet",
        "von Soil (Bed) ist noch nichts bekannt",
    ),
    (
        seen("change", source=SOIL, value=-2.5, operator="<", threshold=-2.0),
        "Soil (Bed) has changed by -2.5 %, below -2 %",
        "Soil (Bed) hat sich um -2,5 % geändert, unter -2 %",
    ),
    (
        seen("change", NO, source=SOIL, value=0.0, operator="<", threshold=-2.0),
        "Soil (Bed) has changed by 0 %, not below -2 %",
        "Soil (Bed) hat sich um 0 % geändert, nicht unter -2 %",
    ),
    (
        seen("change", UNKNOWN, source=SOIL, operator="<", threshold=-2.0),
        "how fast Soil (Bed) changes is not known yet",
        "wie schnell sich Soil (Bed) ändert, ist noch nicht bekannt",
    ),
    (
        seen("hysteresis", source=SOIL, value=25.0, operator="heats", threshold=20.0, high=30.0, age=1.0),
        "Soil (Bed) is 25 % (on below 20 %, off above 30 %)",
        "Soil (Bed) ist 25 % (ein unter 20 %, aus über 30 %)",
    ),
    (
        seen("hysteresis", NO, source=SOIL, value=25.0, operator="cools", threshold=20.0, high=30.0, age=1.0),
        "Soil (Bed) is 25 % (on above 30 %, off below 20 %)",
        "Soil (Bed) ist 25 % (ein über 30 %, aus unter 20 %)",
    ),
    (
        seen("hysteresis", UNKNOWN, source=SOIL, operator="heats", threshold=20.0, high=30.0),
        "nothing is known of Soil (Bed) yet",
        "von Soil (Bed) ist noch nichts bekannt",
    ),
    (
        seen("quality", source=SOIL, value="good", threshold="good, fair", age=1.0),
        "the quality of Soil (Bed) is good",
        "die Qualität von Soil (Bed) ist gut",
    ),
    (
        seen("quality", NO, source=SOIL, value="stale", threshold="good", age=1.0),
        "the quality of Soil (Bed) is stale, not good",
        "die Qualität von Soil (Bed) ist veraltet, nicht gut",
    ),
    (
        seen("quality", NO, source=SOIL, value="good", threshold="error, bad, stale", age=1.0),
        "the quality of Soil (Bed) is good, not faulty, unusable or stale",
        "die Qualität von Soil (Bed) ist gut, nicht fehlerhaft, unbrauchbar oder veraltet",
    ),
    (
        seen("quality", UNKNOWN, source=SOIL, threshold="good"),
        "nothing is known of Soil (Bed) yet",
        "von Soil (Bed) ist noch nichts bekannt",
    ),
    (
        seen("difference", source=f"{AIR} - {SOIL}", value=3.0, operator=">", threshold=2.0),
        f"{AIR} minus Soil (Bed) is 3 °C, above 2 °C",
        f"{AIR} minus Soil (Bed) ist 3 °C, über 2 °C",
    ),
    (
        seen("difference", UNKNOWN, source=f"{AIR} - {SOIL}", operator=">", threshold=2.0),
        f"how far {AIR} and Soil (Bed) are apart is not known",
        f"wie weit {AIR} und Soil (Bed) auseinanderliegen, ist nicht bekannt",
    ),
    (seen("device", source=ESP, value="true", operator="==", threshold="true"), "Tent is online", "Tent ist online"),
    (
        seen("device", NO, source=ESP, value="false", operator="==", threshold="true"),
        "Tent is offline",
        "Tent ist offline",
    ),
    (
        seen("device", UNKNOWN, source=ESP, value="false", operator="==", threshold="true"),
        "whether Tent is there is not known",
        "ob Tent da ist, ist nicht bekannt",
    ),
    (
        seen("output", source=PUMP, value=1.0, operator=">", threshold=0.0, age=1.0),
        "Pump (Tent) runs",
        "Pump (Tent) läuft",
    ),
    (
        seen("output", NO, source=PUMP, value=0.0, operator=">", threshold=0.0, age=1.0),
        "Pump (Tent) rests",
        "Pump (Tent) ruht",
    ),
    (
        seen("output", NO, source=PUMP, value=0.25, operator=">=", threshold=0.5, age=1.0),
        "Pump (Tent) is 25 %, not at least 50 %",
        "Pump (Tent) ist 25 %, nicht mindestens 50 %",
    ),
    (
        seen("output", UNKNOWN, source=PUMP, operator=">", threshold=0.0),
        "what Pump (Tent) does is not known",
        "was Pump (Tent) tut, ist nicht bekannt",
    ),
    (
        seen("entity", source="input_boolean.go", value="on", operator="==", threshold="on"),
        "Go on is on",
        "Go on ist on",
    ),
    (
        seen("entity", NO, source="input_boolean.go", value="off", operator="==", threshold="on"),
        "Go on is off, not on",
        "Go on ist off, nicht on",
    ),
    (
        seen("entity", NO, source="input_boolean.go", value="on", operator="!=", threshold="on"),
        "Go on is on",
        "Go on ist on",
    ),
    (
        seen("entity", source="input_boolean.go.level", value=7.0, operator=">", threshold=5.0),
        "level of Go on is 7, above 5",
        "level von Go on ist 7, über 5",
    ),
    (
        seen("entity", UNKNOWN, source="sensor.gone", operator="==", threshold="on"),
        "sensor.gone is not known",
        "sensor.gone ist nicht bekannt",
    ),
    (
        seen("time", value="Sat 06:30", threshold="06:00 - 22:00"),
        "it is Saturday 06:30, between 06:00 and 22:00",
        "es ist Samstag 06:30, zwischen 06:00 und 22:00",
    ),
    (
        seen("time", NO, value="Mon 05:30", threshold="sunrise+00:30 - sunset"),
        "it is Monday 05:30, not between sunrise+00:30 and sunset",
        "es ist Montag 05:30, nicht zwischen Sonnenaufgang+00:30 und Sonnenuntergang",
    ),
    (
        seen("time", value="Sat 06:30", threshold="06:00 - 6:00:00"),
        "it is Saturday 06:30, fitting at any time of the day",
        "es ist Samstag 06:30, passend zu jeder Tageszeit",
    ),
    (
        seen("time", NO, value="Mon 05:30", threshold="00:00 - 24:00"),
        "it is Monday 05:30, fitting at any time of the day, but not on this day",
        "es ist Montag 05:30, passend zu jeder Tageszeit, aber nicht an diesem Tag",
    ),
    (
        seen("time", UNKNOWN, value="Mon 05:30", threshold="sunrise - sunset"),
        "when the sun rises and sets is not known",
        "wann die Sonne auf- und untergeht, ist nicht bekannt",
    ),
    (
        seen("sequence", source="watering", value="running, waiting", threshold=""),
        "a run of Watering goes on (running, waiting)",
        "ein Lauf von Watering ist im Gange (läuft, wartet)",
    ),
    (
        seen("sequence", NO, source="unknown", value="", threshold=""),
        "no run of unknown goes on",
        "kein Lauf von unknown ist im Gange",
    ),
    (
        seen("home_assistant", source="condition:1"),
        "a condition of Home Assistant is met",
        "eine Bedingung von Home Assistant ist erfüllt",
    ),
    (
        seen("home_assistant", NO, source="condition:1"),
        "a condition of Home Assistant is not met",
        "eine Bedingung von Home Assistant ist nicht erfüllt",
    ),
    (
        seen("home_assistant", UNKNOWN, source="condition:1"),
        "a condition of Home Assistant has no answer",
        "eine Bedingung von Home Assistant hat keine Antwort",
    ),
]


@pytest.mark.req("LOG-22")
@pytest.mark.parametrize(("evidence", "english", "german"), CLAUSES)
async def test_what_was_seen_has_its_clause(
    hass: HomeAssistant, garden: Garden, evidence: Evidence, english: str, german: str
) -> None:
    """With the names that people have given, and in the language of the house."""
    await save_sequence(hass, written())
    hass.states.async_set("input_boolean.go", "on", {"friendly_name": "Go on"})
    clauses = Clauses(garden.host)
    assert clauses.because(one(evidence)) == english
    await speak(hass, "de")
    assert clauses.because(one(evidence)) == german


def test_every_kind_of_question_has_a_clause() -> None:
    """The table above leaves out none, in none of its three answers that it can give."""
    kinds = {str(member.__struct_config__.tag) for member in _members(Condition)}
    assert kinds - {"all", "any", "not", "lasting"} == {evidence.kind for evidence, _, _ in CLAUSES}


def _members(union: Any) -> list[Any]:
    found = []
    for member in union.__value__.__args__:
        found += _members(member) if hasattr(member, "__value__") else [member]
    return found


@pytest.mark.req("LOG-21")
@pytest.mark.parametrize(("operator", "english", "german"), COMPARED)
async def test_every_comparison_has_its_words(
    hass: HomeAssistant, garden: Garden, operator: str, english: str, german: str
) -> None:
    """As they follow a value."""
    evidence = reading(operator=operator, high=40.0 if operator == "between" else None)
    assert {operator for operator, _, _ in COMPARED} == set(Operator)
    assert Clauses(garden.host).seen(evidence) == f"Soil (Bed) is 20 %, {english}"
    await speak(hass, "de")
    assert Clauses(garden.host).seen(evidence) == f"Soil (Bed) ist 20 %, {german}"


async def test_only_what_decides_is_told(garden: Garden) -> None:
    """What is true of any, what is false of all, what is unknown of both; and no more than three."""
    clauses = Clauses(garden.host)
    yes, no, unknown = (one(reading(truth, value=value)) for truth, value in ((YES, 20.0), (NO, 40.0), (UNKNOWN, 1.0)))
    is_dry, is_wet = "Soil (Bed) is 20 %, below 30 %", "Soil (Bed) is 40 %, not below 30 %"
    doubt = "the value of Soil (Bed) cannot be trusted"
    for kind, truth, parts, told in (
        ("any", YES, (yes, no), is_dry),
        ("any", NO, (no, no), is_wet),
        ("any", UNKNOWN, (no, unknown), doubt),
        ("all", YES, (yes, yes), is_dry),
        ("all", NO, (yes, no), is_wet),
        ("all", UNKNOWN, (yes, unknown), doubt),
        ("not", YES, (no,), is_wet),
        (
            "all",
            NO,
            (no, Part(kind="any", truth=NO, parts=(one(reading(NO, value=50.0)),))),
            f"{is_wet} and Soil (Bed) is 50 %, not below 30 %",
        ),
    ):
        assert clauses.because(Part(kind=kind, truth=truth, parts=parts)) == told
    many = tuple(one(reading(NO, value=float(value))) for value in range(40, 45))
    assert clauses.because(Part(kind="any", truth=NO, parts=many)) == (
        "Soil (Bed) is 40 %, not below 30 % and Soil (Bed) is 41 %, not below 30 % "
        "and Soil (Bed) is 42 %, not below 30 %, and 2 more"
    )


async def test_a_question_says_what_its_evidence_leaves_out(hass: HomeAssistant, garden: Garden) -> None:
    """Since when, on which days, and what of a device."""
    clauses = Clauses(garden.host)
    lasting = {"kind": "lasting", "seconds": 90, "of": when_on()}
    rule = garden.host.rules.read(a_rule(when=lasting))
    inner = one(seen("entity", source="input_boolean.go", value="on", operator="==", threshold="on"))
    for truth, told in (
        (YES, ", for 90 seconds at least"),
        (NO, ", but not yet for 90 seconds"),
        (UNKNOWN, " (nobody has watched it for 90 seconds yet)"),
    ):
        assert clauses.because(Part(kind="lasting", truth=truth, parts=(inner,)), rule.when) == (
            f"input_boolean.go is on{told}"
        )
    assert clauses.because(Part(kind="lasting", truth=YES, parts=(inner,))) == "input_boolean.go is on"
    off = one(seen("entity", NO, source="input_boolean.go", value="off", operator="==", threshold="on"))
    assert "90 seconds" not in clauses.because(Part(kind="lasting", truth=NO, parts=(off,)), rule.when)
    rule = garden.host.rules.read(
        a_rule(when={"kind": "time", "after": "22:00", "before": "06:00", "weekdays": ["sat", "sun"]})
    )
    evening = seen("time", NO, value="Mon 23:00", threshold="22:00 - 06:00")
    assert clauses.seen(evening, rule.when) == "it is Monday 23:00, not between 22:00 and 06:00 (Saturday, Sunday)"
    night = seen("time", NO, value="Mon 05:00", threshold="06:00 - 06:00")
    assert clauses.seen(night, rule.when) == (
        "it is Monday 05:00, not within the whole day from 06:00 (Saturday, Sunday)"
    )
    dusk = seen("time", value="Sat 23:00", threshold="sunset - sunset")
    assert clauses.seen(dusk, rule.when) == "it is Saturday 23:00, within the whole day from sunset (Saturday, Sunday)"
    for aspect, what, unit in (
        ("rssi", "the signal of Tent", "dBm"),
        ("free_memory", "the free memory of Tent", "B"),
        ("uptime", "the uptime of Tent", "s"),
    ):
        when = {"kind": "device", "device": ESP, "aspect": aspect, "operator": "<", "value": 5}
        asked = garden.host.rules.read(a_rule(when=when)).when
        low = seen("device", source=ESP, value=3, operator="<", threshold=5)
        assert clauses.seen(low, asked) == f"{what} is 3 {unit}, below 5 {unit}"
        assert clauses.seen(seen("device", UNKNOWN, source=ESP, threshold=5), asked) == f"{what} is not known"


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (0.4, "0 seconds", "0 Sekunden"),
        (1, "1 second", "1 Sekunde"),
        (40, "40 seconds", "40 Sekunden"),
        (60, "1 minute", "1 Minute"),
        (119, "119 seconds", "119 Sekunden"),
        (150, "2.5 minutes", "2,5 Minuten"),
        (660, "11 minutes", "11 Minuten"),
        (3600, "1 hour", "1 Stunde"),
        (5400, "90 minutes", "90 Minuten"),
        (9000, "2.5 hours", "2,5 Stunden"),
    ],
)
async def test_times_are_told_as_people_do(
    hass: HomeAssistant, host: EngineHost, seconds: float, english: str, german: str
) -> None:
    """In the unit that reads best."""
    assert span_text(hass, seconds) == english
    await speak(hass, "de")
    assert span_text(hass, seconds) == german


@pytest.mark.usefixtures("host")
async def test_numbers_that_differ_look_different(hass: HomeAssistant) -> None:
    """One decimal as long as that is enough, three at most."""
    assert numbers(hass, 20.0, 30, None) == ("20", "30", "\N{EN DASH}")
    assert numbers(hass, 5.84, 5.85) == ("5.84", "5.85")
    assert numbers(hass, 1.00001, 1.00002) == ("1", "1")
    assert numbers(hass, -0.04, "off") == ("0", "off")
    assert numbers(hass, 1e300, 30) == ("1 × 10³⁰⁰", "30")


# -- Rules -----------------------------------------------------------------------------------------------------------

WET = one(reading(NO, value=40.0))
AT_PUMP = Claimed(output=PUMP, level=1.0, is_running=False, winner="rule:water")
A_PULSE = Claimed(output=PUMP, level=1.0, is_running=True, seconds=12.0, winner="rule:water")
HELD = Claimed(output=PUMP, level=1.0, is_running=False, winner="person", held_for=840.0)

SENTENCES: dict[Why, tuple[dict[str, Any], str, str]] = {
    Why.SWITCHED_OFF: ({}, "Water is switched off.", "Water ist ausgeschaltet."),
    Why.DEGRADED: (
        {},
        "Water does nothing any more: . It begins anew when it is saved, or switched off and on.",
        "Water tut nichts mehr: . Sie beginnt neu, wenn sie gespeichert oder aus- und eingeschaltet wird.",
    ),
    Why.WAITING_FOR_DEVICES: (
        {},
        "Water waits after the start until its devices are there and its answer is known, a minute at most.",
        "Water wartet nach dem Start, bis ihre Geräte da sind und ihre Antwort bekannt ist, höchstens eine Minute.",
    ),
    Why.UNKNOWN: (
        {"question": one(reading(UNKNOWN, age=10_800.0))},
        "Water rests: the last value of Soil (Bed) is 3 hours old, a fresh one is needed.",
        "Water ruht: der letzte Wert von Soil (Bed) ist 3 Stunden alt, gebraucht wird ein frischer.",
    ),
    Why.UNKNOWN_BUT_HELD: (
        {"question": one(reading(UNKNOWN))},
        "Water leaves things as they are for now: the value of Soil (Bed) cannot be trusted.",
        "Water lässt vorerst alles, wie es ist: dem Wert von Soil (Bed) ist nicht zu trauen.",
    ),
    Why.NOT_SO: (
        {"question": WET},
        "Water rests: Soil (Bed) is 40 %, not below 30 %.",
        "Water ruht: Soil (Bed) ist 40 %, nicht unter 30 %.",
    ),
    Why.NOT_FOR_LONG_ENOUGH: (
        {"seconds": 40.2},
        "Water waits another 40 seconds until it was so for 2 minutes: Soil (Bed) is 20 %, below 30 %.",
        "Water wartet noch 40 Sekunden, bis es 2 Minuten lang so war: Soil (Bed) ist 20 %, unter 30 %.",
    ),
    Why.COOLDOWN: (
        {"seconds": 300.0},
        "Water waits another 5 minutes, because its cooldown takes 10 minutes: Soil (Bed) is 20 %, below 30 %.",
        "Water wartet noch 5 Minuten, denn ihre Abklingzeit dauert 10 Minuten: Soil (Bed) ist 20 %, unter 30 %.",
    ),
    Why.MAX_PER_HOUR: (
        {"seconds": 1800.0, "fired_last_hour": 4},
        "Water waits another 30 minutes, because it has acted as often as it may within an hour (4): "
        "Soil (Bed) is 20 %, below 30 %.",
        "Water wartet noch 30 Minuten, denn sie hat innerhalb einer Stunde so oft gehandelt, wie sie darf (4): "
        "Soil (Bed) ist 20 %, unter 30 %.",
    ),
    Why.MAX_PER_DAY: (
        {"seconds": 7200.0, "fired_last_day": 9},
        "Water waits another 2 hours, because it has acted as often as it may within a day (9): "
        "Soil (Bed) is 20 %, below 30 %.",
        "Water wartet noch 2 Stunden, denn sie hat innerhalb eines Tages so oft gehandelt, wie sie darf (9): "
        "Soil (Bed) ist 20 %, unter 30 %.",
    ),
    Why.TRYING_AGAIN: (
        {"seconds": 30.0},
        "Water tries again in 30 seconds, because nothing has come of its last attempt: Soil (Bed) is 20 %, below 30 %.",
        "Water versucht es in 30 Sekunden wieder, denn aus ihrem letzten Versuch ist nichts geworden: "
        "Soil (Bed) ist 20 %, unter 30 %.",
    ),
    Why.RUNNING: (
        {"outputs": (AT_PUMP,)},
        "Water wants Pump (Tent) at 100 %: Soil (Bed) is 20 %, below 30 %.",
        "Water will Pump (Tent) auf 100 %: Soil (Bed) ist 20 %, unter 30 %.",
    ),
    Why.PULSING: (
        {"outputs": (AT_PUMP, A_PULSE), "seconds": 12.0},
        "Water wants Pump (Tent) at 100 % for another 12 seconds, as a pulse. It sees: Soil (Bed) is 20 %, below 30 %.",
        "Water will Pump (Tent) auf 100 % noch 12 Sekunden lang, als Stoß. Sie sieht: Soil (Bed) ist 20 %, unter 30 %.",
    ),
    Why.DONE: (
        {},
        "Water has done what it does: Soil (Bed) is 20 %, below 30 %.",
        "Water hat getan, was sie tut: Soil (Bed) ist 20 %, unter 30 %.",
    ),
    Why.OUTRANKED: (
        {"outputs": (Claimed(output=PUMP, level=1.0, is_running=False, winner="rule:night"),)},
        "Water wants Pump (Tent) at 100 %, and is outranked by rule Night: Soil (Bed) is 20 %, below 30 %.",
        "Water will Pump (Tent) auf 100 %, doch Regel Night geht vor: Soil (Bed) ist 20 %, unter 30 %.",
    ),
    Why.REFUSED: (
        {"outputs": (Claimed(output=PUMP, level=1.0, is_running=False, reasons=("locked_out",)),)},
        "Water wants Pump (Tent) at 100 %, and is refused: Pump (Tent) is locked out by an automation "
        "(cleaning; until it is taken off). Have the lock-out released before you try again.",
        "Water will Pump (Tent) auf 100 % und wird abgewiesen: Pump (Tent) ist gesperrt, von einer Automation "
        "(cleaning; bis sie abgenommen wird). Lass die Sperre lösen, bevor du es noch einmal versuchst.",
    ),
    Why.TAKEN: (
        {"outputs": (Claimed(output=PUMP, level=1.0, is_running=False),)},
        "Water goes without Pump (Tent) until its answer was no in between: Soil (Bed) is 20 %, below 30 %.",
        "Water bekommt Pump (Tent) erst wieder, wenn ihre Antwort dazwischen einmal nein war: "
        "Soil (Bed) ist 20 %, unter 30 %.",
    ),
    Why.RAN_OUT: (
        {"outputs": (Claimed(output=PUMP, level=1.0, is_running=False, has_run_out=True),)},
        "Water has run Pump (Tent) for as long as that may run, and wants it again as soon as its answer was no in between: "
        "Soil (Bed) is 20 %, below 30 %.",
        "Water hat Pump (Tent) so lange laufen lassen, wie das sein darf, und will den Ausgang wieder, sobald ihre Antwort "
        "dazwischen einmal nein war: Soil (Bed) ist 20 %, unter 30 %.",
    ),
    Why.RUN_TAKEN: (
        {},
        "Water was stopped, and starts its sequence again as soon as its answer was no in between: "
        "Soil (Bed) is 20 %, below 30 %.",
        "Water wurde angehalten und startet ihre Sequenz wieder, sobald ihre Antwort dazwischen einmal nein war: "
        "Soil (Bed) ist 20 %, unter 30 %.",
    ),
    Why.NOT_CONFIRMED: (
        {"outputs": (AT_PUMP,)},
        "Water wants Pump (Tent) at 100 %, which the device has not confirmed yet: Soil (Bed) is 20 %, below 30 %.",
        "Water will Pump (Tent) auf 100 %, was das Gerät noch nicht bestätigt hat: Soil (Bed) ist 20 %, unter 30 %.",
    ),
    Why.MOVING: (
        {"outputs": (Claimed(output=PUMP, level=1.0, is_running=False, is_moving=True, winner="rule:water"),)},
        "Water wants Pump (Tent) at 100 %, and that is on its way: Soil (Bed) is 20 %, below 30 %.",
        "Water will Pump (Tent) auf 100 %, der Ausgang ist auf dem Weg: Soil (Bed) ist 20 %, unter 30 %.",
    ),
    Why.ONE_BY_ONE: (
        {},
        "Water carries out its actions one by one: Soil (Bed) is 20 %, below 30 %.",
        "Water führt ihre Aktionen eine nach der anderen aus: Soil (Bed) ist 20 %, unter 30 %.",
    ),
    Why.FAILED: (
        {},
        "Water has acted, but an action has failed: Soil (Bed) is 20 %, below 30 %.",
        "Water hat gehandelt, doch eine Aktion ist fehlgeschlagen: Soil (Bed) ist 20 %, unter 30 %.",
    ),
    Why.BROKEN_OFF: (
        {},
        "Water has left out what follows an action that has failed: Soil (Bed) is 20 %, below 30 %.",
        "Water hat ausgelassen, was auf eine fehlgeschlagene Aktion folgt: Soil (Bed) ist 20 %, unter 30 %.",
    ),
}


@pytest.mark.parametrize("why", Why)
async def test_every_reason_has_its_sentence(hass: HomeAssistant, garden: Garden, why: Why) -> None:
    """Word for word, in both languages."""
    fields, english, german = SENTENCES[why]
    night = a_rule("night", when=when_on("input_boolean.night"))
    for rule in ({**a_rule(cooldown=600), "for": 120}, night):
        await save(garden.host, rule)
    if why is Why.REFUSED:
        await act(hass, "lock_out", entity_id=id_of(hass, "switch", f"{ESP}_actuator_16"), reason="cleaning")
    usual: dict[str, Any] = {"rule": "water", "name": "Water", "truth": YES, "is_active": True, "question": one(DRY)}
    told = Explanation(why=why, **{**usual, **fields})
    sentences = RuleSentences(garden.host)
    assert sentences.of_rule(told) == english
    await speak(hass, "de")
    assert sentences.of_rule(told) == german


@pytest.mark.parametrize(
    ("reason", "english", "german"),
    [
        ("device_offline", "device away", "Gerät weg"),
        ("Action notify.nobody not found", "Action notify.nobody not found", "Action notify.nobody not found"),
    ],
)
async def test_a_rule_that_tries_again_says_what_it_has_failed_of(
    hass: HomeAssistant, garden: Garden, reason: str, english: str, german: str
) -> None:
    """Codes in words, and what Home Assistant has said as it is."""
    await save(garden.host, a_rule())
    record = ActionRecord(action=CallAction(action="notify.nobody"), outcome=Outcome.FAILED, reason=reason)
    last = Execution(key="e", rule="water", at=garden.host.now().utc, actions_executed=(record,))
    told = Explanation(
        rule="water", name="Water", why=Why.BROKEN_OFF, truth=YES, is_active=True, question=one(DRY), last=last
    )
    sentences = RuleSentences(garden.host)
    assert f"an action that has failed ({english}): Soil" in sentences.of_rule(told)
    assert f"last attempt ({english}): Soil" in sentences.of_rule(replace(told, why=Why.TRYING_AGAIN, seconds=30.0))
    await speak(hass, "de")
    assert f"fehlgeschlagene Aktion folgt ({german}): Soil" in sentences.of_rule(told)


async def test_a_rule_says_for_how_long_a_person_keeps_it_away(hass: HomeAssistant, garden: Garden) -> None:
    """Nobody has to look for a setting that was never heard of."""
    await save(garden.host, a_rule())
    told = Explanation(
        rule="water",
        name="Water",
        why=Why.OUTRANKED,
        truth=YES,
        is_active=True,
        question=one(DRY),
        seconds=840.0,
        outputs=(HELD,),
    )
    sentences = RuleSentences(garden.host)
    assert sentences.of_rule(told) == (
        "Water wants Pump (Tent) at 100 %, and is outranked by a person for another 14 minutes: "
        "Soil (Bed) is 20 %, below 30 %."
    )
    await speak(hass, "de")
    assert sentences.of_rule(told) == (
        "Water will Pump (Tent) auf 100 %, doch eine Person geht noch 14 Minuten vor: Soil (Bed) ist 20 %, unter 30 %."
    )


async def test_a_rule_that_has_given_up_says_why(hass: HomeAssistant, garden: Garden) -> None:
    """In words where there are any."""
    await save(garden.host, a_rule())
    garden.host.engine.rules.mover.give_up("water", "acts_too_often", garden.host.now())
    told = garden.host.engine.rules.answers.explain("water", garden.host.now())
    assert told is not None
    assert (
        RuleSentences(garden.host)
        .of_rule(told)
        .startswith("Water does nothing any more: it acted more often than anybody means it to and has given up. It")
    )


@pytest.mark.parametrize(
    ("owner", "english", "german"),
    [
        ("rule:water", "rule Water", "Regel Water"),
        ("rule:gone", "rule gone", "Regel gone"),
        ("run:gone", "sequence gone", "Sequenz gone"),
        ("person", "a person", "eine Person"),
        ("sequence", "a sequence", "eine Sequenz"),
        ("lock_out", "a lock-out", "eine Sperre"),
        ("supervisor", "the supervisor", "die Aufsicht"),
        ("emergency", "the emergency stop", "der Notstopp"),
        ("adopted", "adopted", "adopted"),
    ],
)
async def test_whoever_wants_something_has_a_name(
    hass: HomeAssistant, garden: Garden, owner: str, english: str, german: str
) -> None:
    """Also who is gone, or has none."""
    await save(garden.host, a_rule())
    assert garden.host.names.of_owner(owner) == english
    await speak(hass, "de")
    assert garden.host.names.of_owner(owner) == german


async def test_a_run_is_called_like_its_sequence(hass: HomeAssistant, garden: Garden) -> None:
    """Its id says nothing to people."""
    await save_sequence(hass, written())
    await act(hass, "run_sequence", sequence="watering")
    (run,) = garden.host.sequences.runs()
    assert garden.host.names.of_owner(f"run:{run.id}") == "sequence Watering"


async def test_an_output_says_why_it_does_what_it_does(hass: HomeAssistant, garden: Garden) -> None:
    """Whoever has it, and whoever would like to have it."""
    host = garden.host
    views, pump = RuleViews(host), id_of(hass, "switch", f"{ESP}_actuator_16")

    async def said() -> str:
        return str((await views.async_output(PUMP))["sentence"])

    assert await said() == "What Pump (Tent) does is not known: it has not said so yet."
    for level in (1, 0):
        await act(hass, "set_output", entity_id=pump, level=level)
        await garden.wait(1)
    assert await said() == (
        "Pump (Tent) rests, as a person wants it for another 15 minutes; rules and sequences wait until then."
    )
    assert (await views.async_output(PUMP))["held_for"] == pytest.approx(899, abs=1.5)
    await act(hass, "release_hold", entity_id=pump)
    assert await said() == "Pump (Tent) rests: nobody wants anything else of it."
    await save(host, a_rule("other", enabled=False))
    await save(host, a_rule())
    await garden.measure(40)
    assert await said() == "Pump (Tent) rests – Water rests: Soil (Bed) is 40 %, not below 30 %."
    await garden.measure(20)
    assert (
        await said() == "Pump (Tent) runs at 100 % – Water wants Pump (Tent) at 100 %: Soil (Bed) is 20 %, below 30 %."
    )
    await act(hass, "lock_out", entity_id=pump, reason="cleaning")
    await garden.wait(1)
    assert await said() == "Pump (Tent) rests: it is locked out by an automation (cleaning)."
    await act(hass, "emergency_stop")
    assert await said() == "Pump (Tent) rests: the emergency stop is active."


async def test_an_output_that_a_person_has_switched_on_says_so(hass: HomeAssistant, garden: Garden) -> None:
    """Whatever rules would like to have."""
    await save(garden.host, a_rule())
    await garden.measure(40)
    await act(hass, "set_output", entity_id=id_of(hass, "switch", f"{ESP}_actuator_16"), level=1)
    await garden.wait(1)
    told = await RuleViews(garden.host).async_output(PUMP)
    assert told["sentence"] == "Pump (Tent) runs at 100 %, as a person wants it for another 10 minutes."


async def test_an_output_that_nobody_hears_is_not_known(host: EngineHost) -> None:
    """Before its device has spoken."""
    assert RuleSentences(host).of_output(PUMP, ()) == f"What {PUMP} does is not known: its device is not there."


async def test_the_past_has_its_sentences(hass: HomeAssistant, garden: Garden) -> None:
    """What was done last, and what was decided last; nothing is claimed of what is not kept."""
    await hass.config.async_set_time_zone("UTC")
    sentences, at = RuleSentences(garden.host), datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
    rule = await save(garden.host, a_rule())
    since = at - timedelta(minutes=15)
    done = Execution(key="1", rule="water", at=since, evidence=(DRY,))
    released = Execution(key="2", rule="water", at=since, is_release=True, evidence=(DRY,))
    granted = Decision(
        at=since, command=CommandId("cmd"), channel=PUMP, level=1.0, origin=Origin.RULE, asked_by="", owner="rule:water"
    )
    reason = Objection(ground=Ground.DEVICE_OFFLINE)
    refused = Decision(
        at=since,
        command=granted.command,
        channel=PUMP,
        level=0.5,
        origin=Origin.PERSON,
        asked_by="",
        reasons=(reason,),
        is_allowed=False,
    )

    def told() -> list[str]:
        return [
            *(sentences.of_past_rule(rule, last, at) for last in (None, done, released)),
            *(sentences.of_past_output(PUMP, last, at) for last in (None, granted, refused)),
        ]

    before, when = "2026-11-21 14:05:00", "2026-11-21 13:50:00"
    assert told() == [
        f"Nothing is kept of what Water did before {before}.",
        f"The last that Water did before {before} was to act, at {when}. It saw: Soil (Bed) is 20 %, below 30 %.",
        f"The last that Water did before {before} was to let go, at {when}. It saw: Soil (Bed) is 20 %, below 30 %.",
        f"No decision about Pump (Tent) from before {before} is kept.",
        f"The last decision about Pump (Tent) before {before} was at {when}: rule Water wanted it at 100 %, "
        "and it was let through.",
        f"The last decision about Pump (Tent) before {before} was at {when}: a person wanted it at 50 %, "
        "and it was refused. Device Tent is offline. Check its power and Wi-Fi, then try again.",
    ]
    await speak(hass, "de")
    before, when = "14:05:00 Uhr am 21.11.2026", "13:50:00 Uhr am 21.11.2026"
    assert told()[:3] == [
        f"Was Water vor {before} getan hat, ist nicht aufbewahrt.",
        f"Zuletzt vor {before} hat Water um {when} gehandelt. Sie sah: Soil (Bed) ist 20 %, unter 30 %.",
        f"Zuletzt vor {before} hat Water um {when} losgelassen. Sie sah: Soil (Bed) ist 20 %, unter 30 %.",
    ]


# -- What is wrong with a definition ---------------------------------------------------------------------------------

SAID = [
    (
        a_rule(when={"kind": "reading", "sensor": SOIL, "operator": "between", "value": 20}),
        "The comparison 'between' needs two bounds, and has only value: 20 (when). Add high, the upper one.",
        "Der Vergleich „between“ braucht zwei Grenzen und hat nur value: 20 (when). Ergänze high, die obere.",
    ),
    (
        a_rule(when={"kind": "reading", "sensor": SOIL, "operator": "=>", "value": 20}),
        '"=>" is no comparison (when / operator). Possible are: >, >=, <, <=, ==, !=, between. Put signs like > into '
        "quotation marks: YAML reads them as something else.",
        '"=>" ist kein Vergleich (when / operator). Möglich sind: >, >=, <, <=, ==, !=, between. Setze Zeichen wie > in '
        "Anführungszeichen: YAML liest sie als etwas anderes.",
    ),
    (
        a_rule(priority="urgent"),
        '"urgent" is not possible here (priority). Possible are: safety, high, normal, low, 1 – 999.',
        '"urgent" ist hier nicht möglich (priority). Möglich sind: safety, high, normal, low, 1 – 999.',
    ),
    (
        a_rule(then=[{"kind": "dance"}]),
        'There is no kind "dance" here (then / 1). Possible are: set, lock, run, cancel, notify, call, log.',
        'Die Art "dance" gibt es hier nicht (then / 1). Möglich sind: set, lock, run, cancel, notify, call, log.',
    ),
    (
        a_rule(when={"kind": "time", "after": 390}),
        "A text is needed here, and 390 is read as something else (when / after). Put it into quotation marks.",
        "Hier wird ein Text gebraucht, und 390 wird als etwas anderes gelesen (when / after). "
        "Setze es in Anführungszeichen.",
    ),
]


@pytest.mark.parametrize(("given", "english", "german"), SAID)
async def test_what_is_wrong_is_said_with_what_is_possible(
    hass: HomeAssistant, host: EngineHost, given: dict[str, Any], english: str, german: str
) -> None:
    """Word for word, in both languages."""
    with pytest.raises(DefinitionError) as caught:
        await host.rules.async_put(given, by="anna")
    err = caught.value
    assert sentence_of(hass, host.names, err.problem, err.details, None) == english
    await speak(hass, "de")
    assert sentence_of(hass, host.names, err.problem, err.details, None) == german
