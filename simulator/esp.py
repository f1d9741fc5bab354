"""One simulated device: messages and time go in, messages come out."""

from collections import deque
from enum import Enum
import random

from .boards import BOARDS
from .chip import Chip
from .firmware import Condition, Firmware, assemble
from .heartbeat import will
from .nvs import Nvs
from .physics import World
from .states import OfflineMode, ResetReason
from .wire import Publish, Subscription, encoded
from .wiring import DeviceSpec

BOOT_SECONDS = 3.0
PORTAL_SECONDS = 60.0
STABLE_SECONDS = 60.0
WATCHDOG_SECONDS = 60.0
FIRST_BACKOFF = 1.5
LONGEST_BACKOFF = 12.0
BOOT_LOOP = 5
BOOT_LOOP_SECONDS = 60.0


class Power(Enum):
    """Whether the chip runs."""

    OFF = "off"
    BOOTING = "booting"
    ON = "on"
    HALTED = "halted"


class SimulatedEsp:
    """A device with its wiring, in a world, without any I/O of its own."""

    def __init__(
        self,
        spec: DeviceSpec,
        world: World | None = None,
        *,
        nvs: Nvs | None = None,
        now: float = 0.0,
        seed: int = 0,
        clock_rate: float = 1.0,
        suback_needed: bool = False,
    ) -> None:
        """Power the device up."""
        self.spec = spec
        self.world = world or World()
        self.suback_needed = suback_needed
        rng = random.Random(f"{seed}/{spec.id}")
        self.chip = Chip(
            esp_id=spec.id,
            board=BOARDS[spec.board],
            nvs=nvs or Nvs(),
            rng=rng,
            ntp=spec.ntp,
            origin=now,
            clock_rate=clock_rate,
            rssi=-45 - rng.randrange(25),
        )
        self.condition = Condition(broken={}, jammed=set(), welded=set(), openings={})
        self.power = Power.ON
        self.ready_at = self.next_attempt = now
        self.backoff = FIRST_BACKOFF
        self.blocked: deque[tuple[str, bytes]] = deque()
        self._reason = ResetReason.POWERON
        self.firmware = self._boot(now)

    # -- power ---------------------------------------------------------------------------------------------------

    def _boot(self, now: float) -> Firmware:
        short_lived = now - self.chip.booted_at < BOOT_LOOP_SECONDS
        self.chip.boot(now, self._reason)
        # Six boots in quick succession, and the device stays away from the network until the next reset.
        self.power = Power.HALTED if short_lived and self.chip.nvs.boot_count > BOOT_LOOP else Power.ON
        return assemble(self.chip, self.spec, self.world.read, self.condition, suback_needed=self.suback_needed)

    def reboot(self, now: float, reason: ResetReason = ResetReason.SW, *, pause: float = BOOT_SECONDS) -> None:
        """Fall silent and come back after a pause; the socket dies without a goodbye."""
        self.power_off(now)
        self.power = Power.BOOTING
        self.ready_at = now + pause
        self._reason = reason

    def power_off(self, now: float) -> None:
        """Take the power away; motor valves stay where they are."""
        self.chip.now = now
        self.firmware.bank.unpowered()
        self.firmware.out.cut_off()
        self.blocked.clear()
        self.power = Power.OFF
        self._drive_world()

    def congest(self, drain_per_second: float | None) -> None:
        """Limit what the connection carries, or lift the limit."""
        self.condition.drain_per_second = self.firmware.out.drain_per_second = drain_per_second
        self.firmware.out.drained_at = self.chip.now

    def slow_down_config(self, seconds: float) -> None:
        """Make the device take its time with config pushes."""
        self.condition.config_seconds = self.firmware.configuring.seconds = seconds

    # -- connection ----------------------------------------------------------------------------------------------

    def link_wanted(self, now: float) -> bool:
        """Return whether the device holds or seeks a connection now."""
        if self.power is not Power.ON:
            return False
        return self.firmware.out.connected or now >= self.next_attempt

    def link_up(self, now: float) -> list[Publish]:
        """Begin a connection."""
        self.chip.now = now
        self.backoff = FIRST_BACKOFF
        self.firmware.session.opened()
        return self.firmware.out.taken()

    def link_down(self, now: float) -> list[Publish]:
        """Lose the connection, or fail to get one."""
        self.chip.now = now
        if self.power is Power.ON and self.firmware.out.connected:
            self.firmware.session.closed()
            self.firmware.out.taken()
        self.next_attempt = now + self.backoff
        self.backoff = min(LONGEST_BACKOFF, self.backoff * 2)
        return []

    def take_subscriptions(self) -> list[Subscription]:
        """Return what the device asked the broker for since the last call."""
        session = self.firmware.session
        wanted, session.wanted = session.wanted, []
        return wanted

    def subscribed(self, topic: str) -> None:
        """Take the broker's word that a subscription stands."""
        self.firmware.session.heard.add(topic)

    @property
    def will(self) -> Publish:
        """Return the last will for a connection that begins now."""
        topic = f"{self.firmware.out.root()}/system/will"
        return Publish(topic=topic, payload=encoded(will(self.chip)), qos=1, retain=True)

    @property
    def mode(self) -> OfflineMode:
        """Return who rules the actuators."""
        return self.firmware.offline.mode

    # -- turns ---------------------------------------------------------------------------------------------------

    def receive(self, topic: str, payload: bytes, now: float) -> list[Publish]:
        """Take one message from the broker."""
        self.chip.now = now
        if self.power is not Power.ON or not self.firmware.out.connected or len(payload) > self.chip.board.packet_limit:
            return []
        if self.firmware.emergency.blocks:
            self.blocked.append((topic, payload))
            return []
        self.firmware.route(topic, payload)
        return self.firmware.out.taken()

    def tick(self, now: float) -> list[Publish]:
        """Let time pass."""
        self.chip.now = now
        if self.power is Power.BOOTING and now >= self.ready_at:
            self.next_attempt = now
            self.firmware = self._boot(now)
        if self.power is not Power.ON:
            return []
        self.firmware.turn()
        while self.blocked and not self.firmware.emergency.blocks:
            self.firmware.route(*self.blocked.popleft())
        self._watch(now)
        self._drive_world()
        return self.firmware.out.taken()

    def _watch(self, now: float) -> None:
        parts, nvs = self.firmware, self.chip.nvs
        if now - self.chip.booted_at > STABLE_SECONDS and parts.out.connected and nvs.boot_count > 1:
            nvs.boot_count = 0
        if parts.session.error_since is not None and now - parts.session.error_since >= WATCHDOG_SECONDS:
            self.reboot(now, ResetReason.TASK_WDT)
        elif parts.system.reset_at is not None and now >= parts.system.reset_at:
            nvs.forget_network()
            self.reboot(now, pause=PORTAL_SECONDS)

    def _drive_world(self) -> None:
        for gpio, level in self.firmware.bank.levels():
            self.world.drive(f"{self.spec.id}/{gpio}", level)
