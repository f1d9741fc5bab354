"""Every way in which a person or an automation can start an output, and what came of it on the wire."""

from collections.abc import Callable, Sequence
import json
from typing import NamedTuple

from scripts.hass_client import Json
from tests.e2e.stage import Output
from tests.e2e.witness import Heard, Witness

WORKSHOP = "tests/e2e/scenarios/workshop.yaml"
DIMMERS = "tests/e2e/scenarios/dimmers.yaml"
# The firmware's own words for a run that has ended without anybody.
BY_ITSELF = "firmware:auto_duration"

type Body = Callable[[Output], Json]


class Start(NamedTuple):
    """One way to start an output: where to post, and what."""

    output: str
    path: str
    body: Body


def entity(**fields: object) -> Body:
    """Return the body of a call that names the entity."""
    return lambda output: {"entity_id": output.entity_id, **fields}


def pin(**fields: object) -> Body:
    """Return the body of a call that names device and pin."""
    return lambda output: {"device_id": output.registry_id, "gpio": output.gpio, **fields}


FULL = {
    "a switch": Start("Rinse pump", "services/switch/turn_on", entity()),
    "a toggled switch": Start("Stirrer", "services/switch/toggle", entity()),
    "whatever can be turned on": Start("Shaker", "services/homeassistant/turn_on", entity()),
    "a fan on a relay": Start("Vent", "services/fan/turn_on", entity()),
    "a light on a relay": Start("Lamp", "services/light/turn_on", entity()),
    "a valve": Start("Drain valve", "services/valve/open_valve", entity()),
    "an output set for a while": Start("Acid pump", "services/god_kaiser/set_output", pin(level=1, duration=10)),
    "an automation": Start("Mist pump", "events/start_wanted", lambda output: {"output": output.entity_id}),
    "a scene": Start("Press", "services/scene/apply", lambda output: {"entities": {output.entity_id: "on"}}),
    "a fan at full speed": Start("Blower", "services/fan/set_percentage", entity(percentage=100)),
    "a light at its brightest": Start("Grow bar", "services/light/turn_on", entity(brightness=255)),
    "a number at its end": Start("Mixer", "services/number/set_value", entity(value=100)),
}
PARTIAL = {
    "a number": Start("Doser", "services/number/set_value", entity(value=50)),
    "a fan": Start("Exhaust", "services/fan/set_percentage", entity(percentage=40)),
    "a dimmed light": Start("Sunrise", "services/light/turn_on", entity(brightness=128)),
    "an output set for a while": Start("Heater mat", "services/god_kaiser/set_output", pin(level=0.5, duration=10)),
}


class Run(NamedTuple):
    """One output that was started: the command that did it, and everything that its device has reported since."""

    output: Output
    order: Heard
    witness: Witness

    @property
    def duration(self) -> int:
        """Return how many seconds the device was told to run."""
        return int(json.loads(self.order.payload)["duration"])

    def reports(self) -> Sequence[tuple[float, Json]]:
        """Return when the output has reported what, since it was started."""
        heard = self.witness.since(self.order.at, f"{self.output.topic}/status")
        return [(status.at, json.loads(status.payload)) for status in heard]

    async def ended(self) -> float | None:
        """Return when the device has ended the run by itself, None before."""
        return next((at for at, report in self.reports() if report.get("command_source") == BY_ITSELF), None)

    async def rested(self) -> float | None:
        """Return when the output has first reported rest after it had run, None before."""
        reports = self.reports()
        began = next((at for at, report in reports if report["state"]), None)
        return next((at for at, report in reports if began is not None and at > began and not report["state"]), None)
