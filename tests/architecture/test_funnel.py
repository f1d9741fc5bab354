"""One way to a device: request, funnel, gate, approved command, link (ADR 0002)."""

import pytest

from tests.architecture import checks, rules
from tests.architecture.source import Tree


@pytest.mark.req("SAF-06")
def test_only_the_gate_approves_and_only_the_link_publishes(package: Tree) -> None:
    """Nothing makes, seals, judges or sends a command past the funnel."""
    assert checks.funnel(package) == []


def test_the_funnel_has_a_user(package: Tree) -> None:
    """The rule would be empty if nobody imported the funnel."""
    users = {
        module.name
        for module in package.modules
        for found in module.imports
        if found.internal and package.resolve(found) == rules.FUNNEL
    }
    assert users


def test_the_link_has_no_method_that_takes_a_topic(package: Tree) -> None:
    """What the link offers is typed messages; a raw topic and payload cannot be passed in."""
    link = package.module(rules.LINK)
    offered = {found.name for found in link.definitions if found.kind == "function" and not found.name.startswith("_")}
    assert not offered & {"publish", "async_publish"}
