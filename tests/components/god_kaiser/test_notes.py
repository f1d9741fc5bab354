"""What the engine tells is noted, all of it."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.effects import Ending, Occasion
from custom_components.god_kaiser.core.ids import ChannelId, CommandId
from custom_components.god_kaiser.core.journal.decision import Decision
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal.notes import ENDINGS, FORMER_KINDS, UNTOLD, Notes
from custom_components.god_kaiser.host.journal.reading import Wanted


def test_every_occasion_has_its_kind_in_the_journal() -> None:
    """One that had none would break what is done at that moment."""
    assert set(FORMER_KINDS.values()) | UNTOLD == set(Occasion)
    assert not UNTOLD & set(FORMER_KINDS.values())
    assert set(FORMER_KINDS) <= set(Noted)


def test_every_end_of_a_command_has_its_kind_in_the_journal() -> None:
    """Also one that nobody has thought of."""
    assert ENDINGS.keys() == set(Ending)


@pytest.mark.req("EXE-31")
@pytest.mark.parametrize(
    ("wished", "noted"),
    [
        (0.5, 0.5),
        (50, 50.0),
        (-1, -1.0),
        (True, None),
        ("on", None),
        ([1], None),
        (float("nan"), None),
        (10**400, None),
    ],
)
async def test_a_wish_is_noted_as_a_number_or_as_none(host: EngineHost, wished: Any, noted: float | None) -> None:
    """Whatever was asked for, a program reads a number; the reason of a refusal says what else it was."""
    decision = Decision(
        at=host.now().utc,
        command=CommandId("cmd-1"),
        channel=ChannelId("ESP_EA5484/actuator/16"),
        level=wished,
        origin=Origin.PERSON,
        asked_by="Ada",
        reasons=(Objection(ground=Ground.PWM_OUT_OF_RANGE, details={"level": "x"}),),
        is_allowed=False,
    )
    Notes(host.journal).decision(decision)
    page = await host.journal.async_events(Wanted(kinds=(Noted.DECISION_REFUSED,)))
    assert [event.envelope["data"]["level"] for event in page.events] == [noted]
