"""What the document says about the stream of events, which is no answer of one piece."""

from typing import Any, Final

from .shapes import FLAG, NUMBER, TEXT, Shape

_TOPICS: Final = "What to hear, separated by commas or given several times; as of the command `god_kaiser/subscribe` of the websocket"


def _given(name: str, says: str, shape: Shape, place: str = "query") -> Shape:
    return {"name": name, "in": place, "description": says, "required": False, "schema": shape}


STREAM: Final[dict[str, dict[str, Any]]] = {
    "/stream": {
        "get": {
            "operationId": "get_stream",
            "summary": "Everything that happens, as it happens",
            "tags": ["Journal and health"],
            "description": (
                "Server-sent events, each with the id of the last event of the journal that was told. Who comes back with "
                "that id is told first what was missed, or `replay_gap` where that is not kept any more."
            ),
            "parameters": [
                _given("topics", _TOPICS, {"type": "array", "items": TEXT}),
                _given("entry_id", "Only this hub", TEXT),
                _given("run_id", "Only events of this run", TEXT),
                _given("last_event_id", "The last event that was heard, where the header cannot be set", TEXT),
                _given("keepalive", "Seconds after which silence is broken", NUMBER),
                _given("snapshot", "Whether to begin with how things are", FLAG),
                _given("Last-Event-ID", "The last event that was heard", TEXT, "header"),
            ],
            "responses": {
                "200": {
                    "description": "Events until the client is gone",
                    "content": {"text/event-stream": {"schema": TEXT}},
                },
                **{status: {"$ref": f"#/components/responses/{status}"} for status in ("400", "401", "404", "503")},
            },
        }
    }
}
