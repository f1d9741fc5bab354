"""What every interlock is asked: to survive the disk, to refuse what it does not know, and to cost nothing."""

from collections.abc import Sequence

from msgspec import ValidationError, json
import pytest

from custom_components.god_kaiser.core.effects import Effect
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from custom_components.god_kaiser.core.safety.memory import Memory
from custom_components.god_kaiser.core.safety.objections import Ground
from custom_components.god_kaiser.core.safety.traffic import FLEET
from tests.builders import BOOT, ESP, PUMP, EngineBench, a_heartbeat, grounds, sent


def read_back(interlock: Interlock) -> Interlock:
    """Return an interlock as the next run of Home Assistant reads it."""
    safety = ChannelSafety(channel=PUMP, interlocks=(interlock,))
    (found,) = json.decode(json.encode(safety), type=ChannelSafety).interlocks
    return found


def complaint(**fields: object) -> str:
    """Return what is said about stored settings with one such interlock."""
    with pytest.raises(ValidationError) as caught:
        json.decode(json.encode({"channel": PUMP, "interlocks": [fields]}), type=ChannelSafety)
    return str(caught.value)


def books(bench: EngineBench) -> tuple[Memory, list[float | None]]:
    """Return everything that a command leaves behind."""
    traffic = bench.engine.around.traffic
    scopes: Sequence[ChannelId | str] = (PUMP, ESP, FLEET)
    return bench.engine.memory(bench.now), [traffic.oldest_of(scope, 1) for scope in scopes]


def costs_nothing(bench: EngineBench, ground: Ground, level: float = 1.0) -> bool:
    """Tell whether twenty refusals for one reason leave everything as it was, and send nothing."""
    before = books(bench)
    for _ in range(20):
        effects = bench.wish(level)
        assert grounds(effects) == [ground]
        assert sent(effects) == []
    return books(bench) == before


def live(bench: EngineBench, seconds: float, *devices: str) -> list[Effect]:
    """Let time pass while the devices go on sending heartbeats; return what follows."""
    effects: list[Effect] = []
    end = bench.seconds + seconds
    while bench.seconds < end:
        effects += bench.tick(min(60.0, end - bench.seconds))
        for device in devices or (ESP,):
            effects += bench.feed(a_heartbeat(device, boot=BOOT))
    return effects
