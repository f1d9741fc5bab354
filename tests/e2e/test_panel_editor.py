"""The editor of the panel in a browser: an administrator makes a sequence by clicking and typing, and no YAML."""

from collections.abc import AsyncIterator
import re
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect
import pytest

from tests.e2e.stage import Stage
from tests.e2e.watched_page import watched_page

FIELD = "tests/e2e/scenarios/irrigation.yaml"
VALVE, PUMP = "ESP_0A1E01/actuator/16", "ESP_0B1F02/actuator/25"


@pytest.fixture(scope="module")
async def field(stage: Stage) -> Stage:
    """Provide the stage with the valve and the pump of the example."""
    await stage.enter(FIELD)
    await stage.admit(FIELD)
    return stage


@pytest.fixture(scope="module")
async def page(field: Stage, browser: Browser) -> AsyncIterator[Page]:
    """Provide the page of sequences in a browser in which an administrator has signed in."""
    async with watched_page(field, browser, "/god-kaiser/sequences") as opened:
        yield opened


async def add_step(steps: Locator, number: int, kind: str, name: str, **values: str) -> Locator:
    """Add a step to a list and fill in its form."""
    await steps.get_by_label("What the step does").select_option(label=kind)
    await steps.get_by_role("button", name="Add step").click()
    step = steps.locator("ol > li").nth(number - 1)
    await step.get_by_label("Name", exact=True).fill(name)
    for label, value in values.items():
        control = step.get_by_label(label, exact=True)
        if await control.evaluate("each => each.tagName") == "SELECT":
            option = control.locator("option").filter(has_text=value)
            await control.select_option(await option.get_attribute("value"))
        else:
            await control.fill(value)
    return step


async def asked(stage: Stage, action: str, **fields: Any) -> dict[str, Any]:
    """Perform an action and return its answer."""
    result = await stage.client.command(
        "call_service", domain="god_kaiser", service=action, service_data=fields, return_response=True
    )
    response: dict[str, Any] = result["response"]
    return response


@pytest.mark.req("SEQ-79")
async def test_the_irrigation_is_built_saved_and_run_without_a_line_of_yaml(field: Stage, page: Page) -> None:
    """Valve, pump, wait, pump, wait, valve: as in the documents, with shorter gaps."""
    await page.get_by_role("button", name="New sequence").click()
    await page.get_by_label("Name", exact=True).first.fill("Main zone")
    await page.get_by_label("Description", exact=True).first.fill("Bewässerung Hauptzone")
    steps = page.locator("god-kaiser-item-list").filter(has=page.get_by_role("heading", name="Steps")).last
    opened = await add_step(steps, 1, "set an output", "Open valve", Output="Field valve", Level="on")
    await opened.get_by_text("More settings").click()
    await opened.get_by_label("Wait after", exact=True).fill("1")
    await opened.get_by_label("Time limit", exact=True).fill("10")
    await add_step(steps, 2, "set an output", "Pump on", Output="Field pump", Level="0.8")
    await add_step(steps, 3, "wait", "Running", Time="3")
    await add_step(steps, 4, "set an output", "Pump off", Output="Field pump", Level="off")
    await add_step(steps, 5, "wait", "Run-on", Time="1")
    await add_step(steps, 6, "set an output", "Close valve", Output="Field valve", Level="0")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_contain_text("revision 1")

    kept = await asked(field, "get_sequence", sequence="main_zone")
    written = kept["definition"]["phases"][0]["steps"]
    assert [(each.get("output"), each.get("level"), each.get("seconds")) for each in written] == [
        (VALVE, 1.0, None),
        (PUMP, 0.8, None),
        (None, None, 3.0),
        (PUMP, 0.0, None),
        (None, None, 1.0),
        (VALVE, 0.0, None),
    ]
    assert (written[0]["delay_after"], written[0]["timeout"]) == (1.0, 10.0)

    await page.get_by_role("button", name="Close", exact=True).click()
    await page.get_by_role("button", name="Run: Main zone").click()
    card = page.locator("god-kaiser-run-card").filter(has_text="Main zone").first
    await expect(card.locator(".status")).to_have_text("Completed")


async def test_a_bad_value_is_told_at_its_step_and_nothing_is_saved(field: Stage, page: Page) -> None:
    """First what is missing, then what the server says; when it is mended the sentence goes by itself."""
    await page.get_by_role("link", name="Sequences").click()
    await page.get_by_role("button", name="Edit: Main zone").click()
    await page.get_by_role("button", name="3 Running (wait)", exact=True).click()
    step = page.locator("li").filter(has=page.get_by_role("button", name="3 Running (wait)", exact=True)).last
    await step.get_by_label("Time", exact=True).fill("")
    await page.get_by_role("button", name="Save").click()
    await expect(step.get_by_role("alert")).to_have_text("Still missing: Time")
    await step.get_by_label("Time", exact=True).fill("99999")
    await expect(step.get_by_role("alert")).to_contain_text("5605: The step Phase / 3 Running cannot wait")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_contain_text("Problems: 1")
    assert (await asked(field, "get_sequence", sequence="main_zone"))["revision"] == 1
    await step.get_by_label("Time", exact=True).fill("2")
    await expect(step.get_by_role("alert")).to_have_count(0)
    await expect(page.get_by_role("status")).to_contain_text("Nothing speaks against a start.")


async def test_nobody_loses_by_accident_what_is_not_saved(page: Page) -> None:
    """Leaving is asked about; whoever goes another way finds it again."""
    await page.get_by_role("link", name="Runs").click()
    question = page.get_by_role("dialog")
    await question.get_by_role("button", name="Go on writing").click()
    await page.reload()
    await expect(page.get_by_text("These changes were not saved when you left.")).to_be_visible()
    await page.get_by_role("link", name="Runs").click()
    await question.get_by_role("button", name="Discard changes").click()
    await expect(page.get_by_role("heading", name="Going on")).to_be_visible()


async def test_conditions_roles_and_steps_in_steps_are_built_by_clicking(field: Stage, page: Page) -> None:
    """A role that is renamed is renamed where it is used."""
    await page.get_by_role("link", name="Sequences").click()
    await page.get_by_role("button", name="New sequence").click()
    await page.get_by_label("Name", exact=True).first.fill("When dark")
    await page.get_by_role("button", name="Add a role").click()
    steps = page.locator("god-kaiser-item-list").filter(has=page.get_by_role("heading", name="Steps")).last
    await add_step(steps, 1, "choose", "dark?")
    choice = page.locator("li").filter(has=page.get_by_role("button", name="1 dark? (choose)", exact=True)).last
    await choice.get_by_label("Kind", exact=True).select_option(label="an entity is")
    await choice.get_by_label("Entity", exact=True).fill("sun.sun")
    await choice.get_by_label("Value", exact=True).fill("below_horizon")
    then = choice.locator("god-kaiser-item-list").filter(has=page.get_by_role("heading", name="If so")).last
    await add_step(then, 1, "set an output", "pump", Output="Role: role", Level="1")
    name = page.locator(".entry").get_by_label("Name", exact=True).first
    await name.fill("pump")
    await name.blur()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_contain_text("revision 1")
    definition = (await asked(field, "get_sequence", sequence="when_dark"))["definition"]
    branch = definition["phases"][0]["steps"][0]
    assert definition["roles"] == {"pump": {}}
    condition = branch["condition"]
    assert (condition["kind"], condition["entity_id"], condition["value"]) == ("entity", "sun.sun", "below_horizon")
    assert branch["then"][0]["output"] == "role:pump"


async def test_an_earlier_revision_comes_back_a_text_is_shown_and_a_sequence_goes(field: Stage, page: Page) -> None:
    """All of that below the form."""
    await page.get_by_label("Description", exact=True).first.fill("Another word")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_contain_text("revision 2")
    await page.get_by_text("Earlier revisions").click()
    await page.get_by_role("button", name="Restore 1").press("Enter")
    await expect(page.get_by_label("Description", exact=True).first).to_have_value("")
    assert (await asked(field, "get_sequence", sequence="when_dark"))["revision"] == 3
    await page.get_by_text("As text (YAML)").click()
    await expect(page.get_by_label("To be copied")).to_have_value(re.compile("id: when_dark"))
    await page.locator("summary").filter(has_text="Delete").click()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await page.get_by_role("button", name="Really delete").click()
    await expect(page.get_by_role("button", name="Edit: When dark")).to_have_count(0)


async def test_a_start_is_planned(field: Stage, page: Page) -> None:
    """In so many minutes; the next one is shown."""
    card = page.locator("god-kaiser-sequence-card").filter(has_text="Main zone")
    await card.get_by_role("button", name="Plan: Main zone").click()
    await card.get_by_role("button", name="Plan the start").click()
    await expect(card.get_by_role("alert")).to_contain_text("when it starts")
    await card.get_by_label("Or in so many minutes").fill("60")
    await card.get_by_role("button", name="Plan the start").click()
    await expect(card).to_contain_text("Next planned start")
    for planned in (await asked(field, "list_schedules"))["schedules"]:
        await field.client.call("god_kaiser.cancel_schedule", schedule_id=planned["schedule_id"])
