"""Whether a rule goes on while Home Assistant is away, and why not, in words."""

from homeassistant.core import callback

from ..core.rules.why_not import WhyNot
from .engine_host import EngineHost
from .failures import common_text
from .rule_records import Record


@callback
def offline_record(host: EngineHost, rule: str) -> Record:
    """Return whether the device of a rule can follow it by itself, whether it has heard of it, and every reason why not."""
    coverage = host.engine.offline.of(rule, host.now())
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
