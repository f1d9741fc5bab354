"""A replay takes the same way as life: the same samples make the same commands at the same time."""

from typing import Any, override

from hypothesis import given, settings, strategies as st

from custom_components.god_kaiser.core.events import Event
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.laboratory.bench import WARM_UP
from custom_components.god_kaiser.core.laboratory.history import Sample, SensorSaid
from custom_components.god_kaiser.core.laboratory.replay import Replay
from custom_components.god_kaiser.core.laboratory.scribe import Scribe
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.safety.gate import ApprovedCommand
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from tests.builders import BOOT, a_report
from tests.core.engine.obeying import Trace
from tests.core.engine.ruling import AIR, PUMP, PUMP_ESP, SOIL, VALVE, House, a_rule, dry, on
from tests.core.laboratory.staging import T0, a_history, a_scene, keeping

WARM = {"kind": "reading", "sensor": AIR, "operator": ">=", "value": 20.0}
BAND = {"kind": "hysteresis", "sensor": SOIL, "below": 30.0, "above": 60.0, "id": "n1"}
RULES: tuple[dict[str, Any], ...] = (
    {"when": dry(), "then": [on(PUMP)]},
    {"when": BAND, "then": [on(VALVE)], "priority": "high"},
    {"when": {"kind": "all", "of": [dry(50.0), WARM]}, "then": [on(PUMP, 0.5)], "priority": "low", "cooldown": 60},
    {"when": {"kind": "output", "output": VALVE}, "then": [on(PUMP, 0.7)], "for": 30},
    {"when": WARM, "then": [on(VALVE, duration=10)], "cooldown": 120, "max_per_hour": 3},
    {"when": {"kind": "not", "of": WARM}, "then": [on(VALVE, 0.0)], "when_unknown": "keep"},
    {"when": {"kind": "change", "sensor": SOIL, "within": 60, "operator": "<", "value": -5.0}, "then": [on(PUMP)]},
)
INTERLOCKS: tuple[tuple[Interlock, ...], ...] = (
    (),
    (Exclusion(others=(VALVE,)),),
    (MaxOnTime(per_run=90), MinTimes(off=60)),
)


class Home(House):
    """The house of the other tests, with devices that end runs by themselves and say what their outputs do."""

    def __init__(self, rules: list[Rule], interlocks: tuple[Interlock, ...]) -> None:
        """Start as a replay does: so many seconds before the story begins."""
        self._ends: dict[ChannelId, tuple[float, Event]] = {}
        super().__init__(at=-WARM_UP, is_new=False)
        self.restore(*self.plans, marked=BOOT, safeties=[keeping(*interlocks)] if interlocks else [])
        self.begin(*rules)
        for plan in self.plans:
            self.beat(plan.device)
        self._last_beat = self.seconds
        self.play(0.2)
        for channel in (PUMP, VALVE):
            self.feed_report(channel, 0.0)
        self.play(WARM_UP - 0.2)

    @override
    def _obey(self, command: ApprovedCommand) -> None:
        channel = command.request.channel
        if (end := self._ends.pop(channel, None)) is not None and end in self._due:
            self._due.remove(end)
        super()._obey(command)
        if command.has_device_timer:
            report = a_report(0.0, int(channel.rsplit("/", 1)[1]), device=PUMP_ESP, kind=None)
            self._ends[channel] = (self.seconds + command.duration, report)
            self._due.append(self._ends[channel])


def lived(rules: list[Rule], interlocks: tuple[Interlock, ...], samples: list[Sample], seconds: float) -> Trace:
    """Return what outputs were told in life."""
    home = Home(rules, interlocks)
    home.trace.clear()
    for sample in samples:
        assert isinstance(sample, SensorSaid)
        home.play(max(0.0, sample.at - T0 - home.seconds))
        if sample.value is not None:
            (home.moisture if sample.sensor == SOIL else home.air)(sample.value)
    home.play(seconds - home.seconds)
    return home.trace


class Listener(Scribe):
    """Writes down what outputs are told."""

    def __init__(self) -> None:
        """Start with nothing."""
        super().__init__()
        self.heard: list[ApprovedCommand] = []

    @override
    def told(self, command: ApprovedCommand) -> None:
        self.heard.append(command)


def replayed(rules: list[Rule], interlocks: tuple[Interlock, ...], samples: list[Sample], seconds: float) -> Trace:
    """Return what outputs were told in the replay."""
    scene = a_scene(*rules, safeties=[keeping(*interlocks)] if interlocks else [])
    replay = Replay(scene, a_history(samples, seconds=seconds, is_sparse=False))
    listener = replay.bench.onlooker = Listener()
    listener.begin(replay.bench)
    trace: Trace = []
    while replay.play(1) < 1.0:
        at = round(replay.bench.seconds, 1)
        trace += [(at, str(each.request.channel), each.request.level) for each in listener.heard]
        listener.heard.clear()
    return trace


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(range(len(RULES))), min_size=1, max_size=4, unique=True),
    st.sampled_from(INTERLOCKS),
    st.lists(
        st.tuples(st.floats(1.0, 200.0), st.booleans(), st.floats(0.0, 100.0)),
        min_size=3,
        max_size=25,
    ),
)
def test_the_same_samples_make_the_same_commands(
    numbers: list[int], interlocks: tuple[Interlock, ...], steps: list[tuple[float, bool, float]]
) -> None:
    """Whatever the rules, the interlocks and the samples: life and replay tell the same outputs the same."""
    rules = [a_rule(f"r{number}", **RULES[number]) for number in numbers]
    samples: list[Sample] = []
    at = 0.0
    for wait, is_soil, value in steps:
        # Moments that both clocks hold exactly: else chance decides what comes first of two things at the same time.
        at += round(wait)
        said = round(value, 1) if is_soil else round(value / 2, 1)
        samples.append(SensorSaid(at=T0 + at, sensor=SOIL if is_soil else AIR, value=said))
    seconds = at + 100.0
    assert replayed(rules, interlocks, samples, seconds) == lived(rules, interlocks, samples, seconds)
