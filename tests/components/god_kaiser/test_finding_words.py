"""Whatever speaks against a run, and what can be done about it, has its sentence in each language."""

import ast
from collections.abc import Iterator
import json
from string import Formatter

from homeassistant.core import HomeAssistant
import pytest

from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from custom_components.god_kaiser.core.sequences.findings import Advice
from custom_components.god_kaiser.core.sequences.preflight import finding_of
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.run_records import finding_record

from .calls import PACKAGE

LANGUAGES = ("en", "de")
# What every finding tells besides its own details.
OF_EVERY_FINDING = {"place", "output", "device"}
FINDINGS = ("Finding", "_finding", "_unread")
OUTPUT = ChannelId("ESP_GONE/actuator/16")


def sentences(language: str) -> dict[str, str]:
    """Return every sentence of a language by its key."""
    texts = json.loads((PACKAGE / "translations" / f"{language}.json").read_text(encoding="utf-8"))["exceptions"]
    return {key: text["message"] for key, text in texts.items()}


def calls() -> Iterator[tuple[ast.Module, str, ast.Call]]:
    """Yield every call of the package with its module and the last part of the name of what is called."""
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield tree, ast.unparse(node.func).rpartition(".")[2], node


def words_in(node: ast.AST) -> set[str]:
    """Return every text constant of a part of the code."""
    constants = (inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant))
    return {value for value in constants if isinstance(value, str)}


def names_in(tree: ast.Module) -> set[str]:
    """Return every name under which a module gives a detail."""
    keys = (key for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys)
    return {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}


def code_of(call: ast.Call) -> str | None:
    """Return the code that a finding is given where it is made, if it is written there."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "code"] or call.args[:1]
    return next((each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)), None)


# The code of each finding that is none of the gate's, and which details the module that makes it can give.
CODES = {
    code: names_in(tree) | OF_EVERY_FINDING
    for tree, name, call in calls()
    if name in FINDINGS and (code := code_of(call)) is not None
}


def placeholders(sentence: str) -> set[str]:
    """Return what a sentence wants to be filled in."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_every_module_that_finds_something_was_read() -> None:
    """Templates, people, rights and the preflight itself are among what is looked at below."""
    assert {"template_broken", "approver_missing", "notify_missing", "not_permitted"} <= CODES.keys()
    assert {"role_missing", "held_by_run", "entity_unknown", "parallel_conflict"} <= CODES.keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted({*Ground, *CODES}))
def test_a_finding_has_a_sentence(code: str, language: str) -> None:
    """Nobody reads a code where a sentence should be."""
    assert code in sentences(language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(CODES.keys() - {*Ground}))
def test_a_sentence_asks_only_for_what_the_finding_tells(code: str, language: str) -> None:
    """A gap would be shown as a dash for ever."""
    assert placeholders(sentences(language)[code]) - CODES[code] == set()


@pytest.mark.req("EXE-20")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("advice", Advice)
def test_an_advice_is_a_whole_sentence(advice: Advice, language: str) -> None:
    """It says what to do, and needs nothing to be filled in."""
    sentence = sentences(language)[f"advice_{advice}"]
    assert (placeholders(sentence), sentence[-1]) == (set(), ".")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_advice_is_left_over(language: str) -> None:
    """A sentence for an advice that nobody gives is dead weight."""
    told = {key.removeprefix("advice_") for key in sentences(language) if key.startswith("advice_")}
    assert told == {*Advice}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refused_start_says_what_is_wrong_and_how_many_findings_there_are(language: str) -> None:
    """Whoever reads only the error knows what to do, and that there may be more."""
    assert placeholders(sentences(language)["sequence_preflight_failed"]) == {"code", "reason", "place", "count"}
    assert placeholders(sentences(language)["sequence_not_resumed"]) == {"code", "reason"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", ["recovery_successful", "recovery_failed"])
def test_a_recovery_tells_its_attempt(key: str, language: str) -> None:
    """How often it took is part of what has happened."""
    assert "attempt" in placeholders(sentences(language)[key])


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_is_not_found_has_a_sentence_that_names_it(language: str) -> None:
    """An id that does not exist is told, not a key."""
    looked_for = {what for _, name, call in calls() if name == "NotFoundError" for what in words_in(call.args[0])}
    assert {"approval", "permission", "actuator", "sensor"} <= looked_for
    known = sentences(language)
    assert {what for what in looked_for if "wanted" not in placeholders(known.get(f"{what}_not_found", ""))} == set()


@pytest.mark.req("EXE-20")
@pytest.mark.parametrize(
    ("language", "text", "advice"),
    [
        ("en", "Check its power and Wi-Fi, then try again.", "Check the power and the Wi-Fi of the device."),
        (
            "de",
            "Prüfe seine Stromversorgung und sein WLAN, und versuche es dann noch einmal.",
            "Prüfe die Stromversorgung und das WLAN des Geräts.",
        ),
    ],
)
async def test_a_device_that_is_away_is_told_with_what_can_be_done(
    hass: HomeAssistant, host: EngineHost, language: str, text: str, advice: str
) -> None:
    """The sentence and the advice come in the language of the house."""
    await hass.config.async_update(language=language)
    await hass.async_block_till_done()
    objection = Objection(ground=Ground.DEVICE_OFFLINE, details={"device": "ESP_GONE"})
    record = finding_record(hass, host, finding_of(objection, OUTPUT, "act / 1"))
    assert (record["code"], record["recommended_action"]) == ("device_offline", "check_power_and_network")
    assert record["text"].endswith(text)
    assert record["advice"] == advice
