"""Looks whether everything that a hub needs is there and works: many small checks, each passed, warned of or failed."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from enum import StrEnum
import logging
from typing import Any, Final, NamedTuple

from homeassistant.core import HomeAssistant

from .core.mistakes import technical_of
from .host.endurance import PATIENCE
from .host.engine_host import EngineHost
from .host.failures import common_text

_LOGGER = logging.getLogger(__name__)


class Mark(StrEnum):
    """What became of a check."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"


class Outcome(NamedTuple):
    """What became of a check, and what was found instead of what should be."""

    mark: Mark
    found: str = ""


class Subject(NamedTuple):
    """What is checked: one hub."""

    hass: HomeAssistant
    host: EngineHost


type Check = Callable[[Subject], Awaitable[Outcome]]
PASSED: Final = Outcome(Mark.PASS)


def judged(found: str, otherwise: Mark = Mark.FAIL) -> Outcome:
    """Return that a check has passed, unless something was found."""
    return Outcome(otherwise, found) if found else PASSED


async def async_self_check(subject: Subject, checks: dict[str, Check]) -> dict[str, Any]:
    """Make every check, and return what became of each; one that raises has failed, and keeps no other from being made."""
    outcomes = {name: await _async_outcome(name, check, subject) for name, check in checks.items()}
    marks = Counter(outcome.mark for outcome in outcomes.values())
    return {
        "hub": subject.host.kaiser_id,
        "passed": marks[Mark.PASS],
        "warned": marks[Mark.WARN],
        "failed": marks[Mark.FAIL],
        "checks": [
            {"name": name, "status": outcome.mark.value, "text": _text_of(subject.hass, name, outcome)}
            for name, outcome in outcomes.items()
        ],
    }


async def _async_outcome(name: str, check: Check, subject: Subject) -> Outcome:
    try:
        async with asyncio.timeout(PATIENCE):
            return await check(subject)
    except TimeoutError:
        return Outcome(Mark.FAIL, common_text(subject.hass, "self_check_no_answer", {}))
    except Exception as err:
        _LOGGER.exception("The self-check %s has failed", name)
        return Outcome(Mark.FAIL, technical_of(err))


def _text_of(hass: HomeAssistant, name: str, outcome: Outcome) -> str:
    promise = common_text(hass, f"self_check_{name}", {})
    if not outcome.found:
        return promise
    return common_text(hass, "self_check_not_so", {"promise": promise, "found": outcome.found})
