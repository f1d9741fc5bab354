"""Who wants to know what: callbacks by channel, by device, and for newcomers."""

from collections.abc import Callable

from homeassistant.core import callback

from ..core.devices.model import Channel
from ..core.effects import Tell
from ..core.ids import ChannelId, DeviceId
from .clicks import Clicks
from .followers import Followers, attempt

type Watcher = Callable[[], None]
type Key = ChannelId | DeviceId


class Watchers:
    """One reading wakes the one entity that shows it."""

    def __init__(self) -> None:
        """Start unwatched."""
        self.clicks = Clicks()
        self._by_key: dict[Key, list[Watcher]] = {}
        self._of_everything = Followers[Key]()
        self._of_channels = Followers[Channel]()
        self._of_devices = Followers[DeviceId]()
        self._of_occasions = Followers[Tell]()

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
        return self._of_everything.add(watcher)

    @callback
    def watch_channels(self, watcher: Callable[[Channel], None]) -> Callable[[], None]:
        """Call back for every channel that appears."""
        return self._of_channels.add(watcher)

    @callback
    def watch_devices(self, watcher: Callable[[DeviceId], None]) -> Callable[[], None]:
        """Call back for every device that is approved."""
        return self._of_devices.add(watcher)

    @callback
    def watch_occasions(self, watcher: Callable[[Tell], None]) -> Callable[[], None]:
        """Call back for everything that people are told about."""
        return self._of_occasions.add(watcher)

    @callback
    def wake(self, key: Key) -> None:
        """Tell everybody who watches a key that it has news."""
        self._call(key)
        self._of_everything.tell(key, key)

    @callback
    def wake_all(self) -> None:
        """Have everything looked at again; there are no news about any single key."""
        for key in tuple(self._by_key):
            self._call(key)

    @callback
    def introduce_channel(self, channel: Channel) -> None:
        """Tell who waits for newcomers about a channel."""
        self._of_channels.tell(channel.id, channel)

    @callback
    def introduce_device(self, device: DeviceId) -> None:
        """Tell who waits for newcomers about a device."""
        self._of_devices.tell(device, device)

    @callback
    def tell(self, tell: Tell) -> None:
        """Pass on what people are told about."""
        self._of_occasions.tell(tell.occasion, tell)

    def _call(self, key: Key) -> None:
        for watcher in tuple(self._by_key.get(key, ())):
            attempt(key, watcher)
