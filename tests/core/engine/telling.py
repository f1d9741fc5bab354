"""Everything that runs can be brought to tell, for those who check what that is."""

from typing import Any

from custom_components.god_kaiser.core.events import RunAnswered, RunsSuspended
from custom_components.god_kaiser.core.sequences.happenings import RunEvent
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.run import Answer
from custom_components.god_kaiser.core.sequences.status import RunStatus
from tests.core.engine.running import PUMP, PUMP_ESP, Greenhouse, watering
from tests.core.sequences.programs import LIMITS, delay, set_to

NOTHING: dict[str, Any] = {"kind": "wait_until", "condition": {"kind": "output", "output": PUMP}, "timeout": 2}


def everything_told() -> list[RunEvent]:
    """Return what runs tell that complete, fail, ask, log, stand still, wait for their turn, retry, and are cut off."""
    house = Greenhouse()
    ask = {"kind": "approval", "text": "Go on?", "timeout": 10, "at_deadline": "approve"}
    line = {"kind": "log", "text": "begins"}
    long = watering(line, ask, set_to(PUMP), delay(60), set_to(PUMP, 0.0), mode="queued", most_runs=3)
    house.start(long, "r1")
    house.start(long, "r2")
    house.play(15)
    house.halt(RunStatus.PAUSED)
    house.resume()
    house.halt(RunStatus.HELD)
    house.resume()
    house.play(80)
    house.cancel("r2")
    house.play(5)
    poor = {"id": "poor", "phases": [{"name": "try", "retries": 1, "steps": [{**NOTHING, "retries": 1}]}]}
    house.start(read(poor, LIMITS), "r3")
    house.play(60)
    slow = {"id": "slow", "phases": [{"name": "soak", "timeout": 3, "steps": [delay(9)]}]}
    house.start(watering(delay(50), id="late", max_duration=60), "r4")
    house.start(read(slow, LIMITS), "r5")
    house.play(5)
    house.start(watering(delay(600), id="skips", on_restart="skip"), "r6")
    house.play(5)
    for number, agrees in enumerate((True, False)):
        house.start(watering({**ask, "timeout": 50}, id=f"asks-{number}"), f"a{number}")
        key = house.assists[-1].order.key
        house.feed(RunAnswered(run=f"a{number}", answer=Answer(key=key, is_done=agrees, values={"by": "anna"})))
    house.deaf.add(PUMP)
    house.start(watering(set_to(PUMP, timeout=120), id="unheard"), "r8")
    house.play(90)
    house.feed(RunsSuspended())
    successor = house.crashed()
    successor.play(200)
    away = Greenhouse()
    away.mute.add(PUMP_ESP)
    away.play(400)
    away.start(watering(set_to(PUMP), delay(5)), "r7")
    return [*house.told, *successor.told, *away.told]
