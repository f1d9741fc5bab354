"""How long a newcomer waits for the demo: in a fresh clone, and once everything is there."""

from contextlib import suppress
import os
from pathlib import Path
import signal
import subprocess
import tempfile
from threading import Timer
from time import monotonic

from scripts import servers
from scripts.benchmarks.table import Row

PATIENCE = 600
FAREWELL = 60


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
    """Start the demo, wait until it says that it is ready, and stop it."""
    command = [str(clone / "scripts" / "demo"), "--port", str(servers.free_port())]
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # What runs in the background of a shell ignores it, and so would the demo, which is stopped by it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    started = monotonic()
    with subprocess.Popen(
        command, cwd=clone, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    ) as demo:
        # A demo that hangs says nothing, so nobody but a clock can end the waiting for its next line.
        alarm = Timer(PATIENCE, end, (demo,))
        alarm.start()
        try:
            is_ready = any("Ready." in line for line in demo.stdout or ())
            taken = monotonic() - started
        finally:
            alarm.cancel()
            # It may be at work at this moment, and would outlive whoever waits for it.
            alarm.join()
            end(demo)
    if not is_ready:
        raise SystemExit("The demo did not come up")
    return taken


def end(demo: subprocess.Popen[str]) -> None:
    """Stop a demo as Ctrl-C does, with everything that it runs in our sight; what does not obey is killed."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(demo.pid, number)
        with suppress(subprocess.TimeoutExpired):
            demo.wait(FAREWELL)
