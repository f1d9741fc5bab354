"""Prints, for the Home Assistant of this environment, the release it wants of each package named on standard input.

Our requirements pin what Home Assistant 2026.10 loads while it starts; another release wants other ones.
"""

from importlib.util import find_spec
import json
from pathlib import Path
import re
import sys

NAME = re.compile(r"^[A-Za-z0-9._-]+")
FRONTEND = "home-assistant-frontend"


def normal(requirement: str) -> str:
    """Return the name of the package a requirement is about."""
    found = NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def wanted() -> dict[str, str]:
    """Return what the manifests of all integrations require, by package."""
    spec = find_spec("homeassistant")
    if spec is None or spec.origin is None:
        sys.exit("Home Assistant is not installed here")
    manifests = (Path(spec.origin).parent / "components").glob("*/manifest.json")
    lines = (line for path in manifests for line in json.loads(path.read_text()).get("requirements", ()))
    return {normal(line): line for line in lines}


def main() -> None:
    """Translate the names; the frontend may come from a later build of the same day."""
    required = wanted()
    for name in sorted({normal(line) for line in sys.stdin} - {""}):
        line = required.get(name, name)
        print(re.sub(r"\.\d+$", ".*", line) if name == FRONTEND else line)


if __name__ == "__main__":
    main()
