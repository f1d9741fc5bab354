"""How much whoever comes back to the live events is told: as many events, and as old ones, as people have chosen in the form."""

from datetime import timedelta
from typing import Any
from unittest.mock import AsyncMock

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.god_kaiser.core.sequences.happenings import Happening
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.hub_options import LIMITS

from .forms import choose, defaults, submit
from .listening import begin_to_listen, ids_of, news

WISHES = pytest.mark.parametrize("wishes", [{"run_id": "run-1"}, {"topics": ["events/step"]}], ids=str)


async def written(host: EngineHost, number: int) -> list[str]:
    """Let some steps of a run begin, wait until that is on the disk, and return the ids of it."""
    content = {"execution_id": "run-1", "data": {"step_name": "soak"}}
    ids = [host.journal.note(Happening.STEP_STARTED, content)["event_id"] for _ in range(number)]
    await host.journal.writer.async_flush()
    return ids


async def told_again(
    hass: HomeAssistant, connect: WebSocketGenerator, last: str, wishes: dict[str, Any]
) -> tuple[bool, list[str]]:
    """Come back after an event; return whether something may be missing, and what is told."""
    client, snapshot = await begin_to_listen(connect, last_event_id=last, **wishes)
    told = await news(client, hass)
    await client.close()
    return snapshot["replay_gap"], ids_of(told)


@WISHES
@pytest.mark.req("EXE-33", "EXE-40")
async def test_how_many_events_are_told_again_is_chosen_in_the_form(
    hass: HomeAssistant,
    host: EngineHost,
    setup_entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    wishes: dict[str, Any],
) -> None:
    """Of all as of one run; it counts as soon as the hub is loaded again, which saving the form does."""
    last, *missed = await written(host, 12)
    assert await told_again(hass, hass_ws_client, last, wishes) == (False, missed)
    form = await choose(hass, setup_entry, "settings")
    chosen = {"replay_events": 10, "replay_hours": 24}
    await submit(hass, form, **defaults(form, new_channels={}, sequences={}, retention=chosen, recovery={}))
    await hass.async_block_till_done()
    assert chosen.items() <= setup_entry.options.items()
    assert await told_again(hass, hass_ws_client, last, wishes) == (True, missed[1:])
    assert await told_again(hass, hass_ws_client, missed[0], wishes) == (False, missed[1:])


@WISHES
@pytest.mark.parametrize(
    ("options", "hours"), [({"replay_hours": 1}, 1), ({"replay_hours": 48}, 48), ({}, 24)], ids=str
)
@pytest.mark.req("EXE-34", "EXE-40")
async def test_how_old_events_are_told_again_is_chosen(
    hass: HomeAssistant,
    host: EngineHost,
    hass_ws_client: WebSocketGenerator,
    freezer: FrozenDateTimeFactory,
    wishes: dict[str, Any],
    hours: int,
) -> None:
    """A second before the end of that time without a gap, a second after it none of them."""
    # Before the clock runs, which would let the token grow old.
    connections = [await hass_ws_client() for _ in range(2)]
    last, *missed = await written(host, 3)
    freezer.tick(timedelta(hours=hours, seconds=-1))
    assert await told_again(hass, AsyncMock(return_value=connections[0]), last, wishes) == (False, missed)
    freezer.tick(timedelta(seconds=2))
    assert await told_again(hass, AsyncMock(return_value=connections[1]), last, wishes) == (True, [])


@pytest.mark.parametrize("options", [{"replay_events": LIMITS["replay_events"][-1]}], ids=["most"])
@pytest.mark.req("EXE-40")
async def test_as_many_as_can_be_chosen_reach_a_client_whole(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator
) -> None:
    """Home Assistant does not hang up on somebody for whom so much waits at once."""
    last, *missed = await written(host, LIMITS["replay_events"][-1] + 1)
    assert await told_again(hass, hass_ws_client, last, {"run_id": "run-1"}) == (False, missed)
