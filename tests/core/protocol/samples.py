"""The golden payloads of tests/fixtures/payloads."""

from pathlib import Path
from typing import Any

from msgspec import Struct, convert, json

from custom_components.god_kaiser.core import facts as told
from custom_components.god_kaiser.core.facts import DeviceFact, Fact

_FOLDER = Path(__file__).parents[2] / "fixtures" / "payloads"


class Sample(Struct, frozen=True, kw_only=True):
    """One recorded or written message; ``raw`` replaces the payload where that is no JSON."""

    topic: str
    qos: int
    retain: bool
    payload: dict[str, Any] | None
    kind: str
    origin: str
    evidence: str
    note: str = ""
    raw: str | None = None
    fact: str = ""
    fields: dict[str, Any] = {}

    @property
    def wire(self) -> bytes:
        """The payload as it travels."""
        return json.encode(self.payload) if self.raw is None else self.raw.encode()

    @property
    def expected(self) -> Fact:
        """The fact that was written down for this sample."""
        kind: type[Fact] = getattr(told, self.fact)
        return convert(self.fields, kind)


def device_samples() -> list[Sample]:
    """Return what devices say."""
    return _read("device.jsonl")


def server_samples() -> list[Sample]:
    """Return what servers say."""
    return _read("server.jsonl")


def facts() -> frozenset[str]:
    """Return the names of everything that a device can tell."""
    return frozenset(kind.__name__ for kind in DeviceFact.__value__.__args__)


def _read(file: str) -> list[Sample]:
    lines = (_FOLDER / file).read_text(encoding="utf-8").splitlines()
    return [json.decode(line, type=Sample) for line in lines]
