"""What a run is given at its start: outputs for its roles, values for its variables, and the phase after which it ends."""

from msgspec.structs import replace

from ..events import RunWished
from ..ids import ChannelId
from ..sequences.codes import SequenceCode as Code
from ..sequences.errors import SequenceError
from ..sequences.model import Variable
from ..sequences.preflight import BEFORE_ACTING
from ..sequences.run import Run

# What was not given has no word in any language.
_NOTHING = "\N{EN DASH}"

type Given = dict[str, str | float | bool]


def with_given(run: Run, wish: RunWished) -> Run:
    """Return a run with its roles and its variables, which ends after a phase that there is."""
    phases = {"", *BEFORE_ACTING, *(phase.name for phase in wish.program.phases)}
    if wish.until_phase not in phases:
        known = ", ".join(sorted(phases - {""}))
        raise SequenceError(
            Code.INVALID_DEFINITION, "until_phase", why="unknown_phase", given=wish.until_phase, allowed=known
        )
    return replace(run, roles=_bound(wish), variables=_given(wish))


def _bound(wish: RunWished) -> dict[str, ChannelId]:
    """Return the outputs behind all roles."""
    for name in wish.roles:
        if name not in wish.program.roles:
            raise SequenceError(Code.INVALID_DEFINITION, f"roles / {name}", why="unknown_role", given=name)
    return {**wish.program.usual_roles, **wish.roles}


def _is_allowed(value: str | float | bool, variable: Variable) -> bool:
    if variable.low is None and variable.high is None:
        return True
    if isinstance(value, bool | str):
        return False
    low, high = variable.low, variable.high
    return (low is None or value >= low) and (high is None or value <= high)


def _range_of(variable: Variable) -> str:
    low, high = ("" if bound is None else f"{bound:g}" for bound in (variable.low, variable.high))
    return f"{low} {_NOTHING} {high}".strip()


def _given(wish: RunWished) -> Given:
    """Return the values of all variables; what has none and was given none is missing."""
    values: Given = {}
    for name, variable in wish.program.variables.items():
        value = wish.variables.get(name, variable.default)
        if value is None or not _is_allowed(value, variable):
            given = _NOTHING if value is None else str(value)
            raise SequenceError(
                Code.INVALID_DEFINITION,
                f"variables / {name}",
                why="wrong_value",
                given=given,
                range=_range_of(variable),
            )
        values[name] = value
    if unknown := wish.variables.keys() - wish.program.variables.keys():
        raise SequenceError(
            Code.INVALID_DEFINITION, "variables", why="unknown_variable", given=", ".join(sorted(unknown))
        )
    return values
