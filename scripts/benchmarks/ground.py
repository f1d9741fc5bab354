"""What a measurement with a whole Home Assistant stands on: a broker of its own and a fresh configuration."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
import tempfile
from typing import NamedTuple

from scripts import hass_server, servers


class Ground(NamedTuple):
    """Where Home Assistant keeps its things, where it listens, and where its broker does."""

    config: Path
    port: int
    broker_port: int


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """Start a broker beside a folder in which a Home Assistant can be started; everything is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        broker_port, port = servers.free_port(), servers.free_port()
        broker = servers.mosquitto(root / "broker", broker_port)
        if broker is None:
            raise SystemExit("This measurement needs mosquitto")
        await asyncio.to_thread(broker.start)
        try:
            config = root / "config"
            hass_server.prepare(config, port, "Bench", "warning")
            yield Ground(config, port, broker_port)
        finally:
            await asyncio.to_thread(broker.stop)
