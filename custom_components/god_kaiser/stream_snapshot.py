"""How things are when a client begins to listen: what was measured and reported last, what runs, and what is stopped."""

from collections.abc import Mapping
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_loaded_integration

from .const import DOMAIN
from .core.devices.model import ActuatorChannel, SensorChannel
from .core.journal.ids import EventKey, id_of
from .host.engine_host import EngineHost
from .run_records import run_record
from .stop_records import hub_record
from .stream_contents import Content, output_content, reading_content
from .stream_sight import Sight
from .stream_topics import ACTUATOR_STATUS, SENSOR_DATA, Topics

_OF_A_RUN: Final = ("run_id", "sequence_id", "sequence_name", "status", "progress", "current_step", "started_at")
_OF_A_STOP: Final = ("everything_stopped", "any_stopped", "by", "reason", "since")
_OF_A_DEVICE: Final = ("esp_id", "state", "by", "reason", "since")


class Snapshots:
    """Puts together what one subscription is told at its beginning, as far as its person may see it."""

    def __init__(self, hass: HomeAssistant, topics: Topics, sight: Sight) -> None:
        """Remember what is wanted, and by whom."""
        self._hass = hass
        self._topics = topics
        self._sight = sight

    def take(self, hubs: Mapping[str, tuple[EngineHost, EventKey]], *, replay_gap: bool) -> Content:
        """Return how things are at this moment."""
        return {
            "server_version": str(async_get_loaded_integration(self._hass, DOMAIN).version),
            "replay_gap": replay_gap,
            "hubs": [self._hub(entry_id, host, after) for entry_id, (host, after) in hubs.items()],
        }

    def _hub(self, entry_id: str, host: EngineHost, after: EventKey) -> Content:
        return {
            "entry_id": entry_id,
            "hub": host.kaiser_id,
            "last_event_id": id_of(after),
            "readings": self._readings(host),
            "outputs": self._outputs(host),
            "runs": self._runs(host),
            "stop": self._stop(host),
        }

    def _readings(self, host: EngineHost) -> list[Content]:
        return [
            reading_content(host, sensor, reading)
            for key, reading in host.fleet.readings.items()
            if isinstance(sensor := host.fleet.channel(key), SensorChannel)
            and self._topics.wants(SENSOR_DATA, sensor.device)
            and self._sight.sees(sensor)
        ]

    def _outputs(self, host: EngineHost) -> list[Content]:
        return [
            output_content(host, actuator, report)
            for key, report in host.fleet.reports.items()
            if isinstance(actuator := host.fleet.channel(key), ActuatorChannel)
            and self._topics.wants(ACTUATOR_STATUS, actuator.device)
            and self._sight.sees(actuator)
        ]

    def _runs(self, host: EngineHost) -> list[Content]:
        going_on = [run for run in host.sequences.runs() if not run.is_over and self._topics.run_id in ("", run.id)]
        records = [run_record(self._hass, host, run) for run in going_on]
        return [{key: record[key] for key in _OF_A_RUN} for record in records]

    def _stop(self, host: EngineHost) -> Content:
        """Return who has stopped what; how far the devices have shown that they obey, ``god_kaiser/stop`` tells."""
        record = hub_record(host)
        devices = [{key: device[key] for key in _OF_A_DEVICE} for device in record["devices"]]
        return self._sight.occasion({**{key: record[key] for key in _OF_A_STOP}, "devices": devices})
