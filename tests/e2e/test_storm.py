"""A thousand wishes in the wrong moment."""

from collections import Counter
import time

import pytest

from scripts.hass_client import Json, RefusedError
from tests.e2e.stage import GREENHOUSE, Output, Stage

CALLS = 1000
# Everything with which an output can be brought away from rest: fully, partly, the other way round.
WISHES: list[tuple[str, str, Json]] = [
    ("Tomato pump", "switch.turn_on", {}),
    ("Salad pump", "switch.toggle", {}),
    ("Ring main pump", "homeassistant.turn_on", {}),
    ("Herb valve", "valve.open_valve", {}),
    ("Heater", "switch.toggle", {}),
    ("Exhaust fan", "fan.set_percentage", {"percentage": 40}),
    ("Exhaust fan", "fan.toggle", {}),
    ("Grow light", "light.turn_on", {"brightness": 90}),
    ("Work light", "light.toggle", {}),
    ("Circulation", "number.set_value", {"value": 50}),
]


async def answer_to(stage: Stage, action: str, output: Output, fields: Json) -> str:
    """Wish for something, and return the key of the sentence with which it was refused."""
    try:
        await stage.client.call(action, entity_id=output.entity_id, **fields)
    except RefusedError as refused:
        return str(refused.answer["translation_key"])
    return "taken"


@pytest.mark.risk(
    fails="Automations go wild during a stop", happens="nothing that energises is published", protects="the gate"
)
@pytest.mark.req("API-27", "SAF-18", "INV-1")
async def test_a_thousand_wishes_during_a_stop_energise_nothing(greenhouse: Stage) -> None:
    """Every one of them is refused, and none of them is on the wire."""
    outputs = {name: await greenhouse.output(GREENHOUSE, name) for name, _, _ in WISHES}
    for output in outputs.values():
        # After an earlier stop nobody knows where a motor valve stands.
        await greenhouse.becomes(output.entity_id, "off", "closed", "unknown", "0", timeout=90)
    pressed = time.monotonic()
    await greenhouse.stop_everything()

    answers: Counter[str] = Counter()
    for number in range(CALLS):
        name, action, fields = WISHES[number % len(WISHES)]
        answers[await answer_to(greenhouse, action, outputs[name], fields)] += 1

    assert answers == {"emergency_stop_active": CALLS}
    assert greenhouse.witness.energising(pressed) == []
    await greenhouse.permit_everything()
