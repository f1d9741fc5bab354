"""The proof of a stop: what each device that was told to stop has shown since."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from ..deadlines import Deadlines
from ..devices.model import ActuatorKind, ActuatorReport
from ..ids import ChannelId, DeviceId
from ..instant import Instant
from ..latency import Latencies, Latency
from ..requests import is_rest

# Who has not answered by then counts as silent.
PATIENCE = 5.0
# A device that has answered needs this long to bring its outputs to rest and to say so.
SETTLING = 3.0


class ProofState(StrEnum):
    """How far a device has shown that it has stopped."""

    ASKED = "asked"
    ANSWERED = "answered"
    AT_REST = "at_rest"
    SILENT = "silent"
    STILL_ENERGISED = "still_energised"


class Fate(StrEnum):
    """What an output has shown since its device was told to stop: by its own report, or by a word about it, or not at all."""

    AT_REST = "at_rest"
    STOPPED = "stopped"
    RUNNING = "running"
    UNKNOWN = "unknown"
    UNHEARD = "unheard"


# More than that nobody will hear of it.
_SETTLED = frozenset({Fate.AT_REST, Fate.UNKNOWN})

type Outcome = dict[Fate, list[ChannelId]]


class Proof(Struct, frozen=True, kw_only=True):
    """What is known of one device that was told to stop.

    ``unknown`` names outputs that cannot say where they are: a stop leaves a motor valve wherever it was, and nothing
    moves it before its release. ``lease_ends`` tells when a device switches an output off by itself.
    """

    device: DeviceId
    state: ProofState
    asked_at: datetime
    answered_at: datetime | None = None
    rested_at: datetime | None = None
    energised: tuple[ChannelId, ...] = ()
    unknown: tuple[ChannelId, ...] = ()
    lease_ends: dict[ChannelId, datetime] = {}


class Circumstances(Struct, frozen=True, kw_only=True):
    """What a proof is judged by besides the words of its device."""

    outputs: tuple[ChannelId, ...]
    lease_ends: dict[ChannelId, datetime]
    is_broker_there: bool
    is_device_lost: bool


class Asking(Struct, frozen=True, kw_only=True):
    """One order to stop, and everything that its device has said since; from ``patience_ends`` on silence counts.

    ``ordered`` is the monotonic moment when it was sent last, ``stopped`` are the outputs of which the device has said
    that they were stopped, ``told`` is what people know of it.
    """

    asked: Instant
    ordered: float
    patience_ends: float
    correlation_id: str = ""
    answered: Instant | None = None
    rested: Instant | None = None
    reports: dict[ChannelId, ActuatorReport] = {}
    stopped: frozenset[ChannelId] = frozenset()
    told: Outcome | None = None

    @property
    def was_sent(self) -> bool:
        """Tell whether the device was told; a controlled stop begins without telling it."""
        return bool(self.correlation_id)

    @property
    def effective_from(self) -> float:
        """Return the monotonic moment from which on nothing may be energised any more."""
        return self.patience_ends if self.answered is None else self.answered.monotonic + SETTLING

    @property
    def entered_at(self) -> float:
        """Return the latest monotonic moment at which the device may have entered its emergency, as far as is known."""
        return self.ordered if self.answered is None else max(self.ordered, self.answered.monotonic)

    def is_at_rest(self, output: ChannelId) -> bool:
        """Tell whether an output has said since the order that it rests."""
        report = self.reports.get(output)
        return report is not None and report.level is not None and is_rest(report.level)

    def fate_of(self, output: ChannelId) -> Fate:
        """Return what an output has shown."""
        if (report := self.reports.get(output)) is None:
            return Fate.STOPPED if output in self.stopped else Fate.UNHEARD
        if report.level is None:
            return Fate.UNKNOWN
        return Fate.AT_REST if is_rest(report.level) else Fate.RUNNING

    def is_beyond_reach(self, output: ChannelId) -> bool:
        """Tell whether no command moves an output: a stopped motor valve stays wherever it is."""
        report = self.reports.get(output)
        return report is not None and report.stopped and report.kind is ActuatorKind.VALVE


def assess(device: DeviceId, asking: Asking, around: Circumstances, now: Instant) -> Proof:
    """Return what a device has proven; the answer depends on nothing but what is given here."""
    heard = {output: asking.reports[output] for output in around.outputs if output in asking.reports}
    energised = {key: r for key, r in heard.items() if r.level is not None and not is_rest(r.level)}
    unknown = tuple(sorted(key for key, report in heard.items() if report.level is None))
    is_complete = len(heard) == len(around.outputs) and not energised and not unknown
    if is_complete and (around.outputs or asking.answered is not None):
        state = ProofState.AT_REST
    elif any(report.at.monotonic >= asking.effective_from for report in energised.values()):
        # What an absent device did last is no news about it.
        is_gone = around.is_device_lost or not around.is_broker_there
        state = ProofState.SILENT if is_gone else ProofState.STILL_ENERGISED
    elif asking.answered is not None:
        state = ProofState.ANSWERED
    else:
        is_mute = not around.is_broker_there or now.monotonic >= asking.patience_ends
        state = ProofState.SILENT if is_mute else ProofState.ASKED
    return Proof(
        device=device,
        state=state,
        asked_at=asking.asked.utc,
        answered_at=asking.answered.utc if asking.answered else None,
        rested_at=(asking.rested or now).utc if state is ProofState.AT_REST else None,
        energised=tuple(sorted(energised)),
        unknown=unknown,
        lease_ends={key: end for key, end in around.lease_ends.items() if not asking.is_at_rest(key)},
    )


class Proofs:
    """The proofs of every stop that holds, and how quickly devices have answered."""

    def __init__(self) -> None:
        """Start with nobody asked."""
        # When an order without an answer is repeated, when outputs that are not seen at rest are told to rest, and
        # when silence is to be judged.
        self.repeats: Deadlines[DeviceId] = Deadlines()
        self.rests: Deadlines[DeviceId] = Deadlines()
        self.looks: Deadlines[DeviceId] = Deadlines()
        self._expected: dict[DeviceId, Instant] = {}
        self._early: dict[DeviceId, set[ChannelId]] = {}
        self._askings: dict[DeviceId, Asking] = {}
        self._proofs: dict[DeviceId, Proof] = {}
        self._alarmed: set[DeviceId] = set()
        self._latencies: Latencies[DeviceId] = Latencies()

    def of(self, device: DeviceId) -> Proof | None:
        """Return what a stopped device has proven; None for a device that nobody has stopped."""
        if (pressed := self._expected.get(device)) is not None:
            return Proof(device=device, state=ProofState.ASKED, asked_at=pressed.utc)
        return self._proofs.get(device)

    def count(self) -> int:
        """Return how many devices are asked."""
        return len(self._proofs.keys() | self._expected.keys())

    def all(self) -> list[Proof]:
        """Return all proofs, sorted by device."""
        devices = sorted(self._proofs.keys() | self._expected.keys())
        return [proof for device in devices if (proof := self.of(device)) is not None]

    def is_open(self, device: DeviceId) -> bool:
        """Tell whether a device was told to stop and has not been released since."""
        return device in self._askings or device in self._expected

    def asking_of(self, device: DeviceId) -> Asking | None:
        """Return the last order to stop, with what was said since."""
        return self._askings.get(device)

    def expect(self, devices: Iterable[DeviceId], now: Instant) -> None:
        """Note who has to prove a stop from now on; each of them is asked within moments."""
        self._expected |= dict.fromkeys(devices, now)

    def ask(self, device: DeviceId, now: Instant, correlation_id: str = "", patience: float = PATIENCE) -> None:
        """Begin anew: whatever a device has said before this order proves nothing about it."""
        ends = now.monotonic + patience
        pressed = self._expected.pop(device, now)
        self._askings[device] = Asking(
            asked=pressed,
            ordered=now.monotonic,
            patience_ends=ends,
            correlation_id=correlation_id,
            stopped=frozenset(self._early.pop(device, ())),
        )
        self.rests.drop(device)
        self.looks.touch(device, ends)

    def repeat(self, device: DeviceId, now: Instant) -> None:
        """Note that the last order was sent once more."""
        if (asking := self._askings.get(device)) is not None:
            self._askings[device] = replace(asking, ordered=now.monotonic)

    def answer(self, device: DeviceId, now: Instant, correlation_id: str = "") -> bool:
        """Take the first answer to the last order; one that names another order, or comes twice, is none."""
        asking = self._askings.get(device)
        if asking is None or asking.answered is not None or correlation_id not in ("", asking.correlation_id):
            return False
        self._askings[device] = replace(asking, answered=now)
        self.repeats.drop(device)
        if asking.was_sent:
            self._latencies.note(device, now.monotonic - asking.asked.monotonic)
        return True

    def hear(self, report: ActuatorReport, device: DeviceId) -> None:
        """Keep what an output says about itself."""
        if (asking := self._askings.get(device)) is not None:
            self._askings[device] = replace(asking, reports=asking.reports | {report.channel: report})

    def take_word(self, device: DeviceId, output: ChannelId) -> bool:
        """Keep that a device says it has stopped an output; False where that belongs to no order, or is news after all."""
        if device in self._expected:
            # The broadcast was quicker than its own order.
            self._early.setdefault(device, set()).add(output)
            return True
        asking = self._askings.get(device)
        if asking is None or not asking.was_sent:
            return False
        if asking.told is not None:
            return asking.fate_of(output) in _SETTLED
        self._askings[device] = replace(asking, stopped=asking.stopped | {output})
        return True

    def take_outcome(self, device: DeviceId, outputs: Iterable[ChannelId], *, is_due: bool) -> Outcome | None:
        """Return once what has become of each output: as soon as all are settled, and in any case when it is due."""
        asking = self._askings.get(device)
        if asking is None or not asking.was_sent:
            return None
        outcome: Outcome = {fate: [] for fate in Fate}
        for output in sorted(outputs):
            outcome[asking.fate_of(output)].append(output)
        is_settled = not any(outcome[fate] for fate in Fate if fate not in _SETTLED)
        if outcome == asking.told or not any(outcome.values()) or not (is_due or is_settled):
            return None
        self._askings[device] = replace(asking, told=outcome)
        return outcome

    def assess(self, device: DeviceId, around: Circumstances, now: Instant) -> bool:
        """Judge a device anew and tell whether that has changed anything."""
        asking, before = self._askings[device], self._proofs.get(device)
        after = self._proofs[device] = assess(device, asking, around, now)
        if (after.state is ProofState.AT_REST) != (asking.rested is not None):
            self._askings[device] = replace(asking, rested=now if asking.rested is None else None)
        return after != before

    def take_alarm(self, device: DeviceId) -> bool:
        """Tell whether this is the first time in this stop that a device has disobeyed it."""
        is_first = device not in self._alarmed
        self._alarmed.add(device)
        return is_first

    def rearm(self, device: DeviceId) -> None:
        """Let the next disobedience of a device be told: this is another stop."""
        self._alarmed.discard(device)

    def drop(self, device: DeviceId) -> None:
        """Forget the proof of a device that is no longer stopped."""
        self._expected.pop(device, None)
        self._early.pop(device, None)
        self._askings.pop(device, None)
        self._proofs.pop(device, None)
        self._alarmed.discard(device)
        self.repeats.drop(device)
        self.rests.drop(device)
        self.looks.drop(device)

    def forget(self, device: DeviceId) -> None:
        """Forget everything about a device that was removed."""
        self.drop(device)
        self._latencies.drop(device)

    def latency_of(self, device: DeviceId) -> Latency | None:
        """Return how quickly a device answers; None for one that has never answered."""
        return self._latencies.of(device)
