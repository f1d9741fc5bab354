"""The page of alarms in a browser: what needs somebody appears by itself, with what to do and what may be done."""

from collections.abc import AsyncIterator

from playwright.async_api import Browser, Locator, Page, expect
import pytest

from tests.e2e.stage import Stage
from tests.e2e.watched_page import PHONE, make_reader, watched_page, without_connection

SHED = "tests/e2e/scenarios/shed.yaml"
TEXT = "Shed air Temperature"
# Nothing but its numbers is asked of Home Assistant's client, which goes on believing that it follows.
_END_WHAT_IS_FOLLOWED = """async () => {
  const { connection } = document.querySelector("home-assistant").hass;
  const ending = [...connection.commands.keys()].map((subscription) =>
    connection.sendMessagePromise({ type: "unsubscribe_events", subscription }));
  return (await Promise.allSettled(ending)).filter(({ status }) => status === "fulfilled").length;
}"""
ASKING, KNOWN, ASIDE = "Nobody has acknowledged these", "Somebody knows", "Shelved or hidden"


@pytest.fixture(scope="module")
async def sensor(stage: Stage) -> str:
    """Provide the stage with a device, and return its sensor of the temperature."""
    await stage.enter(SHED)
    await stage.admit(SHED)
    await stage.speak(SHED)
    answer = await stage.client.command("god_kaiser/ask", name="list_sensors", fields={"limit": 500})
    (found,) = [each for each in answer["sensors"] if each["esp_id"] == "ESP_A31A41" and "temp" in each["sensor_type"]]
    entity_id: str = found["entity_id"]
    return entity_id


@pytest.fixture(scope="module")
async def page(stage: Stage, sensor: str, browser: Browser) -> AsyncIterator[Page]:
    """Provide the page as an administrator sees it on a phone; nothing is ever loaded anew."""
    async with watched_page(stage, browser, "/god-kaiser/alarms", viewport=PHONE) as opened:
        yield opened
    await limit(stage, sensor, None)


async def limit(stage: Stage, sensor: str, high: float | None) -> None:
    """Lay down from where on it is too warm."""
    await stage.client.call("god_kaiser.set_alarm_limits", entity_id=sensor, high=high)


def alarm(page: Page, part: str) -> Locator:
    """Return our alarm in a part of the page."""
    return page.get_by_role("region", name=part).locator("god-kaiser-alarm").filter(has_text=TEXT)


async def test_an_alarm_appears_by_itself_and_is_acknowledged_at_a_click(stage: Stage, sensor: str, page: Page) -> None:
    """With what to do, how urgent it is and since when, on a page that is no wider than the phone."""
    await expect(page.get_by_role("region", name=ASKING)).to_be_visible()
    await expect(alarm(page, ASKING)).to_have_count(0)
    await limit(stage, sensor, 5)
    shown = alarm(page, ASKING)
    await expect(shown).to_contain_text("Look at the place itself")
    await expect(shown).to_contain_text("Medium priority")
    await expect(shown.locator(".status")).to_have_text("Not acknowledged")
    assert await page.evaluate("document.scrollingElement.scrollWidth") <= 390
    await shown.get_by_role("button", name="Acknowledge").click()
    await expect(alarm(page, KNOWN)).to_contain_text("acknowledged by Tester")
    await expect(alarm(page, ASKING)).to_have_count(0)


async def test_it_is_shelved_for_a_while_with_a_reason_and_brought_back(page: Page) -> None:
    """All with the keyboard; what is still so asks again."""
    await alarm(page, KNOWN).get_by_role("button", name="Shelve").press("Enter")
    form = alarm(page, KNOWN).locator("form")
    assert await form.get_by_label("For how long").locator("option").count() == 4
    await form.get_by_role("button", name="Shelve").press("Enter")
    await expect(form).to_be_visible()
    await form.get_by_label("For how long").select_option("4 h")
    await form.get_by_label("Reason").fill("<b>The door</b> is open")
    await form.get_by_label("Reason").press("Enter")
    shelved = alarm(page, ASIDE)
    await expect(shelved).to_contain_text("<b>The door</b> is open")
    await shelved.get_by_role("button", name="Unshelve").press("Enter")
    await expect(alarm(page, ASKING)).to_have_count(1)
    await expect(alarm(page, ASIDE)).to_have_count(0)


async def test_what_is_over_says_so_until_somebody_has_seen_it(stage: Stage, sensor: str, page: Page) -> None:
    """Then it is nowhere any more."""
    await limit(stage, sensor, 60)
    over = alarm(page, ASKING)
    await expect(over.locator(".status")).to_have_text("Over, not acknowledged")
    await expect(over).to_contain_text("over since")
    assert await over.get_by_role("button", name="Shelve").count() == 0
    await over.get_by_role("button", name="Acknowledge").click()
    await expect(page.locator("god-kaiser-alarm").filter(has_text=TEXT)).to_have_count(0)


async def test_what_came_while_the_connection_was_lost_is_there_afterwards(
    stage: Stage, sensor: str, page: Page
) -> None:
    """Meanwhile the page says that it may be old."""
    async with without_connection(page):
        await expect(page.get_by_text("Not connected. What is shown may be old.").last).to_be_visible()
        await limit(stage, sensor, 5)
    await expect(alarm(page, ASKING)).to_have_count(1)
    await expect(page.get_by_text("Not connected.")).to_have_count(0)


async def test_who_may_only_look_has_no_buttons_and_who_may_control_has_but_reads_no_names(
    stage: Stage, page: Page, browser: Browser
) -> None:
    """Somebody who is no administrator acknowledges as well; who it was, only administrators see."""
    onlooker = await make_reader(stage, "Onlooker", "system-read-only")
    async with watched_page(stage, browser, "/god-kaiser/alarms", onlooker) as looking:
        await expect(alarm(looking, ASKING)).to_contain_text("Look at the place itself")
        assert await alarm(looking, ASKING).get_by_role("button").count() == 0
    account = await make_reader(stage, "Guard")
    async with watched_page(stage, browser, "/god-kaiser/alarms", account) as guard:
        await alarm(guard, ASKING).get_by_role("button", name="Acknowledge").click()
        await expect(alarm(guard, KNOWN)).to_contain_text("acknowledged")
        assert await guard.get_by_text("acknowledged by").count() == 0
    await expect(alarm(page, KNOWN)).to_contain_text("acknowledged by Guard")


async def test_a_page_whose_subscriptions_have_ended_behind_its_back_follows_anew(
    stage: Stage, sensor: str, page: Page
) -> None:
    """As when a part of the page ends, by its number, what it had asked for before a lost connection."""
    ended = await page.evaluate(_END_WHAT_IS_FOLLOWED)
    assert ended > 0
    await limit(stage, sensor, 60)
    await expect(page.locator("god-kaiser-alarm").filter(has_text=TEXT)).to_have_count(0, timeout=90_000)
    await limit(stage, sensor, 5)
    await expect(alarm(page, ASKING)).to_have_count(1)
