"""What a person sees and presses: the frontend in a browser, with real processes behind it."""

from collections.abc import AsyncIterator
import json
import re

from playwright.async_api import Browser, Locator, Page, expect
import pytest

from scripts.demo_house import save_dashboard
from scripts.polling import eventually
from scripts.take_picture import sign_in
from tests.e2e.stage import PASSWORD, USERNAME, Stage

DASHBOARD = "end-to-end"
PATIENCE = 60_000
PUMP = "Flower pump"
SOIL = "Flowers"
DEVICE = "ESP_F60F66"
PUMP_STATUS = f"kaiser/god/esp/{DEVICE}/actuator/16/status"
A_NUMBER = re.compile(r"^\s*\d")


@pytest.fixture(scope="module")
async def page(balcony: Stage, browser: Browser) -> AsyncIterator[Page]:
    """Provide the demo's dashboard in a browser in which the owner has signed in."""
    await balcony.becomes(await balcony.entity("switch", PUMP), "off")
    await balcony.number(await balcony.entity("sensor", SOIL))
    await save_dashboard(balcony.client, DASHBOARD, "End to end")
    async with await browser.new_page() as opened:
        opened.set_default_timeout(PATIENCE)
        await sign_in(opened, balcony.client.address, f"/{DASHBOARD}/house", USERNAME, PASSWORD)
        yield opened


def tile(page: Page, name: str) -> Locator:
    """Return the card of one channel."""
    return page.locator("hui-tile-card").filter(has=page.get_by_text(name, exact=True))


def shown(page: Page, name: str) -> Locator:
    """Return the place where the card says the state."""
    return tile(page, name).locator("state-display")


async def wetness(page: Page) -> float:
    """Return the soil's value as the page shows it."""
    return float((await shown(page, SOIL).inner_text()).strip().removesuffix("%"))


async def pump_reports(stage: Stage, running: bool) -> None:
    """Wait until the simulated device says by itself that its pump runs or rests."""

    async def said() -> bool:
        status = stage.witness.last(PUMP_STATUS)
        return status is not None and json.loads(status.payload)["state"] is running

    await eventually(said, f"the simulated pump reports {running}", timeout=15)


async def test_a_switch_turned_on_in_the_browser_starts_the_pump_and_the_soil_gets_wet(
    balcony: Stage, page: Page
) -> None:
    """A click travels to the device, and what the device measures travels back to the same page."""
    switch = tile(page, PUMP).get_by_role("switch")
    await expect(shown(page, PUMP)).to_have_text("Off", timeout=PATIENCE)
    await expect(shown(page, SOIL)).to_have_text(A_NUMBER, timeout=PATIENCE)
    await pump_reports(balcony, running=False)
    before = await wetness(page)

    await switch.click()

    await pump_reports(balcony, running=True)
    await expect(shown(page, PUMP)).to_have_text("On", timeout=PATIENCE)

    async def wetter() -> bool:
        return await wetness(page) > before + 1

    await eventually(wetter, "the page shows that the soil gets wet", timeout=60)

    await switch.click()

    await pump_reports(balcony, running=False)
    await expect(shown(page, PUMP)).to_have_text("Off", timeout=PATIENCE)


async def test_a_device_without_power_is_unavailable_on_the_page_until_it_is_back(balcony: Stage, page: Page) -> None:
    """Nobody has to reload the page to see that a device is gone, or that it has returned."""
    await expect(shown(page, PUMP)).to_have_text("Off", timeout=PATIENCE)

    await balcony.order(f"{DEVICE} lose_power on")
    try:
        await expect(shown(page, PUMP)).to_have_text("Unavailable", timeout=PATIENCE)
        await expect(shown(page, SOIL)).to_have_text("Unavailable", timeout=PATIENCE)
    finally:
        await balcony.order(f"{DEVICE} lose_power off")

    await expect(shown(page, PUMP)).to_have_text("Off", timeout=PATIENCE)
    await expect(shown(page, SOIL)).to_have_text(A_NUMBER, timeout=PATIENCE)
