"""The pages about HTTP are made of the table that is served, and tell of every action and of every field."""

import json

import jsonschema_rs
import pytest

from custom_components.god_kaiser.http_api.routes import ROOT
from custom_components.god_kaiser.http_api.stream_document import STREAM
from custom_components.god_kaiser.http_api.stream_view import LAST_EVENT_ID, URL
from custom_components.god_kaiser.http_api.table import ROUTES
from custom_components.god_kaiser.services import ACTIONS
from custom_components.god_kaiser.subscribing import WISHES
from scripts import api_rows

# What has no endpoint, because it is about the house and not about programs.
LEFT_OUT = {"set_stop_mode"}


def test_the_document_and_the_page_are_current() -> None:
    """A change of the table, of an action or of a text shows in both."""
    assert api_rows.DOCUMENT.read_text(encoding="utf-8") == api_rows.rendered_document()
    page = api_rows.PAGE.read_text(encoding="utf-8")
    assert page == api_rows.rendered_page(page)
    assert page.count(api_rows.MARK) == 1


@pytest.mark.req("EXE-66")
def test_every_action_has_an_endpoint() -> None:
    """Whoever adds one to the actions adds its row, or says that it has none."""
    asked = {route.action for route in ROUTES}
    assert set(ACTIONS) - asked == LEFT_OUT


def test_no_endpoint_is_there_twice() -> None:
    """A method and a path mean one thing."""
    known = [(route.method, route.path) for route in ROUTES]
    assert len(known) == len(set(known))


def test_every_shape_in_the_document_is_one() -> None:
    """What is promised can be held against an answer, and every name in it leads somewhere."""
    document = json.loads(api_rows.rendered_document())
    for path in document["paths"].values():
        for operation in path.values():
            for answer in operation["responses"].values():
                content = answer.get("content", {}).get("application/json")
                if content is not None:
                    jsonschema_rs.validator_for({"components": document["components"], **content["schema"]})
    assert document["openapi"] == "3.1.0"


def test_each_endpoint_for_administrators_says_so() -> None:
    """In the page and in the document."""
    document = json.loads(api_rows.rendered_document())
    for route in ROUTES:
        told = document["paths"][route.path][route.method.lower()]["description"]
        assert ("For administrators." in told) == route.behind.admin
        assert ("| admin |" in api_rows.row(route)) == route.behind.admin


def test_the_stream_is_described_as_it_is_served() -> None:
    """What may be asked of it, and nothing else."""
    told = {each["name"]: each["in"] for each in STREAM["/stream"]["get"]["parameters"]}
    assert told.pop(LAST_EVENT_ID) == "header"
    assert told == dict.fromkeys([*map(str, WISHES), "snapshot"], "query")
    assert f"{ROOT}/stream" == URL
