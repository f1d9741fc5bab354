"""The processes that a demo or an end-to-end run consists of: started by us, stopped by us, nobody else touched."""

import json
import os
from pathlib import Path
import shutil
import signal
import socket
import subprocess
import sys
import time

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"
MORE_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "/opt/local/sbin")


class Server:
    """One child process with its output in a file."""

    def __init__(self, name: str, command: list[str], log: Path, port: int = 0) -> None:
        """Describe the process; start() runs it. With a port, start() waits until it is open."""
        self.name = name
        self.command = command
        self.log = log
        self.port = port
        self.child: subprocess.Popen[bytes] | None = None

    def start(self, patience: float = 20) -> None:
        """Run the process, apart from our terminal's Ctrl-C, and wait until it listens.

        Raises:
            RuntimeError: it ended at once or does not listen; the message quotes its output.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.child = subprocess.Popen(
                self.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        deadline = time.monotonic() + patience
        while self.port and not is_open(self.port):
            if self.child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self.name} did not start:\n{self.tail()}")
            time.sleep(0.05)

    def stop(self, patience: float = 40) -> None:
        """Ask the process to end, and end it when it does not."""
        if self.child is None:
            return
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(patience)
            except subprocess.TimeoutExpired:
                self.kill()
        self.child = None

    def kill(self) -> None:
        """End the process without a word, like a power cut."""
        if self.child is not None:
            self.child.send_signal(signal.SIGKILL)
            self.child.wait()
            self.child = None

    def freeze(self) -> None:
        """Let the process stand still with its connections open, like a machine that hangs."""
        if self.child is not None:
            self.child.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let the process go on."""
        if self.child is not None:
            self.child.send_signal(signal.SIGCONT)

    @property
    def exit_code(self) -> int | None:
        """Return how the process ended, None while it runs."""
        return None if self.child is None else self.child.poll()

    def tail(self, lines: int = 20) -> str:
        """Return the end of what it wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def mosquitto(folder: Path, port: int) -> Server | None:
    """Return a mosquitto on the loopback interface, None when it is not installed."""
    program = shutil.which("mosquitto", path=os.pathsep.join((os.environ.get("PATH", ""), *MORE_FOLDERS)))
    if program is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    settings = [f"listener {port} {LOOPBACK}", "allow_anonymous true", "persistence false", "log_dest stderr"]
    # A burst that is longer than its queue of 1,000 messages it drops by itself, whatever their quality of service.
    settings.append("max_queued_messages 0")
    if os.geteuid() == 0:
        settings.append("user root")  # Else it gives up the right to read its own folder.
    path = folder / "mosquitto.conf"
    path.write_text("\n".join(settings) + "\n")
    return Server("mosquitto", [program, "-c", str(path)], folder / "mosquitto.log", port)


def amqtt(folder: Path, port: int) -> Server:
    """Return the broker written in Python from its own environment; scripts/setup --broker makes it."""
    folder.mkdir(parents=True, exist_ok=True)
    listener = {"type": "tcp", "bind": f"{LOOPBACK}:{port}", "max_connections": 5000}
    anonymous = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    path = folder / "amqtt.yaml"
    path.write_text(json.dumps({"listeners": {"default": listener}, "plugins": anonymous}))
    return Server("amqtt", [str(ROOT / ".tools/amqtt/bin/amqtt"), "-c", str(path)], folder / "amqtt.log", port)


def simulator(
    folder: Path, broker: int, scenario: str, devices: int, speed: float, *, configured: bool = False
) -> Server:
    """Return the simulated fleet; configured devices remember an earlier life."""
    command = [sys.executable, "-m", "simulator", "--broker", f"{LOOPBACK}:{broker}", "--scenario", scenario]
    command += ["--devices", str(devices), "--speed", f"{speed:g}"]
    if configured:
        command.append("--configured")
    return Server("simulator", command, folder / "simulator.log")


def is_open(port: int) -> bool:
    """Tell whether something listens on that port of the loopback interface."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def free_port() -> int:
    """Return a port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
