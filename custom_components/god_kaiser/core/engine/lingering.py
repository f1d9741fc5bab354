"""A run that has begun lasts its least time, also when the program behind it lets go."""

from msgspec.structs import replace

from ..events import DemandReleased
from ..instant import Instant
from ..requests import Origin, is_rest
from ..safety.demands import Demand
from .state import EngineState


def lingering(state: EngineState, event: DemandReleased, now: Instant) -> Demand | None:
    """Return what is left of a demand whose owner lets go too early, None if the run may end now.

    Only programs wait: a person, a tag, the supervisor and a stop ask for rest, and rest is never delayed.
    """
    outcome = state.demands.effective(event.channel, now)
    since = state.around.usage.of(event.channel).on_since
    if outcome is None or outcome.winner.owner != event.owner or since is None:
        return None
    demand = outcome.winner
    least = since + state.around.limits.least_run(event.channel)
    if demand.origin >= Origin.PERSON or is_rest(demand.level) or least <= now.monotonic:
        return None
    until = least if demand.until is None else min(least, demand.until)
    return replace(demand, until=until, is_standing=False)
