"""One stage for the whole session: building it takes longer than most tests."""

from collections.abc import AsyncIterator
from pathlib import Path
import subprocess
import sys

import pytest

from scripts import hass_server, servers
from scripts.hass_client import HassClient
from tests.e2e.stage import BALCONY, GREENHOUSE, OUTPOST, Stage
from tests.e2e.witness import Witness


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the suite run on another Home Assistant."""
    parser.addoption("--hass", type=Path, default=None, help="the hass command to test with")


def pytest_report_header(config: pytest.Config) -> str:
    """Say what is tested."""
    version = subprocess.check_output([hass_program(config), "--version"], text=True).strip()
    return f"Home Assistant: {version}"


def hass_program(config: pytest.Config) -> Path:
    """Return the hass command: the one asked for, else the one of this environment."""
    asked: Path | None = config.getoption("--hass")
    return asked.absolute() if asked else Path(sys.executable).with_name("hass")


@pytest.fixture(scope="session")
async def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Provide a broker and a Home Assistant with MQTT and the integration; no devices yet."""
    folder = tmp_path_factory.mktemp("stage")
    broker_port, hass_port = servers.free_port(), servers.free_port()
    broker = servers.mosquitto(folder / "broker", broker_port)
    assert broker is not None, "mosquitto is not installed"
    broker.start()
    hass_server.prepare(folder / "config", hass_port, "End to end")
    hass = hass_server.home_assistant(folder / "config", hass_port, hass_program(request.config))
    client = HassClient(f"http://{servers.LOOPBACK}:{hass_port}")
    built = Stage(folder, broker, hass, client, Witness(broker_port))
    try:
        await built.open(broker_port)
        yield built
    finally:
        await built.close()


@pytest.fixture(scope="session")
async def greenhouse(stage: Stage) -> Stage:
    """Provide the stage with the greenhouse approved and wired."""
    await stage.enter(GREENHOUSE)
    await stage.admit(GREENHOUSE)
    return stage


@pytest.fixture(scope="session")
async def outpost(stage: Stage) -> Stage:
    """Provide the stage with one more device that runs in a process of its own."""
    await stage.enter(OUTPOST)
    await stage.admit(OUTPOST)
    return stage


@pytest.fixture(scope="session")
async def balcony(stage: Stage) -> Stage:
    """Provide the stage with the device that is watched in a browser."""
    await stage.enter(BALCONY)
    await stage.admit(BALCONY)
    return stage
