"""Requests that mean harm, or that somebody has got wrong: each is refused with a reason, and none of them is guessed at."""

from io import BytesIO
from json import loads
from typing import Any
import zlib

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.translation import async_load_integrations
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.http_api.checking import Misfit, problems
from custom_components.god_kaiser.http_api.requests import LARGEST_BODY
from custom_components.god_kaiser.http_api.routes import ROOT

from .calls import ask
from .http_client import Program, promised
from .sequences import written

START = "/sequences/{sequence}/runs"
NAMES = ("nobody", "..", "a/b", "%00", "\u00e4", "x" * 2000, "{}", "$(id)", "'; --", "null")
JSON = {"Content-Type": "application/json"}


@pytest.fixture(name="program")
async def program_fixture(hass: HomeAssistant, setup_entry: Any, hass_client: ClientSessionGenerator) -> Program:
    """Return a program with the token of an administrator, and a sequence."""
    program = Program(await hass_client())
    await program.have("POST", "/sequences", {"definition": written()})
    return program


async def send(program: Program, body: bytes, **headers: str) -> tuple[int, str]:
    """Send bytes as they are, and return the status and the reason."""
    response = await program.client.post(
        f"{ROOT}/sequences/watering/runs", data=BytesIO(body), headers={**JSON, **headers}
    )
    assert "application/json" in promised("POST", START, response.status)
    return response.status, (await response.json())["error"]["translation_key"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"wait": NaN}',
        b'{"heartbeat_interval": Infinity}',
        b'{"heartbeat_interval": 1e999}',
        b'{"until_phase": "\\ud800"}',
        b'{"wait": true,}',
        b"{'wait': true}",
    ],
)
async def test_what_is_no_json_is_refused(program: Program, body: bytes) -> None:
    """Also what only some readers of JSON take."""
    assert await send(program, body) == (400, "request_not_readable")


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b'"text"',
        b"7",
        b'{"wait": "true"}',
        b'{"wait": 1}',
        b'{"heartbeat_interval": "5"}',
        b'{"heartbeat_interval": -1}',
        b'{"require": "maybe"}',
        b'{"roles": {"pump": 7}}',
        b'{"roles": []}',
        b'{"nobody_knows": 1}',
        b'{"variables": {"deep": [1]}}',
        b'{"until_phase": null}',
    ],
)
async def test_what_does_not_fit_is_refused(program: Program, body: bytes) -> None:
    """No text is read as a number, no number as a truth, and what is not known is not passed over."""
    assert await send(program, body) == (400, "request_does_not_fit")


async def test_what_is_nested_without_end_is_refused(program: Program) -> None:
    """Before anybody looks at it, however the nesting is made."""
    deep = b'{"variables":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}"
    assert (await send(program, deep))[0] == 400
    draft = b'{"definition":{"a":' + b"[" * 100 + b"]" * 100 + b"}}"
    response = await program.client.post(f"{ROOT}/sequences", data=draft, headers=JSON)
    assert (response.status, (await response.json())["error"]["code"]) == (400, "bad_request")
    assert [*problems({"level": 10**400}, {"properties": {"level": {"type": "number"}}})] == [
        ("/level", Misfit("not_finite"))
    ]
    assert [*problems({"a": loads("[" * 100 + "]" * 100)}, {})] == [(f"/a{'/0' * 64}", Misfit("too_deep", "64"))]


async def test_what_is_too_large_is_not_read_to_its_end(program: Program) -> None:
    """However it is sent: in one piece, or packed so that it looks small."""
    large = b'{"until_phase": "' + b"x" * LARGEST_BODY + b'"}'
    assert await send(program, large) == (413, "request_too_large")
    packed = zlib.compress(large)
    assert len(packed) < 10_000
    assert await send(program, packed, **{"Content-Encoding": "deflate"}) == (413, "request_too_large")
    assert await send(program, b"not packed", **{"Content-Encoding": "deflate"}) == (400, "request_not_readable")


async def test_only_json_is_read(program: Program) -> None:
    """A form, or a text that looks like JSON, is none."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        assert await send(program, b'{"wait": false}', **{"Content-Type": kind}) == (415, "request_wrong_media_type")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/runs", {"limit": "0"}),
        ("/runs", {"limit": "501"}),
        ("/runs", {"limit": "ten"}),
        ("/runs", {"limit": "1_0"}),
        ("/runs", {"limit": "1" * 5000}),
        ("/runs", {"running_only": "yes"}),
        ("/runs", {"nobody_knows": "1"}),
        ("/runs", [("limit", "1"), ("limit", "2")]),
        ("/events", {"since": "yesterday"}),
        ("/events", {"since": "2026-13-45T00:00:00Z"}),
        ("/events", {"level": "loud"}),
        ("/audit", {"after": "-1"}),
    ],
)
async def test_a_query_that_does_not_fit_is_refused(program: Program, path: str, query: Any) -> None:
    """As with bodies."""
    assert await program.refused("GET", path, query=query) == (400, "request_does_not_fit")


async def test_a_body_has_no_fields_beside_it(program: Program) -> None:
    """What stands in the query of a POST would be passed over, so it is refused; a signature is nobody's field."""
    names = {"sequence": "watering"}
    told = await program.refused("POST", START, {}, query={"wait": "true"}, **names)
    assert told == (400, "request_does_not_fit")
    status, _ = await program.ask("GET", "/runs", query={"authSig": "x"})
    assert status == 200


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/sequences/{sequence}", "sequence"),
        ("DELETE", "/sequences/{sequence}", "sequence"),
        ("GET", "/runs/{run_id}", "run_id"),
        ("POST", "/runs/{run_id}/cancel", "run_id"),
        ("GET", "/runs/{run_id}/export", "run_id"),
        ("GET", "/rules/{rule}", "rule"),
        ("GET", "/devices/{device}", "device"),
        ("DELETE", "/devices/{device}", "device"),
        ("GET", "/sensors/{sensor}", "sensor"),
        ("POST", "/sensors/{sensor}/measure", "sensor"),
        ("GET", "/actuators/{actuator}", "actuator"),
        ("POST", "/actuators/{actuator}/command", "actuator"),
        ("DELETE", "/schedules/{schedule_id}", "schedule_id"),
    ],
)
async def test_a_name_that_nothing_has_is_not_found(program: Program, method: str, path: str, key: str) -> None:
    """Whatever is written in its place."""
    for name in NAMES:
        status, _ = await program.ask(method, path, {} if method == "POST" else None, names={key: name})
        assert status == 404, name


async def test_what_is_not_found_is_named_without_a_place(program: Program) -> None:
    """A place in a definition is the business of who has written one."""
    for path in ("/runs/{run_id}", "/runs/{run_id}/events", "/runs/{run_id}/audit"):
        status, body = await program.ask("GET", path, names={"run_id": "nope"})
        assert (status, body["error"]["message"]) == (404, "5611: There is no sequence or run nope."), path


async def test_a_method_that_is_not_there_is_said_to_be_none(program: Program) -> None:
    """With those that are."""
    response = await program.client.request("PATCH", f"{ROOT}/runs")
    assert (response.status, {*response.headers["Allow"].split(",")} - {"OPTIONS"}) == (405, {"GET", "POST"})


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "3415-12-03T11:15:54Z"])
async def test_a_moment_that_no_file_can_write_is_refused(program: Program, moment: str) -> None:
    """Before a clock or a file stumbles over it."""
    for path in ("/events", "/rules/explain"):
        name = "since" if path == "/events" else "at"
        assert await program.refused("GET", path, query={name: moment}) == (400, "moment_too_far")


@pytest.mark.usefixtures("host")
async def test_a_moment_that_is_too_far_away_is_refused_in_the_language_of_the_house(
    hass: HomeAssistant, program: Program
) -> None:
    """By the action itself with a key that Home Assistant translates, and over HTTP with that sentence."""
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "get_events", since="9999-12-31T23:59:59-23:00")
    assert (caught.value.translation_domain, caught.value.translation_key) == (DOMAIN, "moment_too_far")
    hass.config.language = "de"
    await async_load_integrations(hass, {DOMAIN})
    _, told = await program.ask("GET", "/events", query={"since": "9999-12-31T23:59:59-23:00"})
    assert told["error"]["message"].startswith("Dieser Zeitpunkt liegt zu weit weg")


async def test_what_must_be_there_is_asked_for(program: Program) -> None:
    """By its name, and also where a list of it has to have something in it."""
    status, told = await program.ask("POST", "/runs", {})
    assert (status, told["error"]["translation_placeholders"]["place"]) == (400, "/sequence")
    for names in ([], ["watering"] * 21, [7]):
        assert await program.refused("POST", "/runs", {"sequence": names}) == (400, "request_does_not_fit")
    forced = await program.refused("POST", "/runs/{run_id}/complete", {"reason": ""}, run_id="nobody")
    assert forced == (400, "request_does_not_fit")
