"""Connections that are kept for the next request. All are to one server."""
from __future__ import annotations

import os
import threading
from typing import List, Optional

from ._io import IO, Connection

IDLE_MAX = 10       # connections
IDLE_S = 60.0


class Pool:
    """Of all threads; after a fork, of the child a new one: two processes cannot share a connection."""

    def __init__(self, io: IO) -> None:
        self._io = io
        self._lock = threading.Lock()
        self._idle: List[Connection] = []
        self._pid = os.getpid()

    def take(self) -> Optional[Connection]:
        """The one that has rested the shortest, if any can be used."""
        while True:
            with self._lock:
                if self._pid != os.getpid():
                    self._idle, self._pid = [], os.getpid()
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if self._io.monotonic() - connection.idle_since < IDLE_S and not connection.stale():
                return connection
            connection.close()

    def give(self, connection: Connection) -> None:
        connection.idle_since = self._io.monotonic()
        with self._lock:
            if len(self._idle) < IDLE_MAX:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
