"""MQTT's own rule for topic filters, written down a second time."""


def matches(topic_filter: str, topic: str) -> bool:
    """Tell whether a broker would deliver a topic to a filter with ``+`` wildcards."""
    wanted, given = topic_filter.split("/"), topic.split("/")
    return len(wanted) == len(given) and all(one in ("+", other) for one, other in zip(wanted, given, strict=True))
