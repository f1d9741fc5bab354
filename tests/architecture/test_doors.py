"""Each outside thing has one door, and the door has a file name."""

import ast

import pytest

from tests.architecture import checks
from tests.architecture.source import Tree, called_name, is_within

CLIENTS = {"aiohttp", "httpx", "requests", "urllib", "http", "socket", "websockets", "paho", "aiomqtt"}
# With these nobody can call anybody: they answer what Home Assistant's own server was asked.
ANSWERS = {"aiohttp.web", "http.HTTPStatus"}


def test_each_outside_thing_has_one_importer(package: Tree) -> None:
    """MQTT, storage, the issue registry and SQLite are each used by one module."""
    assert checks.doors(package) == []


@pytest.mark.req("API-09")
def test_home_assistants_mqtt_client_is_the_only_way_out(package: Tree) -> None:
    """The package holds no HTTP client, no socket and no MQTT client of its own; what is asked over HTTP is answered."""
    found = {
        (module.name.partition(".")[0], found.target)
        for module in package.modules
        for found in module.imports
        if found.target.partition(".")[0] in CLIENTS
    }
    assert found == {("http_api", answering) for answering in ANSWERS}


def test_who_answers_over_http_asks_actions_and_moves_nothing(package: Tree) -> None:
    """The room knows of host what things are and what they are called; nobody but the set-up knows the room."""
    room = package.below("http_api")
    known = {
        target for module in room for found in module.imports if is_within(target := package.resolve(found), "host")
    }
    assert known <= {"host.engine_host", "host.failures", "host.naming"}
    asked = {module.name for module in room for node in ast.walk(module.tree) if called(node) == "async_call"}
    assert asked == {"http_api.asking"}
    guests = {
        module.name
        for module in package.modules
        for found in module.imports
        if is_within(package.resolve(found), "http_api") and not is_within(module.name, "http_api")
    }
    assert guests == {""}


def called(node: ast.AST) -> str:
    """Return the name of what is called, nothing where nothing is."""
    return called_name(node) if isinstance(node, ast.Call) else ""
