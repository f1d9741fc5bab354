"""The trees under test, parsed once."""

import pytest

from tests.architecture.source import PACKAGE, SIMULATOR, Tree


@pytest.fixture(scope="session")
def package() -> Tree:
    """Return the integration's source."""
    return Tree(PACKAGE)


@pytest.fixture(scope="session")
def simulator() -> Tree:
    """Return the simulator's source."""
    return Tree(SIMULATOR)
