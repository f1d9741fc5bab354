"""Signs in to a running Home Assistant with a headless Chromium and saves a picture of one page."""

import argparse
import asyncio
import os
from pathlib import Path
import shutil
import sys

from playwright.async_api import Browser, Page, Playwright, async_playwright

from scripts.demo_run import DASHBOARD, PASSWORD, USERNAME
from scripts.servers import ROOT

PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
QUIET = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
# Where a Linux program keeps what it wants to find again; without this Chromium writes to the person's own folders.
BELONGINGS = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")
MISSING = (
    "The browser is missing: Chromium or Google Chrome "
    "(Debian: apt-get install chromium; macOS: brew install --cask google-chrome)."
)


class BrowserMissingError(Exception):
    """No browser is installed that could be driven."""


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/screenshot", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8123", help="address of Home Assistant")
    parser.add_argument("--path", default=f"/{DASHBOARD}/house", help="page to show")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "demo.png", help="picture to write")
    parser.add_argument("--username", default=USERNAME)
    parser.add_argument("--password", default=PASSWORD)
    parser.add_argument("--size", default="1600x1000", help="width x height of the window")
    parser.add_argument("--wait", type=float, default=6, help="seconds until graphs and icons are drawn")
    parser.add_argument("--dark", action="store_true", help="dark colours")
    parser.add_argument("--full", action="store_true", help="make the window as high as the page")
    return parser.parse_args()


async def start_browser(playwright: Playwright) -> Browser:
    """Start the system's Chromium.

    Raises:
        BrowserMissingError: there is none; says how to get one.
    """
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        raise BrowserMissingError(MISSING)
    arguments = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else QUIET
    folders = dict.fromkeys(BELONGINGS, str(ROOT / ".cache" / "browser"))
    return await playwright.chromium.launch(executable_path=program, args=arguments, env={**os.environ, **folders})


async def sign_in(page: Page, address: str, path: str, username: str, password: str) -> None:
    """Fill in the login form like a person, on the way to a page."""
    await page.goto(f"{address}{path}")
    await page.locator("input[name=username]").fill(username)
    await page.locator("input[name=password]").fill(password)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{path}*", timeout=60_000)
    await page.locator("home-assistant-main").wait_for(state="attached", timeout=60_000)


async def main() -> None:
    """Take the picture."""
    wanted = options()
    width, _, height = wanted.size.partition("x")
    async with async_playwright() as playwright:
        browser = await start_browser(playwright)
        page = await browser.new_page(
            viewport={"width": int(width), "height": int(height)},
            color_scheme="dark" if wanted.dark else "light",
        )
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        await sign_in(page, wanted.url, wanted.path, wanted.username, wanted.password)
        await asyncio.sleep(wanted.wait)
        wanted.out.parent.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=wanted.out, full_page=wanted.full)
        await browser.close()
    print(wanted.out)
    print("\n".join(f"  browser console: {text[:200]}" for text in complaints) or "  the browser's console is clean")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except BrowserMissingError as missing:
        sys.exit(str(missing))
