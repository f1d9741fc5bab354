"""Every text that people see exists in English and German, and nothing else does."""

import ast
from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.const import WEEKDAYS, Platform
from homeassistant.util.yaml import load_yaml_dict
import pytest

from custom_components.god_kaiser.core.devices.boards import Board
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance, Load, SamplingMode
from custom_components.god_kaiser.core.devices.sensor_types import CONFIGURABLE, Quantity
from custom_components.god_kaiser.core.safety.estop import ReleaseProblem
from custom_components.god_kaiser.core.safety.guarantees import Caveat, GuaranteeKind
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.interlocks.rate_limit import Scope
from custom_components.god_kaiser.core.safety.limits import ShutdownPolicy, StopMode
from custom_components.god_kaiser.core.safety.objections import Ground
from custom_components.god_kaiser.device_sensors import DEVICE_SENSORS
from custom_components.god_kaiser.safety_forms import KINDS

PACKAGE = Path(__file__).resolve().parents[3] / "custom_components" / "god_kaiser"
PLACEHOLDER = re.compile(r"\{(\w+)\}")
CATEGORIES = {
    *("title", "common", "config", "options", "config_subentries", "selector", "services", "entity", "exceptions"),
    *("issues", "device", "system_health", "config_panel", "entity_component", "triggers", "conditions"),
}
ERRORS = ("ServiceValidationError", "HomeAssistantError", "ConfigEntryNotReady", "ConfigEntryError", "UpdateFailed")

STEPS_WITHOUT_FORM = {"mqtt", "integration_discovery", "finish"}
LISTS_OF_ADDRESSES = {"onewire_address", "i2c_address"}
ENUMERATIONS = {
    "board": Board,
    "mode": SamplingMode,
    "actuator_type": ActuatorKind,
    "appears_as": Appearance,
    "sensor_type": CONFIGURABLE,
    "stop_mode": StopMode,
    "load": Load,
    "on_shutdown": ShutdownPolicy,
    "rate_scope": Scope,
    "weekday": WEEKDAYS,
}
# What each refusal and each problem of a definition can say besides its own details.
OF_EVERY_REFUSAL = {"device", "output", "more", "range"}
OF_EVERY_SETTING = {"channel"}

type Texts = dict[str, str]


def flatten(tree: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text with its dotted key."""
    match tree:
        case str():
            yield prefix, tree
        case dict():
            for key, branch in tree.items():
                yield from flatten(branch, f"{prefix}.{key}".removeprefix("."))


def texts(language: str) -> Texts:
    """Return all texts of one language."""
    path = PACKAGE / "translations" / f"{language}.json"
    return dict(flatten(json.loads(path.read_text(encoding="utf-8"))))


@pytest.fixture(name="english", scope="module")
def english_fixture() -> Texts:
    """Return the English texts."""
    return texts("en")


@pytest.fixture(name="german", scope="module")
def german_fixture() -> Texts:
    """Return the German texts."""
    return texts("de")


@pytest.fixture(name="sources", scope="module")
def sources_fixture() -> dict[str, ast.Module]:
    """Return every parsed module of the package by its path."""
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in PACKAGE.rglob("*.py")
    }


def calls(sources: dict[str, ast.Module]) -> Iterator[tuple[str, str, ast.Call]]:
    """Yield every call with its module and the last part of the name of what is called."""
    for path, tree in sources.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield path, ast.unparse(node.func).rpartition(".")[2], node


def keyword(call: ast.Call, name: str) -> str | None:
    """Return the text given for a keyword, if it is one."""
    values = [given.value for given in call.keywords if given.arg == name]
    return next((v.value for v in values if isinstance(v, ast.Constant) and isinstance(v.value, str)), None)


def literals(sources: dict[str, ast.Module]) -> set[str]:
    """Return every text constant of the package."""
    nodes = (node for tree in sources.values() for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_english_and_german_have_the_same_keys(english: Texts, german: Texts) -> None:
    """No text is missing in a language."""
    assert english.keys() ^ german.keys() == set()


def test_english_and_german_have_the_same_placeholders(english: Texts, german: Texts) -> None:
    """A translated sentence gets the same values."""
    differing = {
        key
        for key in english.keys() & german.keys()
        if sorted(PLACEHOLDER.findall(english[key])) != sorted(PLACEHOLDER.findall(german[key]))
    }
    assert differing == set()


def test_german_is_german(english: Texts, german: Texts) -> None:
    """A sentence that is the same in both languages was forgotten."""
    same = {key for key in english.keys() & german.keys() if english[key] == german[key] and " " in english[key]}
    assert {key for key in same if len(english[key].split()) > 3} == set()


@pytest.mark.parametrize("language", ["en", "de"])
def test_texts_are_plain(language: str) -> None:
    """No references that only core resolves, no addresses, no stray space, nothing empty."""
    found = texts(language)
    assert {key for key, text in found.items() if "[%key:" in text or "://" in text} == set()
    assert {key for key, text in found.items() if not text or text != text.strip()} == set()
    assert {key.partition(".")[0] for key in found} <= CATEGORIES


def test_every_field_of_a_flow_is_described(english: Texts) -> None:
    """Each field of each form says what it is for."""
    fields = {key for key in english if re.fullmatch(r"(config|options)\.step\.\w+\.(.+\.)?data\.\w+", key)}
    described = {re.sub(r"\.data\.(\w+)$", r".data_description.\1", key) for key in fields}
    assert fields
    assert described - english.keys() == set()


def test_every_action_and_field_has_a_name_and_a_description(english: Texts) -> None:
    """Actions read well in the UI, and no text belongs to an action that is gone."""
    services = load_yaml_dict(str(PACKAGE / "services.yaml"))
    wanted = {f"services.{name}.{part}" for name in services for part in ("name", "description")}
    wanted |= {
        f"services.{name}.fields.{field}.{part}"
        for name, service in services.items()
        for field in (service or {}).get("fields", {})
        for part in ("name", "description")
    }
    assert wanted - english.keys() == set()
    assert {key.split(".")[1] for key in english if key.startswith("services.")} == set(services)


def test_every_raised_error_has_a_text(sources: dict[str, ast.Module], english: Texts) -> None:
    """An error with a key that does not exist would show the key."""
    keys = {keyword(call, "translation_key") for _, name, call in calls(sources) if name in ERRORS} - {None}
    assert {key for key in keys if f"exceptions.{key}.message" not in english} == set()


def test_no_error_is_raised_without_a_translation(sources: dict[str, ast.Module]) -> None:
    """People read errors in their own language."""
    bare = {
        f"{path}:{call.lineno}"
        for path, name, call in calls(sources)
        if name in ERRORS and "translation_key" not in {given.arg for given in call.keywords}
    }
    assert bare == set()


def test_every_refusal_has_a_text(english: Texts) -> None:
    """Each ground on which the gate refuses says what to do."""
    assert {ground for ground in Ground if f"exceptions.{ground}.message" not in english} == set()


def test_every_impossible_definition_has_a_text(sources: dict[str, ast.Module], english: Texts) -> None:
    """Each problem that core finds in a plan can be shown in a form or an action."""
    problems = {
        argument.value
        for _, name, call in calls(sources)
        if name == "DefinitionError"
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant)
    }
    shown = {key.split(".")[-2] for key in english if key.startswith("exceptions.")}
    shown |= {key.split(".")[-1] for key in english if ".error." in key}
    assert problems
    assert problems - shown == set()


def details_in(sources: dict[str, ast.Module], names: set[str]) -> dict[str, set[str]]:
    """Return which details the modules that mention a refusal or a problem give anywhere."""
    found: dict[str, set[str]] = {name: set() for name in names}
    for path, tree in sources.items():
        if not path.startswith(("core/safety", "core/commands", "core/engine")):
            continue
        constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        constants |= {node.attr.lower() for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        keywords = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg}
        for name in names & {constant for constant in constants if isinstance(constant, str)}:
            found[name] |= keywords | {str(constant) for constant in constants if isinstance(constant, str)}
    return found


def test_every_word_of_a_refusal_comes_from_its_details(sources: dict[str, ast.Module], english: Texts) -> None:
    """A placeholder that nobody fills would be shown as it is; every sentence has room for further reasons."""
    known = details_in(sources, {ground.value for ground in Ground})
    for details in known.values():
        # Who goes before, and how far it is to run for them, become one clause.
        details |= {"wanted"} if {"owner", "level"} <= details else set()
    wanted = {ground: set(PLACEHOLDER.findall(english[f"exceptions.{ground}.message"])) for ground in Ground}
    assert {ground: words - known[ground] - OF_EVERY_REFUSAL for ground, words in wanted.items()} == {
        ground: set() for ground in Ground
    }
    assert {ground for ground in Ground if not english[f"exceptions.{ground}.message"].endswith("{more}")} == set()


def test_every_contradiction_has_a_text_in_forms_and_actions(sources: dict[str, ast.Module], english: Texts) -> None:
    """Whatever core finds wrong with the safety of outputs is told, with words that it gives."""
    raised = {
        argument.value
        for path, name, call in calls(sources)
        if path.startswith("core/safety") and name == "DefinitionError"
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    returned = {
        constant.value
        for node in ast.walk(sources["core/safety/coexistence.py"])
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant | ast.IfExp)
        for constant in ast.walk(node.value)
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    }
    problems = raised | returned
    assert {"requirement_cycle", "requirement_over_budget", "number_out_of_range"} <= problems
    shown = {problem: english.get(f"options.error.{problem}") for problem in problems}
    assert shown == {problem: english.get(f"exceptions.{problem}.message") for problem in problems}
    assert None not in shown.values()
    known = details_in(sources, problems)
    extra = {p: set(PLACEHOLDER.findall(text or "")) - known[p] - OF_EVERY_SETTING for p, text in shown.items()}
    assert extra == {problem: set() for problem in problems}


def test_every_reason_not_to_clear_a_stop_has_a_text(english: Texts) -> None:
    """Who may not is told who may."""
    assert {problem for problem in ReleaseProblem if f"exceptions.{problem}.message" not in english} == set()


def test_every_kind_of_interlock_has_a_form_and_a_name(english: Texts) -> None:
    """The union is the registry: what can be laid down can be entered."""
    union = {member.__struct_config__.tag for member in Interlock.__value__.__args__}
    assert set(KINDS) == union
    assert {kind for kind in KINDS if f"options.step.add_interlock.menu_options.{kind}" not in english} == set()
    assert {kind for kind in KINDS if f"options.step.{kind}.title" not in english} == set()


def test_every_promise_has_a_sentence(english: Texts) -> None:
    """For yes and for no, and for where it ends."""
    wanted = {f"config_panel.guarantees.{kind}_{answer}" for kind in GuaranteeKind for answer in ("yes", "no")}
    wanted |= {f"config_panel.caveats.{caveat}" for caveat in Caveat}
    assert wanted == {key for key in english if key.startswith(("config_panel.guarantees", "config_panel.caveats"))}


@pytest.mark.parametrize(
    ("module", "section"),
    [("config_flow.py", "config"), ("options_flow.py", "options"), ("safety_flow.py", "options")],
)
def test_every_step_and_abort_of_the_flows_has_a_text(
    sources: dict[str, ast.Module], english: Texts, module: str, section: str
) -> None:
    """A form without a title or an abort without a reason would show a key."""
    methods = {node.name for node in ast.walk(sources[module]) if isinstance(node, ast.AsyncFunctionDef)}
    steps = {
        name.removeprefix("async_step_") for name in methods if name.startswith("async_step_")
    } - STEPS_WITHOUT_FORM
    aborts = {keyword(call, "reason") for path, name, call in calls(sources) if (path, name) == (module, "async_abort")}
    known = {tuple(key.split(".")[1:3]) for key in english if key.startswith(f"{section}.")}
    assert steps
    assert {step for step in steps if ("step", step) not in known} == set()
    assert {reason for reason in aborts - {None} if ("abort", reason) not in known} == set()


def test_what_is_shown_without_placeholders_has_none(sources: dict[str, ast.Module], english: Texts) -> None:
    """The frontend fills in the title of a form, but neither the title of a menu nor the words on a button."""
    menus = {keyword(call, "step_id") for _, name, call in calls(sources) if name == "async_show_menu"}
    steps = r"(config|options)\.step\.\w+\.submit"
    titles = rf"(config|options)\.step\.({'|'.join(str(menu) for menu in menus)})\.title"
    bare = {key for key in english if re.fullmatch(rf"{titles}|{steps}", key)}
    assert menus == {"init", "output", "add_interlock"}
    assert {f"options.step.{menu}.title" for menu in menus} <= bare
    assert {key for key in bare if PLACEHOLDER.search(english[key])} == set()


def steps_shown(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Yield each step that is shown by its name, and whether it is given any placeholders."""
    for _, name, call in calls({"": tree}):
        if name in {"async_show_form", "async_show_menu"} and (step := keyword(call, "step_id")) is not None:
            yield step, "description_placeholders" in {given.arg for given in call.keywords}


@pytest.mark.parametrize(
    ("module", "section"),
    [("config_flow.py", "config"), ("options_flow.py", "options"), ("safety_flow.py", "options")],
)
def test_a_step_that_gets_no_placeholders_has_none(
    sources: dict[str, ast.Module], english: Texts, module: str, section: str
) -> None:
    """A placeholder that nobody fills makes the frontend show an error in place of the text."""
    bare = {step for step, is_given in steps_shown(sources[module]) if not is_given}
    assert bare
    assert {
        key
        for key, text in english.items()
        if PLACEHOLDER.search(text) and any(key.startswith(f"{section}.step.{step}.") for step in bare)
    } == set()


def test_every_choice_of_a_list_has_a_text(sources: dict[str, ast.Module], english: Texts) -> None:
    """A drop-down list shows words, not keys."""
    lists = {
        call.args[0].value
        for _, name, call in calls(sources)
        if name == "select" and call.args and isinstance(call.args[0], ast.Constant)
    }
    named = {key.split(".")[1] for key in english if key.startswith("selector.")}
    assert lists
    assert lists - named - LISTS_OF_ADDRESSES == set()
    wanted = {f"selector.{key}.options.{option}" for key, kind in ENUMERATIONS.items() for option in kind}
    assert wanted - english.keys() == set()


def test_every_state_of_an_enumeration_has_a_text(english: Texts) -> None:
    """A sensor with words for values shows each of them translated."""
    wanted = {
        f"entity.sensor.{description.translation_key}.state.{option}"
        for description in DEVICE_SENSORS
        for option in description.options or []
    }
    assert wanted - english.keys() == set()


def test_every_quantity_has_a_name(english: Texts) -> None:
    """A reading is called after what it measures."""
    assert {quantity for quantity in Quantity if f"entity.sensor.{quantity}.name" not in english} == set()


def test_every_issue_has_a_text(sources: dict[str, ast.Module], english: Texts) -> None:
    """A repair without a title would be an empty card."""
    keys = {keyword(call, "translation_key") for _, name, call in calls(sources) if name == "async_create_issue"}
    assert {key for key in keys - {None} if f"issues.{key}.title" not in english} == set()


def test_every_entity_key_in_a_platform_has_a_name(sources: dict[str, ast.Module], english: Texts) -> None:
    """A translation key that a platform writes down is named in the translations."""
    platforms = {platform.value for platform in Platform}
    written = {
        (path.removesuffix(".py"), key)
        for path, _, call in calls(sources)
        if path.removesuffix(".py") in platforms and (key := keyword(call, "translation_key"))
    } - {
        (path, key)
        for path, name, call in calls(sources)
        if name in ERRORS and (key := keyword(call, "translation_key"))
    }
    assert {(p, key) for p, key in written if f"entity.{p}.{key}.name" not in english} == set()


def test_every_entity_name_has_a_user(sources: dict[str, ast.Module], english: Texts) -> None:
    """A name whose key appears nowhere in the code is dead weight."""
    keys = {key.split(".")[2] for key in english if key.startswith("entity.")}
    assert keys
    assert keys - literals(sources) == set()
