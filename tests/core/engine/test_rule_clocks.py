"""Rules and the clock: a border is met at its second, and a sweep looks at everything in between."""

from datetime import UTC, datetime

import pytest

from custom_components.god_kaiser.core.instant import Instant
from tests.builders import START
from tests.core.engine.ruling import PUMP, House, a_rule, dry

SHORTLY_BEFORE_TEN = (datetime(2026, 4, 30, 21, 59, tzinfo=UTC) - START).total_seconds()
DAY = {"kind": "time", "after": "06:00", "before": "22:00"}


@pytest.mark.req("LOG-09")
@pytest.mark.parametrize("every", [1.0, 60.0, 300.0])
def test_a_window_ends_within_a_second_however_seldom_all_rules_look(every: float) -> None:
    """The wake-up at the border does that, at 22:00:00; the sweep is only the net below."""
    house = House(at=SHORTLY_BEFORE_TEN)
    house.engine.rules.sweep_every = every
    house.begin(a_rule(when=DAY))
    house.play(90)
    ten = (datetime(2026, 4, 30, 22, tzinfo=UTC) - START).total_seconds()
    (begun, ended) = [(at, level) for at, output, level in house.trace if output == PUMP]
    assert (begun[0] < ten - 50, begun[1], ended[1]) == (True, 1.0, 0.0)
    assert ten <= ended[0] < ten + 1


def looks_in(seconds: float, every: float, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return which rules look while nothing is said but that devices live."""
    house = House()
    house.engine.rules.sweep_every = every
    house.begin(a_rule(), a_rule("cold", when=dry(10.0)))
    house.moisture(90.0)
    house.play(1)
    looked: list[str] = []
    real = house.engine.rules.looks.look_at

    def counted(key: str, now: Instant) -> object:
        looked.append(key)
        return real(key, now)

    monkeypatch.setattr(house.engine.rules.looks, "look_at", counted)
    house.play(seconds)
    return looked


@pytest.mark.req("LOG-09")
@pytest.mark.parametrize(("every", "looks"), [(1.0, 300), (60.0, 5)])
def test_all_rules_look_again_at_their_interval(monkeypatch: pytest.MonkeyPatch, every: float, looks: int) -> None:
    """Also those of whose world nothing was told; as often as people have chosen."""
    without, looked = looks_in(300, 100_000.0, monkeypatch), looks_in(300, every, monkeypatch)
    assert looked.count("water") == looked.count("cold")
    assert looked.count("water") - without.count("water") == pytest.approx(looks, abs=1)
