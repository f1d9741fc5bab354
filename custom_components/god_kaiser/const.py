"""Names that Home Assistant and this integration share."""

from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "god_kaiser"
# The address of the panel.
PANEL: Final = "god-kaiser"

CONF_KAISER_ID: Final = "kaiser_id"
CONF_OFFLINE_AFTER: Final = "offline_after"
CONF_ANSWER_TIMEOUT: Final = "answer_timeout"
CONF_DEFAULT_MAX_RUNTIME: Final = "default_max_runtime"
CONF_DEFAULT_INTERVAL: Final = "default_interval"
CONF_KEEP_DECISIONS: Final = "keep_decisions"
CONF_KEEP_DAYS: Final = "keep_days"
CONF_EVALUATION_INTERVAL: Final = "evaluation_interval"
CONF_HEALTH_CHECK_INTERVAL: Final = "health_check_interval"
CONF_ARCHIVED_RUNS: Final = "archived_runs"
CONF_JOURNAL_MEGABYTES: Final = "journal_megabytes"
CONF_REPLAY_EVENTS: Final = "replay_events"
CONF_REPLAY_HOURS: Final = "replay_hours"
CONF_MOST_RUNS: Final = "most_runs"
CONF_MOST_STEPS: Final = "most_steps"
CONF_LONGEST_SEQUENCE: Final = "longest_sequence"
CONF_RUN_HEARTBEAT: Final = "run_heartbeat"
CONF_KEEP_RUNS: Final = "keep_runs"
CONF_ENDED_RUNS: Final = "ended_runs"
CONF_CLEAN_UP: Final = "clean_up"
CONF_AUTO_RECOVERY: Final = "auto_recovery"
CONF_CLEANUP_ORPHANED: Final = "cleanup_orphaned"
CONF_RECOVERY_ATTEMPTS: Final = "recovery_attempts"
CONF_ROBUST_COMPLETION: Final = "enable_robust_completion"
CONF_EMERGENCY_HANDLERS: Final = "enable_emergency_handlers"
CONF_COMPLETION_TIMEOUT: Final = "completion_timeout"
CONF_EMERGENCY_TIMEOUT: Final = "emergency_timeout"
CONF_MAX_RETRIES: Final = "max_retries"
CONF_STORAGE_TIMEOUT: Final = "storage_timeout"
CONF_DEVICE_TIMEOUT: Final = "device_timeout"
CONF_AUTO_ARCHIVE: Final = "auto_archive"
CONF_ALLOW_AUTOMATIC_RELEASE: Final = "allow_automatic_release"

DEFAULT_KAISER_ID: Final = "god"
DEFAULT_OFFLINE_AFTER: Final = 180
DEFAULT_ANSWER_TIMEOUT: Final = 10
DEFAULT_KEEP_DECISIONS: Final = 200

EVENT_SYSTEM: Final = "god_kaiser_system_event"
EVENT_RUN: Final = "god_kaiser_run_event"
EVENT_SCHEDULE: Final = "god_kaiser_schedule_event"
EVENT_RULE: Final = "god_kaiser_rule_event"
EVENT_ALARM: Final = "god_kaiser_alarm_event"
EVENT_RULE_PROGRESS: Final = "god_kaiser_rule_progress"
EVENT_LEFT_OUT: Final = "god_kaiser_events_left_out"
# What a hub tells about devices and stops, as it is put on the bus, also where that has no room.
SIGNAL_OCCASION: Final = f"{DOMAIN}_occasion"

PLATFORMS: Final = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CALENDAR,
    Platform.EVENT,
    Platform.FAN,
    Platform.LIGHT,
    Platform.NUMBER,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.VALVE,
]
