"""Embedded queues under many messages and many hands."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import LocalEndpoint
from sources_lab import Queue

from workbench.local.services.corrections import forgotten_models
from workbench.local.services.corrections.held_messages import HeldMessages, held_by


class Kind:
    """What a queue of moto tells of itself."""

    message_retention_period = 60
    dead_letter_queue = None
    redrive_policy = None


def message(body: str, group: str | None = None, dedup: str | None = None) -> Any:
    from moto.sqs.models import Message

    made: Any = Message(body, body)
    made.group_id, made.deduplication_id = group, dedup
    made.mark_sent()
    return made


def bodies(messages: list[Any]) -> list[str]:
    return [found.body for found in messages]


def test_each_message_is_received_once_by_one_of_many() -> None:
    held, kind = HeldMessages(fifo=False), Kind()
    got: list[str] = []

    def receive(_: int) -> None:
        while found := held.receive(kind, 3, 0.0, 30):
            for each in found:
                got.append(each.body)
                assert held.delete(each.receipt_handle)

    for number in range(500):
        held.add(message(str(number)))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(receive, range(8)))
    assert sorted(got, key=int) == [str(number) for number in range(500)]
    assert [held.count(state) for state in ("ready", "hidden", "delayed")] == [0, 0, 0]


def test_a_long_poll_ends_with_the_first_message() -> None:
    held = HeldMessages(fifo=False)
    timer = threading.Timer(0.05, held.add, [message("late")])
    timer.start()
    assert bodies(held.receive(Kind(), 10, 20.0, 30)) == ["late"]
    timer.join()


def test_a_message_is_seen_again_when_its_time_is_over() -> None:
    held, kind = HeldMessages(fifo=False), Kind()
    held.add(message("a"))
    (first,) = held.receive(kind, 1, 0.0, 30)
    assert held.receive(kind, 1, 0.0, 30) == []
    assert held.show_in(first.receipt_handle, 0) is not None
    old = first.receipt_handle
    (again,) = held.receive(kind, 1, 0.0, 30)
    assert again.approximate_receive_count == 2
    assert held.delete(again.receipt_handle) and held.delete(old)  # deleted twice is no error
    assert not held.delete("no such handle")


def test_what_was_deleted_is_not_kept_until_it_would_have_been_seen_again() -> None:
    forgotten_models.correct()
    held, kind = HeldMessages(fifo=False), Kind()
    kept: weakref.WeakSet[Any] = weakref.WeakSet()
    for number in range(5_000):
        sent = message(str(number))
        kept.add(sent)
        held.add(sent)
        [received] = held.receive(kind, 1, 0.0, 43_200)
        assert held.delete(received.receipt_handle)
    del sent, received
    gc.collect()
    assert len(kept) < 2_500
    assert held.count("hidden") == 0


def test_an_expired_message_is_gone_with_its_handles() -> None:
    held, kind = HeldMessages(fifo=False), Kind()
    held.add(message("old"))
    [received] = held.receive(kind, 1, 0.0, 0)
    received.sent_timestamp -= 61_000
    assert held.receive(kind, 1, 0.0, 30) == []
    assert not held.delete(received.receipt_handle)


def test_a_group_waits_for_what_is_in_flight() -> None:
    held, kind = HeldMessages(fifo=True), Kind()
    for number in range(3):
        for group in "ab":
            held.add(message(f"{group}{number}", group))
    first = held.receive(kind, 2, 0.0, 30)
    assert bodies(first) == ["a0", "a1"]
    assert bodies(held.receive(kind, 10, 0.0, 30)) == ["b0", "b1", "b2"]
    assert held.receive(kind, 10, 0.0, 30) == []
    held.delete(first[0].receipt_handle)
    assert held.receive(kind, 10, 0.0, 30) == []
    held.show_in(first[1].receipt_handle, 0)
    assert bodies(held.receive(kind, 10, 0.0, 30)) == ["a1", "a2"]
    numbers = [int(found.sequence_number) for found in first]
    assert numbers == sorted(numbers)


def test_duplicates_are_taken_in_once_even_after_a_deletion() -> None:
    held, kind = HeldMessages(fifo=True), Kind()
    held.add(message("1", "g", dedup="x"))
    (found,) = held.receive(kind, 10, 0.0, 30)
    held.delete(found.receipt_handle)
    held.add(message("1", "g", dedup="x"))
    assert held.receive(kind, 10, 0.0, 30) == []


def test_queues_over_the_api(shared_endpoint: LocalEndpoint) -> None:
    queue = Queue(shared_endpoint, visibility=30)
    queue.send(*(str(number) for number in range(25)))
    assert queue.left == (25, 0)
    received = queue.sqs.receive_message(QueueUrl=queue.url, MaxNumberOfMessages=10)["Messages"]
    assert [found["Body"] for found in received] == [str(number) for number in range(10)]
    assert queue.left == (15, 10)
    handle = received[0]["ReceiptHandle"]
    queue.sqs.change_message_visibility(
        QueueUrl=queue.url, ReceiptHandle=handle, VisibilityTimeout=0
    )
    assert queue.left == (16, 9)
    queue.sqs.purge_queue(QueueUrl=queue.url)
    assert queue.left == (0, 0)
    with pytest.raises(ClientError, match="ReceiptHandleIsInvalid"):
        queue.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle="nonsense")


def test_two_queues_may_be_each_others_dead_letter_queue() -> None:
    one: Any = Kind()
    other: Any = Kind()
    one.dead_letter_queue, other.dead_letter_queue = other, one
    one.fifo_queue = other.fifo_queue = False
    one.redrive_policy = other.redrive_policy = {"maxReceiveCount": 1}
    for queue in (one, other):
        for number in range(50):
            held_by(queue).add(message(str(number)))

    def receive(queue: Any) -> None:
        for _ in range(300):
            held_by(queue).receive(queue, 10, 0, 0)

    threads = [
        threading.Thread(target=receive, args=(queue,), daemon=True) for queue in (one, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert held_by(one).count("ready") + held_by(other).count("ready") == 100
