"""The panel in a browser, as somebody sees it who is no administrator; nothing is ever loaded anew."""

from collections.abc import AsyncIterator
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect
import pytest

from tests.e2e.stage import Stage
from tests.e2e.watched_page import make_reader, watched_page, without_connection

ASK = {"kind": "approval", "name": "ask", "text": "Is the gate open?", "by": ["Visitor"], "timeout": 600}


def waits(name: str, seconds: float) -> dict[str, Any]:
    """Return a step that takes a while."""
    return {"kind": "delay", "name": name, "seconds": seconds}


@pytest.fixture(scope="module")
async def page(stage: Stage, browser: Browser) -> AsyncIterator[Page]:
    """Provide the panel in a browser in which an ordinary user has signed in, and two sequences to look at."""
    account = await make_reader(stage, "Visitor")
    tour = {"id": "tour", "name": "Tour", "steps": [waits("walk", 4), ASK, waits("look", 3)]}
    asked = {"variables": {"miles": {"low": 1, "high": 9}}}
    walk = {"id": "walk", "name": "Long walk", "steps": [waits("walk", 300)], **asked}
    for definition in (tour, walk):
        await stage.client.call("god_kaiser.save_sequence", definition=definition)
    async with watched_page(stage, browser, "/god-kaiser/runs", account) as opened:
        yield opened


def run_card(page: Page, name: str) -> Locator:
    """Return the card of the newest run of a sequence."""
    return page.locator("god-kaiser-run-card").filter(has=page.get_by_role("heading", name=name, exact=True)).first


async def respond(stage: Stage, action: str, **fields: Any) -> dict[str, Any]:
    """Perform an action and return its answer."""
    result = await stage.client.command(
        "call_service", domain="god_kaiser", service=action, service_data=fields, return_response=True
    )
    response: dict[str, Any] = result["response"]
    return response


@pytest.mark.req("SEQ-77", "SEQ-78", "EXE-08")
async def test_a_run_is_seen_moving_and_goes_on_when_its_question_is_answered(stage: Stage, page: Page) -> None:
    """Progress, question and end appear by themselves; the click counts as the word of who has clicked."""
    run = await respond(stage, "run_sequence", sequence="tour")
    card = run_card(page, "Tour")
    await expect(card.get_by_role("progressbar")).to_have_attribute("value", "0")
    await expect(card).to_contain_text("started by Tester")
    await expect(card.get_by_role("progressbar")).to_have_attribute("value", "33")

    question = page.locator("god-kaiser-approval-card")
    await expect(question).to_contain_text("Is the gate open?")
    await expect(question.get_by_role("timer")).to_contain_text("9:5")
    await question.get_by_role("button", name="Approve").click()

    await expect(question).to_have_count(0)
    await expect(card).to_contain_text("Completed")
    whole = await respond(stage, "get_run", run_id=run["run_id"])
    assert [(each["state"], each["by"]) for each in whole["signature_state"]] == [("approved", "Visitor")]


@pytest.mark.req("SEQ-77")
async def test_a_sequence_is_started_paused_resumed_and_cancelled_by_clicking(stage: Stage, page: Page) -> None:
    """What a start needs is asked for, and an impossible value is told in words."""
    await page.get_by_role("link", name="Sequences").click()
    sequence = page.locator("god-kaiser-sequence-card").filter(has_text="Long walk")
    await sequence.get_by_role("button", name="Run: Long walk").click()
    await sequence.get_by_role("button", name="Start").click()
    await expect(sequence.get_by_role("alert")).to_contain_text("miles")
    await sequence.get_by_label("miles").fill("99")
    await sequence.get_by_role("button", name="Start").click()
    await expect(sequence.get_by_role("alert").first).to_contain_text("5600")
    await sequence.get_by_label("miles").fill("5")
    await sequence.get_by_role("button", name="Start").click()

    card = run_card(page, "Long walk")
    await expect(card).to_contain_text("started by Visitor")
    for button, status in (("Pause", "Paused"), ("Resume", "Waiting"), ("Cancel", "Cancelled")):
        await card.get_by_role("button", name=button).click()
        await expect(card.locator(".status")).to_have_text(status)
    await expect(card.get_by_role("alert")).to_have_count(0)
    await card.get_by_role("button", name="Log").click()
    await expect(card.get_by_role("listitem").first).to_be_visible()


@pytest.mark.req("ROB-06")
async def test_a_run_that_is_over_shows_its_report(stage: Stage, page: Page) -> None:
    """Also one that no device has confirmed: who has started and ended it, why, its steps, and what was wrong."""
    run = await respond(stage, "run_sequence", sequence="walk", variables={"miles": 2})
    card = page.locator("god-kaiser-run-card").filter(has_text="Long walk").first
    await page.get_by_role("link", name="Runs").click()
    await expect(card.get_by_role("button", name="Cancel")).to_be_visible()
    await expect(card.get_by_role("button", name="Report")).to_have_count(0)
    await respond(stage, "cancel_sequence", run_id=run["run_id"], reason="rain")
    await card.get_by_role("button", name="Report").click()
    report = card.locator("god-kaiser-run-report")
    await expect(report).to_contain_text("Started by Tester. Ended by a person. Reason: rain.")
    await expect(report).to_contain_text("Commands: 0 sent")
    await expect(report.get_by_role("heading", name="Problems")).to_be_visible()
    await card.get_by_role("button", name="Report").click()
    await expect(report).to_have_count(0)


async def test_the_stop_is_one_click_away_and_seen_until_it_is_released(stage: Stage, page: Page) -> None:
    """No question is asked; who has pressed it is told to everybody who looks, and releases it with a reason."""
    bar = page.locator("god-kaiser-stop-bar")
    await bar.get_by_role("button").first.click()
    try:
        banner = bar.locator(".latched")
        await expect(banner).to_contain_text("pressed by Visitor")
        await banner.get_by_text("Release the stop").click()
        await banner.get_by_role("button", name="Permit everything").click()
        await expect(banner).to_contain_text("pressed by Visitor")
        await banner.get_by_label("Reason").fill("It was a drill")
        await banner.get_by_role("button", name="Permit everything").click()
        await expect(banner).to_have_count(0)
        released = await respond(stage, "get_events", type=["action.done"], subject="clear_emergency_stop")
        assert [each["data"]["fields"]["reason"] for each in released["events"]][-1] == "It was a drill"
    finally:
        await stage.permit_everything()
    await expect(banner).to_have_count(0)


async def test_a_stop_that_cannot_be_sent_says_so(page: Page) -> None:
    """Whoever presses without a connection must not believe that something has been stopped; the panel comes back."""
    async with without_connection(page):
        await expect(page.get_by_role("status")).to_contain_text("Not connected")
        await page.locator("god-kaiser-stop-bar").get_by_role("button").first.click()
        await expect(page.locator("god-kaiser-stop-bar").get_by_role("alert")).to_contain_text("cut the power by hand")
    await expect(page.get_by_role("status")).to_have_count(0)
    await expect(page.locator("god-kaiser-run-card").first).to_be_visible()
