"""The page of health in a browser: what is wrong is seen with what to do, and the numbers move by themselves."""

import asyncio
from collections.abc import AsyncIterator
import re

from playwright.async_api import Browser, Locator, Page, expect
import pytest

from tests.e2e.stage import Stage
from tests.e2e.watched_page import PHONE, make_reader, watched_page, without_connection

SEQUENCE = "Short break"
# Other devices may be known as well, and away.
SOME = re.compile(r"\b[1-9]\d* of [1-9]")
NONE = re.compile(r"\b0 of [1-9]")
FIELD = "tests/e2e/scenarios/irrigation.yaml"


@pytest.fixture(scope="module")
async def field(stage: Stage) -> Stage:
    """Provide the stage with two devices and a short sequence."""
    await stage.enter(FIELD)
    await stage.admit(FIELD)
    await stage.speak(FIELD)
    definition = {"id": "short", "name": SEQUENCE, "steps": [{"kind": "delay", "seconds": 1}]}
    await stage.client.call("god_kaiser.save_sequence", definition=definition)
    return stage


@pytest.fixture(scope="module")
async def page(field: Stage, browser: Browser) -> AsyncIterator[Page]:
    """Provide the page as an administrator sees it on a phone; nothing is ever loaded anew."""
    async with watched_page(field, browser, "/god-kaiser/health", viewport=PHONE) as opened:
        yield opened


def online(page: Page) -> Locator:
    """Return the figure that tells how many devices are online."""
    return page.locator("god-kaiser-health-figures .figure").filter(has_text="Devices online")


@pytest.mark.req("EXE-79")
async def test_the_numbers_of_runs_and_devices_move_by_themselves(field: Stage, page: Page) -> None:
    """How many runs there were, how many have worked, how long they took; no wider than a phone."""
    figures = page.locator("god-kaiser-health-figures")
    await expect(online(page)).to_contain_text(SOME)
    await expect(figures.get_by_role("row").filter(has_text=SEQUENCE)).to_have_count(0)
    await field.client.call("god_kaiser.run_sequence", sequence="short")
    row = figures.get_by_role("row").filter(has_text=SEQUENCE)
    await expect(row).to_contain_text("100 %")
    await expect(row).to_contain_text("0:01")
    await expect(figures.get_by_role("row").filter(has_text="Completed")).to_contain_text(re.compile("[1-9]"))
    await expect(figures.locator(".figure").filter(has_text="Success rate")).to_contain_text(" %")
    assert await page.evaluate("document.scrollingElement.scrollWidth") <= 390


@pytest.mark.req("ROB-74")
async def test_what_is_wrong_is_found_now_and_says_what_to_do(field: Stage, page: Page, browser: Browser) -> None:
    """Everybody sees it; the buttons and the way to the repairs are for administrators."""
    await expect(page.get_by_text("The MQTT broker is not reached")).to_have_count(0)
    account = await make_reader(field, "Nurse")
    await asyncio.to_thread(field.broker.stop)
    try:
        finding = page.locator(".finding").filter(has_text="The MQTT broker is not reached")
        await expect(online(page)).to_contain_text(NONE)
        await page.get_by_role("button", name="Check now").click()
        await expect(finding).to_contain_text("Look at the broker")
        await expect(finding.locator(".status")).to_have_text("Error")
        await expect(finding.get_by_role("link")).to_have_attribute("href", "/config/repairs")
        async with watched_page(field, browser, "/god-kaiser/health", account) as reader:
            await expect(reader.get_by_text("The MQTT broker is not reached")).to_be_visible()
            assert await reader.locator(".finding").get_by_role("link").count() == 0
            assert await reader.get_by_role("button", name="Check now").count() == 0
    finally:
        await asyncio.to_thread(field.broker.start)
    await expect(online(page)).to_contain_text(SOME, timeout=120_000)
    await page.get_by_role("button", name="Full check").click()
    await expect(page.get_by_text("The MQTT broker is not reached")).to_have_count(0)
    await expect(page.locator("god-kaiser-health-checks dl")).to_contain_text("connected")


async def test_the_self_check_tells_each_of_its_checks(page: Page) -> None:
    """What has not passed stands first."""
    await page.get_by_role("button", name="Self-check").click()
    checks = page.locator("god-kaiser-health-checks")
    await expect(checks.get_by_role("status")).to_contain_text("failed: 0")
    assert await checks.get_by_role("listitem").count() > 25


async def test_a_lost_connection_is_told_and_taken_up_again(page: Page) -> None:
    """What was known stays to be seen meanwhile."""
    async with without_connection(page):
        await expect(page.get_by_text("Not connected. What is shown may be old.").last).to_be_visible()
        await expect(online(page)).to_contain_text(SOME)
    await expect(page.get_by_text("Not connected.")).to_have_count(0)
    await expect(online(page)).to_contain_text(SOME)
