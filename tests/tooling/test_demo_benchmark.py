"""The measurement of the demo comes to an end, whatever the demo does."""

import os
from pathlib import Path

import pytest

from scripts import servers
from scripts.benchmarks import demo


@pytest.fixture(autouse=True)
def any_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for no free port, because these demos listen nowhere."""
    monkeypatch.setattr(servers, "free_port", lambda: 8123)


def a_clone(folder: Path, *lines: str) -> Path:
    """Return a project whose demo writes its process id into a file and goes on with these lines."""
    script = folder / "scripts" / "demo"
    script.parent.mkdir()
    script.write_text("\n".join(("#!/usr/bin/env bash", "echo $$ > pid", *lines, "")), encoding="utf-8")
    script.chmod(0o755)
    return folder


def is_gone(clone: Path) -> bool:
    """Tell whether the process of the demo has ended."""
    try:
        os.kill(int((clone / "pid").read_text(encoding="utf-8")), 0)
    except ProcessLookupError:
        return True
    return False


def test_a_demo_that_is_ready_is_stopped_like_ctrl_c(tmp_path: Path) -> None:
    """It gets the chance to stop its servers."""
    clone = a_clone(
        tmp_path, "trap 'touch stopped; exit' INT", "echo Starting", "echo Ready.", "while true; do sleep 0.05; done"
    )
    assert demo.seconds_to_ready(clone) > 0
    assert (clone / "stopped").exists()
    assert is_gone(clone)


@pytest.mark.parametrize(
    "lines",
    [
        ("sleep 600",),
        ("trap '' INT", "echo Starting", "sleep 600"),
        ("trap '' INT", "sleep 600 &", "exit"),
        ("echo Giving up",),
    ],
    ids=["silent", "stubborn", "with a child that stays", "giving up"],
)
def test_a_demo_that_does_not_come_up_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...]
) -> None:
    """A line that never comes is not waited for, and nothing is left running."""
    monkeypatch.setattr(demo, "PATIENCE", 0.5)
    monkeypatch.setattr(demo, "FAREWELL", 0.5)
    clone = a_clone(tmp_path, *lines)
    with pytest.raises(SystemExit, match="did not come up"):
        demo.seconds_to_ready(clone)
    assert is_gone(clone)
