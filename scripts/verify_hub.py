"""Asks a running Home Assistant for the self-check of its hubs, and prints it line by line."""

import argparse
import asyncio
from collections.abc import Iterator
import sys
from typing import Any

from scripts.demo_run import PASSWORD, USERNAME
from scripts.hass_client import HassClient

LEAST_CHECKS = 25


def lines(answer: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each check, and one with how many there were."""
    for check in answer["checks"]:
        yield f"  {check['status'].upper():<5} {check['name']}: {check['text']}"
    yield f"{answer['passed']} passed, {answer['warned']} warned, {answer['failed']} failed"


def is_well(answer: dict[str, Any]) -> bool:
    """Tell whether nothing has failed, and enough was looked at."""
    return not answer["failed"] and len(answer["checks"]) >= LEAST_CHECKS


async def self_check(client: HassClient) -> dict[str, Any]:
    """Return what the hub answers, or those of several by their names under ``hubs``."""
    told = await client.command(
        "call_service", domain="god_kaiser", service="self_check", service_data={}, return_response=True
    )
    answer: dict[str, Any] = told["response"]
    return answer


async def verify(client: HassClient) -> int:
    """Print the checks of every hub; return 1 when one of them is not well."""
    answer = await self_check(client)
    hubs: dict[str, dict[str, Any]] = answer.get("hubs", {"": answer})
    for name, found in hubs.items():
        print("\n".join([*([name] if name else []), *lines(found)]))
    return 0 if all(is_well(found) for found in hubs.values()) else 1


async def main() -> int:
    """Sign in, and verify."""
    parser = argparse.ArgumentParser(prog="scripts/verify", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8123", help="address of Home Assistant")
    parser.add_argument("--username", default=USERNAME)
    parser.add_argument("--password", default=PASSWORD)
    wanted = parser.parse_args()
    async with HassClient(wanted.url) as client:
        await client.sign_in(wanted.username, wanted.password)
        return await verify(client)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
