"""What can go wrong, as values that carry what a translated sentence needs."""

import pytest

from custom_components.god_kaiser.core.errors import (
    DefinitionError,
    GodKaiserError,
    MalformedPayload,
    MalformedTopic,
    NotFoundError,
    OversizedPayload,
    ProtocolError,
    UnknownMessage,
)


def test_an_impossible_definition_names_its_problem_and_the_values() -> None:
    """A form shows a translated sentence with the numbers in it."""
    error = DefinitionError("interval_out_of_range", low=1, high=300)
    assert error.problem == "interval_out_of_range"
    assert error.details == {"low": 1, "high": 300}
    assert isinstance(error, GodKaiserError)


def test_an_impossible_definition_can_be_read_in_a_log() -> None:
    """Its text holds the problem and the values."""
    assert "pin_in_use" in str(DefinitionError("pin_in_use", gpio=16))
    assert "16" in str(DefinitionError("pin_in_use", gpio=16))


def test_a_missing_thing_names_what_was_looked_for() -> None:
    """Whoever asked learns which id does not exist."""
    error = NotFoundError("device", "ESP_A1B2C3")
    assert (error.what, error.wanted) == ("device", "ESP_A1B2C3")
    assert isinstance(error, GodKaiserError)


@pytest.mark.parametrize("error", [MalformedTopic, MalformedPayload, OversizedPayload, UnknownMessage])
def test_every_unreadable_message_is_a_protocol_error(error: type[ProtocolError]) -> None:
    """One catch around a message is enough."""
    assert issubclass(error, ProtocolError)
    assert issubclass(error, GodKaiserError)


def test_every_unreadable_message_is_counted_under_a_name_of_its_own() -> None:
    """Log-once works per kind, so the kinds differ."""
    errors = (ProtocolError, MalformedTopic, MalformedPayload, OversizedPayload, UnknownMessage)
    assert len({error.kind for error in errors}) == len(errors)
