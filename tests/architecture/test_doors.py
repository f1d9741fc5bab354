"""Each outside thing has one door, and the door has a file name."""

import pytest

from tests.architecture import checks
from tests.architecture.source import Tree

CLIENTS = {"aiohttp", "httpx", "requests", "urllib", "http", "socket", "websockets", "paho", "aiomqtt"}
# With these nobody can call anybody: they answer what Home Assistant's own server was asked.
ANSWERS = {"aiohttp.web", "http.HTTPStatus"}


def test_each_outside_thing_has_one_importer(package: Tree) -> None:
    """MQTT, storage, the issue registry and SQLite are each used by one module."""
    assert checks.doors(package) == []


@pytest.mark.req("API-09")
def test_home_assistants_mqtt_client_is_the_only_way_out(package: Tree) -> None:
    """The package holds no HTTP client, no socket and no MQTT client of its own."""
    imported = {found.target for module in package.modules for found in module.imports} - ANSWERS
    assert {target.partition(".")[0] for target in imported}.isdisjoint(CLIENTS)
