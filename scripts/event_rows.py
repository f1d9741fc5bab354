"""Write docs/EVENTS.md: everything that is told about runs and rules, when, and what each event tells.

Usage: scripts/events_table            write the page
       scripts/events_table --check    change nothing; exit 1 when the page is stale
"""

import ast
from collections.abc import Iterable
from pathlib import Path
import sys

from custom_components.god_kaiser.const import (
    EVENT_ALARM,
    EVENT_LEFT_OUT,
    EVENT_RULE,
    EVENT_RULE_PROGRESS,
    EVENT_RUN,
    EVENT_SCHEDULE,
    EVENT_SYSTEM,
)
from custom_components.god_kaiser.core.journal.kinds import Domain, Level, Noted
from custom_components.god_kaiser.core.rules.happenings import RuleHappening
from custom_components.god_kaiser.core.sequences.happenings import FORMER_NAMES, SESSION_NAMES, Happening
from custom_components.god_kaiser.host.bus_mirror import EACH_SECOND, MOST_AT_ONCE, SUMMARY_AFTER
from custom_components.god_kaiser.host.journal.journal import SCHEMA_VERSION
from custom_components.god_kaiser.host.rule_events import FORMER_RULE_NAMES
from custom_components.god_kaiser.host.schedule_news import Outcome
from scripts.event_details import about, fields_of, objects, told

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "EVENTS.md"
PACKAGE = ROOT / "custom_components" / "god_kaiser"
BUS = PACKAGE / "host" / "run_events.py"
RULE_BUS = PACKAGE / "host" / "rule_events.py"


ROWS: dict[Happening, str] = {
    Happening.RUN_QUEUED: "A run waits until another one of its sequence is over",
    Happening.PREFLIGHT_PASSED: "The check before a start has found no error",
    Happening.PREFLIGHT_REFUSED: "A start was refused; the run ends as `failed`, and nothing else is told of it",
    Happening.RUN_STARTED: "A run begins",
    Happening.RUN_PAUSED: "A run stands still, its outputs rest",
    Happening.RUN_HELD: "A run stands still, its outputs are as they were",
    Happening.RUN_RESUMED: "A run moves again; `was` is the status before",
    Happening.RUN_STOPPING: "A run cleans up: its steps under `finally` are done",
    Happening.RUN_INTERRUPTED: "Home Assistant ends or the hub is unloaded in the middle of a run; at the next start after a crash, or where a person is asked",
    Happening.RUN_HEARTBEAT: "Every 30 s (see the settings) while a run is not over",
    Happening.RUN_LOG: "A *log* step has written a line",
    Happening.RUN_COMPLETED: "A run has done everything",
    Happening.RUN_FAILED: "A run that had begun has failed",
    Happening.RUN_CANCELLED: "A run was ended by somebody, or by the end of a pause",
    Happening.RUN_TIMED_OUT: "A run or a phase has taken too long",
    Happening.RUN_SUMMARY: "After the end of every run that was not refused: the result with all numbers",
    Happening.PHASE_STARTED: "A phase begins; `collect` and `plan` stand for the check before",
    Happening.PHASE_COMPLETED: "A phase is done",
    Happening.PHASE_FAILED: "A phase has failed, or was left by the end of its run",
    Happening.PHASE_RETRYING: "A phase begins once more, after its wait",
    Happening.STEP_STARTED: "A step begins",
    Happening.STEP_RETRYING: "A step begins once more, after its wait",
    Happening.STEP_COMPLETED: "A step is done",
    Happening.STEP_FAILED: "A step has failed for good",
    Happening.STEP_SKIPPED: "A step is left out at a restart",
    Happening.COMMAND_SENT: "An output is told a level",
    Happening.COMMAND_CONFIRMED: "A device has confirmed a level",
    Happening.COMMAND_FAILED: "A level was refused, or nobody has confirmed it",
    Happening.APPROVAL_REQUESTED: "A run asks a person",
    Happening.APPROVAL_GIVEN: "A person has agreed",
    Happening.APPROVAL_REFUSED: "A person has refused",
    Happening.APPROVAL_EXPIRED: "Nobody has answered in time, or the run has ended before",
}
RULE_ROWS: dict[RuleHappening, str] = {
    RuleHappening.FIRED: "The answer of a rule has become yes, and it acts",
    RuleHappening.RELEASED: "Its answer has become no, or nobody knows it any more, and it lets go",
    RuleHappening.SKIPPED: "Its answer is yes, but something holds it back",
    RuleHappening.EXECUTED: "What has become of every action is known; again where that changes later",
    RuleHappening.OUTPUT_TAKEN: "A stop or a tag has taken an output from a rule whose answer is yes; once until it is told as freed",
    RuleHappening.OUTPUT_FREED: "The rule may have that output again: the stop or the tag is over, and its answer was no or the rule was made anew",
    RuleHappening.DEGRADED: "A rule has given up, or has not got what it wants for a long time",
    RuleHappening.RECOVERED: "It gets what it wants again",
    RuleHappening.ESCALATED: "A critical rule does not get what it wants; people are told",
}
ENVELOPE: dict[str, str] = {
    "schema_version": f"{SCHEMA_VERSION}; another number means that keys have changed their meaning",
    "event_id": "ascending, also where the clock is put back: `1795262400000-0`",
    "event_type": "a dotted name of the table below",
    "type": "the name of the former server where there is one, otherwise the same dotted name",
    "timestamp": "when, in UTC",
    "entry_id": "the hub, by its config entry",
    "correlation_id": "everything with the same one belongs together: of a run the run once more, otherwise the command, the click or the call "
    "from which it has come; null where nothing of that kind was there",
    "actor": "who it was: `type` (`user`, `webhook` for automations and programs, or `system` for rules, schedules and the hub itself), "
    "`id` and `name`, null where nobody knows them; null when the run is not known any more. "
    "`id` and `name` are for administrators",
    "execution_id": "of runs: the run; `run_id` in the actions",
    "sequence_id": "of runs: its sequence",
    "sequence_name": "of runs: the name that people see",
    "status": "of runs: one of the twelve [statuses](SEQUENCES.md#statuses) after what has happened",
    "progress": "of runs: 0 … 100",
    "current_step": "of runs: `place`: where it has happened (`water / 2`), a phase, or null",
    "data": "the details of the table below, of their [types](#types)",
}
PROGRESS: dict[str, str] = {
    "what": "`simulate` (`god_kaiser.simulate_rule`) or `check` (`god_kaiser.check_rules`)",
    "rule_id": "the rule that is tried out, also where it is a draft; empty where all rules are checked",
    "percent": "0 … 100; after 100 the answer follows. Nothing more comes where it was cancelled, or the same person has asked something newer",
}
ON_THE_BUS: dict[str, str] = {
    EVENT_RUN: "what happens to [runs](#events) of sequences",
    EVENT_SCHEDULE: "what happens to [planned starts](#planned-starts)",
    EVENT_RULE: "what happens to [rules](#rules)",
    EVENT_ALARM: "what happens to [alarms](ALARMS.md), in the envelope of the journal, without the names of people",
    EVENT_RULE_PROGRESS: "how far a simulation or a check of rules is: [below](#progress-of-a-simulation)",
    EVENT_LEFT_OUT: "that so many of all these were [left out](#how-many-on-the-bus)",
    EVENT_SYSTEM: "what happens to devices, and stops: [Actions](ACTIONS.md) and [Websocket](WEBSOCKET_API.md) tell of it",
}
LEFT_OUT: dict[str, str] = {
    "entry_id": "the hub, by its config entry",
    "name": "its kaiser id",
    "timestamp": "when this is told, in UTC",
    "count": "how many were left out since the last time",
    "total": "how many since the hub was loaded",
    "kinds": "how many of each: the dotted name, or the `type` of a `god_kaiser_system_event`; the most frequent first",
}
HEADER = f"""\
# What is told about runs and rules

Generated by `scripts/events_table` from the catalogue in the code; do not edit.

| On the bus | Tells |
|---|---|
{{bus}}

Whatever happens to a run of a [sequence](SEQUENCES.md) is told under one dotted name and in one envelope. It goes

- to Home Assistant's event bus as `{EVENT_RUN}`, and from there to the logbook and to triggers;
- into the [journal](OPERATIONS.md), from which `god_kaiser.get_events` returns it, also after a restart, and from there to everybody who
  [follows live](WEBSOCKET_API.md#events-of-the-journal), over the websocket or HTTP; `event_id` is what to come back with.

{{silent}} are **not** on the bus, so that nobody's recorder fills up: they are only in the journal.

```yaml
triggers:
  - trigger: event
    event_type: {EVENT_RUN}
    event_data:
      event_type: run.failed
```

## How many on the bus

Each hub puts {MOST_AT_ONCE} events at once on the bus, and {EACH_SECOND:.0f} each second after that. What is about safety or belongs into the audit trail always passes: stops, lock-outs,
refusals of the gate, all alarms, how runs begin and end, rules that give up, and what people have decided. Of all others those are left out for which there
is no room. Nothing is lost: the journal and who [follows live](WEBSOCKET_API.md) are told everything. Triggers and the logbook hear what is on the bus.

{SUMMARY_AFTER:.0f} seconds after the first one that was left out, `{EVENT_LEFT_OUT}` tells of all of them; `get_metrics` counts them as `not_on_bus`.

| Key | Means |
|---|---|
{{left_out}}

## Envelope

| Key | Means |
|---|---|
"""


RULES = """
## Rules

What happens to rules is told as `{event}`, in the same envelope. `execution_id` is one time that a rule has acted, null where there is none;
`rule_id` and `rule_name` are in the place of what only runs have (`sequence_id`, `sequence_name`, `status`, `progress`
and `current_step`). {silent} is not on the bus.

| Name | Former name | When | `data` |
|---|---|---|---|
{rows}

`trigger_data` is what has decided: `esp_id`, `gpio`, `sensor_value`, `threshold`, `operator` and `timestamp`, with `type`,
`source` and `age`; `conditions` are all that the rule has seen. Each of `actions_executed` has its `outcome` (`confirmed`,
`done`, `waiting`, `refused`, `barred`, `cut_short`, `unconfirmed`, `failed`, `left_out`, `pending`, `moving` or `queued`), `success` and `reason`. Over the websocket
(`god_kaiser/subscribe`) and [over HTTP](WEBSOCKET_API.md#over-http) the same arrives as [`logic_execution`](WEBSOCKET_API.md#logic_execution).
"""
NOTED: dict[Noted, str] = {
    Noted.DEVICE_ONLINE: "A device has come, or come back",
    Noted.DEVICE_OFFLINE: "A device has gone",
    Noted.DEVICE_ERROR: "A device reports a fault",
    Noted.DEVICE_CONFIGURED: "A device has taken what is laid down for it",
    Noted.DEVICE_NOT_CONFIGURED: "A device has refused what is laid down for it",
    Noted.BROKER_ONLINE: "The broker is there",
    Noted.BROKER_OFFLINE: "The broker is away",
    Noted.STOP_PRESSED: "An emergency stop was pressed",
    Noted.STOP_CONFIRMED: "A device has confirmed the stop",
    Noted.STOP_OUTCOME: "What has become of each output of a stopped device: once all are settled, or after five seconds",
    Noted.STOP_CLEARED: "A stop was released",
    Noted.STOP_REFUSED: "A release, or an order to a device, was refused",
    Noted.STOP_NOT_EFFECTIVE: "A device that was stopped still has something running",
    Noted.OUTPUT_RESTED: "An output was told to rest because something no longer allows it to run",
    Noted.OUTPUT_LOCKED: "An output or a device was locked out",
    Noted.OUTPUT_UNLOCKED: "A lock-out has ended",
    Noted.OUTPUT_ALERT: "A device warns about an output",
    Noted.DECISION_ALLOWED: "A wish was let through",
    Noted.DECISION_REFUSED: "A wish was refused",
    Noted.OUTPUT_ASKED: "Somebody has asked for an output, by a click or a call",
    Noted.OUTPUT_CHANGED: "The state of an output that somebody has asked for has changed",
    Noted.OUTPUT_CONFIRMED: "The device has carried a command out",
    Noted.OUTPUT_REFUSED_BY_DEVICE: "The device has refused a command",
    Noted.OUTPUT_UNCONFIRMED: "Nobody knows whether a command was carried out",
    Noted.ACTION_DONE: "Somebody has called an action that changes something",
    Noted.ACTION_REFUSED: "Such a call was refused",
    Noted.PLAN_CHANGED: "What hangs on a device was changed",
    Noted.DEVICE_REMOVED: "A device was removed",
    Noted.SAFETY_CHANGED: "The limits of an output, or how a device stops, were changed",
    Noted.CONFIG_IMPORTED: "A document was brought in",
    Noted.CONFIG_IMPORT_UNDONE: "Home Assistant has ended in the middle of an import; all is as it was before",
    Noted.HUB_STARTED: "The hub was loaded",
    Noted.HUB_CRASHED: "The last end was a crash; nothing is switched on again by itself",
    Noted.JOURNAL_SET_ASIDE: "The journal was damaged, and a new one begins",
    Noted.JOURNAL_GAP: "So many events were not taken, because the queue was full",
    Noted.JOURNAL_LOST: "So many events had not reached the disk when Home Assistant ended, and are missing",
    Noted.JOURNAL_PROBE: "The self-check has tried whether the journal is written",
    Noted.HEALTH_FOUND: "The look after the health of the hub has found something",
    Noted.HEALTH_GONE: "What was found is no longer so",
    Noted.RECOVERY_TRIED: "The hub has tried to put a device right, or has skipped that because an output runs",
    Noted.RECOVERY_HANDED_OVER: "The hub has tried everything, and asks a person",
    Noted.RECOVERY_SUCCEEDED: "A device that the hub has tried to put right is well",
    Noted.HEALTH_REVIEW: "A look back, after every hundredth run that has ended",
    Noted.RUN_STANDS_STILL: "A run makes no progress, or is ended because of that: the emergency report",
    Noted.RUN_NOT_ARCHIVED: "A run that is over could not be found in the journal",
    Noted.RECOVERY_CLEANED: "What is left of somebody who is gone was removed",
    Noted.ALARM_RAISED: "An [alarm](ALARMS.md) has begun, or has come again",
    Noted.ALARM_RETURNED: "What an alarm is about is over",
    Noted.ALARM_ACKNOWLEDGED: "Somebody has seen an alarm",
    Noted.ALARM_RESET: "A person has let a latched alarm go",
    Noted.ALARM_SHELVED: "Somebody has set an alarm aside for a while",
    Noted.ALARM_UNSHELVED: "An alarm has left its shelf, by itself or by somebody",
    Noted.ALARM_SUPPRESSED: "An alarm hides behind its cause; not on the bus",
    Noted.ALARM_RELEASED: "The cause of an alarm is over, and it is still so",
    Noted.ALARM_LIMITS_CHANGED: "The alarm limits of a sensor were changed",
    Noted.ALARM_NOTIFIED: "People were told of alarms",
    Noted.ALARM_NOT_NOTIFIED: "A way to tell people has failed, and another one was taken",
    Noted.ALARM_QUIET_IGNORED: "The quiet hours cannot be read, so there are none",
    Noted.ALARM_FLOOD: "More alarms come than anybody can read; they are listed, and told together",
    Noted.ALARM_FLOOD_OVER: "The flood of alarms is over",
}
TYPES = """
## Types

Every event is written with the fields that its table names, and no others. A field with `?` may be missing. A *moment* is text in
ISO 8601, a *whole number* has no fraction. Where a kind has two shapes, *or* stands between them. What is written as `a` / `b` is one
of these words. Every kind with the JSON Schema of its `data` is returned by [`GET /events/kinds`](API.md).

### Objects

| Name | Is | Fields |
|---|---|---|
{objects}
"""
HUB = """
## Only in the journal

What the hub itself notes, in the same envelope without what only runs have; `execution_id` is there where it is about one. `subject` is a device or an output: with a device, `get_events` returns what hangs on it as
well; an entity may be given instead. `domain` is one of {domains}, and `level` one of {levels}.

| Name | When | `data` |
|---|---|---|
{rows}
"""
FOOTER = """
## Progress of a simulation

`{progress}` is told while a rule is tried out, once for each percent. It has no envelope, and only these keys:

| Key | Means |
|---|---|
{keys}

## Planned starts

[Planned starts](SEQUENCES.md#planned-starts) are told as `{event}`, with the names {names} in `event_type`. Other keys are
`schema_version`, `timestamp`, `schedule_id`, `sequence_id`, `sequence_name`, `planned_at`, `actor` and `data`.
"""


def silent[Kind: (Happening, RuleHappening)](bus: Path, kinds: type[Kind]) -> list[Kind]:
    """Return what is kept off the bus."""
    tree = ast.parse(bus.read_text(encoding="utf-8"))
    (kept,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "_NOT_ON_THE_BUS" and node.value
    ]
    names = {node.attr for node in ast.walk(kept) if isinstance(node, ast.Attribute)}
    return [happening for happening in kinds if happening.name in names]


def listed(names: Iterable[str]) -> str:
    """Return names as a sentence lists them."""
    *others, last = (f"`{name}`" for name in names)
    return f"{', '.join(others)} and {last}" if others else last


def render() -> str:
    """Return the page."""
    quiet = silent(BUS, Happening)
    lines = [HEADER.format(silent=listed(quiet), bus=table(ON_THE_BUS), left_out=table(LEFT_OUT)) + table(ENVELOPE)]
    lines += ["", "## Events", "", "| Name | Former name | When | `data` |", "|---|---|---|---|"]
    names = FORMER_NAMES | SESSION_NAMES
    for happening in Happening:
        former = f"`{names[happening]}`" if happening in names else "–"
        when = ROWS[happening] + (" (not on the bus)" if happening in quiet else "")
        lines.append(f"| `{happening.value}` | {former} | {when} | {told(happening)} |")
    footer = FOOTER.format(
        event=EVENT_SCHEDULE, names=listed(Outcome), progress=EVENT_RULE_PROGRESS, keys=table(PROGRESS)
    )
    return "\n".join(lines) + "\n" + rules() + hub() + types() + footer


def types() -> str:
    """Return how details are to be read."""
    rows = (f"| `{name}` | {about(shape)} | {fields_of(shape)} |" for name, shape in objects().items())
    return TYPES.format(objects="\n".join(rows))


def hub() -> str:
    """Return what is only in the journal."""
    if unsaid := set(Noted) - NOTED.keys():
        raise SystemExit(f"NOTED does not say when these happen: {listed(unsaid)}")
    rows = "\n".join(f"| `{kind.value}` | {when} | {told(kind)} |" for kind, when in NOTED.items())
    return HUB.format(domains=listed(Domain), levels=listed(Level), rows=rows)


def table(rows: dict[str, str]) -> str:
    """Return keys and what they mean as the rows of a table."""
    return "\n".join(f"| `{key}` | {means} |" for key, means in rows.items())


def rules() -> str:
    """Return what is told about rules."""
    rows = []
    for happening in RuleHappening:
        former = f"`{FORMER_RULE_NAMES[happening]}`" if happening in FORMER_RULE_NAMES else "–"
        rows.append(f"| `{happening.value}` | {former} | {RULE_ROWS[happening]} | {told(happening)} |")
    quiet = silent(RULE_BUS, RuleHappening)
    return RULES.format(event=EVENT_RULE, silent=listed(quiet), rows="\n".join(rows))


def main() -> int:
    """Write the page, or tell whether it is stale."""
    page = render()
    if sys.argv[1:] != ["--check"]:
        PAGE.write_text(page, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page:
        return 0
    print("docs/EVENTS.md is stale; run scripts/events_table", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
