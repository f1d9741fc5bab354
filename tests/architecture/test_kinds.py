"""The union is the registry: what is listed there exists, is read, is sent and is shown (ADR 0005)."""

import ast
from functools import cache

import pytest

from tests.architecture import checks
from tests.architecture.source import Tree, called_name


@cache
def listed(tree: Tree) -> tuple[tuple[str, str], ...]:
    """Return every union with each of its members, read once."""
    return tuple(checks.union_members(tree))


def members(tree: Tree, union: str) -> set[str]:
    """Return the names of a union's members, through the unions it is made of."""
    parts = {member for alias, member in listed(tree) if alias == union}
    return {leaf for part in parts for leaf in members(tree, part) or {part}}


def called_in(tree: Tree, package: str) -> set[str]:
    """Return the names of everything that a package calls."""
    modules = tree.below(package)
    return {called_name(node) for module in modules for node in ast.walk(module.tree) if isinstance(node, ast.Call)}


def named_in(tree: Tree, package: str) -> set[str]:
    """Return every plain name that a package mentions."""
    modules = tree.below(package)
    return {node.id for module in modules for node in ast.walk(module.tree) if isinstance(node, ast.Name)}


def test_every_member_of_every_union_is_frozen_and_described(package: Tree) -> None:
    """A kind without a docstring or with changeable fields does not get in."""
    assert checks.kinds(package) == []


@pytest.mark.parametrize("union", ["DeviceFact", "Wish", "Event", "Notice", "Effect", "Calibration"])
def test_the_unions_are_found(package: Tree, union: str) -> None:
    """The checks of this file look at unions that exist."""
    assert len(members(package, union)) >= 3


def test_every_fact_that_a_device_can_state_has_a_parser(package: Tree) -> None:
    """A new fact without its row in protocol/inbound fails here."""
    assert members(package, "DeviceFact") - called_in(package, "core.protocol.inbound") == set()


def test_every_notice_has_a_wire_form(package: Tree) -> None:
    """A new notice without an encoder fails here."""
    assert members(package, "Notice") - named_in(package, "core.protocol") == set()


def test_every_event_reaches_the_engine(package: Tree) -> None:
    """No fact or wish is left lying by accident: the engine, or a part that it asks, names each one."""
    reached = named_in(package, "core.engine") | named_in(package, "core.fleet")
    assert members(package, "Event") - reached == set()


def test_every_effect_is_performed_by_the_host(package: Tree) -> None:
    """No order of the engine is dropped on the floor."""
    assert members(package, "Effect") - named_in(package, "host") == set()
