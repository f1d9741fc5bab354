"""The page of health in a browser: what is wrong is seen with what to do, and the numbers move by themselves."""

import asyncio
from collections.abc import AsyncIterator
import re

from playwright.async_api import Browser, Locator, Page, async_playwright, expect
import pytest

from scripts.take_picture import sign_in, start_browser
from tests.e2e.stage import PASSWORD, USERNAME, Stage

PATIENCE = 30_000
SEQUENCE = "Short break"
# Other devices may be known as well, and away.
SOME = re.compile(r"\b[1-9]\d* of [1-9]")
NONE = re.compile(r"\b0 of [1-9]")
FIELD = "tests/e2e/scenarios/irrigation.yaml"


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Provide a browser."""
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright, await start_browser(playwright) as started:
        yield started


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
    problems: list[str] = []
    opened = await browser.new_page(viewport={"width": 390, "height": 844})
    opened.set_default_timeout(PATIENCE)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    await sign_in(opened, field.client.address, "/god-kaiser/health", USERNAME, PASSWORD)
    await opened.evaluate("window.isTheFirst = true")
    yield opened
    # Home Assistant's own parts of the page complain of the connection that a test has cut.
    assert [each for each in problems if "onnection" not in each] == []
    assert await opened.evaluate("window.isTheFirst")


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
    made = await field.client.command("config/auth/create", name="Reader", group_ids=["system-users"])
    account = {"user_id": made["user"]["id"], "username": "health-reader", "password": "only-reads"}
    await field.client.command("config/auth_provider/homeassistant/create", **account)
    await asyncio.to_thread(field.broker.stop)
    try:
        finding = page.locator(".finding").filter(has_text="The MQTT broker is not reached")
        await expect(online(page)).to_contain_text(NONE)
        await page.get_by_role("button", name="Check now").click()
        await expect(finding).to_contain_text("Look at the broker")
        await expect(finding.locator(".status")).to_have_text("Error")
        await expect(finding.get_by_role("link")).to_have_attribute("href", "/config/repairs")
        async with await browser.new_context() as context:
            reader = await context.new_page()
            await sign_in(reader, field.client.address, "/god-kaiser/health", "health-reader", "only-reads")
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
    await page.context.set_offline(True)
    await page.evaluate("document.querySelector('home-assistant').hass.connection.socket.close()")
    try:
        await expect(page.get_by_text("Not connected. What is shown may be old.").last).to_be_visible()
        await expect(online(page)).to_contain_text(SOME)
    finally:
        await page.context.set_offline(False)
    await expect(page.get_by_text("Not connected.")).to_have_count(0)
    await expect(online(page)).to_contain_text(SOME)
