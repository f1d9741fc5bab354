"""A program that uses the interface over HTTP, and believes no answer that the document does not promise."""

from typing import Any
from urllib.parse import quote

from aiohttp.test_utils import TestClient
import jsonschema_rs

from custom_components.god_kaiser.http_api.document import document
from custom_components.god_kaiser.http_api.routes import ROOT, Route
from custom_components.god_kaiser.http_api.table import ROUTES

DOCUMENT = document({})
SCHEMAS = {"components": DOCUMENT["components"]}

type Told = tuple[int, Any]
type Query = dict[str, Any]
type Names = dict[str, str]


def route_of(method: str, path: str) -> Route:
    """Return the endpoint at a path as it stands in the table."""
    (found,) = [route for route in ROUTES if (route.method, route.path) == (method, path)]
    return found


def promised(method: str, path: str, status: int) -> dict[str, Any]:
    """Return what the document promises for a status; one that it does not name is an error."""
    answer: dict[str, Any] = DOCUMENT["paths"][path][method.lower()]["responses"][str(status)]
    if "$ref" in answer:
        answer = DOCUMENT["components"]["responses"][str(status)]
    content: dict[str, Any] = answer.get("content", {})
    return content


class Program:
    """Somebody with a token."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        """Remember how Home Assistant is reached."""
        self.client = client

    async def ask(
        self, method: str, path: str, body: Any = None, *, query: Query | None = None, names: Names | None = None
    ) -> Told:
        """Return the status and the content of an answer."""
        where = f"{ROOT}{path.format_map({name: quote(value, safe='') for name, value in (names or {}).items()})}"
        response = await self.client.request(method, where, json=body, params=query, allow_redirects=False)
        content = promised(method, path, response.status)
        text = await response.text()
        if response.status == 204:
            assert not text
            return response.status, None
        assert response.content_type in content, (response.status, text)
        if response.content_type != "application/json":
            return response.status, text
        told = await response.json()
        jsonschema_rs.validate({**SCHEMAS, **content["application/json"]["schema"]}, told)
        return response.status, told

    async def get(self, path: str, query: Query | None = None, **names: str) -> Any:
        """Return what is there."""
        status, told = await self.ask("GET", path, query=query, names=names)
        assert status == 200, told
        return told

    async def have(self, method: str, path: str, body: Any = None, **names: str) -> Any:
        """Have something done, and return what is told of it."""
        status, told = await self.ask(method, path, body, names=names)
        assert status == route_of(method, path).status, told
        return told

    async def refused(
        self, method: str, path: str, body: Any = None, query: Query | None = None, **names: str
    ) -> tuple[int, str | None]:
        """Return the status of a refusal, and the sentence that it is told by."""
        status, told = await self.ask(method, path, body, query=query, names=names)
        assert status >= 400, told
        return status, told["error"]["translation_key"]
