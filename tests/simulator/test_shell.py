"""The process: command line, real connections, last wills, orders and a clean end."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
import shutil
import signal
import socket
import subprocess
import sys
import time

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
import pytest

from simulator.__main__ import parser

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin:/usr/bin:/usr/local/bin")
ROOT = Path(__file__).parents[2]
DEADLINE = 20.0


class Listener:
    """A client that remembers what it heard and answers heartbeats."""

    def __init__(self, port: int) -> None:
        """Connect and listen to everything."""
        self.heard: list[tuple[str, bytes]] = []
        self.client = Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = self._on_message
        self.client.message_callback_add("kaiser/+/esp/+/system/heartbeat", self._on_heartbeat)
        self.client.connect("127.0.0.1", port)
        self.client.subscribe([("kaiser/#", 1), ("simulator/report", 0)])
        self.client.loop_start()

    def _on_message(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        self.heard.append((message.topic, message.payload))

    def _on_heartbeat(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        self._on_message(client, userdata, message)
        client.publish(f"{message.topic}/ack", b'{"status":"approved","server_time":1777539600,"handover_epoch":1}', 1)

    def wait_for(self, ending: str, text: bytes = b"") -> str:
        """Return the first topic with that ending and text, or fail after the deadline."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            for topic, payload in list(self.heard):
                if topic.endswith(ending) and text in payload:
                    return topic
            time.sleep(0.05)
        pytest.fail(f"never heard {ending} {text!r}")

    def close(self) -> None:
        """Leave."""
        self.client.loop_stop()
        self.client.disconnect()


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def port(tmp_path: Path, socket_enabled: None) -> Iterator[int]:
    """Run a broker on a free port."""
    chosen = free_port()
    settings = tmp_path / "mosquitto.conf"
    settings.write_text(f"listener {chosen} 127.0.0.1\nallow_anonymous true\n")
    with (tmp_path / "log").open("w") as log:
        assert MOSQUITTO is not None, "mosquitto is not installed; scripts/test needs it"
        broker = subprocess.Popen([MOSQUITTO, "-c", str(settings)], stdout=log, stderr=log)
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", chosen), 0.2):
                break
            time.sleep(0.05)
        yield chosen
        broker.terminate()
        broker.wait(DEADLINE)


@pytest.fixture
def listener(port: int) -> Iterator[Listener]:
    """Listen on the broker."""
    listening = Listener(port)
    yield listening
    listening.close()


@pytest.fixture
def fleet(port: int, listener: Listener) -> Iterator[subprocess.Popen[bytes]]:
    """Run six configured devices."""
    command = [sys.executable, "-m", "simulator", "--broker", f"127.0.0.1:{port}", "--configured", "--devices", "6"]
    running = subprocess.Popen(command, cwd=ROOT)
    yield running
    running.kill()
    running.wait(DEADLINE)


def test_the_command_line_has_sensible_defaults() -> None:
    """Only the broker matters."""
    options = parser().parse_args([])
    assert (options.broker, options.scenario, options.devices, options.speed) == (
        "127.0.0.1:1883",
        "greenhouse",
        0,
        1.0,
    )


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Return what a short run of the simulator says."""
    command = [sys.executable, "-m", "simulator", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE, check=False)


def test_the_list_names_every_scenario() -> None:
    """With its title."""
    listed = run("--list")
    assert listed.returncode == 0
    assert "greenhouse" in listed.stdout


@pytest.mark.parametrize("words", [("--scenario", "grenhouse"), ("--broker", "nowhere")])
def test_a_wrong_word_ends_the_run_with_a_sentence(words: tuple[str, str]) -> None:
    """No traceback, exit code 2."""
    ended = run(*words)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_devices_live_and_die_on_a_real_broker(listener: Listener, fleet: subprocess.Popen[bytes]) -> None:
    """They announce themselves, send readings once answered, follow orders, and leave their wills behind."""
    listener.wait_for("/session/announce")
    listener.wait_for("ESP_B20D22/sensor/32/data", b'"moisture"')
    listener.client.publish("kaiser/god/esp/ESP_B20D22/actuator/16/command", b'{"command":"ON","duration":30}')
    listener.wait_for("ESP_B20D22/actuator/16/status", b'"state":true')
    listener.client.publish("simulator/control", b"ESP_A10C11 lose_power on")
    listener.wait_for("simulator/report", b"lose_power on: 1 device(s)")
    listener.wait_for("ESP_A10C11/system/will", b"unexpected_disconnect")
    fleet.send_signal(signal.SIGTERM)
    assert fleet.wait(DEADLINE) == 0
    listener.wait_for("ESP_B20D22/system/will", b"unexpected_disconnect")
