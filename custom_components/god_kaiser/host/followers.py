"""Who is called back when there is news of one sort."""

from collections.abc import Callable
import logging

from homeassistant.core import callback

_LOGGER = logging.getLogger(__name__)


class Followers[News]:
    """Everybody who follows one sort of news; nobody keeps another from hearing it."""

    def __init__(self, *first: Callable[[News], None]) -> None:
        """Start with those who always follow."""
        self.all = [*first]

    @callback
    def add(self, follower: Callable[[News], None]) -> Callable[[], None]:
        """Call somebody back from now on; what is returned ends it."""
        self.all.append(follower)
        return lambda: self.all.remove(follower)

    @callback
    def tell(self, about: str, news: News) -> None:
        """Tell everybody; who comes or goes meanwhile does so afterwards."""
        for follower in tuple(self.all):
            attempt(about, follower, news)


def attempt[*News](about: str, call: Callable[[*News], None], *news: *News) -> None:
    """Call somebody back; a failure there is theirs alone."""
    try:
        call(*news)
    except Exception:
        # Who cannot show something must not keep others from seeing it.
        _LOGGER.exception("Something that watches %s has failed", about)
