"""What one hub has to tell one subscription: readings, states of outputs, what rules do, and its journal."""

import asyncio
from collections.abc import Callable
from functools import partial
import logging
from typing import Final, NamedTuple, Protocol

from homeassistant.core import callback

from .core.devices.model import ActuatorChannel, SensorChannel
from .core.ids import ChannelId, DeviceId
from .core.journal.ids import EventKey
from .core.mistakes import technical_of
from .host.engine_host import EngineHost
from .host.journal.rows import Envelope
from .host.rule_events import LOGIC_EXECUTION
from .hub_following import Forget
from .journal_feed import JournalFeed, Listener, Missed, Told
from .stream_contents import Content, output_content, reading_content
from .stream_pace import ReadingPace
from .stream_sight import Sight
from .stream_topics import ACTUATOR_STATUS, SENSOR_DATA, Topics
from .subscriptions import SUBSCRIPTIONS

_LOGGER: Final = logging.getLogger(__name__)

type Levels = dict[ChannelId, tuple[float | None, bool]]


class Speaker(Protocol):
    """Brings what a hub tells to the client."""

    def show(self, kind: str, content: Content) -> None:
        """Tell how something is; before the beginning it is part of the snapshot."""

    def tell(self, kind: str, content: Content) -> None:
        """Tell that something has happened."""

    def pass_on(self, event: Content) -> None:
        """Tell an event of the journal as it is."""

    def catch_up(self, hub: HubStream, replay: Callable[[], None], *, is_gap: bool) -> None:
        """Let be told what was missed, and before that, that it cannot be told."""

    def overflow(self) -> None:
        """End, because more happens than can wait."""


class Wish(NamedTuple):
    """What is wanted, and by whom."""

    topics: Topics
    sight: Sight


class HubStream:
    """Listens to one hub as long as it is loaded."""

    def __init__(self, host: EngineHost, wish: Wish, speaker: Speaker, levels: Levels) -> None:
        """Remember who wants what; of outputs only changes of these levels are told."""
        self.host = host
        self._topics, self._sight = wish
        self._speaker = speaker
        self._levels = levels
        self._levels.update({key: (report.level, report.stopped) for key, report in host.fleet.reports.items()})
        self._pace = ReadingPace(host.hass, self._tell_reading)
        self._feed: JournalFeed | None = None
        self._after: EventKey | None = None
        self._reading: asyncio.Task[None] | None = None
        self._ends: list[Forget] = []

    @callback
    def begin(self, after: EventKey | None) -> None:
        """Listen; what was missed since an event is read first."""
        self._ends = [
            self._pace.end,
            self.host.watchers.watch_everything(self._shown),
            self.host.rules.events.watch(self._tell_rule),
        ]
        if self._topics.has_events:
            self._feed = JournalFeed(
                self.host.journal, self._topics, Listener(hear=self._hear, overflow=self._speaker.overflow)
            )
            self._ends.append(self._feed.end)
            if after is not None:
                self._feed.hold()
                self._after = after
                self._reading = self.host.hass.async_create_task(
                    self._async_catch_up(self._feed, after), "god_kaiser replay", eager_start=False
                )

    @callback
    def end(self) -> None:
        """Listen no more."""
        if self._reading is not None:
            self._reading.cancel()
        while self._ends:
            self._ends.pop()()

    @property
    def is_reading(self) -> bool:
        """Tell whether the disk is read for what was missed."""
        return self._after is not None

    @property
    def position(self) -> EventKey:
        """Return the event after which the client has not been told anything."""
        if self._feed is None:
            return self.host.journal.last_key
        return self._feed.position if self._after is None else self._after

    @property
    def waiting(self) -> int:
        """Return how much waits to be told."""
        return self._pace.waiting + (self._feed.waiting if self._feed is not None else 0)

    async def _async_catch_up(self, feed: JournalFeed, after: EventKey) -> None:
        try:
            missed = await feed.async_missed(after)
        except Exception as err:
            # A mistake of ours is a gap, and no silence for ever.
            _LOGGER.exception("What a client of the stream has missed cannot be told")
            self.host.hass.data[SUBSCRIPTIONS].broke(technical_of(err))
            missed = Missed([], None, is_gap=True)
        self._after = None
        if missed.goes_on_after is not None:
            feed.go_back(missed.goes_on_after)
        self._speaker.catch_up(self, partial(feed.replay, missed.events), is_gap=missed.is_gap)

    @callback
    def _hear(self, told: Told) -> None:
        if (event := self._sight.event(self.host, told)) is not None:
            self._speaker.pass_on(event)

    @callback
    def _shown(self, key: ChannelId | DeviceId) -> None:
        match self.host.fleet.channel(ChannelId(key)):
            case SensorChannel() as sensor if self._topics.wants(SENSOR_DATA, sensor.device):
                if sensor.id in self.host.fleet.readings:
                    self._pace.put(sensor.id)
            case ActuatorChannel() as actuator if self._topics.wants(ACTUATOR_STATUS, actuator.device):
                self._tell_output(actuator)

    @callback
    def _tell_reading(self, key: ChannelId) -> None:
        sensor, reading = self.host.fleet.sensor(key), self.host.fleet.readings.get(key)
        # One that comes late may be gone meanwhile.
        if sensor is not None and reading is not None and self._sight.sees(sensor):
            self._speaker.show(SENSOR_DATA, reading_content(self.host, sensor, reading))

    @callback
    def _tell_output(self, actuator: ActuatorChannel) -> None:
        """Tell what the device itself reports, and only when that has changed."""
        if (report := self.host.fleet.reports.get(actuator.id)) is None:
            return
        level = (report.level, report.stopped)
        if self._levels.get(actuator.id) != level and self._sight.sees(actuator):
            self._levels[actuator.id] = level
            self._speaker.show(ACTUATOR_STATUS, output_content(self.host, actuator, report))

    @callback
    def _tell_rule(self, told: Envelope) -> None:
        if told["type"] == LOGIC_EXECUTION and self._topics.wants(LOGIC_EXECUTION, told["rule_id"]):
            self._speaker.tell(LOGIC_EXECUTION, self._sight.execution(told["data"]))
