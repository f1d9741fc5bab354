"""Numbers and moments in sentences: as people of the house write them, on the clock of the house."""

from datetime import UTC, datetime

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.translation import async_get_translations
import pytest

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.health.finding import Finding, HealthCode
from custom_components.god_kaiser.core.sequences.codes import SequenceCode
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.failures import common_text, definition, sentence_of
from custom_components.god_kaiser.host.figures import moment_text, number_text, rounded_text
from custom_components.god_kaiser.host.health_words import text_of
from custom_components.god_kaiser.host.naming import NOTHING
from custom_components.god_kaiser.host.plain_words import tame
from custom_components.god_kaiser.host.rule_numbers import numbers, span_text
from custom_components.god_kaiser.logbook import run_sentence

from .calls import ask
from .rules import a_rule, save as save_rule, when_on
from .sequences import save, written

AT = datetime(2026, 1, 31, 22, 30, 5, 250_000, tzinfo=UTC)


@pytest.fixture(name="german")
async def german_fixture(hass: HomeAssistant, host: EngineHost) -> EngineHost:
    """Return a hub in a German house."""
    hass.config.language = "de"
    for category in ("common", "exceptions"):
        await async_get_translations(hass, "de", category, {DOMAIN})
    await hass.config.async_set_time_zone("Europe/Berlin")
    return host


@pytest.mark.parametrize(
    ("number", "english", "german"),
    [
        (1.5, "1.5", "1,5"),
        (20.0, "20", "20"),
        (-0.25, "-0.25", "-0,25"),
        (-0.0, "0", "0"),
        (86400.5, "86400.5", "86400,5"),
        (1234567.0, "1234567", "1234567"),
        (0.000123456, "0.000123456", "0,000123456"),
        (0.0, "0", "0"),
        (7, "7", "7"),
        (2.5e12, "2.5 × 10¹²", "2,5 × 10¹²"),
        (1e300, "1 × 10³⁰⁰", "1 × 10³⁰⁰"),
        (-2e-5, "-2 × 10⁻⁵", "-2 × 10⁻⁵"),
        (float("inf"), "inf", "inf"),
    ],
)
async def test_a_number_is_written_as_people_write_it(
    hass: HomeAssistant, host: EngineHost, number: float, english: str, german: str
) -> None:
    """With the sign that their language puts before decimals, and without the spelling of programs."""
    assert number_text(hass, number) == english
    await speak_german(hass)
    assert number_text(hass, number) == german


async def speak_german(hass: HomeAssistant) -> None:
    """Let the house speak German."""
    hass.config.language = "de"
    await async_get_translations(hass, "de", "common", {DOMAIN})


@pytest.mark.usefixtures("host")
async def test_a_moment_is_told_on_the_clock_of_the_house(hass: HomeAssistant) -> None:
    """There it may be another day than elsewhere."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    assert (moment_text(hass, AT), moment_text(hass, AT, to_the_second=True)) == (
        "2026-01-31 23:30",
        "2026-01-31 23:30:05",
    )
    await hass.config.async_set_time_zone("Asia/Tokyo")
    await speak_german(hass)
    assert (moment_text(hass, AT), moment_text(hass, AT, to_the_second=True)) == (
        "07:30 Uhr am 01.02.2026",
        "07:30:05 Uhr am 01.02.2026",
    )


async def test_numbers_in_sentences_about_rules(hass: HomeAssistant, german: EngineHost) -> None:
    """What was measured, and how long something takes."""
    assert numbers(hass, 5.84, 5.85, None, "off") == ("5,84", "5,85", NOTHING, "off")
    assert numbers(hass, 1e300, 30) == ("1 × 10³⁰⁰", "30")
    assert rounded_text(hass, -0.04, 1) == "0"
    assert span_text(hass, 5400) == "90 Minuten"
    assert span_text(hass, 9000) == "2,5 Stunden"


async def test_numbers_in_findings_refusals_and_errors(hass: HomeAssistant, german: EngineHost) -> None:
    """Each of them fills its sentence somewhere else."""
    finding = Finding(code=HealthCode.ANSWERS_SLOWER, details={"esp_id": "ESP_A", "before": 0.125, "lately": 2.5})
    assert "meist nach 2,5 s, vorher waren es 0,125 s." in text_of(hass, german.names, finding)
    limits: dict[str, str | float] = {"level": 0.75, "low": 0.25, "high": 0.5}
    assert "mit 25 % bis 50 % laufen, nicht mit 75 %" in sentence_of(hass, german.names, "level_limit", limits, None)
    words = definition(DefinitionError("condition_within", given=123456.789, low=0.5, high=2.0, place="when"))
    assert words.translation_placeholders == {"given": "123456,789", "low": "0,5", "high": "2", "place": "when"}
    lines = sentence_of(hass, german.names, "parallel_conflict", {"levels": "0.125, 1, ?", "place": "main / 1"}, None)
    assert "(12,5 %, 100 %, unbekannt; main / 1)" in lines
    far: dict[str, str | float] = {
        "code": SequenceCode.INVALID_DEFINITION.value,
        "given": "1.5",
        "range": "2.5 … 60",
        "place": "x",
    }
    # What somebody has written stays as it was written, names of phases too.
    phases: dict[str, str | float] = {"given": "x", "allowed": "Stufe 1.5, collect", "code": 1, "place": "until_phase"}
    assert "Stufe 1.5, collect" in sentence_of(hass, german.names, "sequence_unknown_phase", phases, None)
    assert "1.5 ist" in sentence_of(hass, german.names, "sequence_wrong_value", far, None)
    assert "2,5 … 60" in sentence_of(hass, german.names, "sequence_wrong_value", far, None)


async def test_numbers_in_the_logbook(hass: HomeAssistant, german: EngineHost) -> None:
    """Events tell them as programs need them."""
    told = {"event_type": "run.completed", "data": {"duration_seconds": 12.5, "reason": None}}
    assert run_sentence(hass, told) == "war nach 12,5 s fertig"
    assert common_text(hass, "run_line_again", {"attempt": 2, "delay": 2.5}) == "Noch ein Versuch, der 2., nach 2,5 s"


@pytest.mark.freeze_time(AT)
async def test_the_report_of_a_run(hass: HomeAssistant, german: EngineHost) -> None:
    """Its moments are those of the clock on the wall, while the fields beside it stay what programs read."""
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    run = (await ask(hass, "run_sequence", sequence="watering", wait=True))["run_id"]
    told = await ask(hass, "get_run", run_id=run)
    assert "Von 23:30:05 Uhr am 31.01.2026 bis 23:30:05 Uhr am 31.01.2026, 0 s ohne" in told["report"]
    assert told["started_at"].startswith("2026-01-31T22:30:05")


@pytest.mark.freeze_time(AT)
async def test_moments_in_what_rules_are_asked(hass: HomeAssistant, german: EngineHost) -> None:
    """In the answer and in the refusal."""
    await save_rule(german, a_rule("dry", when=when_on(), name="Zu trocken"))
    told = await ask(hass, "explain", rule="dry", at="2026-01-30T12:00:00+01:00")
    assert "vor 12:00:00 Uhr am 30.01.2026" in told["rules"][0]["sentence"]
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "explain", rule="dry", at="2026-02-02T12:00:00+00:00")
    assert (caught.value.translation_placeholders or {})["given"] == "13:00:00 Uhr am 02.02.2026"


def test_a_point_between_digits_is_no_markup() -> None:
    """A number, a day or a version stays whole in a report; an address does not become a link."""
    assert tame("1.5 s, 31.01.2026, v1.2") == "1.5 s, 31.01.2026, v1.2"
    assert tame("www.example.org, 1.example.org") == "www example org, 1 example org"
