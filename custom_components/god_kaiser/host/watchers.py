"""Who wants to know what: callbacks by channel, by device, and for newcomers."""

from collections.abc import Callable
from functools import partial
import logging

from homeassistant.core import Context, callback

from ..core.devices.model import Channel
from ..core.effects import Tell
from ..core.ids import ChannelId, DeviceId

_LOGGER = logging.getLogger(__name__)

type Watcher = Callable[[], None]
type Key = ChannelId | DeviceId


class Watchers:
    """One reading wakes the one entity that shows it."""

    def __init__(self) -> None:
        """Start unwatched."""
        # Who has called or clicked last for an output: its state changes in that context.
        self.contexts: dict[ChannelId, Context] = {}
        self._by_key: dict[Key, list[Watcher]] = {}
        self._of_everything: list[Callable[[Key], None]] = []
        self._of_channels: list[Callable[[Channel], None]] = []
        self._of_devices: list[Callable[[DeviceId], None]] = []
        self._of_occasions: list[Callable[[Tell], None]] = []

    @callback
    def watch(self, key: Key, watcher: Watcher) -> Callable[[], None]:
        """Call back whenever a channel or device has news."""
        self._by_key.setdefault(key, []).append(watcher)

        @callback
        def forget() -> None:
            watching = self._by_key[key]
            watching.remove(watcher)
            if not watching:
                del self._by_key[key]

        return forget

    @callback
    def watch_everything(self, watcher: Callable[[Key], None]) -> Callable[[], None]:
        """Call back for every key that has news."""
        self._of_everything.append(watcher)
        return lambda: self._of_everything.remove(watcher)

    @callback
    def watch_channels(self, watcher: Callable[[Channel], None]) -> Callable[[], None]:
        """Call back for every channel that appears."""
        self._of_channels.append(watcher)
        return lambda: self._of_channels.remove(watcher)

    @callback
    def watch_devices(self, watcher: Callable[[DeviceId], None]) -> Callable[[], None]:
        """Call back for every device that is approved."""
        self._of_devices.append(watcher)
        return lambda: self._of_devices.remove(watcher)

    @callback
    def watch_occasions(self, watcher: Callable[[Tell], None]) -> Callable[[], None]:
        """Call back for everything that people are told about."""
        self._of_occasions.append(watcher)
        return lambda: self._of_occasions.remove(watcher)

    @callback
    def wake(self, key: Key) -> None:
        """Tell everybody who watches a key that it has news."""
        self._call(key)
        for observer in tuple(self._of_everything):
            attempt(key, partial(observer, key))

    @callback
    def wake_all(self) -> None:
        """Have everything looked at again; there are no news about any single key."""
        for key in tuple(self._by_key):
            self._call(key)

    @callback
    def introduce_channel(self, channel: Channel) -> None:
        """Tell who waits for newcomers about a channel."""
        for watcher in tuple(self._of_channels):
            attempt(channel.id, partial(watcher, channel))

    @callback
    def introduce_device(self, device: DeviceId) -> None:
        """Tell who waits for newcomers about a device."""
        for watcher in tuple(self._of_devices):
            attempt(device, partial(watcher, device))

    @callback
    def tell(self, tell: Tell) -> None:
        """Pass on what people are told about."""
        for watcher in tuple(self._of_occasions):
            attempt(tell.occasion, partial(watcher, tell))

    def _call(self, key: Key) -> None:
        for watcher in tuple(self._by_key.get(key, ())):
            attempt(key, watcher)


def attempt(key: str, watcher: Watcher) -> None:
    """Call somebody who watches something; a failure there is theirs alone."""
    try:
        watcher()
    except Exception:
        # Who cannot show something must not keep others from seeing it.
        _LOGGER.exception("Something that watches %s has failed", key)
