"""How long a newcomer waits for the demo: in a fresh clone, and once everything is there."""

from pathlib import Path
import signal
import subprocess
import tempfile
from time import monotonic

from scripts import servers
from scripts.benchmarks.table import Row

PATIENCE = 600


def measure() -> list[Row]:
    """Clone the committed state, start the demo twice and stop it each time like a person."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(servers.ROOT), str(clone)], check=True)
        cold, warm = seconds_to_ready(clone), seconds_to_ready(clone)
    return [
        Row("scripts/demo in a fresh clone, until it is ready", f"{cold:.0f} s", "≤ 240 s"),
        Row("scripts/demo a second time", f"{warm:.0f} s", "≤ 40 s"),
    ]


def seconds_to_ready(clone: Path) -> float:
    """Start the demo, wait until it says that it is ready, and stop it with the signal of Ctrl-C."""
    command = [str(clone / "scripts" / "demo"), "--port", str(servers.free_port())]
    started = monotonic()
    with subprocess.Popen(command, cwd=clone, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as demo:
        try:
            for line in demo.stdout or ():
                if "Ready." in line:
                    return monotonic() - started
                if monotonic() - started > PATIENCE:
                    break
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(60)
    raise SystemExit("The demo did not come up")
