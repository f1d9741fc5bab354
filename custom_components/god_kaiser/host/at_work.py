"""Who is at work: what is laid down meanwhile was laid down by them.

It is found out where something is noted, so that no way there can forget to hand it on: an action says who has called it,
a form and a click on a page belong to whoever has sent them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple

from homeassistant.auth.models import User
from homeassistant.components.http import KEY_HASS_USER
from homeassistant.components.websocket_api import current_connection
from homeassistant.core import callback
from homeassistant.helpers.http import current_request

from ..const import DOMAIN
from ..core.journal.actors import Actor, ActorType


class Worker(NamedTuple):
    """Who it is, and the call by which it was asked for, where there is one."""

    actor: Actor = Actor(type=ActorType.SYSTEM)
    call: str = ""


_CALLED: Final[ContextVar[Worker | None]] = ContextVar(f"{DOMAIN}_at_work", default=None)


@contextmanager
def called_by(worker: Worker) -> Iterator[None]:
    """Let whatever is laid down meanwhile be the work of somebody."""
    token = _CALLED.set(worker)
    try:
        yield
    finally:
        _CALLED.reset(token)


@callback
def at_work() -> Worker:
    """Return who is at work here and now; the hub itself where nobody else is."""
    if (worker := _CALLED.get()) is not None:
        return worker
    user = _visitor()
    return Worker() if user is None else Worker(Actor(type=ActorType.USER, id=user.id, name=user.name or user.id))


def _visitor() -> User | None:
    if (connection := current_connection.get()) is not None:
        return connection.user
    request = current_request.get()
    return None if request is None else request.get(KEY_HASS_USER)
