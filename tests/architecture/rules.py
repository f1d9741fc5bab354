"""The tables that the checks compare the source with; docs/ARCHITECTURE.md shows the same layers."""

import re
import sys

# Inside core a module imports from its own row or from rows below it, never across a row or upwards.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("core.laboratory",),
    ("core.engine",),
    ("core.commands", "core.protocol"),
    ("core.effects", "core.events"),
    ("core.details",),
    ("core.configuration",),
    ("core.recovery", "core.alarms"),
    ("core.health",),
    ("core.journal",),
    ("core.rules",),
    ("core.sequences",),
    ("core.conditions",),
    ("core.safety",),
    ("core.fleet",),
    ("core.facts",),
    ("core.requests", "core.devices"),
    (
        "core.ids",
        "core.instant",
        "core.errors",
        "core.braces",
        "core.deadlines",
        "core.latency",
        "core.misreadings",
        "core.mistakes",
        "core.truth",
    ),
)

# What core may import besides itself: msgspec and the part of the standard library without clocks and I/O.
CORE_LIBRARIES = frozenset({"msgspec"})
IMPURE_STDLIB = frozenset(
    {
        *("asyncio", "concurrent", "contextvars", "multiprocessing", "queue", "sched", "signal", "threading"),
        *("fileinput", "glob", "io", "mmap", "os", "pathlib", "pickle", "shelve", "shutil", "sqlite3", "tempfile"),
        *("ftplib", "http", "imaplib", "select", "selectors", "smtplib", "socket", "socketserver", "ssl", "urllib"),
        *("getpass", "importlib", "logging", "platform", "random", "runpy", "secrets", "subprocess", "sys", "time"),
        *("uuid", "warnings", "webbrowser", "xmlrpc"),
    }
)
PURE_STDLIB = sys.stdlib_module_names - IMPURE_STDLIB
PURE_NAMES = frozenset({"sys.float_info"})
IMPURE_CALLS = frozenset({"open", "print", "input", "exec", "eval", "now", "utcnow", "today", "getLogger"})

# Who decides and who speaks the wire's language: only the engine and the host may reach in there.
BEHAVIOUR = ("core.engine", "core.commands", "core.protocol", "core.safety.gate")

# The outer rooms and what each may import of this package.
OUTER: dict[str, tuple[str, ...]] = {
    "core": ("core",),
    "const": (),
    "host": ("host", "core", "const", "runtime"),
}

# Only these modules may touch the thing; None means any single module.
DOORS: dict[str, str | None] = {
    "homeassistant.components.mqtt": "host.mqtt_link",
    "homeassistant.helpers.storage": None,
    "homeassistant.helpers.issue_registry": None,
    "sqlite3": None,
}

GATE = "core.safety.gate"
FUNNEL = "core.commands.funnel"
ENGINE = "core.engine"
LINK = "host.mqtt_link"

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40
BANNED_MODULES = frozenset({"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"})
BANNED_WORDS = frozenset(
    {"manager", "handler", "helper", "util", "utils", "data", "info", "process", "do", "new", "my"}
)

WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")

# Every pattern holds a character class, so that this file does not contain what it looks for.
BANNED_TEXT: dict[str, re.Pattern[str]] = {
    "a note to do something later": re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b"),
    "a path of one machine": re.compile(r"(?<![\w.:/-])/(?:wor[k]|roo[t]|far[m]|hom[e]/\w+|User[s]/\w+)/"),
    "the host name of a registry": re.compile(r"pyp[i]\.org|[p]ythonhosted|npm[j]s\.org|deb\.[d]ebian|[g]olang\.org"),
    "how it was written instead of what it is": re.compile(r"\bA[I]\b|\bClaud[e]\b|\bChatGP[T]\b|\bCopilo[t]\b"),
    "a silenced checker without a reason": re.compile(
        r"#\s*noq[a](?!: [A-Z]+\d+.* - )|#\s*type:\s*ignor[e](?!\[[\w-]+\]  # )"
    ),
}
MAX_SILENCED = 5
SILENCED = re.compile(r"#\s*(?:noq[a]|type:\s*ignor[e]|pragma:\s*no\s*cove[r])")
