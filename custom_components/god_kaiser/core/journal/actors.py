"""Who was it: a person, the system itself, or something outside that has called us."""

from enum import StrEnum

from msgspec import Struct

from ..requests import BY_AUTOMATION


class ActorType(StrEnum):
    """The three kinds of those who act; automations count as outside, because nobody here has decided for them."""

    USER = "user"
    SYSTEM = "system"
    WEBHOOK = "webhook"


_TYPES = {"user": ActorType.USER, "automation": ActorType.WEBHOOK, "webhook": ActorType.WEBHOOK}


class Actor(Struct, frozen=True, kw_only=True):
    """Who it was; what nobody knows is empty."""

    type: ActorType
    id: str = ""
    name: str = ""

    @property
    def record(self) -> dict[str, str | None]:
        """Return it in the one shape in which every event tells it: null is what nobody knows."""
        return {"type": self.type.value, "id": self.id or None, "name": self.name or None}


def actor_of(trigger: str) -> ActorType:
    """Return what kind of actor has started something, by the kind of its trigger."""
    return _TYPES.get(trigger, ActorType.SYSTEM)


def actor_named(name: str) -> ActorType:
    """Return what kind of actor stands behind a name; nobody's name means the system itself."""
    if not name:
        return ActorType.SYSTEM
    return ActorType.WEBHOOK if name == BY_AUTOMATION else ActorType.USER
