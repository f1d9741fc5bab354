"""A real Home Assistant in a folder of its own, with the integration of this checkout linked in."""

from datetime import UTC, datetime
import json
from pathlib import Path
import sys

from scripts.servers import LOOPBACK, ROOT, Server

DOMAIN = "god_kaiser"
ASKED_TO_RESTART = 100

CONFIGURATION = """\
homeassistant:
  name: {name}
  country: DE
  currency: EUR
  language: en
  time_zone: Europe/Berlin
  unit_system: metric
frontend:
history:
logbook:
# The editors of the user interface write into these.
automation: !include automations.yaml
script: !include scripts.yaml
scene: !include scenes.yaml
recorder:
  commit_interval: 1
logger:
  default: warning
  logs:
    custom_components.{domain}: {level}
"""

# What people write in the user interface, and how a file looks in which there is nothing yet.
EDITED = {"automations.yaml": "[]\n", "scripts.yaml": "{}\n", "scenes.yaml": "[]\n"}

HTTP_DEFAULTS = {
    "cors_allowed_origins": ["https://cast.home-assistant.io"],
    "login_attempts_threshold": -1,
    "ip_ban_enabled": True,
    "ssl_profile": "modern",
    "use_x_frame_options": True,
    "error": None,
    "error_message": None,
}


def prepare(folder: Path, port: int, name: str, level: str = "info") -> None:
    """Write what Home Assistant has to know before its first start; keep what it has made itself."""
    storage = folder / ".storage"
    storage.mkdir(parents=True, exist_ok=True)
    (folder / "configuration.yaml").write_text(CONFIGURATION.format(name=name, domain=DOMAIN, level=level))
    for edited, nothing in EDITED.items():
        if not (folder / edited).exists():
            (folder / edited).write_text(nothing)
    # A http: block in YAML would only be on trial and be taken back after five minutes.
    stable = {
        **HTTP_DEFAULTS,
        "server_host": [LOOPBACK],
        "server_port": port,
        "created_at": datetime.now(UTC).isoformat(),
    }
    http = {"stable": stable, "pending": None, "yaml_migration_done": True}
    _store(storage / "http", 2, http, minor=2)
    # Only the owner remains to be made; the other steps would add integrations that ask the internet.
    onboarding = storage / "onboarding"
    if not onboarding.exists():
        _store(onboarding, 4, {"done": ["core_config", "analytics", "integration"]})
    _link(folder / "custom_components" / DOMAIN)


def home_assistant(folder: Path, port: int, program: Path | None = None) -> Server:
    """Return the Home Assistant of that folder; the program is the hass command of this environment unless named."""
    program = program or Path(sys.executable).with_name("hass")
    command = [str(program), "--config", str(folder), "--skip-pip", "--log-no-color"]
    return Server("Home Assistant", command, folder / "output.log", port)


def _link(link: Path) -> None:
    target = ROOT / "custom_components" / DOMAIN
    if link.is_symlink() and link.readlink() == target:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _store(path: Path, version: int, content: object, minor: int = 1) -> None:
    envelope = {"version": version, "minor_version": minor, "key": path.name, "data": content}
    path.write_text(json.dumps(envelope, indent=2))
