"""Puts Home Assistant's guards to rest, for tests of what knows neither Home Assistant nor an event loop.

The test plugin gives every test an event loop and watches over what the test leaves behind there. Where neither is
used, that is what a quick test spends its time on. Sockets stay closed, and tests/architecture keeps both out of core.
"""

import pytest

__all__ = [
    "configure_event_loop",
    "disable_http_server",
    "enable_event_loop_debug",
    "fail_on_log_exception",
    "reset_globals",
    "skip_stop_scripts",
    "verify_cleanup",
]


def _rest() -> None:
    """Guard nothing."""


_at_rest = pytest.fixture(autouse=True)

configure_event_loop = _at_rest(_rest)
disable_http_server = _at_rest(_rest)
enable_event_loop_debug = _at_rest(_rest)
fail_on_log_exception = _at_rest(_rest)
reset_globals = _at_rest(_rest)
skip_stop_scripts = _at_rest(_rest)
verify_cleanup = _at_rest(_rest)
