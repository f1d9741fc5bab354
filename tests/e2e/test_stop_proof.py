"""What a stop of many devices is worth: who has shown that it obeys, and who has not."""

from collections.abc import Iterable

import pytest

from scripts.hass_client import Json
from scripts.polling import eventually
from tests.e2e.stage import STOPPED, Stage, crowd

ROW = "tests/e2e/scenarios/row.yaml"
COUNT = 20
PIN = 16
DEVICES = [spec.id for spec in crowd(ROW, COUNT)]
MUTED = sorted(DEVICES[3:9:2])
WELDED = DEVICES[12]
OBEYED = {"answered", "at_rest"}


@pytest.fixture(scope="module")
async def row(arena: Stage) -> Stage:
    """Provide twenty devices that take commands."""
    await arena.enter(ROW, count=COUNT)
    await arena.admit(ROW, count=COUNT)
    return arena


async def run_all(stage: Stage) -> None:
    """Have every pump of the row run for some minutes."""
    registry = await stage.client.command("config/device_registry/list")
    ids = {identifier: device["id"] for device in registry for _, identifier, *_ in device["identifiers"]}
    for device in DEVICES:
        target = {"device_id": ids[device], "gpio": PIN}
        await stage.insist("god_kaiser.set_output", **target, level=1, duration=240)


def of_row(devices: Iterable[Json]) -> dict[str, Json]:
    """Return what is known about each device of the row."""
    return {device["esp_id"]: device for device in devices if device["esp_id"] in DEVICES}


async def proofs(stage: Stage) -> dict[str, Json]:
    """Return what is known by now about each device of the row."""
    state = await stage.client.state(await stage.entity("binary_sensor", STOPPED))
    assert state is not None
    return of_row(state["attributes"]["devices"])


async def comes_to(stage: Stage, wanted: dict[str, str]) -> None:
    """Wait until it is known of the named devices what has become of their stop."""

    async def known() -> bool:
        found = await proofs(stage)
        return all(found[device]["state"] == state for device, state in wanted.items())

    await eventually(known, "the stop is proven", timeout=90, pause=0.5)


@pytest.mark.risk(
    fails="A device does not hear the stop",
    happens="it is named as silent, with the end of its leases",
    protects="the proof of the stop",
)
@pytest.mark.req("SAF-11")
async def test_a_stop_names_exactly_the_devices_that_have_not_answered(row: Stage) -> None:
    """Three of twenty are mute: they are known by name, and so is how long their pumps may still run."""
    await run_all(row)
    for device in MUTED:
        await row.order(f"{device} silent on")

    found = of_row(await row.stop_everything())

    assert len(found) == COUNT
    assert sorted(name for name, device in found.items() if device["state"] not in OBEYED) == MUTED
    unproven = [output for name in MUTED for output in found[name]["not_at_rest"]]
    assert [output["gpio"] for output in unproven] == [PIN] * len(MUTED)
    assert all(output["lease_ends"] for output in unproven)
    # The answer does not wait for the moment from which on silence counts.
    await comes_to(row, dict.fromkeys(MUTED, "silent"))
    others = {name: device["state"] for name, device in (await proofs(row)).items() if name not in MUTED}
    assert others == {name: "at_rest" for name in DEVICES if name not in MUTED}

    for device in MUTED:
        await row.order(f"{device} silent off")
    # Nobody has to press again: who hears again obeys.
    await comes_to(row, dict.fromkeys(DEVICES, "at_rest"))
    await row.permit_everything()


@pytest.mark.risk(
    fails="A relay is welded when the stop is pressed",
    happens="the loudest alarm: stop not effective",
    protects="the proof of the stop",
)
@pytest.mark.req("SAF-11")
async def test_an_output_that_does_not_obey_is_named_as_still_energised(row: Stage) -> None:
    """Its device has answered and means well, but its contacts are welded together."""
    await run_all(row)
    await row.order(f"{WELDED} welded on gpio={PIN}")

    await row.stop_everything()

    obedient = (device for device in DEVICES if device != WELDED)
    await comes_to(row, {**dict.fromkeys(obedient, "at_rest"), WELDED: "still_energised"})
    assert [output["gpio"] for output in (await proofs(row))[WELDED]["not_at_rest"]] == [PIN]

    await row.order(f"{WELDED} welded off gpio={PIN}")
    await comes_to(row, {WELDED: "at_rest"})
    await row.permit_everything()
