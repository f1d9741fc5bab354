"""How interlocks, and what is wrong with them, are put into words."""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
import msgspec

from .const import DOMAIN
from .core.safety.interlocks import Interlock
from .host.engine_host import EngineHost
from .host.failures import words_of
from .host.figures import number_text
from .host.naming import NOTHING
from .safety_forms import PERCENT, interlock_in_form

type Texts = Mapping[str, str]

# On which fields of a form a problem is shown, the first one that it has; everything else is shown above the form.
_PLACES: Final[dict[str, tuple[str, ...]]] = {
    "partners_missing": ("any_of", "others"),
    "partner_itself": ("any_of", "others"),
    "partner_unknown": ("sensor", "any_of", "others"),
    "required_and_excluded": ("any_of", "others"),
    "requirement_cycle": ("any_of",),
    "requirement_excluded": ("any_of", "others"),
    "requirement_never_open": ("any_of", "start"),
    "requirement_over_budget": ("any_of", "uses"),
    "requirement_unreachable": ("level",),
    "never_fresh": ("max_age",),
    "range_impossible": ("low",),
    "min_on_too_long": ("on", "per_run"),
    "level_never_allowed": ("low",),
    "budget_nameless": ("budget",),
    "budget_twice": ("budget",),
    "budget_units_differ": ("unit",),
    "budget_too_small": ("uses",),
    "window_empty": ("end",),
    "window_weekdays": ("weekdays",),
    "windows_never_meet": ("start",),
}


class Problem(NamedTuple):
    """What is wrong with a wish, in the words of the core."""

    key: str
    details: Mapping[str, str | float]

    def place_in(self, fields: Collection[str], output: str) -> str:
        """Return the field on which the problem is shown; what is wrong with another output has none."""
        if self.details.get("channel", output) != output:
            return "base"
        named = (str(self.details.get("field", "")), *_PLACES.get(self.key, ()))
        return next((field for field in named if field in fields), "base")

    def words(self, hass: HomeAssistant, step: str, texts: Texts) -> dict[str, str]:
        """Return what its sentence needs, as the form shows it."""
        words, field = words_of(hass, self.details), str(self.details.get("field", ""))
        if not field:
            return words
        is_percent = field in PERCENT.get(step, ())
        bounds = {key: number_text(hass, float(self.details[key]) * 100) for key in ("low", "high") if is_percent}
        return words | bounds | {"field": texts.get(_field_key(step, field), field)}


async def async_texts(hass: HomeAssistant) -> Texts:
    """Return the texts of the forms in the language of the house."""
    options = await async_get_translations(hass, hass.config.language, "options", {DOMAIN})
    return options | await async_get_translations(hass, hass.config.language, "selector", {DOMAIN})


def label_of(host: EngineHost, interlock: Interlock, texts: Texts) -> str:
    """Return an interlock in the words of its form."""
    kind = kind_of(interlock)
    name = texts.get(f"component.{DOMAIN}.options.step.add_interlock.menu_options.{kind}", kind)
    shown = interlock_in_form(host, interlock)
    parts = [
        f"{texts.get(_field_key(kind, field), field)} {_value(host, kind, field, value, texts)}"
        for field, value in shown.items()
    ]
    return f"{name}: {', '.join(parts)}"


def kind_of(interlock: Interlock) -> str:
    """Return the kind of an interlock, as its tag spells it."""
    return str(interlock.__struct_config__.tag)


def key_of(interlock: Interlock) -> str:
    """Return what an interlock is known by in a list: it stays the same when others change."""
    return msgspec.json.encode(interlock).decode()


def _field_key(step: str, field: str) -> str:
    return f"component.{DOMAIN}.options.step.{step}.data.{field}"


def _value(host: EngineHost, kind: str, field: str, value: object, texts: Texts) -> str:
    if isinstance(value, list):
        return " / ".join(_value(host, kind, field, each, texts) for each in value) or NOTHING
    if field == "weekdays":
        return texts.get(f"component.{DOMAIN}.selector.weekday.options.{value}", str(value))
    if isinstance(value, str):
        state = host.hass.states.get(value) if "." in value else None
        return state.name if state else texts.get(f"component.{DOMAIN}.selector.rate_scope.options.{value}", value)
    unit = " %" if field in PERCENT.get(kind, ()) else ""
    return f"{number_text(host.hass, value)}{unit}" if isinstance(value, float) else f"{value}{unit}"
