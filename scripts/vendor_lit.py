"""Copies Lit from an npm package folder into the panel, so that a browser finds every module without a build."""

import argparse
from pathlib import Path
import re
import sys
from typing import Final

from scripts.servers import ROOT

PACKAGES: Final = ROOT / ".tools" / "npm" / "node_modules"
VENDOR: Final = ROOT / "custom_components" / "god_kaiser" / "frontend" / "vendor"
# Where each module comes from; what imports it finds it under the same name.
MODULES: Final = {
    "css-tag.js": "@lit/reactive-element/css-tag.js",
    "reactive-element.js": "@lit/reactive-element/reactive-element.js",
    "lit-html.js": "lit-html/lit-html.js",
    "lit-element.js": "lit-element/lit-element.js",
    "directive.js": "lit-html/directive.js",
    "directive-helpers.js": "lit-html/directive-helpers.js",
    "repeat.js": "lit-html/directives/repeat.js",
}
_IMPORTED: Final = re.compile(r"""(from|import)(\s*)"([^"]+)\"""")
_MAP: Final = re.compile(r"\n?//# sourceMappingURL=.*\s*\Z")
_NAMES: Final = {
    "@lit/reactive-element": "reactive-element.js",
    "lit-html": "lit-html.js",
}


def vendored(packages: Path) -> dict[str, str]:
    """Return the text of each file as it is to be in the panel."""
    found = {name: _relative((packages / origin).read_text(encoding="utf-8")) for name, origin in MODULES.items()}
    return {**found, "LICENSE": (packages / "lit" / "LICENSE").read_text(encoding="utf-8")}


def _relative(text: str) -> str:
    """Return a module that imports its neighbours, and nothing by the name of a package."""

    def neighbour(match: re.Match[str]) -> str:
        name = match[3]
        return f'{match[1]}{match[2]}"./{_NAMES.get(name, name.rpartition("/")[2])}"'

    return _MAP.sub("\n", _IMPORTED.sub(neighbour, text))


def main() -> int:
    """Write the files, or tell which differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a file differs")
    wanted = vendored(PACKAGES)
    if parser.parse_args().check:
        different = [name for name, text in wanted.items() if (VENDOR / name).read_text(encoding="utf-8") != text]
        print("\n".join(different) or "what is vendored is what the packages hold")
        return len(different)
    for name, text in wanted.items():
        (VENDOR / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
