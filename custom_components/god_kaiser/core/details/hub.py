"""What a hub tells about itself: its journal, its health, and what it does about that."""

from msgspec import UNSET, UnsetType

from ..health.finding import Category, HealthCode
from ..journal.kinds import Level
from ..recovery.ladder import Rung
from ..sequences.status import RunStatus
from .base import Details, Moment, OfDevice


class Started(Details, frozen=True, kw_only=True):
    """Whether the last end was a crash, and how many events are missing since; null where nobody knows."""

    after_crash: bool
    events_lost: int | None


class SetAside(Details, frozen=True, kw_only=True):
    """After which entry the trail goes on in the new journal."""

    went_on_after: int


class Gap(Details, frozen=True, kw_only=True):
    """How many events were not taken."""

    dropped: int


class Lost(Details, frozen=True, kw_only=True):
    """How many events had not reached the disk."""

    lost: int


class Found(Details, frozen=True, kw_only=True):
    """What was found; beside that what its sentence needs."""

    code: HealthCode
    esp_id: str | UnsetType = UNSET
    channel: str | UnsetType = UNSET
    run: str | UnsetType = UNSET
    sequence: str | UnsetType = UNSET
    owner: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    file: str | UnsetType = UNSET
    check: str | UnsetType = UNSET
    place: str | UnsetType = UNSET
    gpio: int | str | UnsetType = UNSET
    status: RunStatus | UnsetType = UNSET
    error: str | UnsetType = UNSET
    shown: str | UnsetType = UNSET
    level: float | UnsetType = UNSET
    count: int | UnsetType = UNSET
    minutes: int | UnsetType = UNSET
    seconds: int | UnsetType = UNSET
    milliseconds: int | UnsetType = UNSET
    before: float | UnsetType = UNSET
    lately: float | UnsetType = UNSET
    waiting: int | UnsetType = UNSET
    megabytes: float | UnsetType = UNSET
    limit: float | UnsetType = UNSET


class HealthChanged(Found, frozen=True, kw_only=True):
    """Which part of the hub it is about."""

    category: Category


class Recovered(OfDevice, frozen=True, kw_only=True):
    """What was tried because of what, in which climb of the ladder; no rung where a device is well again."""

    rung: Rung | None
    climb: int
    causes: list[HealthCode]
    is_skipped: bool


class SlowRun(Details, frozen=True, kw_only=True):
    """One of the runs that took longest."""

    run: str
    sequence: str
    seconds: float


class Review(Details, frozen=True, kw_only=True):
    """How many runs there were since the last look back, how many went well, and of what the others failed."""

    runs: int
    success_rate: float
    by_status: dict[RunStatus, int]
    failures: dict[str, int]
    slowest: list[SlowRun]


class NotArchived(Details, frozen=True, kw_only=True):
    """How often it was tried to find a run in the journal."""

    attempts: int


class Delivered(Details, frozen=True, kw_only=True):
    """How many commands of a run were sent, and what has become of them."""

    sent: int
    confirmed: int
    failed: int


class RunPicture(Details, frozen=True, kw_only=True):
    """Where a run stands."""

    run_id: str
    sequence: str
    status: RunStatus
    progress: int
    finished_steps: int
    outputs: dict[str, float]
    commands: Delivered


class HousePicture(Details, frozen=True, kw_only=True):
    """How Home Assistant itself is."""

    loop_lag_ms: float
    tasks: int
    mqtt_connected: bool
    peak_memory_mb: int
    disk_free_mb: int | None


class FindingPicture(Details, frozen=True, kw_only=True):
    """What the look after the health has found."""

    code: HealthCode
    severity: Level
    text: str


class EventPicture(Details, frozen=True, kw_only=True):
    """What has happened."""

    event_id: str
    event_type: str
    timestamp: Moment


class StandsStill(Details, frozen=True, kw_only=True):
    """The emergency report: everything that there is to know when something hangs."""

    at: Moment
    reason: str
    run: RunPicture | None
    system: HousePicture
    runs: list[RunPicture]
    outputs_running: list[str]
    commands_in_flight: int
    findings: list[FindingPicture]
    last_events: list[EventPicture]
    text: str
