"""Channels that say nothing although their device is there, and configurations that it has not taken in time."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from ..fleet.sync import Sync
from ..ids import ChannelId, DeviceId, device_of
from .finding import Finding, HealthCode

# So many words in a row may be lost, and so much later may they come.
MISSED = 3
MARGIN = 30.0
# A device reports each output by itself so often.
STATUS_EVERY = 30.0


class Spoken(Struct, frozen=True, kw_only=True):
    """A channel of a device that is there: how often it should be heard, and since when it was not."""

    channel: ChannelId
    every: float
    heard_at: float
    is_output: bool = False


def silent(spoken: Iterable[Spoken], now: float) -> list[Finding]:
    """Return the channels that have missed several of their turns."""
    return [
        Finding(
            code=HealthCode.OUTPUT_SILENT if each.is_output else HealthCode.SENSOR_SILENT,
            subject=each.channel,
            details={
                "channel": each.channel,
                "esp_id": device_of(each.channel),
                "minutes": max(1, int((now - each.heard_at) // 60)),
            },
        )
        for each in spoken
        if now - each.heard_at > MISSED * each.every + MARGIN
    ]


def not_configured(syncs: Mapping[DeviceId, Sync]) -> list[Finding]:
    """Return the devices that have not taken their configuration for a reason that may have passed by now."""
    return [
        Finding(
            code=HealthCode.NOT_CONFIGURED,
            subject=device,
            details={"esp_id": device, "error": sync.failures[0].error},
        )
        for device, sync in syncs.items()
        if sync.failures and sync.may_pass
    ]
