"""Runs in a journal that is too old or too large: what goes on and what is kept stays whole, and people are told where it cannot."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.core.sequences.happenings import Happening
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal.reading import Wanted

from .calls import act, ask
from .conftest import PassTime
from .sequences import save, written

HOUR = 3_601.0
LONG = {"journal_megabytes": 1, "longest_sequence": 86_400, "run_heartbeat": 300}


async def happened(host: EngineHost, run: str) -> list[str]:
    """Return the ids of what the journal tells of a run."""
    page = await host.journal.async_events(Wanted(execution=run, limit=10_000))
    return [each.envelope["event_id"] for each in page.events]


async def fill(host: EngineHost, megabytes: float, **content: Any) -> None:
    """Let so much happen that the journal has this size."""
    while (await host.journal.async_size()) < megabytes * 1_000_000:
        for _ in range(200):
            host.journal.note(Noted.DEVICE_ONLINE, {"data": {"text": "x" * 500}, **content})
        await host.journal.writer.async_flush()


async def an_hour_passes(hass: HomeAssistant, pass_time: PassTime) -> None:
    """Let the journal be cleaned."""
    await pass_time(HOUR)
    await hass.async_block_till_done(wait_background_tasks=True)


async def findings(hass: HomeAssistant) -> dict[str, dict[str, Any]]:
    """Return what is wrong with the disk, by its code."""
    found = (await ask(hass, "health_check"))["categories"]["storage"]["findings"]
    return {each["code"]: each for each in found}


@pytest.mark.parametrize("options", [LONG], ids=["1 MB"])
@pytest.mark.req("EXE-33", "EXE-40")
async def test_the_size_cuts_no_run_that_goes_on_or_is_kept(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime
) -> None:
    """What belongs to no run goes although it is younger; both runs have all of their events."""
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    await save(hass, written("soaking", {"kind": "delay", "seconds": 80_000}) | {"max_duration": 86_400})
    over = (await ask(hass, "run_sequence", sequence="watering", wait=True))["run_id"]
    going_on = (await ask(hass, "run_sequence", sequence="soaking"))["run_id"]
    await hass.async_block_till_done()
    before = await happened(host, over), await happened(host, going_on)
    await fill(host, 1.5)
    await an_hour_passes(hass, pass_time)
    after = await happened(host, over), (await happened(host, going_on))[: len(before[1])]
    assert (after, min(map(len, before)) > 3) == (before, True)
    assert await host.journal.async_size() <= 1_000_000
    assert (await ask(hass, "get_run", run_id=going_on))["status"] == "waiting"
    assert await findings(hass) == {}


@pytest.mark.parametrize("options", [{"keep_days": 1}], ids=["1 day"])
@pytest.mark.req("EXE-34", "EXE-40")
async def test_age_cuts_no_run_that_goes_on(hass: HomeAssistant, host: EngineHost, pass_time: PassTime) -> None:
    """One that stands still for more than the day that is kept has its beginning afterwards, and all of it when it is over."""
    await save(hass, written("soaking", {"kind": "delay", "seconds": 600}))
    run = (await ask(hass, "run_sequence", sequence="soaking"))["run_id"]
    await act(hass, "pause_sequence", run_id=run)
    await hass.async_block_till_done()
    host.journal.note(Noted.STOP_CLEARED, {"data": {}})
    before = await happened(host, run)
    for _ in range(60):
        host.journal.note(Noted.BROKER_ONLINE, {"data": {}})
        await pass_time(HOUR / 2)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert (await host.journal.async_events(Wanted(kinds=(Noted.STOP_CLEARED,)))).events == []
    assert ((await happened(host, run))[: len(before)], len(before) > 3) == (before, True)
    await act(hass, "cancel_sequence", run_id=run)
    await an_hour_passes(hass, pass_time)
    assert (await happened(host, run))[: len(before)] == before


@pytest.mark.parametrize("options", [LONG], ids=["1 MB"])
@pytest.mark.req("EXE-40", "ROB-57")
async def test_a_run_that_alone_is_too_large_is_cut_and_people_are_told(
    hass: HomeAssistant,
    host: EngineHost,
    pass_time: PassTime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing else is left that could go; with the next cleaning that has room the finding is gone."""
    await save(hass, written("soaking", {"kind": "delay", "seconds": 80_000}) | {"max_duration": 86_400})
    run = (await ask(hass, "run_sequence", sequence="soaking"))["run_id"]
    await hass.async_block_till_done()
    await fill(host, 2, execution_id=run)
    before = await happened(host, run)
    await an_hour_passes(hass, pass_time)
    after = [each for each in await happened(host, run) if each in before]
    assert (after, 0 < len(after) < len(before)) == (before[-len(after) :], True)
    assert await host.journal.async_size() <= 1_000_000
    (found,) = (await findings(hass)).values()
    assert (found["code"], str(len(before) - len(after)) in found["text"]) == ("run_events_cut", True)
    assert f"the oldest {len(before) - len(after)} events of runs that still go on" in caplog.text
    await an_hour_passes(hass, pass_time)
    assert await findings(hass) == {}
    assert Happening.RUN_HEARTBEAT in [
        each.envelope["event_type"] for each in (await host.journal.async_events(Wanted(execution=run))).events
    ]
