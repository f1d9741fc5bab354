"""Every word that the panel shows exists in English and German, is filled in, and is used."""

from collections.abc import Iterable
from pathlib import Path
import re
from typing import TypeAliasType

from msgspec.structs import fields as msgspec_fields
import pytest

from custom_components.god_kaiser.core.alarms.alarm import AlarmState
from custom_components.god_kaiser.core.alarms.kinds import AlarmClass, AlarmKind, Priority
from custom_components.god_kaiser.core.conditions import Condition
from custom_components.god_kaiser.core.configuration.comparison import Fate, Mode, OnConflict
from custom_components.god_kaiser.core.configuration.laid import PARTS
from custom_components.god_kaiser.core.details.catalogue import SHAPES
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Fault, Quality
from custom_components.god_kaiser.core.effects import Ending, Source
from custom_components.god_kaiser.core.health.finding import Category, HealthCode
from custom_components.god_kaiser.core.journal.chain import Break
from custom_components.god_kaiser.core.journal.kinds import KINDS, Domain, Level
from custom_components.god_kaiser.core.recovery.ladder import Rung
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.rules.actions import Action
from custom_components.god_kaiser.core.rules.executions import Cause, Outcome
from custom_components.god_kaiser.core.rules.explaining import Why
from custom_components.god_kaiser.core.rules.state import Skipped
from custom_components.god_kaiser.core.safety.estop import ReleaseProblem
from custom_components.god_kaiser.core.safety.objections import Ground
from custom_components.god_kaiser.core.sequences.catalog import Field, catalog
from custom_components.god_kaiser.core.sequences.findings import Verdict
from custom_components.god_kaiser.core.sequences.run import StepStatus
from custom_components.god_kaiser.core.sequences.status import RunStatus
from custom_components.god_kaiser.core.sequences.steps import Step
from custom_components.god_kaiser.core.sequences.steps.tell import AtDeadline
from custom_components.god_kaiser.host.alarm_words import EVERYTHING
from custom_components.god_kaiser.self_check import Mark
from scripts.event_details import objects

from .test_finding_words import CODES
from .test_translations import PLACEHOLDER, texts

FRONTEND = Path(__file__).resolve().parents[3] / "custom_components" / "god_kaiser" / "frontend"
# What the settings show under the same heading.
OTHERS = {"guarantees", "caveats"}
# Words of ours that are in no list of their own: links, reasons of runs, and who has asked for something.
OTHER_CODES = {
    *("first", "returned", "silent", "unexpected_disconnect", "graceful_shutdown"),
    *("user", "automation", "system", "god_kaiser", "run", "schedule", "time", "removal", "button", "emergency_stop"),
    # What a device says that does not leave its stop.
    *("clear_failed", "still_refused", "stopped_anew", "verification_failed"),
    *("orphan", "shutdown", "lease_ended", "demand_ended", "not_seen_at_rest", "inverted_output", "memory_unreadable"),
    *(
        "cancelled",
        "restart",
        "restarted",
        "pause_deadline",
        "output_taken",
        "connection_lost",
        "not_saved",
        "approval",
    ),
    *("true", "false"),
    # What runs do before they begin, how they and their steps are told in one word, and everything that can be stopped.
    *("collect", "plan", "starting", "success", "debug", "all", EVERYTHING),
    # How a question of two borders is told.
    *("heats", "cools"),
    *("rejected", "sensor_gone", "at_most", "sequence_gone", "internal_error"),
}
_KEY = re.compile(r"""["`]([a-z_]+)\.([a-z_]+|\$\{[^}]+\})["`]""")
_FILLED = re.compile(r"""\bt\(\s*"([a-z_.]+)",\s*\{([^{}]*)\}""")
_BARE = re.compile(r"""\bt\(\s*"([a-z_.]+)"\s*\)""")

SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in FRONTEND.rglob("*.js") if "vendor" not in path.parts)


def panel_words(language: str) -> dict[str, str]:
    """Return the texts of the panel by their keys."""
    found = {key.removeprefix("config_panel."): text for key, text in texts(language).items() if "config_panel." in key}
    return {key: text for key, text in found.items() if key.partition(".")[0] not in OTHERS}


def run_actions() -> Iterable[str]:
    """Return what can be done with a run."""
    union = re.search(r"@typedef \{([^}]+)\} RunAction", SOURCE)
    assert union is not None
    return re.findall(r'"(\w+)"', union[1])


def reasons() -> Iterable[str]:
    """Return the words for programs that have one for people."""
    known = re.search(r"const TRANSLATED = \[([^\]]+)\]", SOURCE)
    assert known is not None
    return re.findall(r'"(\w+)"', known[1])


def fields() -> list[Field]:
    """Return every field that the editor may show."""
    told = catalog()
    kinds = (fields for union in told.unions.values() for fields in union.values())
    return [field for owner in (*told.objects.values(), *kinds) for field in owner]


def codes() -> set[str]:
    """Return the words of ours that events tell, and whoever else is named in them."""
    sets: tuple[Iterable[str], ...] = (
        Ground,
        Source,
        Ending,
        RunStatus,
        StepStatus,
        HealthCode,
        Rung,
        Why,
        ReleaseProblem,
        CODES,
        Level,
        AlarmKind,
        AlarmClass,
        Quality,
        Fault,
        Fate,
        Mode,
        OnConflict,
        Cause,
        PARTS,
        ActuatorKind,
    )
    origins = {origin.name.lower() for origin in Origin}
    skips = {each.value for each in Skipped if each}
    return (
        {str(code) for each in sets for code in each} | origins | skips | {each.value for each in Outcome} | OTHER_CODES
    )


def tags(union: TypeAliasType) -> Iterable[str]:
    """Return the words by which the members of a union are told apart, also of one within it."""
    for member in union.__value__.__args__:
        if isinstance(member, TypeAliasType):
            yield from tags(member)
        else:
            yield member.__struct_config__.tag


def details() -> set[str]:
    """Return every field that an event may tell, also within others, and what the sentences of refusals are filled with."""
    shapes = [*(shape for shapes in SHAPES.values() for shape in shapes), *objects().values()]
    told = {field.encode_name for shape in shapes for field in msgspec_fields(shape)}
    known = texts("en")
    said = {name for ground in Ground for name in PLACEHOLDER.findall(known[f"exceptions.{ground}.message"])}
    # The rest of the refusals, how a range is written, what somebody else wants, and what only fills a sentence, are no fields.
    return (told | said | {"finding", "asked_by", "since", "fault"}) - {"more", "range", "wanted", "placeholders"}


# What is shown as it is, or as a sign.
SIGN = re.compile(r"[^a-z]")

# Sections whose keys are worked out, and what they may be.
WORKED_OUT = {
    "status": {status.value for status in RunStatus},
    "verdict": {verdict.value for verdict in Verdict},
    "at_deadline": {each.value for each in AtDeadline},
    "steps": {member.__struct_config__.tag for member in Step.__value__.__args__},
    "started_by": {"user", "somebody", "automation", "schedule", "rule"},
    "ended_by": {"user", "automation", "rule"},
    "run_actions": set(run_actions()),
    "run_hints": set(run_actions()),
    "reasons": set(reasons()),
    "pages": {"runs", "sequences", "alarms", "journal", "health"},
    "tabs": {"events", "audit"},
    "who": {"person", "automation", "system"},
    "parts": {category.value for category in Category},
    "alarm_states": {state.value for state in AlarmState},
    "priorities": {each.value for each in Priority},
    "marks": {mark.value for mark in Mark},
    "levels": {level.value for level in Level},
    "domains": {domain.value for domain in Domain},
    "codes": codes(),
    "details": details(),
    "types": {*tags(Condition), *tags(Action)},
    "kinds": {kind.replace(".", "_") for kind in KINDS},
    "families": {kind.partition(".")[0] for kind in KINDS},
    "journal": {"level", "domain", "subject", "run", "person", "since", "until"},
    "audit": {each.value for each in Break},
    "fields": {field.name for field in fields()},
    "choices": {choice for field in fields() for choice in field.shape.choices if not SIGN.match(choice)},
    "questions": set(catalog().unions["condition"]),
}


def used() -> set[str]:
    """Return every key that the modules ask for."""
    sections = {section for section, _ in _KEY.findall(SOURCE)} & {key.partition(".")[0] for key in panel_words("en")}
    written = {(section, key) for section, key in _KEY.findall(SOURCE) if section in sections}
    assert {section for section, key in written if key.startswith("$")} == WORKED_OUT.keys()
    literal = {f"{section}.{key}" for section, key in written if not key.startswith("$")}
    return literal | {f"{section}.{key}" for section, keys in WORKED_OUT.items() for key in keys}


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_words_that_exist_are_those_that_are_used(language: str) -> None:
    """A missing one would show its key, a superfluous one is dead weight."""
    assert panel_words(language).keys() == used()


def test_every_placeholder_is_filled() -> None:
    """A sentence with a gap would be shown as an error of the frontend."""
    words = panel_words("en")
    filled = {key: set(re.findall(r"\b(\w+)(?=:|,|\s*$)", given)) for key, given in _FILLED.findall(SOURCE)}
    assert len(filled) > 10
    assert {key: set(PLACEHOLDER.findall(words[key])) - given for key, given in filled.items()} == {
        key: set() for key in filled
    }
    assert {key for key in _BARE.findall(SOURCE) if PLACEHOLDER.search(words[key])} == set()


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_status_has_one_name_everywhere(language: str) -> None:
    """The panel says what the entity says."""
    state = {
        key.rpartition(".")[2]: text
        for key, text in texts(language).items()
        if key.startswith("entity.sensor.sequence_status.state.")
    }
    assert {
        key.partition(".")[2]: text for key, text in panel_words(language).items() if key.startswith("status.")
    } == state


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_state_of_an_alarm_has_one_name_everywhere(language: str) -> None:
    """The panel says what the actions offer; what is normal is no alarm to choose."""
    offered = {"normal": "Normal"} | {
        key.rpartition(".")[2]: text
        for key, text in texts(language).items()
        if key.startswith("selector.alarm_state.options.")
    }
    assert {
        key.partition(".")[2]: text for key, text in panel_words(language).items() if key.startswith("alarm_states.")
    } == offered
