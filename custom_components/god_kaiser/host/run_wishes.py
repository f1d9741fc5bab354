"""What a start of a sequence is given, and how it is refused."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import uuid4

from ..core.effects import Reply
from ..core.events import RetryPoint, RunCancelled
from ..core.ids import ChannelId, CommandId, DeviceId
from ..core.sequences.codes import SequenceCode
from ..core.sequences.errors import SequenceError
from ..core.sequences.findings import Finding, Require
from ..core.sequences.model import Sequence
from ..core.sequences.overrides import Overrides
from ..core.sequences.run import Trigger


class StartRefusedError(SequenceError):
    """A run was refused; ``findings`` are what its preflight has found."""

    findings: tuple[Finding, ...] = ()


class Wished(NamedTuple):
    """What a start is given."""

    program: Sequence
    roles: Mapping[str, ChannelId] = {}
    variables: Mapping[str, str | float | bool] = {}
    trigger: Trigger = Trigger()
    require: Require = Require.WARN
    findings: tuple[Finding, ...] = ()
    until_phase: str = ""
    retry_of: str = ""
    begins_at: RetryPoint = RetryPoint.START
    run_id: str = ""
    overrides: Overrides = Overrides()


class Cancel(NamedTuple):
    """How a run is ended, and by whom: ``by`` may be the name of a person, ``hand`` is what may be told to everybody."""

    by: str
    hand: str
    reason: str = ""
    is_hard: bool = False
    is_forced: bool = False
    is_overdue: bool = False

    def wish(self, run: str) -> RunCancelled:
        """Return what is wished of a run."""
        return RunCancelled(key=wish_key(), run=run, **self._asdict())


def refusal_of(code: SequenceCode, reply: Reply, reason: str) -> StartRefusedError:
    """Return the error for a wish that the engine has answered with a code; ``reason`` are its findings in words."""
    details: dict[str, str | float] = {"reason": reason} if reason else {}
    details |= {key: value for key, value in reply.details.items() if key not in ("code", "place")}
    why, place = reply.problem.removeprefix("sequence_"), str(reply.details.get("place", ""))
    refused = StartRefusedError(code, place, why=why, **details)
    refused.findings = reply.findings
    return refused


def wish_key() -> CommandId:
    """Return the key by which the answer to a wish is known."""
    return CommandId(uuid4().hex)


def sequence_key(sequence: str) -> DeviceId:
    """Return the key under which a sequence and its runs are watched."""
    return DeviceId(f"sequence:{sequence}")
