"""Does for the runs of one hub what only Home Assistant can do, and answers what has become of it."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
import json
import logging
from typing import Any

from homeassistant.core import Context, HomeAssistant, ServiceResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceNotFound, ServiceValidationError, Unauthorized
from homeassistant.helpers.json import json_dumps
import voluptuous as vol

from ..const import DOMAIN
from ..core.ids import CommandId
from ..core.mistakes import LONGEST_TECHNICAL, technical_of
from ..core.sequences.codes import SequenceCode
from ..core.sequences.errors import SequenceError
from ..core.sequences.orders import CallHome, TellPeople, WorkOut
from ..core.sequences.run import Answer, Run
from ..core.sequences.steps.tell import Approval, Notify
from .approvals import Approvals, OpenApproval
from .house_calls import async_call_action, async_tell, show_message, unexpected
from .run_templates import LONGEST_TEXT, in_short, render, render_fields

# Whoever plans a start lends it the same rights as who starts at once.
_BY_PEOPLE = frozenset({"user", "schedule"})
# Errors whose words are meant for people; any other is a mistake of whoever was asked.
_FOR_PEOPLE = (HomeAssistantError, SequenceError, vol.Invalid)
_LOGGER = logging.getLogger(__name__)


class RunAssistant:
    """Works templates out, calls actions, tells and asks people."""

    def __init__(self, hass: HomeAssistant, answer: Callable[[str, Answer], None]) -> None:
        """Remember whom to answer."""
        self._hass = hass
        self._answer = answer
        self._tasks: dict[str, set[asyncio.Task[None]]] = {}
        self._contexts: dict[str, Context] = {}
        self._approvals = Approvals(hass, answer, self._begin)

    @property
    def open(self) -> Mapping[CommandId, OpenApproval]:
        """Return the approvals that nobody has decided about."""
        return self._approvals.open

    @callback
    def assist(self, run: Run, order: WorkOut | CallHome | TellPeople) -> None:
        """Carry out an order of a run; whatever goes wrong is answered."""
        try:
            self._carry_out(run, order)
        except Exception as err:
            _LOGGER.exception("An order of a run could not be carried out: %s", type(order).__name__)
            self._answer(run.id, self._failed(order.key, err))

    @callback
    def follow(self, run: Run) -> None:
        """Take back what a run does not wait for any more; of a run that is over nothing is left."""
        if run.is_over:
            self.forget(run.id)
        else:
            self._approvals.follow(run)

    async def async_decide(
        self, run: str, *, approved: bool, user_id: str | None, key: CommandId | None = None
    ) -> bool:
        """Decide about an approval for a person; False when none is open, an error when that person may not."""
        return await self._approvals.async_decide(run, approved=approved, user_id=user_id, key=key)

    @callback
    def forget(self, run: str) -> None:
        """End everything that is done for a run, and take back what it has asked."""
        for task in self._tasks.pop(run, set()):
            task.cancel()
        self._contexts.pop(run, None)
        self._approvals.withdraw(run)

    @callback
    def give_up(self) -> None:
        """End everything without an answer."""
        for run in list(self._tasks):
            self.forget(run)
        self._contexts.clear()
        self._approvals.give_up()

    def _carry_out(self, run: Run, order: WorkOut | CallHome | TellPeople) -> None:
        match order:
            case WorkOut():
                self._answer(run.id, self._worked_out(order))
            case CallHome():
                self._begin(run.id, self._async_call(run, order))
            case TellPeople(step=Notify() as step) if not step.to:
                show_message(self._hass, order.key, step.text, step.title)
                self._answer(run.id, Answer(key=order.key))
            case TellPeople(step=Notify() as step):
                self._begin(run.id, self._async_notify(run, order.key, step))
            case TellPeople(step=Approval() as step):
                self._approvals.ask(run, order.key, step, self.context_of(run))
            case _:
                # A line in the log is written by the engine.
                pass

    def _worked_out(self, order: WorkOut) -> Answer:
        try:
            return Answer(key=order.key, values=dict(render(self._hass, order.templates, order.variables)))
        except SequenceError as err:
            return self._failed(order.key, err)

    async def _async_call(self, run: Run, order: CallHome) -> None:
        try:
            response = await self._async_respond(run, order)
        except _FOR_PEOPLE as err:
            answer = self._failed(order.key, err)
        except Exception as err:
            _LOGGER.exception("The action %s of a run has failed", order.action)
            answer = self._failed(order.key, err, order.action)
        else:
            answer = _responded(order.key, response)
        self._answer(run.id, answer)

    async def _async_respond(self, run: Run, order: CallHome) -> ServiceResponse:
        fields = render_fields(self._hass, order.fields, order.variables)
        target = render_fields(self._hass, order.target, order.variables)
        return await async_call_action(self._hass, order.action, target, fields, self.context_of(run))

    async def _async_notify(self, run: Run, key: CommandId, step: Notify) -> None:
        """Send a message to each who is named; it is sent again only if nobody has got it."""
        untold = await async_tell(self._hass, step.to, step.text, step.title, self.context_of(run))
        answer = Answer(key=key)
        if untold.names:
            nobody = len(untold.names) == len(step.to)
            tech = "\n".join(untold.mistakes)[:LONGEST_TECHNICAL]
            reason = ", ".join(untold.names)
            answer = Answer(key=key, is_done=False, reason=reason, may_retry=nobody, error_tech=tech)
        self._answer(run.id, answer)

    def _failed(self, key: CommandId, err: Exception, action: str = "") -> Answer:
        """Return the answer for an error; of what nobody has thought of, people are told that it was unexpected."""
        if isinstance(err, _FOR_PEOPLE):
            return _refused(key, err)
        return Answer(key=key, is_done=False, reason=unexpected(self._hass, action), error_tech=technical_of(err))

    def context_of(self, run: Run) -> Context:
        """Return what connects everything that a run does; who has started it lends it his rights, and no others."""
        if run.id not in self._contexts:
            person = run.trigger.id if run.trigger.kind in _BY_PEOPLE and run.trigger.id else None
            self._contexts[run.id] = Context(user_id=person)
        return self._contexts[run.id]

    @callback
    def _begin(self, run: str, work: Coroutine[Any, Any, None]) -> None:
        task = self._hass.async_create_background_task(work, f"{DOMAIN} run {run}")
        if not task.done():
            self._tasks.setdefault(run, set()).add(task)
            task.add_done_callback(lambda done: self._ended(run, done))

    @callback
    def _ended(self, run: str, task: asyncio.Task[None]) -> None:
        tasks = self._tasks.get(run, set())
        tasks.discard(task)
        if not tasks:
            self._tasks.pop(run, None)


def _refused(key: CommandId, err: Exception) -> Answer:
    """Return the answer for an error that speaks to people; what was refused as impossible is refused again."""
    if isinstance(err, SequenceError):
        given = str(err.details.get("given", ""))
        return Answer(key=key, is_done=False, code=err.code, reason=given, may_retry=False)
    is_refused = isinstance(err, ServiceValidationError | Unauthorized | vol.Invalid)
    may_retry = isinstance(err, ServiceNotFound) or not is_refused
    return Answer(key=key, is_done=False, code=SequenceCode.STEP_FAILED, reason=in_short(err), may_retry=may_retry)


def _responded(key: CommandId, response: ServiceResponse) -> Answer:
    """Return the answer for an action that was carried out; a response that cannot be kept does not undo that."""
    if response is None:
        return Answer(key=key)
    try:
        text = json_dumps(response)
    except TypeError, ValueError:
        return Answer(key=key, reason="the response cannot be kept")
    if len(text) > LONGEST_TEXT:
        return Answer(key=key, reason=f"the response has more than {LONGEST_TEXT} characters")
    return Answer(key=key, values={"response": json.loads(text)})
