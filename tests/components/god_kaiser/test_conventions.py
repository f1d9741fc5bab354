"""What hassfest and HACS would say about the files around the code."""

import ast
import json
from pathlib import Path
import re
import struct
import tomllib
from typing import Any

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
from homeassistant.const import Platform
from homeassistant.helpers.service import _SERVICES_SCHEMA
from homeassistant.util.yaml import load_yaml_dict
import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "custom_components" / "god_kaiser"

MANIFEST_KEYS = {
    *("after_dependencies", "categories", "codeowners", "config_flow", "connectivity", "dependencies", "documentation"),
    *("domain", "import_executor", "integration_type", "iot_class", "issue_tracker", "loggers", "mqtt", "name"),
    *("requirements", "version"),
}
HACS_KEYS = {
    *("name", "homeassistant", "hacs", "content_in_root", "filename", "zip_release", "hide_default_branch"),
    *("persistent_directory", "country", "render_readme"),
}
# Components that hassfest lets every integration use without naming them as a dependency.
FREE_COMPONENTS = {platform.value for platform in Platform} | {
    *("automation", "diagnostics", "frontend", "homeassistant", "logbook", "persistent_notification", "repairs"),
    *("script", "system_health", "websocket_api"),
}
RULES = {
    "bronze": {
        *("action-setup", "appropriate-polling", "brands", "common-modules", "config-flow-test-coverage"),
        *("config-flow", "dependency-transparency", "docs-actions", "docs-conditions", "docs-high-level-description"),
        *("docs-installation-instructions", "docs-removal-instructions", "docs-triggers", "entity-event-setup"),
        *("entity-unique-id", "has-entity-name", "runtime-data", "test-before-configure", "test-before-setup"),
        "unique-config-entry",
    },
    "silver": {
        *("action-exceptions", "config-entry-unloading", "docs-configuration-parameters"),
        *("docs-installation-parameters", "entity-unavailable", "integration-owner", "log-when-unavailable"),
        *("parallel-updates", "reauthentication-flow", "test-coverage"),
    },
    "gold": {
        *("devices", "diagnostics", "discovery", "discovery-update-info", "docs-data-update", "docs-examples"),
        *("docs-known-limitations", "docs-supported-devices", "docs-supported-functions", "docs-troubleshooting"),
        *("docs-use-cases", "dynamic-devices", "entity-category", "entity-device-class"),
        *("entity-disabled-by-default", "entity-translations", "exception-translations", "icon-translations"),
        *("reconfiguration-flow", "repair-issues", "stale-devices"),
    },
    "platinum": {"async-dependency", "inject-websession", "strict-typing"},
}
BRAND_SIZES = {"icon.png": (256, 256), "icon@2x.png": (512, 512), "logo.png": (669, 160), "logo@2x.png": (1338, 320)}


def read_json(path: Path) -> Any:
    """Return the content of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(name="manifest")
def manifest_fixture() -> dict[str, Any]:
    """Return the manifest."""
    content: dict[str, Any] = read_json(PACKAGE / "manifest.json")
    return content


@pytest.fixture(name="quality")
def quality_fixture() -> dict[str, Any]:
    """Return the self-assessment."""
    rules: dict[str, Any] = load_yaml_dict(str(PACKAGE / "quality_scale.yaml"))["rules"]
    return rules


def test_manifest_keys_are_known_and_in_order(manifest: dict[str, Any]) -> None:
    """The domain and the name come first, the rest follows the alphabet."""
    assert list(manifest) == ["domain", "name", *sorted(manifest.keys() - {"domain", "name"})]
    assert manifest.keys() <= MANIFEST_KEYS


def test_manifest_says_what_a_custom_integration_must_say(manifest: dict[str, Any]) -> None:
    """Owner, documentation, issue tracker, class and version are there and well formed."""
    assert manifest["domain"] == PACKAGE.name
    assert all(owner.startswith("@") for owner in manifest["codeowners"])
    assert manifest["codeowners"]
    assert manifest["documentation"].startswith("https://")
    assert "home-assistant.io" not in manifest["documentation"]
    assert manifest["issue_tracker"].startswith("https://")
    assert (manifest["integration_type"], manifest["iot_class"], manifest["config_flow"]) == ("hub", "local_push", True)
    assert AwesomeVersion(manifest["version"]).strategy is AwesomeVersionStrategy.SEMVER


def test_manifest_discovers_by_announcements_and_never_by_heartbeats(manifest: dict[str, Any]) -> None:
    """Every changed payload on a discovery topic starts a flow, so only the announcement is listed."""
    assert manifest["mqtt"] == ["kaiser/god/esp/+/session/announce"]


def test_manifest_needs_msgspec_and_nothing_else(manifest: dict[str, Any]) -> None:
    """One requirement at run time."""
    assert [re.split(r"[=<>~]", requirement)[0] for requirement in manifest["requirements"]] == ["msgspec"]


def test_the_version_is_the_same_everywhere(manifest: dict[str, Any]) -> None:
    """Manifest and project agree."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert manifest["version"] == project["project"]["version"]


def test_every_component_that_is_used_is_a_dependency(manifest: dict[str, Any]) -> None:
    """What the code imports at run time is set up before it, or may be missing."""
    imported = {
        name.removeprefix("homeassistant.components.").partition(".")[0]
        for path in PACKAGE.rglob("*.py")
        for name in imported_names(ast.parse(path.read_text(encoding="utf-8")))
        if name.startswith("homeassistant.components.")
    }
    declared = {*manifest["dependencies"], *manifest.get("after_dependencies", [])}
    assert imported - declared - FREE_COMPONENTS == set()
    assert "mqtt" in manifest["dependencies"]


def imported_names(tree: ast.Module) -> set[str]:
    """Return the dotted names that a module imports."""
    froms = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not node.level
        for alias in node.names
    }
    return froms | {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}


def test_services_are_valid_by_home_assistants_own_schema() -> None:
    """Targets, fields and selectors are what Home Assistant accepts; names stand in the translations."""
    services = load_yaml_dict(str(PACKAGE / "services.yaml"))
    assert _SERVICES_SCHEMA(services)
    assert not {name for name, service in services.items() if service and {"name", "description"} & service.keys()}


def test_every_field_has_a_selector() -> None:
    """Every field of an action can be filled in without YAML."""
    services = load_yaml_dict(str(PACKAGE / "services.yaml"))
    fields = {(name, key): field for name, service in services.items() for key, field in fields_of(service)}
    assert {place for place, field in fields.items() if "selector" not in field} == set()


def fields_of(service: dict[str, Any] | None) -> list[tuple[str, dict[str, Any]]]:
    """Return the fields of an action, also those in sections."""
    fields = (service or {}).get("fields", {})
    flat = [(key, field) for key, field in fields.items() if "fields" not in field]
    return flat + [pair for field in fields.values() if "fields" in field for pair in field["fields"].items()]


def test_every_action_has_an_icon_and_every_icon_an_action() -> None:
    """The action list shows a picture for each entry."""
    icons = read_json(PACKAGE / "icons.json")
    services = load_yaml_dict(str(PACKAGE / "services.yaml"))
    assert {name for name, icon in icons["services"].items() if icon["service"].startswith("mdi:")} == set(services)


def test_icons_belong_to_entities_that_have_a_name() -> None:
    """An icon for an entity that does not exist is dead weight."""
    icons = read_json(PACKAGE / "icons.json").get("entity", {})
    names = read_json(PACKAGE / "translations" / "en.json")["entity"]
    assert {(p, key) for p, keys in icons.items() for key in keys if key not in names.get(p, {})} == set()


def test_icon_ranges_ascend() -> None:
    """Home Assistant takes the last range that is not above the value."""
    entities = [icon for keys in read_json(PACKAGE / "icons.json").get("entity", {}).values() for icon in keys.values()]
    ranges = [[float(edge) for edge in icon["range"]] for icon in entities if "range" in icon]
    assert all(edges == sorted(edges) for edges in ranges)


def test_every_platform_says_how_many_updates_run_at_once() -> None:
    """The hub serialises by itself, and each platform states it."""
    platforms = [PACKAGE / f"{platform}.py" for platform in Platform if (PACKAGE / f"{platform}.py").exists()]
    assert platforms
    silent = {path.name for path in platforms if "\nPARALLEL_UPDATES = 0\n" not in path.read_text(encoding="utf-8")}
    assert silent == set()


@pytest.mark.parametrize("tier", RULES)
def test_every_rule_of_the_quality_scale_is_judged(quality: dict[str, Any], tier: str) -> None:
    """No rule of a tier is left out."""
    assert RULES[tier] - quality.keys() == set()


def test_the_quality_scale_has_fifty_four_rules_and_no_more(quality: dict[str, Any]) -> None:
    """A rule that does not exist cannot be met."""
    assert quality.keys() == set().union(*RULES.values())
    assert len(quality) == 54


def test_a_rule_that_is_not_done_says_why(quality: dict[str, Any]) -> None:
    """Exemptions and open rules carry a comment."""
    judged = {rule: {"status": verdict} if isinstance(verdict, str) else verdict for rule, verdict in quality.items()}
    assert {verdict["status"] for verdict in judged.values()} <= {"done", "exempt", "todo"}
    silent = {rule for rule, verdict in judged.items() if verdict["status"] != "done" and not verdict.get("comment")}
    assert silent == set()


def test_hacs_knows_every_key_and_the_oldest_home_assistant() -> None:
    """The file that HACS and the Marketplace read holds nothing they refuse."""
    hacs = read_json(ROOT / "hacs.json")
    assert hacs.keys() <= HACS_KEYS
    assert (hacs["homeassistant"], hacs["zip_release"], hacs["filename"]) == ("2026.10.0", True, "god_kaiser.zip")


def test_there_is_one_integration_and_no_core_style_strings_file() -> None:
    """HACS takes one folder; strings.json is a build step of core and means nothing here."""
    folders = [path for path in PACKAGE.parent.iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert folders == [PACKAGE]
    assert not (PACKAGE / "strings.json").exists()
    assert (PACKAGE / "py.typed").exists()


@pytest.mark.parametrize("prefix", ["", "dark_"])
@pytest.mark.parametrize("name", BRAND_SIZES)
def test_the_brand_has_icons_and_logos_in_both_sizes(prefix: str, name: str) -> None:
    """Light and dark pictures have the sizes that Home Assistant asks for."""
    header = (PACKAGE / "brand" / f"{prefix}{name}").read_bytes()[:24]
    assert header.startswith(b"\x89PNG")
    assert struct.unpack(">II", header[16:24]) == BRAND_SIZES[name]
