"""The OpenAPI document, made of the table of endpoints."""

from collections.abc import Mapping
import re
from typing import Any, Final

from ..const import DOMAIN
from .answers import TABLE, named
from .refusals import CODES
from .routes import ROOT, Route, taken_by
from .shapes import TEXT, Shape
from .stream_document import STREAM
from .table import SECTIONS

DOCUMENT: Final = "/openapi.json"
_JSON: Final = "application/json"
_ABOUT: Final = (
    "Everything that God-Kaiser knows and does, for programs that are no browser. Each endpoint asks what the action of "
    "the same meaning asks, with the same rights and the same answers."
)
_REFUSALS: Final = {
    400: "The request cannot be read, or does not fit",
    401: "Without a token of Home Assistant",
    403: "The account may not do this",
    404: "There is nothing of this name, or no hub",
    409: "Not now: something else speaks against it",
    413: "The body is too large",
    415: "The body is no JSON",
    422: "What is asked for is impossible",
    503: "The hub, the device or the journal does not answer",
}
# What Home Assistant answers by itself, before anybody else is asked.
_PLAIN: Final = frozenset({400, 401, 404})
_OWN: Final = frozenset({status.value for status in CODES})

type Texts = Mapping[str, str]


def document(texts: Texts) -> dict[str, Any]:
    """Return the description of all endpoints; ``texts`` are what the actions and their fields are called."""
    paths: dict[str, dict[str, Any]] = {}
    for section, routes in SECTIONS.items():
        for route in routes:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(section, route, texts)
    paths |= STREAM
    return {
        "openapi": "3.1.0",
        "info": {"title": "God-Kaiser", "version": "1", "description": _ABOUT},
        "servers": [{"url": ROOT}],
        "security": [{"token": []}],
        "tags": [{"name": section} for section in SECTIONS],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": TABLE,
            "responses": {str(status): _refusal(status) for status in _REFUSALS},
        },
    }


def _refusal(status: int) -> Shape:
    content = {_JSON: {"schema": named("Error")}} if status in _OWN else {}
    return {
        "description": _REFUSALS[status],
        "content": content | ({"text/plain": {"schema": TEXT}} if status in _PLAIN else {}),
    }


def _operation(section: str, route: Route, texts: Texts) -> Shape:
    shape = _with_words(taken_by(route), route, texts)
    operation: Shape = {
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").strip("_"),
        "summary": route.says,
        "tags": [section],
        "description": _description(route, texts),
        "parameters": [_in_path(name) for name in route.in_path],
        "responses": _answers(route),
    }
    if route.has_body:
        body = {"required": "required" in shape, "content": {_JSON: {"schema": shape}}}
        return operation | {"requestBody": body}
    required = shape.get("required", ())
    operation["parameters"] += [
        {"name": name, "in": "query", "required": name in required, "schema": taken}
        for name, taken in shape["properties"].items()
    ]
    return operation


def _description(route: Route, texts: Texts) -> str:
    told = texts.get(f"component.{DOMAIN}.services.{route.action}.description")
    who = "For administrators." if route.behind.admin else ""
    return " ".join(part for part in (told or f"{route.says}.", who) if part)


def _with_words(shape: Shape, route: Route, texts: Texts) -> Shape:
    """Return the shape of a request in which each field says what it is, as the action says it."""
    place = f"component.{DOMAIN}.services.{route.action}.fields"
    return shape | {
        "properties": {
            name: taken | ({"description": told} if (told := texts.get(f"{place}.{name}.description")) else {})
            for name, taken in shape["properties"].items()
        }
    }


def _in_path(name: str) -> Shape:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _answers(route: Route) -> Shape:
    answered: Shape = {"description": route.says}
    if route.answer is not None:
        answered["content"] = {_JSON: {"schema": route.answer}}
    only_with_body = set() if route.has_body else {413, 415}
    refusals = {
        str(status): {"$ref": f"#/components/responses/{status}"}
        for status in _REFUSALS
        if status not in only_with_body
    }
    return {str(route.status): answered} | refusals
