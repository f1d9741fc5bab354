"""Errors and refusals of the core become translated errors of Home Assistant, in this one place."""

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN
from ..core.effects import Ending, Settle
from ..core.errors import DefinitionError, NotFoundError
from ..core.safety.gate import Refused


def refusal(refused: Refused, device_name: str) -> ServiceValidationError:
    """Return the error for a refused request; the first reason speaks, the log of decisions has them all."""
    first = refused.reasons[0]
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=first.ground.value,
        translation_placeholders={name: str(value) for name, value in first.details.items()} | {"device": device_name},
    )


def setback(settle: Settle) -> HomeAssistantError:
    """Return the error for a command that the device did not carry out, did not answer or cannot have obeyed."""
    if settle.ending is Ending.REFUSED_BY_DEVICE:
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="refused_by_device",
            translation_placeholders={"reason": settle.message or settle.code or "-"},
        )
    return HomeAssistantError(translation_domain=DOMAIN, translation_key=settle.ending.value)


def definition(err: DefinitionError) -> ServiceValidationError:
    """Return the error for something impossible that a person wrote."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=err.problem,
        translation_placeholders={name: str(value) for name, value in err.details.items()},
    )


def not_found(err: NotFoundError) -> ServiceValidationError:
    """Return the error for an id that does not exist."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=f"{err.what}_not_found",
        translation_placeholders={"wanted": err.wanted},
    )
