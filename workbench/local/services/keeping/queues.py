"""Messages of the embedded SQS on disk: as they are, with receipt handles and counts, and when
those that are hidden or delayed are due."""

from __future__ import annotations

import pickle
from typing import Any

from workbench.local.services.keeping import keep, pickles


def teach() -> None:
    """Have queues written without their messages, which are kept one by one."""
    pickles.teach("moto.sqs.models", "Queue", _queue)
    pickles.teach("workbench.local.services.corrections.held_messages", "HeldMessages", _messages)


def _queue(queue: Any, owners: set[str]) -> None:
    from workbench.local.services.corrections.held_messages import held_by

    held_by(queue)  # its messages have a name from the beginning


def _messages(messages: Any, owners: set[str]) -> pickles.Reduced:
    name = keep.owner_of(messages)
    if name is None:
        name = keep.name_owner(messages)
        messages.keep_all()  # that came before the queue itself was kept
    owners.add(name)
    return held_again, (messages.fifo, name)


def held_again(fifo: bool, name: str) -> Any:
    """The messages of a queue as they were kept."""
    from moto.sqs import models

    from workbench.local.services.corrections.held_messages import HeldMessages

    messages = HeldMessages(fifo)
    keep.name_owner(messages, name)
    kept = keep.current()
    for key, value in kept.parts(name) if kept is not None else ():
        if isinstance(key, str):
            messages.remember(key, pickles.loads(value))
            continue
        state, due, attributes = pickles.loads(value)
        message = object.__new__(models.Message)
        message.__dict__.update(attributes)
        messages.hold_again(message, key, state, due)
    return messages


def message_part(message: Any, state: str, due: float) -> bytes:
    """A message as it is kept."""
    return pickle.dumps((state, due, message.__dict__), 5)


def time_part(seconds: float) -> bytes:
    """When a deduplication id came, as it is kept."""
    return pickle.dumps(seconds, 5)
