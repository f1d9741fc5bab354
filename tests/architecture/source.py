"""A source tree as the checks see it: parsed modules, their imports and the names they define."""

import ast
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "custom_components" / "god_kaiser"
SIMULATOR = ROOT / "simulator"
ABSOLUTE_NAME = "custom_components.god_kaiser"


class Import(NamedTuple):
    """One imported module, by its full dotted name."""

    target: str
    internal: bool
    relative: bool
    typing_only: bool
    line: int


class Definition(NamedTuple):
    """One name that a module introduces."""

    name: str
    kind: str
    line: int
    lines: int
    overrides: bool


class Module:
    """One parsed file; its name is dotted and starts below the root of the tree."""

    def __init__(self, root: Path, path: Path) -> None:
        """Parse the file."""
        parts = path.relative_to(root).with_suffix("").parts
        self.is_package = parts[-1] == "__init__"
        self.name = ".".join(parts[:-1] if self.is_package else parts)
        self.path = path.relative_to(root)
        self.text = path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text, str(path))

    @property
    def package(self) -> str:
        """Return the package that relative imports start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Return everything this module imports, also inside functions."""
        guarded = {id(inner) for node in ast.walk(self.tree) if _is_typing_guard(node) for inner in ast.walk(node)}
        return tuple(
            found
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for found in self._imports_of(node, id(node) in guarded)
        )

    def _imports_of(self, node: ast.Import | ast.ImportFrom, typing_only: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name, internal = _below_package(alias.name)
                yield Import(name, internal, False, typing_only, node.lineno)
            return
        if node.level:
            steps = self.package.split(".") if self.package else []
            base = steps[: len(steps) - node.level + 1]
            outside = node.level - 1 > len(steps)
            origin, internal = ("<outside>", False) if outside else (_join(*base, node.module), True)
        else:
            origin, internal = _below_package(node.module or "")
        for alias in node.names:
            # ``from x import y`` may name a submodule; the checks resolve it against the tree.
            yield Import(_join(origin, alias.name), internal, bool(node.level), typing_only, node.lineno)

    @cached_property
    def definitions(self) -> tuple[Definition, ...]:
        """Return the classes, functions, parameters and assigned names of this module."""
        return tuple(definition for node in ast.walk(self.tree) for definition in _definitions_of(node))


class Tree:
    """All modules below one folder."""

    def __init__(self, root: Path) -> None:
        """Parse every Python file below the root."""
        self.modules = tuple(
            Module(root, path) for path in sorted(root.rglob("*.py")) if "__pycache__" not in path.parts
        )
        self.names = frozenset(module.name for module in self.modules)

    def module(self, name: str) -> Module:
        """Return the module with that dotted name."""
        return next(module for module in self.modules if module.name == name)

    def resolve(self, found: Import) -> str:
        """Return the module of this tree that an import reaches, or the dotted name of what is outside."""
        if not found.internal or found.target in self.names:
            return found.target
        return found.target.rpartition(".")[0]

    def below(self, prefix: str) -> tuple[Module, ...]:
        """Return the modules of one package and what lies in it."""
        return tuple(module for module in self.modules if is_within(module.name, prefix))


def is_within(name: str, prefix: str) -> bool:
    """Tell whether a dotted name is a package or lies in it."""
    return name == prefix or name.startswith(f"{prefix}.")


def called_name(call: ast.Call) -> str:
    """Return the last part of the name of what is called."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _join(*parts: str | None) -> str:
    return ".".join(part for part in parts if part)


def _below_package(name: str) -> tuple[str, bool]:
    if is_within(name, ABSOLUTE_NAME):
        return name.removeprefix(ABSOLUTE_NAME).removeprefix("."), True
    return name, False


def _is_typing_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _definitions_of(node: ast.AST) -> Iterator[Definition]:
    match node:
        case ast.ClassDef():
            yield Definition(node.name, "class", node.lineno, 0, False)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            overrides = any("override" in ast.unparse(decorator) for decorator in node.decorator_list)
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Definition(node.name, "function", node.lineno, lines, overrides)
            spec = node.args
            for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg):
                if argument is not None:
                    yield Definition(argument.arg, "parameter", argument.lineno, 0, overrides)
        case ast.Name(ctx=ast.Store()):
            yield Definition(node.id, "name", node.lineno, 0, False)
        case ast.TypeAlias(name=ast.Name(id=name)):
            yield Definition(name, "name", node.lineno, 0, False)
