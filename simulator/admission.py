"""Which commands a device takes in which state."""

from .chip import Chip
from .outbound import Outbound
from .states import SystemState

DEGRADED = frozenset(
    {SystemState.SAFE_MODE, SystemState.SAFE_MODE_PROVISIONING, SystemState.ERROR, SystemState.LIBRARY_DOWNLOADING}
)
ALWAYS_ALLOWED = frozenset({"status", "diagnostics", "get_config", "set_log_level", "safe_mode"})


def refusal(chip: Chip, out: Outbound) -> str | None:
    """Return the code by which a command is refused, or None."""
    if chip.state is SystemState.SAFE_MODE:
        return "SAFETY_LOCKED"
    if not out.registered:
        return "REGISTRATION_PENDING"
    return _state_refusal(chip.state)


def system_refusal(chip: Chip, out: Outbound, command: str) -> str | None:
    """Return the code by which a system command is refused, or None."""
    if command in ALWAYS_ALLOWED:
        return None
    return refusal(chip, out)


def config_acceptance(state: SystemState) -> str:
    """Return the code by which a config push is taken."""
    if state is SystemState.CONFIG_PENDING_AFTER_RESET:
        return "CONFIG_PENDING_CONFIG_ACCEPTED"
    if state is SystemState.PENDING_APPROVAL:
        return "PENDING_APPROVAL_CONFIG_ACCEPTED"
    return "DEGRADED_MODE_CONFIG_ACCEPTED" if state in DEGRADED else "COMMAND_ACCEPTED"


def _state_refusal(state: SystemState) -> str | None:
    if state is SystemState.CONFIG_PENDING_AFTER_RESET:
        return "CONFIG_PENDING_BLOCKED"
    if state is SystemState.PENDING_APPROVAL:
        return "PENDING_APPROVAL_BLOCKED"
    return "DEGRADED_MODE_BLOCKED" if state in DEGRADED else None
