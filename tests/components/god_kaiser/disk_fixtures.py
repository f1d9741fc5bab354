"""Where a test keeps its files, and how long it waits for them."""

from collections.abc import Iterator
from pathlib import Path
import shutil
import tempfile
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import mock_storage

from custom_components.god_kaiser.host.journal import writer


@pytest.fixture
def folder_for_everybody() -> Iterator[str]:
    """Return a folder in which also somebody without rights may look for files."""
    folder = Path(tempfile.mkdtemp(prefix="gk_disk_"))
    folder.chmod(0o755)
    yield str(folder)
    shutil.rmtree(folder)


@pytest.fixture
def hass_storage(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Keep what is stored in memory; of a test with the mark ``real_disk`` it is written to a disk, and read from there."""
    if request.node.get_closest_marker("real_disk") is not None:
        yield {}
        return
    with mock_storage() as stored:
        yield stored


@pytest.fixture
def impatient_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask a disk that refuses the journal again after a moment, which otherwise is up to half a minute."""
    monkeypatch.setattr(writer, "_LONG_WAIT", 0.05)
    monkeypatch.setattr(writer, "_BASE", 0.05)
