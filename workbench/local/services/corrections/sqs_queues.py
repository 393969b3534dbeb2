"""SQS queues that hold many messages and are used by many at once.

moto looks through all messages of a queue for each that is sent, received or deleted (with a
thousand of them a receive takes half a second), and its threads may give one message to two
receivers or lose one. Here its queues hold them in `held_messages.py`.
"""

from __future__ import annotations

import base64
import copy
import os
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal

from workbench.local.services.corrections.held_messages import held_by


@cache
def correct() -> None:
    """Make moto's queues work so. Loads that part of moto (4 ms)."""
    from moto.sqs import models

    queue: Any = models.Queue
    backend: Any = models.SQSBackend
    module: Any = models
    module.generate_receipt_handle = _receipt_handle
    queue.add_message = lambda self, message: held_by(self).add(message)
    queue.messages = property(lambda self: held_by(self).seen())
    queue.delete_message = _delete_message
    for name, state in _COUNTS.items():
        setattr(queue, name, property(_counting(state)))
    backend.receive_message = _receive_message
    backend.change_message_visibility = _change_message_visibility
    backend.purge_queue = _purging(backend.purge_queue)


_COUNTS: dict[str, Literal["ready", "hidden", "delayed"]] = {
    "approximate_number_of_messages": "ready",
    "approximate_number_of_messages_not_visible": "hidden",
    "approximate_number_of_messages_delayed": "delayed",
}


def _counting(state: Literal["ready", "hidden", "delayed"]) -> Any:
    return lambda self: held_by(self).count(state)


def _receipt_handle() -> str:
    return "AQEB" + base64.b64encode(os.urandom(135)).decode()


def _delete_message(self: Any, receipt_handle: str) -> None:
    if not held_by(self).delete(receipt_handle):
        from moto.sqs.exceptions import ReceiptHandleIsInvalid

        raise ReceiptHandleIsInvalid


def _receive_message(
    self: Any,
    queue_name: str,
    count: int,
    wait_seconds_timeout: int,
    visibility_timeout: int,
    message_attribute_names: Iterable[str] | None = None,
) -> list[Any]:
    from moto.sqs.models import _filter_message_attributes

    queue = self.get_queue(queue_name)
    received = held_by(queue).receive(
        queue, int(count), float(wait_seconds_timeout or 0), int(visibility_timeout or 0)
    )
    messages = [copy.copy(message) for message in received]
    for message in messages:
        _filter_message_attributes(message, list(message_attribute_names or ()))
    return messages


def _change_message_visibility(
    self: Any, queue_name: str, receipt_handle: str, visibility_timeout: int
) -> None:
    from moto.sqs.exceptions import ReceiptHandleIsInvalid

    queue = self.get_queue(queue_name)
    if held_by(queue).show_in(receipt_handle, int(visibility_timeout)) is None:
        raise ReceiptHandleIsInvalid


def _purging(original: Any) -> Any:
    def purge_queue(self: Any, queue_name: str) -> None:
        original(self, queue_name)  # it checks when that was done last
        held_by(self.get_queue(queue_name)).clear()

    return purge_queue
