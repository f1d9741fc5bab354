"""Whoever watches over alarms at night: an entity that sends messages and a script, and everything they were told."""

import json
import time

from scripts.hass_client import Json
from scripts.polling import eventually
from tests.e2e.stage import Stage

ENTITY = "notify.night_watch"
SCRIPT = "script.night_bell"
_TOLD, _RUNG, _THERE = "house/told", "house/rung", "house/watch"
_NOTHING = {"alarm_priority": "high", "alarm_repeat_minutes": 15, "alarm_repeats": 3}
_NOTHING |= {"alarm_flood": 10, "alarm_flood_minutes": 10}
_BELL = {
    "alias": "Night bell",
    "sequence": [
        {
            "action": "mqtt.publish",
            "data": {"topic": _RUNG, "payload": "{{ title }} / {{ alarms | map(attribute='alarm') | join(', ') }}"},
        }
    ],
}


class NightWatch:
    """Two ways to people in a real Home Assistant; what goes through them is heard on the broker."""

    def __init__(self, stage: Stage) -> None:
        """Remember where."""
        self._stage = stage
        self._client = stage.client
        self._since = time.monotonic()

    async def begin(self) -> None:
        """Make the entity and the script, and choose both, for alarms of medium priority too."""
        await self.there(is_there=True)
        await self._client.request("POST", "/api/config/script/config/night_bell", _BELL)
        await eventually(self._has_bell, "the script is there")
        await self.choose(alarm_targets=[ENTITY], alarm_action=SCRIPT, alarm_priority="medium")

    async def choose(self, **wanted: object) -> None:
        """Fill in the form, as a person does under Configure."""
        (entry,) = await self._client.entries("god_kaiser")
        path = "/api/config/config_entries/options/flow"
        flow = await self._client.request("POST", path, {"handler": entry["entry_id"]})
        step = f"{path}/{flow['flow_id']}"
        await self._client.request("POST", step, {"next_step_id": "alarm_notices"})
        ended = await self._client.request("POST", step, {**_NOTHING, **wanted})
        assert ended["type"] == "create_entry", ended

    async def there(self, *, is_there: bool) -> None:
        """Let the entity exist, and be there or away."""
        found = {
            "name": "Night watch",
            "unique_id": "night_watch",
            "command_topic": _TOLD,
            "availability_topic": _THERE,
        }

        async def is_so() -> bool:
            self._stage.witness.say("homeassistant/notify/night_watch/config", json.dumps(found))
            self._stage.witness.say(_THERE, "online" if is_there else "offline")
            state = await self._client.state(ENTITY)
            return state is not None and (state["state"] != "unavailable") is is_there

        await eventually(is_so, f"{ENTITY} is {'there' if is_there else 'away'}", pause=1)

    async def lose_bell(self) -> None:
        """Delete the script, as somebody does who has forgotten what it is for."""
        await self._client.request("DELETE", "/api/config/script/config/night_bell")

        async def is_gone() -> bool:
            return not await self._has_bell()

        await eventually(is_gone, "the script is gone")

    def told(self, words: str) -> int:
        """Return how many messages with these words the entity has sent."""
        return self._heard(_TOLD, words)

    def rung(self, words: str) -> int:
        """Return how often the script was called with these words."""
        return self._heard(_RUNG, words)

    async def shown(self) -> str:
        """Return what Home Assistant itself shows about alarms."""
        kept: list[Json] = await self._client.command("persistent_notification/get")
        return "".join(each["message"] for each in kept if each["notification_id"].startswith("god_kaiser_alarms"))

    def _heard(self, topic: str, words: str) -> int:
        heard = self._stage.witness.since(self._since, topic)
        return sum(1 for each in heard if words in each.payload.decode())

    async def _has_bell(self) -> bool:
        services = await self._client.command("get_services")
        return "night_bell" in services.get("script", {})
