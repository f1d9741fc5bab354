"""The core is judged alone."""

from tests.without_home_assistant import (
    configure_event_loop,
    disable_http_server,
    enable_event_loop_debug,
    fail_on_log_exception,
    reset_globals,
    skip_stop_scripts,
    verify_cleanup,
)

__all__ = [
    "configure_event_loop",
    "disable_http_server",
    "enable_event_loop_debug",
    "fail_on_log_exception",
    "reset_globals",
    "skip_stop_scripts",
    "verify_cleanup",
]
