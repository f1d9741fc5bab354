"""One stage for everything that runs in one process: building it takes longer than most tests."""

from collections.abc import AsyncIterator
from pathlib import Path
import subprocess
import sys

from playwright.async_api import Browser, async_playwright, expect
import pytest

from scripts.take_picture import start_browser
from tests.e2e.stage import BALCONY, GREENHOUSE, OUTPOST, Stage, staged
from tests.e2e.watched_page import PATIENCE

# What the second stage has besides: automations that switch on, or run, what an event names.
AUTOMATION = """\
automation of events:
  - id: starter
    alias: Starter
    triggers:
      - trigger: event
        event_type: start_wanted
    actions:
      - action: switch.turn_on
        target:
          entity_id: "{{ trigger.event.data.output }}"
  - id: irrigator
    alias: Irrigator
    triggers:
      - trigger: event
        event_type: irrigation_wanted
    actions:
      - action: god_kaiser.run_sequence
        data:
          sequence: "{{ trigger.event.data.sequence }}"
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the suite run on another Home Assistant."""
    parser.addoption("--hass", type=Path, default=None, help="the hass command to test with")
    parser.addoption("--kills", type=int, default=3, help="how often Home Assistant is killed in the middle of a run")


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
    """Provide a broker and a Home Assistant with MQTT and the integration; no devices yet.

    Whatever the tests did on it, a person finds nothing alarming in its log but the stops that were pressed: lost
    devices and refused commands are information.
    """
    async with staged(tmp_path_factory.mktemp("stage"), hass_program(request.config)) as built:
        yield built
        assert built.hass.log.exists()
        assert [line for line in built.complaints() if "Emergency stop by Tester" not in line] == []


@pytest.fixture(scope="session")
async def arena(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Provide a second stage whose processes may be killed at any time: nobody else plays on it."""
    async with staged(tmp_path_factory.mktemp("arena"), hass_program(request.config), AUTOMATION) as built:
        yield built


@pytest.fixture(scope="session")
async def greenhouse(stage: Stage) -> Stage:
    """Provide the stage with the greenhouse approved and wired, and every channel heard from."""
    await stage.enter(GREENHOUSE)
    await stage.admit(GREENHOUSE)
    await stage.speak(GREENHOUSE)
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


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Provide a browser; whatever is looked at has time to appear."""
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright, await start_browser(playwright) as started:
        yield started
