"""The interface over HTTP in a real house: what it says it does, its devices do, and nothing that is sent to it breaks it."""

import asyncio
from collections.abc import AsyncIterator
import copy
import json
from pathlib import Path
import sys
import time
from typing import Any

import pytest

from scripts.hass_client import Json, RefusedError
from scripts.polling import eventually
from tests.e2e.conftest import hass_program
from tests.e2e.stage import GREENHOUSE, Output, Stage, staged

ROOT = "/api/god_kaiser/v1"
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_schema_conformance", "negative_data_rejection", "unsupported_method"),
)
# What goes on without an end, what takes a minute of thought each time, and what would take the others' devices away.
APART = ("get_stream", "post_rules_check", "delete_devices_device", "post_config")
# The stop is asked for at the end: afterwards nothing runs.
STOPPING = ("post_emergency_stop", "post_actuators_emergency_stop")
SLOWEST = "40"
COMMAND = "/actuators/{actuator}/command"
START = "/sequences/{sequence}/runs"


@pytest.fixture(name="house", scope="module")
async def house_fixture(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    """Provide a house of its own, in which everything may be tried."""
    async with staged(tmp_path_factory.mktemp("http"), hass_program(request.config)) as built:
        await built.enter(GREENHOUSE)
        await built.admit(GREENHOUSE)
        await built.speak(GREENHOUSE)
        yield built


@pytest.fixture(name="pump", scope="module")
async def pump_fixture(house: Stage) -> Output:
    """Provide a pump."""
    return await house.output(GREENHOUSE, "Tomato pump")


async def ask(house: Stage, method: str, path: str, body: Json | None = None) -> Any:
    """Ask an endpoint."""
    return await house.client.request(method, f"{ROOT}{path}", body)


async def level_of(house: Stage, pump: Output) -> float:
    """Return the level that the interface tells of a pump."""
    level: float = (await ask(house, "GET", f"/actuators/{pump.entity_id}"))["level"]
    return level


async def test_a_command_reaches_its_device_and_comes_back(house: Stage, pump: Output) -> None:
    """The answer comes when the device has confirmed; a level is what it has reported."""
    said = time.monotonic()

    async def taken() -> bool:
        try:
            return bool(await ask(house, "POST", f"/actuators/{pump.entity_id}/command", {"level": 1, "duration": 20}))
        except RefusedError as refused:
            # What has just connected is given its moment.
            if refused.answer["error"]["translation_key"] != "device_adopting":
                raise
            return False

    await eventually(taken, "the pump is told to run", timeout=30)
    assert [heard.topic for heard in house.witness.energising(said)] == [f"{pump.topic}/command"]
    assert await level_of(house, pump) == 1.0
    await ask(house, "POST", f"/actuators/{pump.entity_id}/command", {"level": 0})
    assert await level_of(house, pump) == 0.0
    await ask(house, "POST", f"/actuators/{pump.entity_id}/release")


async def test_a_run_goes_from_its_start_to_its_end(house: Stage, pump: Output) -> None:
    """It is saved, started and followed by nothing but requests, and its device has done what it says."""
    steps = [{"kind": "set", "output": pump.entity_id, "level": 1, "duration": 2}, {"kind": "delay", "seconds": 1}]
    await ask(house, "POST", "/sequences", {"definition": {"id": "drip", "steps": steps}})
    said = time.monotonic()
    told = await ask(house, "POST", "/sequences/drip/runs", {"wait": True})
    assert (told["status"], told["trigger"]["name"]) == ("completed", "Tester")
    assert [heard.topic for heard in house.witness.energising(said)] == [f"{pump.topic}/command"]
    steps = (await ask(house, "GET", f"/runs/{told['run_id']}/steps"))["steps"]
    assert [step["error_human"] for step in steps] == [None, None]


async def test_a_stop_holds_until_it_is_released(house: Stage, pump: Output) -> None:
    """Every device has shown that it rests before the answer comes; afterwards the gate is open again."""
    proven = (await ask(house, "POST", "/emergency_stop", {"reason": "drill"}))["devices"]
    assert len(proven) == 4
    with pytest.raises(RefusedError) as refused:
        await ask(house, "POST", f"/actuators/{pump.entity_id}/command", {"level": 1, "duration": 5})
    assert refused.value.answer["error"]["translation_key"] == "emergency_stop_active"
    await released(house)
    assert await ask(house, "POST", f"/actuators/{pump.entity_id}/command", {"level": 0}) == {"allowed": True}


async def released(house: Stage) -> None:
    """Release everything; the firmware refuses that in the first five seconds."""

    async def free() -> bool:
        await ask(house, "POST", "/emergency_stop/release", {"reason": "drill is over"})
        return not (await ask(house, "GET", "/emergency_stop"))["any_stopped"]

    await eventually(free, "every device is released", timeout=90, pause=2)


@pytest.fixture(name="document", scope="module")
async def document_fixture(house: Stage, pump: Output) -> dict[str, Any]:
    """Provide the document as it is served, in which names are often those of something that is there."""
    rule = {"id": "damp", "when": {"kind": "device", "device": pump.device}, "then": [{"kind": "log", "text": "damp"}]}
    await ask(house, "POST", "/rules", {"definition": rule})
    await ask(house, "POST", "/sequences", {"definition": {"id": "wait", "steps": [{"kind": "delay", "seconds": 1}]}})
    run = await ask(house, "POST", "/sequences/wait/runs", {"wait": True})
    sensors = await ask(house, "GET", "/sensors")
    outputs = await ask(house, "GET", "/actuators")
    names = {
        "sequence": ["wait", "drip"],
        "run_id": [run["run_id"]],
        "rule": ["damp"],
        "schedule_id": ["nobody"],
        "device": sorted({each["esp_id"] for each in sensors["sensors"]}),
        "sensor": [each["entity_id"] for each in sensors["sensors"]],
        "actuator": [each["channel"] for each in outputs["actuators"]],
    }
    document: dict[str, Any] = await ask(house, "GET", "/openapi.json")
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation["parameters"]:
                if parameter["in"] == "path":
                    known = {"enum": names[parameter["name"]]}
                    parameter["schema"] = {"anyOf": [known, {"type": "string", "minLength": 1}]}
    return document


async def attack(house: Stage, document: dict[str, Any], folder: Path, *options: str) -> None:
    """Send what schemathesis thinks of, and let it judge every answer."""
    token = await house.client.command("auth/long_lived_access_token", client_name=folder.name, lifespan=1)
    described = folder / "openapi.json"
    described.write_text(json.dumps(document), encoding="utf-8")
    program = Path(sys.executable).with_name("schemathesis")
    call = [str(program), "run", str(described), "--url", f"{house.client.address}{ROOT}"]
    call += ["-H", f"Authorization: Bearer {token}", "--checks", ",".join(CHECKS), "--continue-on-failure"]
    call += ["--request-timeout", SLOWEST, "--seed", "8231", "--warnings", "off", "--no-color", *options]
    child = await asyncio.create_subprocess_exec(
        *call, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await child.communicate()
    assert child.returncode == 0, told.decode()[-6000:]


async def test_outputs_run_while_anybody_asks_for_anything(
    house: Stage, document: dict[str, Any], pump: Output, tmp_path: Path
) -> None:
    """Whatever fits is sent to outputs that are there, and the devices do it: none of the answers is a mistake."""
    only = copy.deepcopy(document)
    only["paths"] = {COMMAND: only["paths"][COMMAND], START: only["paths"][START]}
    content = only["paths"][COMMAND]["post"]["requestBody"]["content"]
    properties = content["application/json"]["schema"]["properties"]
    wanted = {"level": {"enum": [0, 0.5, 1]}, "duration": {"enum": [1, 2, 5]}, "dry_run": properties["dry_run"]}
    content["application/json"]["schema"] = {"type": "object", "properties": wanted, "required": ["level", "duration"]}
    for operations in only["paths"].values():
        for parameter in operations["post"]["parameters"]:
            parameter["schema"] = parameter["schema"]["anyOf"][0]
    said = time.monotonic()
    await attack(house, only, tmp_path, "--phases", "fuzzing", "--mode", "positive", "-n", "40")
    assert f"{pump.topic}/command" in {heard.topic for heard in house.witness.energising(said)}


async def test_no_request_that_anybody_thinks_of_breaks_it(
    house: Stage, document: dict[str, Any], tmp_path: Path
) -> None:
    """Each answer is one that the document promises, and what does not fit is refused; nobody finds a mistake in the log."""
    left_out = [part for name in (*APART, *STOPPING) for part in ("--exclude-operation-id", name)]
    await attack(house, document, tmp_path, "--phases", "coverage,fuzzing", "-n", "10", *left_out)
    lines = house.hass.log.read_text(errors="replace").splitlines()
    assert [line for line in lines if line.lstrip().startswith("File ") and "/god_kaiser/" in line] == []


async def test_no_stop_that_anybody_thinks_of_breaks_it(house: Stage, document: dict[str, Any], tmp_path: Path) -> None:
    """The same for pressing and releasing; in the end the house can be released."""
    only = copy.deepcopy(document)
    only["paths"] = {path: only["paths"][path] for path in only["paths"] if path.startswith("/emergency_stop")}
    await attack(house, only, tmp_path, "--phases", "fuzzing", "-n", "6")
    await released(house)
