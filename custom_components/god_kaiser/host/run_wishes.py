"""What a start of a sequence is given, and how it is refused."""

from collections.abc import Mapping
from typing import NamedTuple

from ..core.events import RetryPoint
from ..core.ids import ChannelId, DeviceId
from ..core.sequences.errors import SequenceError
from ..core.sequences.findings import Finding, Require
from ..core.sequences.model import Sequence
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


def sequence_key(sequence: str) -> DeviceId:
    """Return the key under which a sequence and its runs are watched."""
    return DeviceId(f"sequence:{sequence}")
