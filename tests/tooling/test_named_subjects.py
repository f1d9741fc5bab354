"""Some subjects have a test module of their own, under a name that is agreed on."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
SUBJECTS = [
    "test_cross_esp_automation",
    "test_logic_engine",
    "test_safety_integration",
    "test_safety_service",
    "test_sensor_libraries",
    "test_websocket_events",
    "test_websocket_manager",
]


@pytest.mark.req("API-19")
@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_has_one_module_with_tests(subject: str) -> None:
    """Exactly one module has the name, and it holds tests."""
    (module,) = TESTS.rglob(f"{subject}.py")
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [function.name for function in functions if function.name.startswith("test_")]


@pytest.mark.req("API-20")
@pytest.mark.parametrize("page", ["RULES.md", "SAFETY.md", "WEBSOCKET_API.md"])
def test_a_subject_has_a_page_whose_examples_are_tested(page: str) -> None:
    """Rules, safety and the live stream have a page each, which the README names and which is compared with the code."""
    text = (TESTS.parent / "docs" / page).read_text(encoding="utf-8")
    assert "```" in text
    assert f"docs/{page}" in (TESTS.parent / "README.md").read_text(encoding="utf-8")
    modules = [*TESTS.rglob("*.py"), *(TESTS.parent / "scripts").rglob("*.py")]
    readers = [module.name for module in modules if f'"{page}"' in module.read_text(encoding="utf-8")]
    assert set(readers) - {"test_named_subjects.py"}
