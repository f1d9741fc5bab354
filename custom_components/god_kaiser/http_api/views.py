"""Serves the table of endpoints, and the document that describes it, by Home Assistant's own server and accounts."""

from http import HTTPStatus
from typing import Any

from aiohttp import web
from homeassistant.components.http import KEY_HASS
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import HomeAssistantView
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..past_runs import async_demand_run
from .asking import as_device, async_ask, demand_hub
from .document import DOCUMENT, document
from .refusals import REFUSED, refusal_of
from .requests import async_read
from .routes import HUB, ROOT, Fields, Route
from .table import ROUTES


@callback
def async_setup_http_api(hass: HomeAssistant) -> None:
    """Serve every endpoint, once for all hubs."""
    for route in ROUTES:
        hass.http.register_view(RouteView(route))
    hass.http.register_view(DocumentView())


class RouteView(HomeAssistantView):
    """Serves one endpoint."""

    def __init__(self, route: Route) -> None:
        """Answer to the one method of the endpoint."""
        self.url = f"{ROOT}{route.path}"
        self.name = f"api:{DOMAIN}:{route.method}:{route.path}"
        self._route = route
        setattr(self, route.method.lower(), self._async_answer)

    async def _async_answer(self, request: web.Request, **path: str) -> web.Response:
        hass = request.app[KEY_HASS]
        try:
            given = await async_read(self._route, request)
            fields = self._fields(hass, given, path)
            told = await async_ask(hass, self._route.action, fields, self.context(request))
            if self._route.of_run:
                await async_demand_run(hass, fields["run_id"])
        except REFUSED as err:
            status, body = refusal_of(hass, err)
            return self.json(body, status)
        if self._route.answer is None:
            return web.Response(status=HTTPStatus.NO_CONTENT)
        parts = self._route.parts
        return self.json({part: told[part] for part in parts} if parts else told, self._route.status)

    def _fields(self, hass: HomeAssistant, given: Fields, path: dict[str, str]) -> Fields:
        """Return everything that the action behind the endpoint takes."""
        demand_hub(hass, given.get(HUB))
        if self._route.hub_is_device:
            given = as_device(hass, given)
        place = self._route.place
        found = {} if place is None else place.find(hass, path.pop(place.name))
        fields: dict[str, Any] = {**given, **self._route.fixed, **path, **found}
        return fields


class DocumentView(HomeAssistantView):
    """Serves the description of the endpoints."""

    url = f"{ROOT}{DOCUMENT}"
    name = f"api:{DOMAIN}:document"

    async def get(self, request: web.Request) -> web.Response:
        """Return the document; the sentences in it are English, whatever the house speaks."""
        hass = request.app[KEY_HASS]
        return self.json(document(await async_get_translations(hass, "en", "services", {DOMAIN})))
