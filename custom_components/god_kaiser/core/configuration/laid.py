"""Everything that people have laid down for one hub, by what it is about."""

from msgspec import Struct

from ..alarms.limits import AlarmLimits
from ..devices.plan import DevicePlan
from ..ids import ChannelId, DeviceId
from ..rules.model import Rule
from ..safety.limits import ChannelSafety, StopMode
from ..sequences.findings import Require
from ..sequences.limits import USUALLY_LATE_BY
from ..sequences.model import Sequence
from ..sequences.overrides import Overrides
from ..sequences.schedule import Missed

type Option = bool | int | float | str | list[str] | None


class LaidDevice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One approved device: what it should know, how it is stopped, and the name of the area in which it stands."""

    plan: DevicePlan
    stop_mode: StopMode = StopMode.IMMEDIATE
    area: str = ""


class PlannedStart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A planned start without who has planned it: whoever brings it in answers for it."""

    id: str
    sequence: str
    at: float
    roles: dict[str, ChannelId] = {}
    variables: dict[str, str | float | bool] = {}
    require: Require = Require.WARN
    until_phase: str = ""
    overrides: Overrides = Overrides()
    missed: Missed = Missed.LATE
    late_by: float = USUALLY_LATE_BY


class Laid(Struct, frozen=True, kw_only=True):
    """All of it, each under its id; of what is None nothing is said."""

    options: dict[str, Option] | None = None
    devices: dict[DeviceId, LaidDevice] | None = None
    safety: dict[ChannelId, ChannelSafety] | None = None
    alarm_limits: dict[ChannelId, AlarmLimits] | None = None
    sequences: dict[str, Sequence] | None = None
    rules: dict[str, Rule] | None = None
    schedules: dict[str, PlannedStart] | None = None


PARTS: tuple[str, ...] = Laid.__struct_fields__
