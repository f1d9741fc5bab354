"""Reads what a request brings; a body is hostile until it has been read."""

from collections.abc import Mapping
import re
from typing import Any, Final

from aiohttp import web
from homeassistant.components.http.auth import SIGN_QUERY_PARAM
import msgspec

from ..core.errors import DefinitionError
from .checking import Misfit, problems
from .refusals import DOES_NOT_FIT
from .routes import Fields, Route, taken_by
from .shapes import Shape, items_of

LARGEST_BODY: Final = 8 * 1024 * 1024
_LONGEST_PROBLEM: Final = 200
_WHOLE: Final = re.compile(r"-?[0-9]{1,15}")


async def async_read(route: Route, request: web.Request) -> Fields:
    """Return what is given in the query or in the body, as far as it fits."""
    shape = taken_by(route)
    given = await _async_body(request) if route.has_body else _in_query(request, shape)
    if route.has_body and (stray := next(iter(_named_in_query(request)), None)) is not None:
        raise misfit(f"?{stray}", Misfit("unknown"))
    if (problem := next(problems(given, shape), None)) is not None:
        raise misfit(*problem)
    return given


async def _async_body(request: web.Request) -> Any:
    content = await _async_content(request)
    if not content:
        return {}
    if request.content_type != "application/json":
        raise DefinitionError("request_wrong_media_type", given=request.content_type[:_LONGEST_PROBLEM])
    try:
        return msgspec.json.decode(content)
    except (msgspec.MsgspecError, ValueError, RecursionError) as err:
        raise _unreadable(err) from err


async def _async_content(request: web.Request) -> bytes:
    """Return the body; what is too large is not read to its end."""
    content = bytearray()
    try:
        async for chunk in request.content.iter_chunked(64 * 1024):
            content += chunk
            if len(content) > LARGEST_BODY:
                raise DefinitionError("request_too_large", most=LARGEST_BODY)
    except (web.RequestPayloadError, ConnectionError) as err:
        raise _unreadable(err) from err
    return bytes(content)


def _in_query(request: web.Request, shape: Shape) -> Fields:
    """Return the fields of a query, each as what its shape says that it is."""
    known: Mapping[str, Shape] = shape["properties"]
    given: Fields = {}
    for name in _named_in_query(request):
        texts = request.query.getall(name)
        wanted = known.get(name, {})
        if (items := items_of(wanted)) is not None:
            given[name] = [_plain(text, items) for text in texts]
        elif len(texts) > 1:
            raise misfit(f"/{name}", Misfit("twice"))
        else:
            given[name] = _plain(texts[0], wanted)
    return given


def _named_in_query(request: web.Request) -> list[str]:
    """Return the names in a query; a signature is for Home Assistant to read."""
    return [name for name in dict.fromkeys(request.query) if name != SIGN_QUERY_PARAM]


def _plain(text: str, shape: Shape) -> object:
    """Return a text of a query as the number or the choice that it is written for, or as the text that it is."""
    match shape.get("type"):
        case "boolean":
            return {"true": True, "false": False}.get(text, text)
        case "integer":
            return int(text) if _WHOLE.fullmatch(text) else text
        case _:
            return text


def _unreadable(err: Exception) -> DefinitionError:
    return DefinitionError("request_not_readable", reason=(str(err) or type(err).__name__)[:_LONGEST_PROBLEM])


def misfit(place: str, found: Misfit, given: str = "") -> DefinitionError:
    """Return the error for a request that does not fit; whoever answers puts it into words."""
    where = (place or "/")[:_LONGEST_PROBLEM]
    return DefinitionError(
        DOES_NOT_FIT, place=where, misfit=found.key, wanted=found.wanted, given=given[:_LONGEST_PROBLEM]
    )
