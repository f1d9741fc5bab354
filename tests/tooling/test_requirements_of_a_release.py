"""A second environment gets what its Home Assistant wants, not what ours wants."""

import importlib.metadata

from scripts.ha_requirements import normal, wanted


def test_names_of_packages_are_compared_as_the_index_does() -> None:
    """Case, dots and underscores do not matter; comments name no package."""
    assert normal("PyTurbo_JPEG.x==1.8.3") == "pyturbo-jpeg-x"
    assert normal("# What Home Assistant would fetch") == ""


def test_our_own_pins_are_what_the_pinned_home_assistant_wants() -> None:
    """The list in requirements_test.txt has not fallen behind."""
    required = wanted()
    installed = {name: importlib.metadata.version(name) for name in ("hassil", "home-assistant-frontend", "paho-mqtt")}
    assert {name: required[name].partition("==")[2] for name in installed} == installed
