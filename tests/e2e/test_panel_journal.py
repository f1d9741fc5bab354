"""The journal of the panel in a browser: what happens appears, belongs together, and is found again."""

from collections.abc import AsyncIterator
import json
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect
import pytest

from tests.e2e.stage import Stage
from tests.e2e.watched_page import PHONE, make_reader, watched_page, without_connection

FIELD = "tests/e2e/scenarios/irrigation.yaml"
SEQUENCE = "Gossip"
# What a browser would run if it were read as a part of the page.
HOSTILE = '<img src=x onerror="window.wasFooled = true"><b>bold</b>'


@pytest.fixture(scope="module")
async def field(stage: Stage) -> Stage:
    """Provide the stage with a pump, and a sequence that writes something hostile."""
    await stage.enter(FIELD)
    await stage.admit(FIELD)
    steps = [{"kind": "log", "name": "say", "text": HOSTILE}, {"kind": "delay", "seconds": 1}]
    await stage.client.call("god_kaiser.save_sequence", definition={"id": "say", "name": SEQUENCE, "steps": steps})
    return stage


@pytest.fixture(scope="module")
async def page(field: Stage, browser: Browser) -> AsyncIterator[Page]:
    """Provide the journal as an administrator sees it on a phone; nothing is ever loaded anew."""
    async with watched_page(field, browser, "/god-kaiser/journal", viewport=PHONE) as opened:
        yield opened
        assert not await opened.evaluate("window.wasFooled")


def rows(page: Page, text: str, about: str = SEQUENCE) -> Locator:
    """Return the events that say something about our sequence, or about something else."""
    return page.locator("god-kaiser-event").filter(has_text=text).filter(has_text=about)


async def run(stage: Stage) -> str:
    """Start the sequence, wait for its end and return the id of the run."""
    result = await stage.client.command(
        "call_service",
        domain="god_kaiser",
        service="run_sequence",
        service_data={"sequence": "say", "wait": True},
        return_response=True,
    )
    started: str = result["response"]["run_id"]
    return started


async def test_what_happens_appears_and_what_somebody_wrote_stays_text(field: Stage, page: Page) -> None:
    """At the top, by itself, in a page that is no wider than the phone."""
    await expect(page.get_by_text("Live: what happens appears at the top.")).to_be_visible()
    await run(field)
    line = rows(page, "A run has written a line").first
    await expect(line).to_contain_text(HOSTILE)
    await expect(rows(page, "A run has done everything").first).to_be_visible()
    assert await line.locator("img, b").count() == 0
    assert await page.evaluate("document.scrollingElement.scrollWidth") <= 390


async def test_the_run_is_looked_at_alone_and_exported(field: Stage, page: Page, tmp_path: Path) -> None:
    """The file has everything about it; what else happens does not appear."""
    key = await run(field)
    line = rows(page, "A run has done everything").first
    await expect(rows(page, "A run has done everything")).to_have_count(2)
    await line.get_by_role("button").first.click()
    await expect(line).to_contain_text(key)
    await line.get_by_role("button", name="Only this run").click()
    await expect(page.locator("god-kaiser-event-filter")).to_contain_text("Filter (1)")
    await expect(rows(page, "A device has taken its configuration", "")).to_have_count(0)
    opened = rows(page, "A run begins").first
    await opened.get_by_role("button").first.click()
    async with page.expect_download() as download:
        await opened.get_by_role("button", name="Export the run").click()
    saved = tmp_path / "run.json"
    await (await download.value).save_as(saved)
    export: dict[str, Any] = json.loads(saved.read_text(encoding="utf-8"))
    assert (export["run_id"], export["summary"]["status"]) == (key, "completed")
    await run(field)
    await expect(rows(page, "A run begins")).to_have_count(1)
    await page.get_by_role("button", name="Show everything").click()
    await expect(rows(page, "A run begins")).to_have_count(3)


async def test_a_run_leads_to_its_events(page: Page) -> None:
    """By a button of its card; the page of the journal shows everything again."""
    await page.get_by_role("link", name="Runs").click()
    await page.get_by_role("button", name=f"Journal: {SEQUENCE}").first.click()
    await expect(rows(page, "A run begins")).to_have_count(1)
    await page.get_by_role("link", name="Journal").click()
    await expect(rows(page, "A run begins")).to_have_count(3)


async def test_a_click_leads_to_its_command_and_its_answer(field: Stage, page: Page) -> None:
    """All with the keyboard: the line is opened, and tells what belongs together, from the click to the new state."""
    valve = await field.output(FIELD, "Field valve")
    await field.speak(FIELD)
    await field.client.call("switch.turn_on", entity_id=valve.entity_id)
    wish = rows(page, "A wish was let through", "Field valve").first
    await expect(wish).to_contain_text("100 %")
    await wish.get_by_role("button").first.press("Enter")
    await expect(wish.get_by_text("What belongs together")).to_be_visible()
    chain = [
        "An output was asked for",
        "A wish was let through",
        "The device has carried a command out",
        "An output has changed",
    ]
    await expect(wish.locator("li")).to_contain_text(chain)
    await wish.get_by_role("button").first.press("Enter")
    fields = {"entity_id": valve.entity_id, "level": 1}
    await field.client.call("god_kaiser.set_output", **fields)
    called = rows(page, "An action was called", "Set output").first
    await called.get_by_role("button").first.press("Enter")
    await expect(called.get_by_text("What belongs together")).to_be_visible()
    again = [*chain[:3], "An action was called"]
    await expect(called.locator("li")).to_contain_text(again)
    await field.client.call("switch.turn_off", entity_id=valve.entity_id)
    # Whoever switches off keeps programs away, also those of other tests in this house.
    await field.client.call("god_kaiser.release_hold", entity_id=valve.entity_id)


@pytest.mark.req("EXE-35")
async def test_who_was_away_misses_nothing(field: Stage, page: Page) -> None:
    """What happened without a connection is told when it is back, in its place and without a gap."""
    await expect(page.get_by_text("Live: what happens appears at the top.")).to_be_visible()
    seen = await rows(page, "A run begins").count()
    async with without_connection(page):
        await expect(page.get_by_text("Not connected: what happens now is shown later.")).to_be_visible()
        await run(field)
    await expect(rows(page, "A run begins")).to_have_count(seen + 1)
    await expect(page.get_by_text("Events may be missing here")).to_have_count(0)


async def test_the_trail_is_read_and_verified(page: Page) -> None:
    """With the arrow keys from tab to tab."""
    await page.get_by_role("tab", name="Events").press("ArrowRight")
    await expect(page.get_by_role("tab", name="Audit trail")).to_be_focused()
    await expect(page.locator("god-kaiser-trail li").filter(has_text="Save sequence").first).to_be_visible()
    await page.get_by_role("button", name="Verify the trail").click()
    await expect(page.get_by_text("The trail is whole")).to_be_visible()


async def test_who_is_no_administrator_sees_events_and_no_names(field: Stage, browser: Browser) -> None:
    """Neither the trail, nor the choice of a person, nor the export."""
    account = await make_reader(field, "Journalist")
    async with watched_page(field, browser, "/god-kaiser/journal", account) as reader:
        line = rows(reader, "A run begins").first
        await line.get_by_role("button").first.click()
        await expect(line.get_by_role("button", name="Only this run")).to_be_visible()
        await expect(line).to_contain_text("a person")
        assert await line.get_by_text("Tester").count() == 0
        assert await line.get_by_role("button", name="Export the run").count() == 0
        assert await reader.get_by_role("tab").count() == 0
        assert await reader.locator("god-kaiser-event-filter select[name=person]").count() == 0
