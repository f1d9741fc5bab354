"""Small on purpose, and every name says something."""

from tests.architecture import checks, rules
from tests.architecture.source import Tree


def test_files_and_functions_of_the_integration_stay_small(package: Tree) -> None:
    """No file passes 300 lines and no function 40."""
    assert checks.budgets(package) == []


def test_files_and_functions_of_the_simulator_stay_small(simulator: Tree) -> None:
    """The same budget holds for the simulator."""
    assert checks.budgets(simulator) == []


def test_names_of_the_integration_say_something(package: Tree) -> None:
    """Nothing is called manager, handler, helper, util, data, info, process, do, new or my."""
    assert checks.names(package) == []


def test_names_of_the_simulator_say_something(simulator: Tree) -> None:
    """The same words are banned in the simulator."""
    assert checks.names(simulator) == []


def test_checkers_are_hardly_ever_told_to_look_away(package: Tree, simulator: Tree) -> None:
    """A handful of silenced lines is the most that can be explained."""
    places = checks.silenced(package) + checks.silenced(simulator)
    assert len(places) <= rules.MAX_SILENCED, places
