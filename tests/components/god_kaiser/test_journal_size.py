"""How much a journal keeps: within the size and the number of runs that people have chosen, and the newest of it."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal.reading import Wanted

from .calls import ask
from .conftest import PassTime
from .forms import choose, defaults, submit
from .sequences import save, written

HOUR = 3_601.0


async def fill(host: EngineHost, megabytes: float) -> int:
    """Let so much happen that the journal has this size, and return how many events that took."""
    written_events = 0
    while (await host.journal.async_size()) < megabytes * 1_000_000:
        for _ in range(500):
            written_events += 1
            host.journal.note(Noted.DEVICE_ONLINE, {"data": {"number": written_events, "text": "x" * 500}})
        await host.journal.writer.async_flush()
    return written_events


async def numbers(host: EngineHost) -> list[int]:
    """Return the newest of these events by their numbers."""
    page = await host.journal.async_events(Wanted(kinds=(Noted.DEVICE_ONLINE,), limit=500))
    return [each.envelope["data"]["number"] for each in page.events]


async def storage_findings(hass: HomeAssistant) -> list[str]:
    """Return what is wrong with the disk."""
    found = (await ask(hass, "health_check"))["categories"]["storage"]["findings"]
    return [each["code"] for each in found]


@pytest.mark.parametrize(
    ("options", "limit"), [({"journal_megabytes": 1}, 1), ({"journal_megabytes": 10}, 10)], ids=["1 MB", "10 MB"]
)
@pytest.mark.req("ROB-22", "ROB-28", "ROB-57")
async def test_a_journal_that_has_grown_beyond_its_size_begins_again_below_it(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime, limit: int
) -> None:
    """It is told, then the oldest goes, the newest stays, and what comes next is written as ever."""
    last = await fill(host, limit * 1.1)
    assert await storage_findings(hass) == ["log_size"]
    await pass_time(HOUR)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await host.journal.async_size() <= limit * 1_000_000
    assert await storage_findings(hass) == []
    assert await numbers(host) == list(range(last - 499, last + 1))
    first = await host.journal.async_events(Wanted(kinds=(Noted.DEVICE_ONLINE,), after=(0, 0), newest=False))
    assert first.events[0].envelope["data"]["number"] > 1
    host.journal.note(Noted.DEVICE_ONLINE, {"data": {"number": last + 1}})
    assert (await numbers(host))[-1] == last + 1
    assert (await ask(hass, "verify_audit"))["is_whole"]


@pytest.mark.parametrize("options", [{"archived_runs": 100}], ids=["100 runs"])
@pytest.mark.req("ROB-27")
async def test_the_101st_run_removes_the_oldest_from_the_archive(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime
) -> None:
    """Where a hundred were chosen; the others can still be exported."""
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    runs = [(await ask(hass, "run_sequence", sequence="watering", wait=True))["run_id"] for _ in range(101)]
    await host.journal.writer.async_flush()
    await pass_time(HOUR)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await host.journal.async_run(runs[0]) is None
    assert [run for run in runs if await host.journal.async_run(run) is not None] == runs[1:]
    assert (await ask(hass, "export_run", run_id=runs[1]))["summary"]["status"] == "completed"


@pytest.mark.parametrize("options", [{"keep_days": 1}], ids=["1 day"])
@pytest.mark.req("ROB-27")
async def test_what_is_older_than_was_chosen_leaves_the_archive(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime
) -> None:
    """With its events; what has happened since stays."""
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    old = (await ask(hass, "run_sequence", sequence="watering", wait=True))["run_id"]
    for _ in range(30):
        await pass_time(HOUR)
        await hass.async_block_till_done(wait_background_tasks=True)
    new = (await ask(hass, "run_sequence", sequence="watering", wait=True))["run_id"]
    await pass_time(HOUR)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (await host.journal.async_run(old), await host.journal.async_run(new) is not None) == (None, True)


@pytest.mark.req("EXE-40")
async def test_how_long_and_how_much_is_kept_is_chosen_in_the_form(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, pass_time: PassTime
) -> None:
    """Days, megabytes and runs count as soon as the hub is loaded again, which saving the form does."""
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    runs = [(await ask(hass, "run_sequence", sequence="watering", wait=True))["run_id"] for _ in range(11)]
    last = await fill(host, 1.2)
    await pass_time(HOUR)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [await host.journal.async_run(run) is not None for run in runs] == [True] * 11
    assert await host.journal.async_size() > 1_000_000
    form = await choose(hass, setup_entry, "settings")
    chosen = {"keep_days": 1, "journal_megabytes": 1, "archived_runs": 10}
    await submit(hass, form, **defaults(form, new_channels={}, sequences={}, retention=chosen, recovery={}))
    await hass.async_block_till_done()
    assert chosen.items() <= setup_entry.options.items()
    host = setup_entry.runtime_data
    await pass_time(HOUR)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [await host.journal.async_run(run) is not None for run in runs] == [False] + [True] * 10
    assert await host.journal.async_size() <= 1_000_000
    assert await numbers(host) == list(range(last - 499, last + 1))
    await days_pass(hass, host, pass_time, 25)
    assert await numbers(host) == []
    assert [await host.journal.async_run(run) for run in runs] == [None] * 11


async def days_pass(hass: HomeAssistant, host: EngineHost, pass_time: PassTime, hours: float) -> None:
    """Let hours pass in which something happens, so that the journal knows how late it is."""
    for _ in range(int(hours * 2)):
        host.journal.note(Noted.BROKER_ONLINE, {"data": {}})
        await host.journal.writer.async_flush()
        await pass_time(HOUR / 2)
        await hass.async_block_till_done(wait_background_tasks=True)


async def happened(host: EngineHost, run: str) -> list[str]:
    """Return what the journal tells of a run."""
    page = await host.journal.async_events(Wanted(execution=run, limit=500))
    return [each.envelope["event_type"] for each in page.events]


@pytest.mark.parametrize("options", [{"keep_days": 1}], ids=["1 day"])
@pytest.mark.req("EXE-40")
async def test_a_run_that_is_kept_has_all_of_its_events(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime
) -> None:
    """Also those from before the day that is kept; they go with it, and nothing else stays for so long."""
    await days_pass(hass, host, pass_time, 0.5)
    await save(hass, written("watering", {"kind": "delay", "seconds": 3000}))
    run = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    host.journal.note(Noted.STOP_CLEARED, {"data": {}})
    await days_pass(hass, host, pass_time, 1)
    whole = await happened(host, run)
    # Half an hour in one step may have it told as standing still, before or after its end.
    assert {"run.started", "run.summary"} <= set(whole)
    await days_pass(hass, host, pass_time, 23.5)
    assert (await host.journal.async_events(Wanted(kinds=(Noted.STOP_CLEARED,)))).events == []
    assert await happened(host, run) == whole
    await days_pass(hass, host, pass_time, 2)
    assert (await host.journal.async_run(run), await happened(host, run)) == (None, [])
