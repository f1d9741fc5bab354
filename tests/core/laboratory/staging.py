"""Houses for the laboratory: the devices of the tests of rules, and histories written down by hand."""

from collections.abc import Iterable
from datetime import timedelta

from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.laboratory.check import ModelCheck
from custom_components.god_kaiser.core.laboratory.history import History, OutputTurned, Sample, SensorSaid
from custom_components.god_kaiser.core.laboratory.promises import Never
from custom_components.god_kaiser.core.laboratory.replay import Replay, Replayed
from custom_components.god_kaiser.core.laboratory.scene import Scene
from custom_components.god_kaiser.core.laboratory.witness import Checked
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from tests.builders import START
from tests.core.engine.ruling import PUMP, SOIL, House

PLANS: tuple[DevicePlan, ...] = House(is_new=False).plans
T0 = START.timestamp()


def a_scene(*rules: Rule, safeties: Iterable[ChannelSafety] = (), plans: tuple[DevicePlan, ...] = PLANS) -> Scene:
    """Return a house with these rules."""
    return Scene(plans=plans, rules=rules, safeties=tuple(safeties))


def keeping(*interlocks: Interlock, channel: ChannelId = PUMP) -> ChannelSafety:
    """Return the safety settings of an output."""
    return ChannelSafety(channel=channel, interlocks=interlocks)


def said(*values: float | None, sensor: ChannelId = SOIL, every: float = 30.0, since: float = 0.0) -> list[Sample]:
    """Return what a sensor has said, one value after the other."""
    return [
        SensorSaid(at=T0 + since + number * every, sensor=sensor, value=value) for number, value in enumerate(values)
    ]


def a_history(
    samples: Iterable[Sample], *, seconds: float, recorded: Iterable[OutputTurned] = (), is_sparse: bool = True
) -> History:
    """Return a history of so many seconds."""
    end = START + timedelta(seconds=seconds)
    ordered = sorted(samples, key=lambda sample: sample.at)
    return History(begin=START, end=end, samples=ordered, recorded=recorded, is_sparse=is_sparse)


def replayed(scene: Scene, history: History) -> Replayed:
    """Return what comes of a whole history."""
    replay = Replay(scene, history)
    while replay.play(100) < 1.0:
        pass
    return replay.result()


def checked(scene: Scene, *never: Never, bound: int = 2, budget: int = 3000) -> Checked:
    """Return what comes of a whole search."""
    search = ModelCheck(scene, START, never, bound=bound, budget=budget)
    while search.play(20) < 1.0:
        pass
    return search.result()
