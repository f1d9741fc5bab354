"""The demo goes on where a person restarts Home Assistant while it is set up, or says plainly that it cannot."""

import asyncio
from pathlib import Path

import aiohttp
from homeassistant.util.yaml import load_yaml_dict, parse_yaml
import pytest

from scripts import demo_run, hass_server
from scripts.hass_client import HassClient
from scripts.servers import Server


class Restarting(HassClient):
    """A Home Assistant that is away at the first question."""

    def __init__(self) -> None:
        """Nothing was waited for yet."""
        self.waits = 0

    async def running(self, timeout: float = 120) -> None:
        """Be back."""
        self.waits += 1


async def test_the_first_readings_are_waited_for_anew_after_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever restarts in that minute sees the dashboard all the same."""
    client, saved = Restarting(), list[str]()

    async def first_readings(_client: HassClient) -> str:
        if not client.waits:
            raise aiohttp.ClientConnectionError
        return "3 of 3"

    async def save_dashboard(_client: HassClient, path: str, _title: str) -> None:
        saved.append(path)

    monkeypatch.setattr(demo_run, "first_readings", first_readings)
    monkeypatch.setattr(demo_run, "save_dashboard", save_dashboard)
    await demo_run.settle(client)
    assert (client.waits, saved) == (1, [demo_run.DASHBOARD])


async def test_a_server_that_ends_meanwhile_is_told_instead_of_what_failed_by_that() -> None:
    """Nobody waits for a Home Assistant that is not there any more."""

    async def ends() -> None:
        raise RuntimeError("Home Assistant has ended with 1")

    with pytest.raises(RuntimeError, match="ended with 1"):
        await demo_run.beside(asyncio.sleep(60), asyncio.create_task(ends()))
    for_ever = asyncio.create_task(asyncio.sleep(60))
    assert await demo_run.beside(asyncio.sleep(0, "done"), for_ever) == "done"
    for_ever.cancel()


async def test_home_assistant_that_was_asked_to_restart_is_started_again(tmp_path: Path) -> None:
    """Also before the demo is ready; any other end is an error."""
    starts = list[str]()

    class Asked(Server):
        @property
        def exit_code(self) -> int | None:
            """Ask for a restart, then end for good."""
            return 3 if starts else hass_server.ASKED_TO_RESTART

        def start(self, patience: float = 20) -> None:
            """Note that."""
            starts.append(self.name)

    log = tmp_path / "log"
    log.write_text("bye")
    with pytest.raises(RuntimeError, match="ended with 3"):
        await demo_run.watch(Asked("Home Assistant", [], log), [])
    assert starts == ["Home Assistant"]


def test_the_editors_of_the_user_interface_have_files_to_write_into(tmp_path: Path) -> None:
    """They are there from the beginning, and what is in them stays."""
    hass_server.prepare(tmp_path, 8123, "Demo")
    assert {name: parse_yaml((tmp_path / name).read_text()) for name in hass_server.EDITED} == {
        "automations.yaml": [],
        "scripts.yaml": {},
        "scenes.yaml": [],
    }
    (tmp_path / "automations.yaml").write_text("- alias: Mine\n")
    hass_server.prepare(tmp_path, 8123, "Demo")
    read = load_yaml_dict(str(tmp_path / "configuration.yaml"))
    assert (read["automation"], read["script"], read["scene"]) == ([{"alias": "Mine"}], {}, [])
