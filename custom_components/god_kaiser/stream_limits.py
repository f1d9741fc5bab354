"""How much a live stream gives."""

from typing import Final

MOST_SUBSCRIPTIONS: Final = 100
# So much may happen while the disk is read for somebody.
MOST_WAITING: Final = 1_000
# After how many seconds of silence a stream says that it is still there.
KEEPALIVE: Final = 5.0
LONGEST_KEEPALIVE: Final = 300.0
# Readings of one channel within one second; then only the last one is told, when there is room again.
MOST_READINGS: Final = 10
READINGS_WITHIN: Final = 1.0
# So much may be written to a client over HTTP before it has read, and so long may it take over that, as over the websocket.
MOST_UNREAD: Final = 4_096
LONGEST_WRITE: Final = 10.0
