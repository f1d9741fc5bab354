"""One sentence for everything that happens to runs, as the logbook tells it."""

from collections.abc import Mapping
from typing import Any, Final

from .core.requests import BY_AUTOMATION, BY_HAND
from .core.sequences.happenings import Happening

SENTENCES: Final[dict[str, str]] = {
    Happening.RUN_QUEUED: "waits for its turn",
    Happening.RUN_STARTED: "was started ({actor})",
    Happening.RUN_PAUSED: "was paused, its outputs rest: {reason}",
    Happening.RUN_HELD: "was held, its outputs stay as they are: {reason}",
    Happening.RUN_RESUMED: "goes on",
    Happening.RUN_STOPPING: "cleans up: {reason}",
    Happening.RUN_INTERRUPTED: "was interrupted: {reason}",
    Happening.RUN_LOG: "says: {text}",
    Happening.RUN_COMPLETED: "was completed after {duration_seconds} s",
    Happening.RUN_FAILED: "failed after {duration_seconds} s ({code}, {place}): {reason}",
    Happening.RUN_CANCELLED: "was cancelled{hand} after {duration_seconds} s: {reason}",
    Happening.RUN_TIMED_OUT: "ran out of time after {duration_seconds} s ({code}, {place})",
    Happening.PREFLIGHT_PASSED: "may start, says the check beforehand (findings: {findings})",
    Happening.PREFLIGHT_REFUSED: "was refused at its start ({code}, {place}): {reason}",
    Happening.PHASE_STARTED: "begins the phase {place}",
    Happening.PHASE_COMPLETED: "has completed the phase {place}",
    Happening.PHASE_FAILED: "failed in the phase {place} ({code}): {reason}",
    Happening.PHASE_RETRYING: "tries the phase {place} again (attempt {attempt})",
    Happening.STEP_STARTED: "begins the step {step}",
    Happening.STEP_RETRYING: "tries the step {step} again (attempt {attempt})",
    Happening.STEP_COMPLETED: "has completed the step {step}",
    Happening.STEP_FAILED: "failed at the step {step} ({code}): {reason}",
    Happening.STEP_SKIPPED: "has skipped the step {step}",
    Happening.COMMAND_CONFIRMED: "had {channel} confirmed",
    Happening.COMMAND_FAILED: "could not have {channel} switched: {reason}",
    Happening.APPROVAL_REQUESTED: "asks for approval: {text}",
    Happening.APPROVAL_GIVEN: "was approved",
    Happening.APPROVAL_REFUSED: "was not approved",
    Happening.APPROVAL_EXPIRED: "was not approved in time",
}


_ARTICLES: Final = {BY_HAND: "a person", BY_AUTOMATION: "an automation"}


def words_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the words of an event; what nobody knows is left out."""
    step, actor, details = content.get("current_step"), content.get("actor"), content.get("data")
    told = details.items() if isinstance(details, Mapping) else ()
    words: dict[str, Any] = {"reason": "", **{str(key): word for key, word in told if word is not None}}
    if isinstance(step, Mapping) and step.get("place"):
        words |= {"place": step["place"], "step": words.get("step_name") or step["place"]}
    words["hand"] = f" by {_ARTICLES.get(hand, hand)}" if (hand := words.get("ended_by")) else ""
    if isinstance(actor, Mapping):
        words["actor"] = actor.get("name") or actor.get("kind") or "-"
    return words
