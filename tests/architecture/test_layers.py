"""Who may import whom (ADR 0001)."""

import ast

import pytest

from tests.architecture import checks, rules
from tests.architecture.source import ROOT, Tree


def test_imports_inside_core_point_downwards(package: Tree) -> None:
    """The layer table holds for every module of core."""
    assert checks.layers(package) == []


def test_core_knows_no_home_assistant_clock_chance_thread_log_or_file(package: Tree) -> None:
    """Core is made of itself, msgspec and the pure part of the standard library."""
    assert checks.purity(package) == []


def test_host_does_not_know_the_platforms_and_they_know_core_as_types(package: Tree) -> None:
    """Only host drives the engine."""
    assert checks.rooms(package) == []


def test_no_module_imports_itself_by_a_detour(package: Tree) -> None:
    """There is no import cycle anywhere in the package."""
    assert checks.cycles(package) == []


def test_the_simulator_imports_neither_the_integration_nor_home_assistant(simulator: Tree) -> None:
    """A mistake in our codec cannot cancel itself out in the fake (ADR 0007)."""
    foreign = {found.target.partition(".")[0] for module in simulator.modules for found in module.imports}
    assert foreign.isdisjoint({"custom_components", "homeassistant"})


def test_the_architecture_page_shows_the_layer_table() -> None:
    """The page in docs and the table in the test cannot drift apart."""
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- layers -->")[2].partition("```text\n")[2].partition("```")[0].splitlines()
    table = [" · ".join(room.removeprefix("core.") for room in row) for row in rules.LAYERS]
    assert [line.partition("  ")[0] for line in shown] == table


def test_every_layer_exists(package: Tree) -> None:
    """The table names no room that is gone."""
    rooms = {room for row in rules.LAYERS for room in row}
    assert {room for room in rooms if not package.below(room)} == set()


def test_the_checks_parse_what_python_accepts(package: Tree) -> None:
    """The tree holds parsed modules, so an empty result means that nothing is wrong."""
    assert len(package.modules) > 40
    assert all(isinstance(module.tree, ast.Module) for module in package.modules)


# What watches over runs: the log, the trail, advice and the check before a start, each in a module of its own.
WATCHES = {
    "core.engine.program_log": "core/engine/test_program_log.py",
    "core.journal.chain": "core/journal/test_chain.py",
    "core.sequences.advice": "core/sequences/test_advice.py",
    "core.sequences.preflight": "core/sequences/test_preflight.py",
}


@pytest.mark.req("EXE-22")
@pytest.mark.parametrize("name", WATCHES)
def test_log_trail_advice_and_preflight_stand_by_themselves(package: Tree, name: str) -> None:
    """Each has tests of its own, and none of them needs another but advice the weights of the check."""
    needed = {found.target for found in package.module(name).imports} & WATCHES.keys() - {"core.sequences.preflight"}
    assert needed == set()
    assert (ROOT / "tests" / WATCHES[name]).is_file()
