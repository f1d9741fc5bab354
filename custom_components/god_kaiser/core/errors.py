"""What can go wrong that is not an expected outcome."""

from typing import Self


class GodKaiserError(Exception):
    """Root of everything this package raises on purpose."""


class ProtocolError(GodKaiserError):
    """A device said something we cannot read; counted, logged once, dropped."""

    kind = "protocol"


class MalformedTopic(ProtocolError):
    """The topic does not follow the grammar."""

    kind = "malformed_topic"


class MalformedPayload(ProtocolError):
    """The payload is not what its topic promises."""

    kind = "malformed_payload"


class OversizedPayload(ProtocolError):
    """The payload is larger than any device sends."""

    kind = "oversized_payload"


class UnknownMessage(ProtocolError):
    """The topic is well formed, but no device message lives there."""

    kind = "unknown_message"


class DefinitionError(GodKaiserError):
    """A person wrote something impossible; ``problem`` is a translation key, and ``field`` the one that is wrong."""

    field = ""

    def __init__(self, problem: str, **details: str | float) -> None:
        """Remember the problem and what the translated sentence needs."""
        super().__init__(problem, details)
        self.problem = problem
        self.details = details

    def of(self, field: str) -> Self:
        """Name the field that is wrong."""
        self.field = field
        return self


class NotFoundError(GodKaiserError):
    """Somebody asked for an id that does not exist."""

    def __init__(self, what: str, wanted: str) -> None:
        """Remember what was looked for."""
        super().__init__(what, wanted)
        self.what = what
        self.wanted = wanted
