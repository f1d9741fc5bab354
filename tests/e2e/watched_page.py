"""A page of the panel in a browser, with an eye on what goes wrong there and nobody is told of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

from playwright.async_api import Browser, Error, Page, ViewportSize

from scripts.take_picture import sign_in
from tests.e2e.stage import PASSWORD, USERNAME, Stage

PATIENCE = 30_000
# Where the modules of the panel are served.
_OURS = "/god_kaiser/"
PHONE: ViewportSize = {"width": 390, "height": 844}
# What is thrown that is no error has no stack; it is kept by its content, which the browser would tell as "Object".
_KEEP_THE_REST = """
window.thrown = [];
addEventListener("unhandledrejection", (event) => {
  if (event.reason instanceof Error) return;
  thrown.push(JSON.stringify(event.reason));
  event.preventDefault();
});
"""


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in."""

    username: str
    password: str


OWNER = Account(USERNAME, PASSWORD)


async def make_reader(stage: Stage, name: str, group: str = "system-users") -> Account:
    """Let an administrator make an account that is none."""
    made = await stage.client.command("config/auth/create", name=name, group_ids=[group])
    account = Account(name.lower(), "only-reads")
    await stage.client.command(
        "config/auth_provider/homeassistant/create", user_id=made["user"]["id"], **asdict(account)
    )
    return account


@asynccontextmanager
async def watched_page(
    stage: Stage, browser: Browser, path: str, account: Account = OWNER, viewport: ViewportSize | None = None
) -> AsyncIterator[Page]:
    """Provide a page of the panel to somebody who signs in; nothing goes wrong there that nobody is told of."""
    faults: list[Error] = []
    page = await browser.new_page(viewport=viewport)
    page.set_default_timeout(PATIENCE)
    # A method of a list cannot be remembered as a listener.
    page.on("pageerror", lambda fault: faults.append(fault))
    await page.add_init_script(_KEEP_THE_REST)
    await sign_in(page, stage.client.address, path, **asdict(account))
    yield page
    ours = [f"{each.message} {each.stack}" for each in faults if _OURS in (each.stack or "")]
    assert not ours, ours
    if not await page.evaluate("window.wasCut"):
        await _nothing_thrown(page)
    await page.close()


@asynccontextmanager
async def without_connection(page: Page) -> AsyncIterator[None]:
    """Cut a page off for a while; it comes back without being loaded anew.

    From then on the client of Home Assistant and its own parts of the page throw what nobody can tell from ours.
    """
    await _nothing_thrown(page)
    await page.evaluate("window.wasCut = true")
    await page.context.set_offline(True)
    await page.evaluate("document.querySelector('home-assistant').hass.connection.socket.close()")
    try:
        yield
    finally:
        await page.context.set_offline(False)
    await page.wait_for_function("document.querySelector('home-assistant').hass.connected")
    assert await page.evaluate("window.wasCut"), "the page was loaded anew"


async def _nothing_thrown(page: Page) -> None:
    thrown: list[str] = await page.evaluate("window.thrown")
    assert not thrown, thrown
