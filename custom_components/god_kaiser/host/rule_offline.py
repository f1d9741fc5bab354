"""Whether a rule goes on while Home Assistant is away, and why not, in words."""

from homeassistant.core import callback

from ..core.engine.offline import Coverage
from ..core.rules.why_not import WhyNot
from .engine_host import EngineHost
from .failures import common_text
from .rule_records import Record


class OfflineViews:
    """Looks once at all rules of a device, however many of them are asked about."""

    def __init__(self, host: EngineHost) -> None:
        """Know nothing so far."""
        self._host = host
        self._known: dict[str, Coverage] = {}

    @callback
    def record(self, rule: str) -> Record:
        """Return whether the device of a rule can follow it by itself, and every reason why not."""
        if rule not in self._known:
            offline, now = self._host.engine.offline, self._host.now()
            device = offline.device_of(rule)
            self._known |= {} if device is None else {each.rule: each for each in offline.on(device, now)}
            if rule not in self._known:
                self._known[rule] = offline.of(rule, now)
        return _record(self._host, self._known[rule])


@callback
def offline_record(host: EngineHost, rule: str) -> Record:
    """Return whether the device of a rule can follow it by itself, whether it has heard of it, and every reason why not."""
    return _record(host, host.engine.offline.of(rule, host.now()))


def _record(host: EngineHost, coverage: Coverage) -> Record:
    return {
        "works": coverage.works,
        "is_on_device": coverage.is_on_device,
        "device": coverage.device,
        "reasons": [
            {"code": why.value, "sentence": common_text(host.hass, key_of(why), {})} for why in coverage.reasons
        ],
    }


def key_of(why: WhyNot) -> str:
    """Return where the sentence of a reason stands."""
    return f"rule_offline_{why.value}"
