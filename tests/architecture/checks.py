"""The checks: each takes a source tree and returns what is wrong with it, one sentence per place."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.architecture import rules
from tests.architecture.source import Module, Tree, called_name, is_within


def layers(tree: Tree) -> list[str]:
    """Check that imports inside core point downwards only, and that every module has a layer."""
    problems: list[str] = []
    for module in tree.below("core"):
        if module.name == "core":
            continue
        own = _row(module.name)
        if own is None:
            problems.append(f"{module.path}: is in no layer; give it a row in rules.LAYERS and in the docs")
            continue
        for found in module.imports:
            target = tree.resolve(found)
            if not found.internal or not is_within(target, "core"):
                continue
            row = _row(target)
            if row is None or row < own or (row == own and _room(target) != _room(module.name)):
                problems.append(f"{module.path}:{found.line}: imports {target}, which does not lie below it")
    return problems


def purity(tree: Tree) -> list[str]:
    """Check that core knows neither Home Assistant nor clocks, chance, threads, logs or files."""
    problems: list[str] = []
    for module in tree.below("core"):
        for found in module.imports:
            root = found.target.partition(".")[0]
            if found.internal:
                if not found.relative or not is_within(tree.resolve(found), "core"):
                    problems.append(f"{module.path}:{found.line}: core imports itself only, and only relatively")
            elif root not in rules.PURE_STDLIB | rules.CORE_LIBRARIES and found.target not in rules.PURE_NAMES:
                problems.append(f"{module.path}:{found.line}: core must not import {found.target}")
        problems.extend(
            f"{module.path}:{call.lineno}: core must not call {ast.unparse(call.func)}()"
            for call in _calls(module)
            if called_name(call) in rules.IMPURE_CALLS
        )
    return problems


def rooms(tree: Tree) -> list[str]:
    """Check that host does not know the platforms and that the platforms know core only as types."""
    problems: list[str] = []
    for module in tree.modules:
        top = module.name.partition(".")[0]
        allowed = rules.OUTER.get(top)
        for found in module.imports:
            target = tree.resolve(found)
            if not found.internal:
                continue
            if allowed is not None and not any(is_within(target, room) for room in allowed):
                problems.append(f"{module.path}:{found.line}: {top} must not import {target}")
            elif allowed is None and any(is_within(target, room) for room in rules.BEHAVIOUR):
                problems.append(f"{module.path}:{found.line}: asks {target} directly; talk to host")
    return problems


def cycles(tree: Tree) -> list[str]:
    """Check that no module imports itself by a detour; imports for types alone do not count."""
    edges = {
        module.name: {
            target
            for found in module.imports
            if found.internal and not found.typing_only and (target := tree.resolve(found)) != module.name
        }
        for module in tree.modules
    }
    problems: list[str] = []
    for start, first in edges.items():
        reached: set[str] = set()
        waiting = list(first)
        while waiting:
            step = waiting.pop()
            if step not in reached:
                reached.add(step)
                waiting.extend(edges.get(step, ()))
        if start in reached:
            problems.append(f"{start}: is part of an import cycle")
    return problems


def funnel(tree: Tree) -> list[str]:
    """Check that there is one way to a device: the engine asks the funnel, the funnel the gate."""
    problems: list[str] = []
    for module in tree.modules:
        problems.extend(_funnel_calls(module))
        problems.extend(
            f"{module.path}: touches the gate's seal"
            for node in ast.walk(module.tree)
            if module.name != rules.GATE and _names(node) == "_SEAL"
        )
        for found in module.imports:
            target = tree.resolve(found)
            if is_within(target, rules.FUNNEL) and not is_within(module.name, rules.ENGINE):
                problems.append(f"{module.path}:{found.line}: only the engine may import the funnel")
    return problems


def _funnel_calls(module: Module) -> Iterator[str]:
    for call in _calls(module):
        match called_name(call):
            case "ApprovedCommand" if module.name != rules.GATE:
                yield f"{module.path}:{call.lineno}: only the gate makes an ApprovedCommand"
            case "judge" if module.name != rules.FUNNEL:
                yield f"{module.path}:{call.lineno}: only the funnel asks the gate"
            case "async_publish" | "publish" if module.name != rules.LINK:
                yield f"{module.path}:{call.lineno}: only {rules.LINK} publishes"
            case "async_call" if _first_argument(call) == "mqtt":
                yield f"{module.path}:{call.lineno}: publishes by an action, past the link"


def doors(tree: Tree) -> list[str]:
    """Check that each outside thing has one importer."""
    problems: list[str] = []
    for thing, keeper in rules.DOORS.items():
        users = sorted(
            {module.name for module in tree.modules for found in module.imports if is_within(found.target, thing)}
        )
        strangers = [user for user in users if keeper is not None and user != keeper]
        if len(users) > 1 or strangers:
            problems.append(f"{thing}: has the doors {', '.join(users)}; one is allowed")
    return problems


def budgets(tree: Tree) -> list[str]:
    """Check that files and functions stay small and that no drawer for everything appears."""
    problems: list[str] = []
    for module in tree.modules:
        if (lines := len(module.text.splitlines())) > rules.MAX_FILE_LINES:
            problems.append(f"{module.path}: has {lines} lines; {rules.MAX_FILE_LINES} are allowed")
        if module.name.rpartition(".")[2] in rules.BANNED_MODULES:
            problems.append(f"{module.path}: is a drawer for everything; name it after what it does")
        problems.extend(
            f"{module.path}:{found.line}: {found.name} has {found.lines} lines; {rules.MAX_FUNCTION_LINES} are allowed"
            for found in module.definitions
            if found.kind == "function" and found.lines > rules.MAX_FUNCTION_LINES
        )
    return problems


def names(tree: Tree) -> list[str]:
    """Check that names say something; outside core Home Assistant chooses many, so only ours count there."""
    problems: list[str] = []
    for module in tree.modules:
        pure = is_within(module.name, "core")
        for found in module.definitions:
            ours = pure or found.kind in ("class", "function")
            if ours and not found.overrides and (empty := _empty_words(found.name)):
                problems.append(f"{module.path}:{found.line}: the name {found.name} says only {', '.join(empty)}")
        if empty := _empty_words(module.name.rpartition(".")[2]):
            problems.append(f"{module.path}: the module's name says only {', '.join(empty)}")
    return problems


def kinds(tree: Tree) -> list[str]:
    """Check that every member of every union in core is a frozen class with a docstring."""
    classes = {
        node.name: (module, node)
        for module in tree.below("core")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
    }
    problems: list[str] = []
    for union, member in union_members(tree):
        if member not in classes:
            continue
        module, node = classes[member]
        if ast.get_docstring(node) is None:
            problems.append(f"{module.path}:{node.lineno}: {member} of {union} has no docstring")
        if not _is_frozen(node) and not _is_plain_behaviour(node):
            problems.append(f"{module.path}:{node.lineno}: {member} of {union} is not frozen")
    return problems


def union_members(tree: Tree) -> list[tuple[str, str]]:
    """Return each union of core with each of its members' names."""
    return [
        (alias.name.id, member.id)
        for module in tree.below("core")
        for alias in ast.walk(module.tree)
        if isinstance(alias, ast.TypeAlias) and isinstance(alias.value, ast.BinOp)
        for member in ast.walk(alias.value)
        if isinstance(member, ast.Name)
    ]


def words(root: Path, files: Iterable[Path]) -> list[str]:
    """Check that no file speaks of what does not belong into the project."""
    problems: list[str] = []
    for path in files:
        text = path.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), start=1):
            problems.extend(
                f"{path.relative_to(root)}:{number}: contains {what}"
                for what, pattern in rules.BANNED_TEXT.items()
                if pattern.search(line)
            )
    return problems


def silenced(tree: Tree) -> list[str]:
    """Return every place where a checker is told to look away."""
    return [
        f"{module.path}:{number}"
        for module in tree.modules
        for number, line in enumerate(module.text.splitlines(), start=1)
        if rules.SILENCED.search(line)
    ]


def _room(name: str) -> str | None:
    return next((room for row in rules.LAYERS for room in row if is_within(name, room)), None)


def _row(name: str) -> int | None:
    return next((index for index, row in enumerate(rules.LAYERS) if _room(name) in row), None)


def _calls(module: Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))


def _names(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
            return name
        case _:
            return ""


def _first_argument(call: ast.Call) -> object:
    match call.args:
        case [ast.Constant(value=value), *_]:
            return value
        case _:
            return None


def _empty_words(name: str) -> list[str]:
    return sorted({word.lower() for word in rules.WORD.findall(name)} & rules.BANNED_WORDS)


def _is_frozen(node: ast.ClassDef) -> bool:
    settings = [*node.keywords, *(keyword for call in node.decorator_list for keyword in _keywords(call))]
    return any(setting.arg == "frozen" and _is_true(setting.value) for setting in settings)


def _is_plain_behaviour(node: ast.ClassDef) -> bool:
    """Tell whether a class holds no values: it neither declares fields nor is made with any."""
    return not any(isinstance(inner, ast.AnnAssign) for inner in node.body) and not any(
        isinstance(inner, ast.FunctionDef) and inner.name == "__init__" for inner in node.body
    )


def _keywords(decorator: ast.expr) -> list[ast.keyword]:
    return decorator.keywords if isinstance(decorator, ast.Call) else []


def _is_true(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is True
