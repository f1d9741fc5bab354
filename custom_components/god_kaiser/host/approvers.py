"""Who may decide about an approval: the accounts behind names, and what is missing before a run is started."""

from collections.abc import Iterator, Mapping

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant, callback

from ..core.sequences.findings import Advice, Check, Finding, Severity
from ..core.sequences.model import Sequence
from ..core.sequences.steps.tell import Approval, Notify
from ..core.sequences.walk import Placed
from . import notify_targets
from .nested_steps import all_steps


async def async_people(hass: HomeAssistant) -> dict[str, User]:
    """Return the accounts of people by their ids; accounts of Home Assistant's own are no people."""
    users = await hass.auth.async_get_users()
    return {user.id: user for user in users if user.is_active and not user.system_generated}


@callback
def accounts_of(hass: HomeAssistant, name: str, people: Mapping[str, User]) -> frozenset[str]:
    """Return the accounts that are meant by the name or the id of a user, or by a person entity."""
    if name.startswith("person."):
        person = hass.states.get(name)
        account = person.attributes.get("user_id") if person is not None else None
        return frozenset({account}) if isinstance(account, str) and account in people else frozenset()
    wanted = name.strip().casefold()
    return frozenset(
        key for key, user in people.items() if key == name or (user.name or "").strip().casefold() == wanted
    )


async def async_missing_approvers(
    hass: HomeAssistant, program: Sequence, library: Mapping[str, Sequence]
) -> tuple[Finding, ...]:
    """Return a finding for each approver and each way to reach people that does not exist."""
    people = await async_people(hass)
    return tuple(
        finding
        for placed in all_steps(program, library)
        for finding in (*_approvers(hass, placed, people), *_targets(hass, placed))
    )


def _approvers(hass: HomeAssistant, placed: Placed, people: Mapping[str, User]) -> Iterator[Finding]:
    names = placed.step.by if isinstance(placed.step, Approval) else ()
    missing = [name for name in names if not accounts_of(hass, name, people)]
    severity = Severity.ERROR if len(missing) == len(names) else Severity.WARN
    for name in missing:
        yield _finding("approver_missing", Advice.NAME_APPROVER, severity, placed.place, name)


def _targets(hass: HomeAssistant, placed: Placed) -> Iterator[Finding]:
    """Yield what a message does not reach; an approval is shown in Home Assistant as well, and can be given there."""
    step = placed.step
    if not isinstance(step, Approval | Notify):
        return
    missing = [target for target in step.to if not notify_targets.is_known(hass, target)]
    is_lost = isinstance(step, Notify) and len(missing) == len(step.to)
    severity = Severity.ERROR if is_lost else Severity.WARN
    for target in missing:
        yield _finding("notify_missing", Advice.CHANGE_SEQUENCE, severity, placed.place, target)


def _finding(code: str, advice: Advice, severity: Severity, place: str, name: str) -> Finding:
    return Finding(
        check=Check.SIGNATURE, severity=severity, code=code, advice=advice, place=place, details={"name": name}
    )
