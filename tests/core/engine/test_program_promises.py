"""What runs promise in the engine, tried with anything that people, devices, stops and crashes do in any order."""

from collections import Counter
from itertools import pairwise
from typing import override

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
import pytest

from custom_components.god_kaiser.core.devices.notices import EmergencyClear, EmergencyStop, EmergencyStopAll
from custom_components.god_kaiser.core.effects import Assist, Effect, SendNotice, ShowRun
from custom_components.god_kaiser.core.events import RetryPoint, RunAnswered, RunsSuspended, ShutdownBegun
from custom_components.god_kaiser.core.facts import StopCleared
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, device_of
from custom_components.god_kaiser.core.requests import is_rest
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.pausing import AtPauseEnd
from custom_components.god_kaiser.core.sequences.run import Answer, Part, Run
from custom_components.god_kaiser.core.sequences.status import ENDED, RunStatus, may_follow
from tests.core.sequences.programs import delay, set_to

from .crashing import OUTPUTS, Cuttable
from .running import PUMP, VALVE, irrigation, watering

pytestmark = pytest.mark.req("SEQ-23", "EXE-01", "EXE-63")

ENDS = {"run.completed", "run.failed", "run.cancelled", "run.timed_out", "preflight.refused"}
APPROVAL = {"kind": "approval", "text": "Water?", "timeout": 90}
CALL = {"kind": "call", "action": "script.x", "timeout": 20, "on_failure": "continue"}
SIDES = [[set_to(PUMP, duration=20), delay(9)], [set_to(VALVE), delay(15)]]
FLUSH = watering(
    {"kind": "parallel", "branches": [[set_to(VALVE), delay(40)], [delay(7), set_to(PUMP, duration=9), delay(20)]]},
    id="flush",
    **{"finally": [set_to(VALVE), set_to(PUMP, 0.5), delay(6), set_to(PUMP, 0), set_to(VALVE, 0)]},
)
LIBRARY = {"flush": FLUSH}
FLUSHING = {"kind": "run", "sequence": "flush"}
PROGRAMS: dict[str, Sequence] = {
    "water": irrigation(),
    "spray": watering(
        {"kind": "repeat", "count": 2, "steps": [set_to(PUMP, retries=2), delay(9), set_to(PUMP, 0), delay(3)]},
        id="spray",
        mode="queued",
        most_runs=3,
        on_restart="restart_step",
        **{"finally": [set_to(VALVE), delay(4)]},
    ),
    "asked": watering(set_to(VALVE), APPROVAL, CALL, delay("{{ 1 }}"), id="asked", mode="restart", on_restart="ask"),
    "sides": watering(
        {"kind": "parallel", "branches": SIDES}, set_to(PUMP, 0.5), delay(30), id="sides", on_restart="skip"
    ),
    "flushed": watering(
        {**FLUSHING, "timeout": 15, "on_failure": "continue"},
        {"kind": "repeat", "count": 2, "steps": [FLUSHING], "timeout": 50, "on_failure": "continue"},
        id="flushed",
        max_duration=90,
        **{"finally": [set_to(PUMP, 0), delay(2)]},
    ),
}
SOME_OUTPUT = st.sampled_from(OUTPUTS)
STANDING = st.sampled_from([RunStatus.PAUSED, RunStatus.HELD])
SPANS = st.sampled_from([0.1, 0.3, 1.0, 5.0, 12.0, 35.0, 130.0])
_BETWEEN = (RunStatus.PREFLIGHT, RunStatus.STOPPING)
# Answers and reports are on their way for this long.
_ON_ITS_WAY = 3.0


def may_lead(before: RunStatus, after: RunStatus) -> bool:
    """Tell whether one status may be seen after another: a judgement and a clean-up may take no time at all."""
    ways = [(before, after), *((before, step, after) for step in _BETWEEN), (before, *_BETWEEN, after)]
    ways.append((before, RunStatus.PREFLIGHT, RunStatus.RUNNING, after))
    ways.append((before, RunStatus.PREFLIGHT, RunStatus.RUNNING, RunStatus.STOPPING, after))
    return any(all(may_follow(one, two) for one, two in pairwise(way)) for way in ways)


class Watched(Cuttable):
    """A greenhouse whose devices obey a stop, and that leaves every answer of a person to the test."""

    def __init__(self, *, disk: dict[str, bytes] | None = None, at: float = 0.0, is_metered: bool = False) -> None:
        """Begin with nothing asked."""
        self.asked: list[Assist] = []
        self.shown: list[Run] = []
        self.changed_at: dict[ChannelId, float] = {}
        super().__init__(disk=disk, at=at, is_metered=is_metered)
        self.approves = None

    @override
    def _perform(self, effect: Effect) -> None:
        super()._perform(effect)
        self.cuts.clear()
        match effect:
            case Assist():
                self.asked.append(effect)
            case ShowRun(run=run):
                self.shown.append(run)
            case SendNotice(notice=EmergencyStop(device=device)):
                self._drop(device)
            case SendNotice(notice=EmergencyStopAll()):
                for channel in OUTPUTS:
                    self._drop(device_of(channel))
            case SendNotice(notice=EmergencyClear(device=device)) if device not in self.mute:
                self._due.append((self.seconds + 0.2, StopCleared(device=device)))
            case _:
                pass

    def _drop(self, device: DeviceId) -> None:
        for channel in [channel for channel in OUTPUTS if device_of(channel) == device and device not in self.mute]:
            self.yard.set(channel, 0.0, None)
            self.levels[channel] = 0.0
            self._report_soon(channel)


def forgiving(house: Watched) -> Watched:
    """Return a greenhouse in which a person who has switched something off does not keep programs from it."""
    for channel in OUTPUTS:
        house.lay_down(channel=channel, hold=0)
    return house


class RunMachine(RuleBasedStateMachine):
    """Everything that can happen to runs, and what must hold after each of it."""

    def __init__(self) -> None:
        """Begin with two devices that obey."""
        super().__init__()
        self.house = forgiving(Watched())
        self.ids: list[str] = []
        self.ends: Counter[str] = Counter()
        self.records: dict[str, Run] = {}
        self.status: dict[str, RunStatus] = {}

    # -- What people want --------------------------------------------------------------------------------------------

    @rule(name=st.sampled_from([*PROGRAMS, "water", "sides", "flushed"]))
    def start(self, name: str) -> None:
        """Somebody starts a sequence."""
        self.ids.append(f"r{len(self.ids) + 1}")
        self.house.start(PROGRAMS[name], self.ids[-1], library=LIBRARY)

    @rule(name=st.sampled_from(list(PROGRAMS)), seconds=SPANS)
    def start_in_a_quiet_hour(self, name: str, seconds: float) -> None:
        """Most starts are reasonable, and most devices are there."""
        self.behave()
        self.house.release()
        for run in self.house.engine.programs.runs.active():
            self.house.cancel(run.id, is_hard=run.status is RunStatus.STOPPING)
        self.house.play(65)
        self.start(name)
        self.pass_time(seconds)

    def some_run(self, back: int) -> str:
        """Return one of the latest runs."""
        return self.ids[-1 - min(back, len(self.ids) - 1)]

    has_runs = precondition(lambda machine: machine.ids)

    @has_runs
    @rule(
        back=st.integers(0, 2), status=STANDING, seconds=st.sampled_from([None, 20.0]), then=st.sampled_from(AtPauseEnd)
    )
    def halt(self, back: int, status: RunStatus, seconds: float | None, then: AtPauseEnd) -> None:
        """Somebody lets a run stand still."""
        self.house.halt(status, self.some_run(back), seconds=seconds, then=then)

    @has_runs
    @rule(back=st.integers(0, 2))
    def resume(self, back: int) -> None:
        """Somebody lets it go on."""
        self.house.resume(self.some_run(back))

    @has_runs
    @rule(back=st.integers(0, 2), how=st.sampled_from(["soft", "hard", "forced"]))
    def cancel(self, back: int, how: str) -> None:
        """Somebody ends a run."""
        run = self.some_run(back)
        self.house.cancel(run, is_hard=how == "hard", is_forced=how == "forced")
        known = self.house.engine.programs.runs.all.get(run)
        assert known is None or known.is_over or known.status is RunStatus.STOPPING

    @has_runs
    @rule(back=st.integers(0, 2), begins_at=st.sampled_from(RetryPoint), seconds=SPANS)
    def try_again(self, back: int, begins_at: RetryPoint, seconds: float) -> None:
        """Somebody tries a run once more, with what it had running where it begins."""
        before = self.house.engine.programs.runs.all.get(self.some_run(back))
        if before is not None and before.is_over:
            self.ids.append(f"r{len(self.ids) + 1}")
            again = {"retry_of": before.id, "begins_at": begins_at}
            self.house.start(before.program, self.ids[-1], library=LIBRARY, **again)
            self.pass_time(seconds)

    @rule(channel=SOME_OUTPUT, level=st.sampled_from([0.0, 1.0]))
    def switch(self, channel: ChannelId, level: float) -> None:
        """A person switches an output by hand."""
        self.house.wish(level, channel, duration=None if is_rest(level) else 60)

    @rule(scope=st.sampled_from([(), (device_of(PUMP),)]), seconds=SPANS)
    def stop(self, scope: tuple[DeviceId, ...], seconds: float) -> None:
        """Somebody presses the stop, and releases it after a while."""
        self.house.press(*scope)
        held = [device_of(channel) for channel in OUTPUTS if not scope or device_of(channel) in scope]
        for run in self.house.engine.programs.runs.active():
            reserved = self.house.engine.programs.runs.reserved.get(run.id, frozenset())
            assert scope
            assert not any(device_of(channel) in held for channel in reserved)
        commands = len(self.house.commands)
        self.pass_time(seconds)
        assert all(
            is_rest(command.request.level)
            for _, command in self.house.commands[commands:]
            if device_of(command.request.channel) in held
        )
        self.house.release(*scope)
        self.pass_time(3.0)

    @rule(channel=SOME_OUTPUT, seconds=SPANS)
    def lock_out(self, channel: ChannelId, seconds: float) -> None:
        """Somebody works on an output for a while."""
        self.house.hang(channel)
        self.pass_time(seconds)
        self.house.take_off(channel)

    # -- What devices and Home Assistant do ---------------------------------------------------------------------------

    @rule(channel=SOME_OUTPUT, what=st.sampled_from(["mute", "deaf", "refuse"]))
    def misbehave(self, channel: ChannelId, what: str) -> None:
        """A device says nothing, does not hear, or refuses."""
        if what == "mute":
            self.house.mute.add(device_of(channel))
        elif what == "deaf":
            self.house.deaf.add(channel)
        else:
            self.house.refusals[channel] = 2

    @rule()
    def behave(self) -> None:
        """All devices are back."""
        self.house.mute.clear()
        self.house.deaf.clear()
        self.house.refusals.clear()

    @precondition(lambda machine: machine.house.asked)
    @rule(is_done=st.booleans(), back=st.integers(0, 2))
    def answer(self, back: int, *, is_done: bool) -> None:
        """Home Assistant or a person answers something, perhaps late."""
        asked = self.house.asked[-1 - min(back, len(self.house.asked) - 1)]
        values = {"seconds": 1, "by": "anna"}
        self.house.feed(
            RunAnswered(run=asked.run.id, answer=Answer(key=asked.order.key, is_done=is_done, values=values))
        )

    @precondition(lambda machine: machine.house.disk)
    @rule(
        is_written=st.booleans(), away=st.sampled_from([2.0, 60.0, 400.0]), how=st.sampled_from(["", "stop", "reload"])
    )
    def end(self, away: float, how: str, *, is_written: bool) -> None:
        """Home Assistant ends, in order or not, and is started again."""
        if how:
            self.house.feed(ShutdownBegun() if how == "stop" else RunsSuspended())
        self.look()
        if not how and is_written:
            self.house.play(1.0)
            self.look()
        before = self.house
        after = before.after(before.cut(), away=away)
        assert isinstance(after, Watched)
        after.mute, after.deaf, after.refusals = before.mute, before.deaf, before.refusals
        self.house = forgiving(after)
        for run in after.engine.programs.runs.all.values():
            self.status[run.id] = run.status
            assert run.status in ENDED | {RunStatus.QUEUED, RunStatus.PAUSED, RunStatus.INTERRUPTED}

    @rule(seconds=SPANS)
    def pass_time(self, seconds: float) -> None:
        """Time passes."""
        self.house.play(seconds)

    # -- What must hold -----------------------------------------------------------------------------------------------

    @invariant()
    def look(self) -> None:
        """Statuses follow each other as they may, and what has ended was told once and stays as it ended."""
        for run in self.house.shown:
            before = self.status.get(run.id)
            assert before is None or before is run.status or may_lead(before, run.status), (before, run.status)
            self.status[run.id] = run.status
        self.house.shown.clear()
        self.ends.update(event.run for event in self.house.told if event.happening in ENDS)
        self.house.told.clear()
        for run in self.house.engine.programs.runs.all.values():
            assert self.ends[run.id] == run.is_over
            if run.is_over:
                assert self.records.setdefault(run.id, run) == run
                assert run.energised == {}
                assert run.ended_at is not None
                assert run.cursor.node is None
            is_ending = run.is_over or run.status in (RunStatus.STOPPING, RunStatus.INTERRUPTED)
            assert (run.ending is None) is (run.part is Part.PHASES)
            assert run.part is Part.PHASES or is_ending

    @invariant()
    def nobody_holds_what_is_not_reserved(self) -> None:
        """Each output has one run at most, and nothing is kept for runs that are over."""
        runs = self.house.engine.programs.runs
        active = {run.id: run for run in runs.active()}
        assert set(runs.reserved) <= set(active)
        reserved = [channel for channels in runs.reserved.values() for channel in channels]
        assert len(reserved) == len(set(reserved))
        for key, run in active.items():
            assert set(run.energised) <= runs.reserved.get(key, frozenset())
        assert {key for key, _ in runs.asked.values()} <= set(active)
        assert {key for keys in runs._listeners.values() for key in keys} <= set(active)
        assert set(runs._driven.values()) <= set(active)

    @invariant()
    def every_demand_of_a_run_has_its_run(self) -> None:
        """A run that has ended or stands still with its outputs at rest wants nothing of any output."""
        runs = self.house.engine.programs.runs
        for channel in OUTPUTS:
            for demand in self.house.engine.demands.of(channel):
                if not demand.owner.startswith("run:") or not demand.is_live(self.house.now.monotonic):
                    continue
                key = demand.owner.removeprefix("run:")
                run = runs.at(key, self.house.now)
                assert run is not None
                if not self.house.engine.demands.is_claimed(demand):
                    # Found after a crash: it waits for its devices, or for the wake-up that lets go of it.
                    assert not run.is_over or self.is_due_now()
                    continue
                assert run.status not in ENDED | {RunStatus.PAUSED, RunStatus.QUEUED}
                assert channel in run.energised or runs.is_awaited(key, channel)

    def is_due_now(self) -> bool:
        """Tell whether the engine wants to be woken at this very moment."""
        due = self.house.engine.next_wake()
        return due is not None and due <= self.house.now.monotonic

    @invariant()
    def whatever_runs_is_explained(self) -> None:
        """By a wish that counts, by a rest that is on its way, or by a device that does not hear or is not heard."""
        state = self.house.engine._state
        for channel in OUTPUTS:
            if not self.house.yard.levels.get(channel, 0.0):
                continue
            device = device_of(channel)
            outcome = self.house.engine.demands.effective(channel, self.house.now)
            is_wanted = outcome is not None and not is_rest(outcome.winner.level)
            is_unheard = (
                device in self.house.mute or channel in self.house.deaf or not state.fleet.link(device).is_online
            )
            rests = (state.ledger.unrested, state.orphans)
            is_seen_to = any(clock.due(channel) is not None for clock in rests) or state.ledger.is_in_flight(channel)
            is_fresh = any(
                name == channel and self.house.seconds - moment <= _ON_ITS_WAY
                for moment, name, _ in self.house.yard.edges
            )
            assert is_wanted or is_unheard or is_seen_to or is_fresh or state.proofs.is_open(device)

    @override
    def teardown(self) -> None:
        """When everybody has let go, everything rests and nothing is kept."""
        self.behave()
        self.house.play(130)
        for run in self.house.engine.programs.runs.active():
            self.house.cancel(run.id)
        self.house.play(700)
        self.look()
        runs = self.house.engine.programs.runs
        assert runs.active() == []
        assert (runs.asked, runs.reserved, runs._listeners, runs._driven) == ({}, {}, {}, {})
        assert not any(self.house.yard.levels.values())


RunMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=25)
TestRunPromises = RunMachine.TestCase
