"""Approvals that runs wait for: shown, put on phones, decided by the people who may, and taken back."""

from collections.abc import Callable, Coroutine, Iterator
from datetime import datetime
import logging
from typing import Any, Final, NamedTuple

from homeassistant.auth.models import User
from homeassistant.components import persistent_notification
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..core.ids import CommandId
from ..core.sequences.codes import SequenceCode
from ..core.sequences.run import Answer, Cursor, Run, Stage
from ..core.sequences.steps.tell import Approval, AtDeadline
from . import notify_targets
from .approvers import accounts_of, async_people
from .run_templates import LONGEST_TEXT

APPROVE: Final = "GOD_KAISER_APPROVE_"
REJECT: Final = "GOD_KAISER_REJECT_"
_TAPPED: Final = "mobile_app_notification_action"
_LOGGER = logging.getLogger(__name__)

type Begin = Callable[[str, Coroutine[Any, Any, None]], None]


class OpenApproval(NamedTuple):
    """An approval that nobody has decided about; ``by`` is as it was written, and empty when every person may."""

    key: CommandId
    run: str
    sequence: str
    place: str
    text: str
    since: datetime
    by: tuple[str, ...]
    phones: tuple[str, ...]
    at_deadline: AtDeadline

    @property
    def tag(self) -> str:
        """Return what its notifications are known by."""
        return f"{DOMAIN}_approval_{self.key}".replace(":", "_")


class Approvals:
    """The open approvals of one hub by the keys of their orders."""

    def __init__(self, hass: HomeAssistant, answer: Callable[[str, Answer], None], begin: Begin) -> None:
        """Remember whom to tell what was decided, and how to begin what takes time; listen to what is tapped on phones."""
        self._hass = hass
        self._answer = answer
        self._begin = begin
        self.open: dict[CommandId, OpenApproval] = {}
        self._stop_listening: Callable[[], None] | None = hass.bus.async_listen(_TAPPED, self._tapped)

    @callback
    def ask(self, run: Run, key: CommandId, step: Approval, context: Context) -> None:
        """Show an approval, and send it to those who are to be asked; what is asked again takes its place."""
        self.follow(run, key)
        phones = {target: notify_targets.phone_of(self._hass, target) for target in step.to}
        approval = OpenApproval(
            key=key,
            run=run.id,
            sequence=run.program.name or run.program.id,
            place=next((signature.place for signature in run.signatures if signature.key == key), ""),
            text=step.text[:LONGEST_TEXT],
            since=dt_util.utcnow(),
            by=step.by,
            phones=tuple(phone for phone in phones.values() if phone is not None),
            at_deadline=step.at_deadline,
        )
        self.open[key] = approval
        self._show(approval)
        for target, phone in phones.items():
            self._begin(run.id, self._async_reach(approval, target, phone, context))

    async def async_decide(
        self, run: str, *, approved: bool, user_id: str | None, key: CommandId | None = None
    ) -> bool:
        """Decide for a person; False when there is nothing to decide any more, an error when that person may not."""
        approval = self._meant(run, key)
        if approval is None:
            return False
        person = await self._async_permitted(approval, user_id)
        if self.open.get(approval.key) is not approval:
            return False
        self._close(approval)
        name = person.name or person.id
        decided = Answer(key=approval.key, values={"by": name})
        if not approved:
            decided = Answer(
                key=approval.key,
                is_done=False,
                code=SequenceCode.STEP_FAILED,
                reason="rejected",
                may_retry=False,
                values={"by": name},
            )
        self._answer(run, decided)
        return True

    @callback
    def follow(self, run: Run, key: CommandId | None = None) -> None:
        """Take back what a run does not wait for any more, unless it is seen as it was before it asked for ``key``."""
        waiting = set(_waiting_in(run.cursor))
        if key is None or key in waiting:
            for approval in self._of(run.id):
                if approval.key not in waiting:
                    self._close(approval)

    @callback
    def withdraw(self, run: str) -> None:
        """Take back everything that a run has asked."""
        for approval in self._of(run):
            self._close(approval)

    @callback
    def give_up(self) -> None:
        """Take back everything, and listen no more."""
        if self._stop_listening is not None:
            self._stop_listening()
            self._stop_listening = None
        for approval in list(self.open.values()):
            self._close(approval)

    def _of(self, run: str) -> list[OpenApproval]:
        return [approval for approval in self.open.values() if approval.run == run]

    def _meant(self, run: str, key: CommandId | None) -> OpenApproval | None:
        possible = [approval for approval in self._of(run) if key in (None, approval.key)]
        if len(possible) > 1:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="approval_ambiguous",
                translation_placeholders={
                    "sequence": possible[0].sequence,
                    "keys": ", ".join(approval.key for approval in possible),
                },
            )
        return possible[0] if possible else None

    async def _async_permitted(self, approval: OpenApproval, user_id: str | None) -> User:
        """Return the person who decides, if that person may; an automation is nobody."""
        people = await async_people(self._hass)
        person = people.get(user_id or "")
        named = {account for name in approval.by for account in accounts_of(self._hass, name, people)}
        if person is None or (approval.by and person.id not in named):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="approval_not_yours",
                translation_placeholders={"sequence": approval.sequence, "people": self._people(approval)},
            )
        return person

    @callback
    def _tapped(self, event: Event) -> None:
        tapped = event.data.get("action")
        for prefix in (APPROVE, REJECT):
            if isinstance(tapped, str) and tapped.startswith(prefix):
                approval = self.open.get(CommandId(tapped.removeprefix(prefix)))
                if approval is not None:
                    decided = self._async_tapped(approval, prefix == APPROVE, event.context.user_id)
                    self._begin(approval.run, decided)

    async def _async_tapped(self, approval: OpenApproval, approved: bool, user_id: str | None) -> None:
        try:
            await self.async_decide(approval.run, approved=approved, user_id=user_id, key=approval.key)
        except ServiceValidationError as err:
            # Its words name people, its key does not.
            _LOGGER.warning("An answer from a phone does not count: %s, run %s", err.translation_key, approval.run)

    @callback
    def _show(self, approval: OpenApproval) -> None:
        how = self._text("approval_how", people=self._people(approval), run=approval.run)
        persistent_notification.async_create(
            self._hass,
            f"{notify_targets.as_plain(approval.text)}\n\n{notify_targets.as_plain(how)}",
            self._title(approval),
            approval.tag,
        )

    async def _async_reach(self, approval: OpenApproval, target: str, phone: str | None, context: Context) -> None:
        """Ask by one way; where that fails, the approval can still be given in Home Assistant."""
        hass, title = self._hass, self._title(approval)
        is_sent = True
        try:
            if phone is not None:
                words = {"text": approval.text, "title": title, "tag": approval.tag}
                buttons = {
                    f"{APPROVE}{approval.key}": self._text("approve"),
                    f"{REJECT}{approval.key}": self._text("reject"),
                }
                await notify_targets.async_ask_phone(hass, phone, words, buttons, context)
            else:
                is_sent = await notify_targets.async_send(hass, target, approval.text, title, context)
        except HomeAssistantError as err:
            _LOGGER.warning("Nobody could be asked through %s: %s", target, err)
        except Exception:
            _LOGGER.exception("Nobody could be asked through %s", target)
        if not is_sent:
            _LOGGER.warning("Nobody could be asked through %s: it is not there", target)

    @callback
    def _close(self, approval: OpenApproval) -> None:
        del self.open[approval.key]
        persistent_notification.async_dismiss(self._hass, approval.tag)
        for phone in approval.phones:
            name = f"{DOMAIN} take back {approval.tag}"
            self._hass.async_create_background_task(self._async_take_back(phone, approval.tag), name)

    async def _async_take_back(self, phone: str, tag: str) -> None:
        try:
            await notify_targets.async_take_back(self._hass, phone, tag)
        except Exception:
            # No harm is done: the buttons do nothing any more.
            _LOGGER.debug("A notification stays on %s", phone, exc_info=True)

    def _title(self, approval: OpenApproval) -> str:
        return self._text("approval_title", sequence=approval.sequence)

    def _people(self, approval: OpenApproval) -> str:
        return ", ".join(approval.by) or self._text("everybody")

    def _text(self, key: str, **words: str) -> str:
        texts = async_get_cached_translations(self._hass, self._hass.config.language, "common", DOMAIN)
        return texts.get(f"component.{DOMAIN}.common.{key}", key).format_map(words)


def _waiting_in(cursor: Cursor) -> Iterator[CommandId]:
    """Yield the keys of the answers that a run waits for now."""
    if (node := cursor.node) is None:
        return
    if node.stage is Stage.ACTING:
        yield node.key
    for inner in node.inner:
        yield from _waiting_in(inner)
