"""What a person has chosen for a hub, and within which limits."""

from collections.abc import Mapping
import logging
from typing import Final, Self

from homeassistant.config_entries import ConfigEntry
import msgspec

from ..const import (
    CONF_ANSWER_TIMEOUT,
    CONF_ARCHIVED_RUNS,
    CONF_CLEAN_UP,
    CONF_COMPLETION_TIMEOUT,
    CONF_DEFAULT_INTERVAL,
    CONF_DEFAULT_MAX_RUNTIME,
    CONF_DEVICE_TIMEOUT,
    CONF_EMERGENCY_TIMEOUT,
    CONF_ENDED_RUNS,
    CONF_EVALUATION_INTERVAL,
    CONF_HEALTH_CHECK_INTERVAL,
    CONF_JOURNAL_MEGABYTES,
    CONF_KEEP_DAYS,
    CONF_KEEP_DECISIONS,
    CONF_KEEP_RUNS,
    CONF_LONGEST_SEQUENCE,
    CONF_MAX_RETRIES,
    CONF_MOST_RUNS,
    CONF_MOST_STEPS,
    CONF_OFFLINE_AFTER,
    CONF_RECOVERY_ATTEMPTS,
    CONF_REPLAY_EVENTS,
    CONF_REPLAY_HOURS,
    CONF_RUN_HEARTBEAT,
    CONF_STORAGE_TIMEOUT,
    DEFAULT_ANSWER_TIMEOUT,
    DEFAULT_KEEP_DECISIONS,
    DEFAULT_OFFLINE_AFTER,
)
from ..core.devices.actuator_types import ACTUATOR_TYPES
from ..core.devices.defaults import ChannelDefaults
from ..core.devices.plan import DEFAULT_MAX_RUNTIME, INTERVALS
from ..core.sequences.limits import LONGEST_HEARTBEAT, SHORTEST_HEARTBEAT, SequenceLimits
from .endurance import Endurance

_LOGGER = logging.getLogger(__name__)
LIMITS: Final = {
    CONF_OFFLINE_AFTER: range(60, 3601),
    CONF_ANSWER_TIMEOUT: range(3, 61),
    CONF_DEFAULT_MAX_RUNTIME: range(1, max(row.max_runtime_ceiling for row in ACTUATOR_TYPES.values()) + 1),
    CONF_DEFAULT_INTERVAL: INTERVALS,
    CONF_KEEP_DECISIONS: range(50, 2001),
    CONF_MOST_RUNS: range(1, 101),
    CONF_MOST_STEPS: range(1, 201),
    CONF_LONGEST_SEQUENCE: range(60, 86_401),
    CONF_RUN_HEARTBEAT: range(int(SHORTEST_HEARTBEAT), int(LONGEST_HEARTBEAT) + 1),
    CONF_CLEAN_UP: range(5, 601),
    CONF_KEEP_RUNS: range(60, 86_401),
    CONF_ENDED_RUNS: range(10, 501),
    CONF_KEEP_DAYS: range(1, 3651),
    CONF_JOURNAL_MEGABYTES: range(1, 10_001),
    CONF_ARCHIVED_RUNS: range(10, 10_001),
    # Home Assistant hangs up on a client for whom more than 4,096 messages wait.
    CONF_REPLAY_EVENTS: range(10, 2_001),
    CONF_REPLAY_HOURS: range(1, 169),
    CONF_HEALTH_CHECK_INTERVAL: range(30, 86_401),
    CONF_EVALUATION_INTERVAL: range(1, 301),
    CONF_RECOVERY_ATTEMPTS: range(1, 11),
    CONF_COMPLETION_TIMEOUT: range(30, 86_401),
    CONF_EMERGENCY_TIMEOUT: range(60, 604_801),
    CONF_MAX_RETRIES: range(1, 11),
    CONF_STORAGE_TIMEOUT: range(5, 301),
    CONF_DEVICE_TIMEOUT: range(5, 301),
}


class HubOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of an entry; what nobody has chosen has its usual value."""

    offline_after: int = DEFAULT_OFFLINE_AFTER
    answer_timeout: int = DEFAULT_ANSWER_TIMEOUT
    default_max_runtime: int = DEFAULT_MAX_RUNTIME
    default_interval: int | None = None
    keep_decisions: int = DEFAULT_KEEP_DECISIONS
    # Whether an automation may release an emergency stop without a person.
    allow_automatic_release: bool = False
    most_runs: int = 20
    most_steps: int = 50
    longest_sequence: int = 3600
    run_heartbeat: int = 30
    clean_up: int = 60
    keep_runs: int = 3600
    ended_runs: int = 200
    keep_days: int = 90
    journal_megabytes: int = 200
    archived_runs: int = 10_000
    replay_events: int = 1000
    replay_hours: int = 24
    health_check_interval: int = 300
    evaluation_interval: int = 60
    auto_recovery: bool = True
    cleanup_orphaned: bool = True
    recovery_attempts: int = 3
    enable_robust_completion: bool = True
    enable_emergency_handlers: bool = True
    completion_timeout: int = 300
    emergency_timeout: int = 1800
    max_retries: int = 3
    storage_timeout: int = 30
    device_timeout: int = 30
    auto_archive: bool = True

    @classmethod
    def of(cls, entry: ConfigEntry) -> Self:
        """Return the options of an entry; for one that is no such value the usual one holds, and the self-check names it."""
        return cls.made_of({name: value for name, value in entry.options.items() if cls._takes(name, value)})

    @classmethod
    def made_of(cls, options: Mapping[str, object]) -> Self:
        """Return options as they are kept; raises for what is none."""
        return msgspec.convert(dict(options), cls)

    @classmethod
    def _takes(cls, name: str, value: object) -> bool:
        try:
            cls.made_of({name: value})
        except msgspec.ValidationError:
            _LOGGER.error("The option %s cannot be %r; its usual value holds", name, value)
            return False
        return True

    @property
    def sequence_limits(self) -> SequenceLimits:
        """Return how large sequences may be, and how many may run at the same time."""
        return SequenceLimits(
            steps=self.most_steps,
            seconds=float(self.longest_sequence),
            runs=self.most_runs,
            clean_up=float(self.clean_up),
            ended=self.ended_runs,
        )

    @property
    def endurance(self) -> Endurance:
        """Return how much the disk is given, whatever is kept on it."""
        return Endurance(self.max_retries, float(self.storage_timeout))

    @property
    def channel_defaults(self) -> ChannelDefaults:
        """Return what new channels get."""
        return ChannelDefaults(max_runtime=self.default_max_runtime, interval=self.default_interval)
