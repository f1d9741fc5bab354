"""The hub as a document would leave it: an engine that may be asked, commands nothing, and is thrown away."""

import msgspec

from .core import Engine
from .core.configuration.comparison import Comparison, Fate
from .core.configuration.laid import Laid
from .core.fleet.device import Device
from .core.fleet.fleet import Fleet
from .core.ids import DeviceId
from .core.sequences.findings import Finding
from .core.sequences.library import Library
from .host.desks import engine_of
from .host.engine_host import EngineHost
from .host.hub_options import HubOptions
from .host.run_trials import async_run_wished, imagined, looked_at
from .host.run_wishes import Wished


class Prospect:
    """Outputs, safety settings and sequences as they would be; what is asked of them is answered as a save would be."""

    def __init__(self, host: EngineHost, compared: Comparison) -> None:
        """Lay everything down in an engine of its own."""
        self.engine = _engine(host, compared)
        self.library = Library.of((compared.after.sequences or {}).values())
        self._host = host

    @property
    def fleet(self) -> Fleet:
        """Return the devices as they would be."""
        return self.engine.fleet

    async def async_demand_possible(self, wished: Wished) -> None:
        """Refuse what a start would refuse whenever it comes."""
        wish = await async_run_wished(self._host.hass, wished, self.library)
        imagined(self.engine.programs, wish, self._host.now())

    async def async_preflight(self, wished: Wished) -> tuple[Finding, ...]:
        """Return what would speak against a start."""
        wish = await async_run_wished(self._host.hass, wished, self.library)
        return looked_at(self.engine.programs, wish, self._host.now())


def _engine(host: EngineHost, compared: Comparison) -> Engine:
    after, now = compared.after, host.now()
    options = _options(after)
    engine = engine_of(options)
    gone = {DeviceId(key) for key in compared.moved("devices", Fate.REMOVED)}
    for key, known in host.fleet.devices.items():
        if key not in gone:
            engine.fleet.devices[key] = Device(
                id=known.id, sensors=dict(known.sensors), actuators=dict(known.actuators)
            )
    for device in (after.devices or {}).values():
        engine.fleet.set_plan(device.plan, now)
    engine.around.limits.lay_down(*(after.safety or {}).values())
    engine.programs.configure(options.sequence_limits, heartbeat=options.run_heartbeat, retention=options.keep_runs)
    engine.programs.world.read = host.engine.programs.world.read
    return engine


def _options(after: Laid) -> HubOptions:
    """Return the options that would hold; what is wrong with them is told where they stand."""
    try:
        return HubOptions.made_of(after.options or {})
    except msgspec.ValidationError:
        return HubOptions()
