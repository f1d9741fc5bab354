"""Does for the rules of one hub what only Home Assistant can do, and answers what has become of it."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
import logging
from typing import Any, Final, NamedTuple

from homeassistant.const import EVENT_LOGBOOK_ENTRY
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
import voluptuous as vol

from ..const import DOMAIN
from ..core.errors import DefinitionError
from ..core.rules.actions import CallAction, CancelSequence, HostAction, LogLevel, LogLine, Notify, StartSequence
from ..core.rules.errors import RuleError
from ..core.rules.happenings import Assignment, RuleEvent
from ..core.sequences.errors import SequenceError
from ..core.sequences.run import Trigger
from .failures import common_text, definition, in_house_language
from .figures import moment_text
from .house_calls import async_call_action, async_tell, show_message, unexpected, withdraw_message
from .rule_records import Record, evidence_record
from .rule_words import why_of
from .run_templates import in_short, one_line, render_fields, render_text
from .run_wishes import Cancel, Wished
from .sequence_desk import SequenceDesk

# Errors whose words are meant for people; any other is a mistake of whoever was asked.
_FOR_PEOPLE = (HomeAssistantError, DefinitionError, vol.Invalid)
_MOST_ACTS: Final = 200
_LEVELS: Final = {LogLevel.OK: logging.INFO, LogLevel.WARN: logging.WARNING, LogLevel.ERROR: logging.ERROR}
_LOGGER = logging.getLogger(__name__)

type Answer = Callable[[Assignment, bool, str], None]


class Act(NamedTuple):
    """What connects everything that a rule does at one time, with the rights of an automation, and the runs that it has begun."""

    context: Context
    runs: list[str]


class RuleAssistant:
    """Tells people, calls actions, writes lines, and starts and cancels sequences."""

    def __init__(self, hass: HomeAssistant, sequences: SequenceDesk, answer: Answer) -> None:
        """Remember whom to answer."""
        self._hass = hass
        self._sequences = sequences
        self._answer = answer
        self._tasks: set[asyncio.Task[None]] = set()
        self._acts: OrderedDict[str, Act] = OrderedDict()

    @callback
    def assist(self, job: Assignment) -> None:
        """Carry out what a rule wants; whatever goes wrong is answered."""
        self._begin(self._async_assist(job), job.rule)

    @callback
    def escalate(self, event: RuleEvent, since: datetime | None) -> None:
        """Tell people that a critical rule does not get what it wants, and since when."""
        words = {"rule": event.name, "why": why_of(self._hass, str(event.details.get("why", "")))}
        if since is not None:
            moment = moment_text(self._hass, since)
            words["why"] = common_text(self._hass, "rule_escalated_since", words | {"since": moment})
        title, text = (common_text(self._hass, f"rule_escalated_{part}", words) for part in ("title", "text"))
        to = [target for target in str(event.details.get("notify", "")).split(", ") if target]
        show_message(self._hass, _call_for_help(event.rule), text, title)
        self._begin(self._async_warn(to, text, title), event.rule)

    @callback
    def calm(self, rule: str) -> None:
        """Take the call for help of a rule back: it gets what it wants, or wants nothing any more."""
        withdraw_message(self._hass, _call_for_help(rule))

    @callback
    def act_of(self, execution: str) -> Act:
        """Return what belongs to one time that a rule does something."""
        if execution not in self._acts:
            self._acts[execution] = Act(Context(), [])
            if len(self._acts) > _MOST_ACTS:
                self._acts.popitem(last=False)
        return self._acts[execution]

    @callback
    def give_up(self) -> None:
        """End everything without an answer."""
        for task in tuple(self._tasks):
            task.cancel()
        self._tasks.clear()

    @callback
    def _begin(self, work: Any, rule: str) -> None:
        task = self._hass.async_create_background_task(work, f"{DOMAIN} rule {rule}")
        if not task.done():
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _async_assist(self, job: Assignment) -> None:
        try:
            reason = await self._async_carry_out(job)
        except _FOR_PEOPLE as err:
            reason = _said(self._hass, err)
        except Exception:
            _LOGGER.exception("Something that the rule %s wants could not be done", job.rule)
            action = job.action.action if isinstance(job.action, CallAction) else ""
            reason = f"unexpected_error: {unexpected(self._hass, action)}"
        self._answer(job, not reason, reason)

    async def _async_carry_out(self, job: Assignment) -> str:
        """Do it, and return what has gone wrong."""
        context, runs = self.act_of(job.key)
        match job.action:
            case Notify() as message:
                return await self._async_notify(job, message, context)
            case CallAction(action=name, target=target, fields=fields):
                variables = _variables(job)
                with _templates_of(job.action):
                    where, what = (render_fields(self._hass, part, variables) for part in (target, fields))
                await async_call_action(self._hass, name, where, what, context)
                runs += [
                    run.id for run in self._sequences.runs() if run.trigger.id == context.id and run.id not in runs
                ]
            case LogLine() as line:
                self._write(job, line, context)
            case StartSequence() as start:
                runs.append(await self._async_start(job, start))
            case CancelSequence(sequence=sequence):
                return await self._async_cancel(job, sequence)
        return ""

    async def _async_notify(self, job: Assignment, message: Notify, context: Context) -> str:
        variables = _variables(job)
        with _templates_of(message):
            text, title = (render_text(self._hass, part, variables) for part in (message.text, message.title))
        if not message.to:
            show_message(self._hass, f"{job.key}:{job.number}", text, title or job.name)
            return ""
        lost = ", ".join((await async_tell(self._hass, message.to, text, title, context)).names)
        return f"not_told: {common_text(self._hass, 'rule_not_told', {'to': lost})}" if lost else ""

    async def _async_warn(self, to: list[str], text: str, title: str) -> None:
        if lost := (await async_tell(self._hass, to, text, title, Context())).names:
            _LOGGER.error("Nobody could be told that a critical rule needs help: %s", ", ".join(lost))

    def _write(self, job: Assignment, line: LogLine, context: Context) -> None:
        # One line stays one line, whatever a device or a template has put into it.
        with _templates_of(line):
            text = " ".join(render_text(self._hass, line.text, _variables(job)).split())
        _LOGGER.log(_LEVELS[line.level], "Rule %s: %s", job.name, text)
        entry = {"name": job.name, "message": text, "domain": DOMAIN}
        self._hass.bus.async_fire(EVENT_LOGBOOK_ENTRY, entry, context=context)

    async def _async_start(self, job: Assignment, start: StartSequence) -> str:
        program = self._sequences.store.library.get(start.sequence)
        trigger = Trigger(kind="rule", id=job.rule, name=job.name)
        wished = Wished(program=program, roles=start.roles, variables=start.variables, trigger=trigger)
        run, _ = await self._sequences.async_start(wished)
        return run

    async def _async_cancel(self, job: Assignment, sequence: str) -> str:
        """Cancel every run; one that cannot be cancelled keeps none of the others going."""
        problems: list[str] = []
        for run in [run for run in self._sequences.runs(of=sequence) if not run.is_over]:
            try:
                await self._sequences.async_cancel(run.id, Cancel(job.name, f"rule {job.name}"))
            except SequenceError as err:
                problems.append(_said(self._hass, err))
        return ", ".join(problems)


def _call_for_help(rule: str) -> str:
    return f"rule:{rule}"


@contextmanager
def _templates_of(action: HostAction) -> Iterator[None]:
    """Tell what cannot be worked out as a fault of a rule: no run has a part in it."""
    try:
        yield
    except SequenceError as err:
        kind = str(action.__struct_config__.tag)
        raise RuleError("rule_template_broken", kind, given=err.details.get("given", "")) from err


def _variables(job: Assignment) -> Record:
    """Return what templates of a rule may use: the rule, what has set it off, and everything that it has seen."""
    seen = [evidence_record(each) for each in job.evidence]
    first = next((each for each in seen if each["gpio"] is not None), seen[0] if seen else {})
    trigger = {**first, "sensor_value": first.get("value")}
    return {"rule": {"id": job.rule, "name": job.name}, "trigger": trigger, "evidence": seen}


def _said(hass: HomeAssistant, err: Exception) -> str:
    """Return the code of an error, and what it says in the language of the house."""
    match err:
        case DefinitionError():
            return f"{err.problem}: {in_house_language(hass, definition(err))}"
        case HomeAssistantError(translation_key=str() as code):
            return f"{code}: {one_line(in_house_language(hass, err))}"
        case vol.Invalid():
            return f"data_not_accepted: {common_text(hass, 'rule_data_not_accepted', {'said': in_short(err)})}"
        case _:
            return f"action_failed: {common_text(hass, 'rule_action_failed', {'said': in_short(err)})}"
