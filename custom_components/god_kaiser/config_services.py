"""The actions that bring a whole hub out and in: what each of them takes, and who may call it."""

from enum import StrEnum
from typing import Final

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .action import Action
from .config_export import export_config
from .config_import import import_config
from .core.configuration.comparison import Mode, OnConflict
from .core.configuration.laid import PARTS


def _one_of(words: type[StrEnum]) -> object:
    return vol.In([word.value for word in words])


_HUB: Final[dict[vol.Marker, object]] = {vol.Optional("config_entry_id"): cv.string}
_PARTS: Final[dict[vol.Marker, object]] = {
    vol.Optional("parts", default=list): vol.All(cv.ensure_list, [vol.In(PARTS)])
}

CONFIG_ACTIONS: Final = {
    "export_config": Action(export_config, {**_HUB, **_PARTS}, response=SupportsResponse.ONLY),
    "import_config": Action(
        import_config,
        {
            **_HUB,
            vol.Required("document"): vol.Any(str, dict),
            vol.Optional("dry_run", default=True): cv.boolean,
            vol.Optional("mode", default=Mode.MERGE.value): _one_of(Mode),
            vol.Optional("on_conflict", default=OnConflict.FAIL.value): _one_of(OnConflict),
            vol.Optional("enable_rules", default=False): cv.boolean,
            **_PARTS,
        },
        response=SupportsResponse.OPTIONAL,
    ),
}
