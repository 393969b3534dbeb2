"""The process that calls AWS services for the server, which never loads boto3 itself.

`python -m workbench.local.services.call_process` reads frames from its standard input until that
ends. The first is the `ServiceSettings`, each other `(id, service, account, operation,
parameters)`, with the account whose resource it is about, or ""; it is answered by
`(id, result, None)` or `(id, None, (code, message))`, in the order in which calls end.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

from workbench.local.own_process import frame, read_frame
from workbench.local.services.settings import OWN_CALLS, ServiceSettings

AT_ONCE = 16


class _Clients:
    """One client per service and account, made when it is first called."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()  # making clients is not thread-safe in boto3

    def call(self, service: str, account: str, operation: str, parameters: dict[str, Any]) -> Any:
        with self._lock:
            client: Any = self._clients.get((service, account))
            if client is None:
                client = self._clients[service, account] = self._settings.client(
                    service,
                    account,
                    max_pool_connections=AT_ONCE,
                    user_agent_extra=OWN_CALLS,
                    retries={"mode": "standard", "total_max_attempts": 3},
                )
        return client._make_api_call(operation, parameters)


def _result(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer without what is no part of the operation's output; streams are read."""
    return {
        key: value.read() if hasattr(value, "read") else value
        for key, value in answer.items()
        if key != "ResponseMetadata"
    }


def _call(clients: _Clients, *call: Any) -> Any:
    from botocore.exceptions import ClientError, HTTPClientError

    try:
        return _result(clients.call(*call)), None
    except ClientError as error:
        told = error.response.get("Error", {})
        return None, (told.get("Code", "Unknown"), told.get("Message", str(error)))
    except HTTPClientError as error:
        return None, ("ServiceUnavailable", str(error))
    except Exception as error:  # whoever waits must hear of it, whatever it is
        return None, (type(error).__name__, str(error))


def main(source: BinaryIO, answers: BinaryIO) -> None:
    """Carry out calls until there are no more."""
    clients = _Clients(read_frame(source))
    lock = threading.Lock()

    def carry_out(id: int, *call: Any) -> None:
        message = frame((id, *_call(clients, *call)))
        with lock:
            answers.write(message)
            answers.flush()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        while (call := read_frame(source)) is not None:
            pool.submit(carry_out, *call)


if __name__ == "__main__":
    gc.set_threshold(50_000)  # boto3 and the models of services stay: they are no garbage
    os.nice(5)
    main(sys.stdin.buffer, sys.stdout.buffer)
