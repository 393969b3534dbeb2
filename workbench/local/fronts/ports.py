"""Ports of front doors."""

from __future__ import annotations

import socket

from workbench.local.http.listener import BACKLOG


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens at `port`, or at a free one if that is taken."""
    try:
        return socket.create_server((host, port), backlog=BACKLOG)
    except OSError:
        if port == 0:
            raise
        return socket.create_server((host, 0), backlog=BACKLOG)
