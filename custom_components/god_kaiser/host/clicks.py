"""Who has asked for what an output does next: that change belongs to them, and no other one."""

from typing import NamedTuple

from homeassistant.auth.models import User
from homeassistant.core import Context, callback
from msgspec.structs import replace

from ..core.commands.entry import is_same_level
from ..core.effects import Ending, Settle
from ..core.ids import ChannelId, CommandId
from ..core.requests import BY_AUTOMATION, BY_PERSON, CommandRequest


def signed(request: CommandRequest, user: User | None) -> CommandRequest:
    """Return a wish with who asks for it; an account of Home Assistant's own is no person."""
    if user is None or user.system_generated:
        return replace(request, asked_by=BY_AUTOMATION)
    return replace(request, asked_by=BY_PERSON, person=user.name or user.id, user=user.id)


class Click(NamedTuple):
    """What an output was told last because somebody has clicked or called for it."""

    command: CommandId
    level: float
    context: Context


class Clicks:
    """Clicks and calls, from the wish until its output shows what was asked for."""

    def __init__(self) -> None:
        """Start with nobody asking."""
        self._asked: dict[CommandId, Context] = {}
        self._sent: dict[ChannelId, Click] = {}

    @callback
    def asked(self, command: CommandId, context: Context) -> None:
        """Remember who asks; nothing is known yet of what becomes of it."""
        self._asked[command] = context

    @callback
    def sent(self, request: CommandRequest) -> None:
        """Expect what an output is told now, and no longer what it was told before."""
        known = self._sent.get(request.channel)
        if known is not None and known.command == request.id:
            return
        if (context := self._asked.pop(request.id, None)) is None:
            self._sent.pop(request.channel, None)
        else:
            self._sent[request.channel] = Click(request.id, request.level, context)

    @callback
    def refused(self, command: CommandId) -> None:
        """Forget a click or call that has come to nothing."""
        self._asked.pop(command, None)
        self._sent = {channel: click for channel, click in self._sent.items() if click.command != command}

    @callback
    def settled(self, settle: Settle) -> None:
        """Follow the end of a command; what its device has confirmed is still to be seen."""
        if settle.ending is not Ending.CONFIRMED:
            self.refused(settle.id)

    @callback
    def answered(self, channel: ChannelId, level: float | None) -> Context | None:
        """Return who has asked for what an output does now; whatever it does, nobody has asked for what comes after it."""
        click = self._sent.pop(channel, None)
        return click.context if click and level is not None and is_same_level(level, click.level) else None
