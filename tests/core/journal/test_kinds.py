"""The catalogue: everything that is noted has its part of the house, and what matters is in the trail."""

import pytest

from custom_components.god_kaiser.core.journal.actors import Actor, ActorType, actor_named, actor_of
from custom_components.god_kaiser.core.journal.kinds import KINDS, Domain, Level, Noted, nature_of
from custom_components.god_kaiser.core.requests import BY_AUTOMATION
from custom_components.god_kaiser.core.rules.happenings import RuleHappening
from custom_components.god_kaiser.core.sequences.happenings import END_OF, Happening


def test_no_kind_stands_for_two_things() -> None:
    """Dotted names, each of them once."""
    assert len(set(KINDS)) == len(KINDS)
    assert all(kind.count(".") == 1 for kind in KINDS)


@pytest.mark.req("EXE-48")
@pytest.mark.parametrize(
    "kind",
    [
        Noted.STOP_PRESSED,
        Noted.STOP_CLEARED,
        Noted.DECISION_REFUSED,
        Noted.ACTION_DONE,
        Noted.ACTION_REFUSED,
        Noted.DEVICE_CONFIGURED,
        Happening.RUN_STARTED,
        *END_OF.values(),
        Happening.APPROVAL_GIVEN,
        Happening.APPROVAL_REFUSED,
    ],
)
def test_what_somebody_may_be_asked_about_is_in_the_trail(kind: str) -> None:
    """It is never dropped."""
    assert nature_of(kind).is_audit


@pytest.mark.parametrize("kind", [Happening.RUN_HEARTBEAT, Happening.STEP_STARTED, RuleHappening.FIRED])
def test_what_happens_all_the_time_is_not_in_the_trail(kind: str) -> None:
    """A trail of everything is read by nobody."""
    assert not nature_of(kind).is_audit


def test_everything_about_a_stop_belongs_to_safety() -> None:
    """Whoever looks for safety finds all of it."""
    assert {nature_of(kind).domain for kind in Noted if kind.startswith("stop.")} == {Domain.SAFETY}


@pytest.mark.parametrize(
    ("kind", "domain", "level"),
    [
        (Happening.RUN_QUEUED, Domain.STEP, Level.OK),
        (Happening.STEP_FAILED, Domain.STEP, Level.ERROR),
        (Happening.PREFLIGHT_REFUSED, Domain.PREFLIGHT, Level.ERROR),
        (Happening.COMMAND_FAILED, Domain.DELIVERY, Level.WARN),
        (Happening.APPROVAL_EXPIRED, Domain.SIGNATURE, Level.WARN),
        (RuleHappening.FIRED, Domain.RULE, Level.OK),
        (RuleHappening.DEGRADED, Domain.RULE, Level.ERROR),
        (Noted.BROKER_OFFLINE, Domain.HEALTH, Level.WARN),
    ],
)
def test_each_kind_has_its_place(kind: str, domain: Domain, level: Level) -> None:
    """By what it is about, and how bad it is."""
    nature = nature_of(kind)
    assert (nature.domain, nature.level) == (domain, level)


@pytest.mark.req("EXE-49")
@pytest.mark.parametrize(
    ("trigger", "actor"),
    [
        ("user", ActorType.USER),
        ("automation", ActorType.WEBHOOK),
        ("webhook", ActorType.WEBHOOK),
        ("rule", ActorType.SYSTEM),
        ("schedule", ActorType.SYSTEM),
        ("", ActorType.SYSTEM),
    ],
)
def test_an_actor_is_one_of_three(trigger: str, actor: ActorType) -> None:
    """By what has started something."""
    assert actor_of(trigger) is actor


def test_a_name_tells_who_it_was() -> None:
    """A person has one, an automation none of its own, and the system none at all."""
    assert Actor(type=ActorType.USER, name="Ada").record == {"type": "user", "id": None, "name": "Ada"}
    assert [actor_named(name) for name in ("Ada", BY_AUTOMATION, "")] == [
        ActorType.USER,
        ActorType.WEBHOOK,
        ActorType.SYSTEM,
    ]
