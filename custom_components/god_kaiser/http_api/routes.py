"""What an endpoint is: a method and a path, the action behind it, and what it takes and answers."""

from collections.abc import Callable, Mapping
import re
from typing import Any, Final, NamedTuple

from homeassistant.core import HomeAssistant
import voluptuous as vol

from ..action import Action
from ..services import ACTIONS
from .reads import READS
from .shapes import Shape, object_shape

ROOT: Final = "/api/god_kaiser/v1"
HUB: Final = "config_entry_id"
_NAMES: Final = re.compile(r"{(\w+)}")

type Fields = dict[str, Any]


class Place(NamedTuple):
    """A part of a path that stands for several fields of an action, and how they are found."""

    name: str
    fields: tuple[str, ...]
    find: Callable[[HomeAssistant, str], Fields]


class Route(NamedTuple):
    """One endpoint; what is in ``fixed`` or ``without`` is not for the client to say."""

    method: str
    path: str
    action: str
    says: str
    answer: Shape | None = None
    place: Place | None = None
    fixed: Mapping[str, object] = {}
    without: tuple[str, ...] = ()
    status: int = 200
    # Some parts of what the action tells, where that is more than was asked for.
    parts: tuple[str, ...] = ()
    # The action takes a run for something to search by, of which there need not be any.
    of_run: bool = False
    # The action knows hubs as devices.
    hub_is_device: bool = False

    @property
    def behind(self) -> Action:
        """Return the action that does it; the few that are no actions of Home Assistant only read."""
        return READS[self.action] if self.action in READS else ACTIONS[self.action]

    @property
    def has_body(self) -> bool:
        """Tell whether it takes its fields from the body, and not from the query."""
        return self.method in ("POST", "PUT", "PATCH")

    @property
    def in_path(self) -> tuple[str, ...]:
        """Return the names that stand in the path."""
        return tuple(_NAMES.findall(self.path))


def taken_by(route: Route) -> Shape:
    """Return the shape of the query or of the body of an endpoint, without what stands in its path."""
    place = route.place.fields if route.place else ()
    apart = {*route.in_path, *place, *route.fixed, *route.without}
    fields = {marker: taken for marker, taken in route.behind.fields.items() if marker.schema not in apart}
    if route.hub_is_device:
        fields = {vol.Optional(HUB): str, **fields}
    return object_shape(fields)
