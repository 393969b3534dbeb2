"""Triggers in plain words, for the screen and for `workbench triggers`."""

from __future__ import annotations

from datetime import datetime

from workbench.aws.triggers.trigger import QueueContents, Stall, Trigger

_KINDS = {
    "FunctionUrl": "URL",
    "HttpApi": "HTTP API",
    "RestApi": "REST API",
    "WebSocketApi": "WebSocket",
    "Alb": "ALB",
    "Edge": "Lambda@Edge",
    "LogSubscription": "Log subscription",
}
_LONG_NUMBER = 12  # Kinesis' sequence numbers have 56 digits; the last ones tell them apart


def kind_words(kind: str) -> str:
    """A trigger's kind as people write it."""
    return _KINDS.get(kind, kind)


def state_words(trigger: Trigger) -> tuple[str, str]:
    """A glyph and a word for a trigger's state."""
    if trigger.stalls:
        return "▲", "Stalled"
    if trigger.state == "Unhealthy":  # a load balancer's function fails its health checks
        return "▲", trigger.state
    if trigger.kind == "Unread":
        return "▲", "Refused"
    if trigger.kind == "Policy":
        return "○", "Allowed"
    if trigger.state in ("Enabled", "Listening"):
        return "●", trigger.state
    if trigger.state == "Disabled":
        return "‖", trigger.state
    return "◌", trigger.state


def contents_words(contents: QueueContents) -> list[str]:
    """What a queue holds, and what its dead-letter queue, a line each."""
    waiting = _count(contents.waiting, "message", "messages")
    lines = [f"{waiting} waiting, {contents.in_flight:,} hidden until the visibility timeout"]
    if contents.dead_letter_queue:
        dead = _count(contents.dead, "message", "messages")
        lines.append(f"{dead} in its dead-letter queue {contents.dead_letter_queue}")
    return lines


def activity(trigger: Trigger, now: float) -> str:
    """What it is doing at `now` (epoch seconds), in one line: in flight, backlog, iterator age,
    what holds it up, a schedule's next run, an address. "" when there is nothing to say."""
    if trigger.url is not None:
        return trigger.url
    if trigger.stalls:
        first = min(trigger.stalls, key=lambda stall: stall.next_try)
        behind = f", {sum(stall.behind for stall in trigger.stalls):,} behind"
        return f"failed {_times(first.failures)}, {_next_try(first, now)}{behind}"
    if trigger.uuid is None:
        if trigger.next_run is not None:
            return f"next run {_moment(trigger.next_run, now)}"
        return trigger.detail
    parts = []
    if trigger.in_flight:
        parts.append(f"{_count(trigger.in_flight, 'batch', 'batches')} in flight")
    if trigger.backlog:
        what = ("message", "messages") if trigger.kind in ("SQS", "MQ") else ("record", "records")
        parts.append(f"{_count(trigger.backlog, *what)} waiting")
    if trigger.iterator_age_ms is not None and (trigger.in_flight or trigger.backlog):
        parts.append(f"iterator age {span(trigger.iterator_age_ms / 1000)}")
    if not parts and trigger.backlog is not None and trigger.state == "Enabled":
        parts.append("nothing waits")
    problem = trigger.last_result or ""
    if problem.startswith("PROBLEM: "):
        parts.append(problem.removeprefix("PROBLEM: ").rstrip("."))
    if trigger.detail:
        parts.append(trigger.detail)
    return " · ".join(parts)


def stall_words(stall: Stall, now: float) -> str:
    """What holds up a shard at `now` (epoch seconds), in a sentence."""
    what, it = "the end of a window", "it"
    if stall.first_record is not None:
        what = f"record {short_number(stall.first_record)}"
        if stall.records > 1:
            what, it = f"{what} and {stall.records - 1:,} more", "them"
    behind = ""
    if stall.behind:
        waits = "waits" if stall.behind == 1 else "wait"
        behind = f", {_count(stall.behind, 'record', 'records')} {waits} behind {it}"
    failed = f"{what} failed {_times(stall.failures)}, {_next_try(stall, now)}"
    return f"{shard_words(stall.shard)}: {failed}{behind}"


def shard_words(shard: str) -> str:
    """`shard 3` for `shardId-000000000003`; DynamoDB's have no such numbers."""
    number = shard.rpartition("-")[2]
    return f"shard {int(number)}" if number.isdigit() and len(number) == 12 else shard


def short_number(sequence: str) -> str:
    """The end of a long sequence number, which is what differs."""
    return sequence if len(sequence) <= _LONG_NUMBER else f"…{sequence[-_LONG_NUMBER:]}"


def span(seconds: float) -> str:
    """A length of time for people: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`."""
    if 0 < seconds < 9.95:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    whole = max(0, round(seconds))
    for unit, size, smaller, part in (
        ("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1),
    ):  # fmt: skip
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def _times(failures: int) -> str:
    return "once" if failures == 1 else f"{failures:,} times"


def _next_try(stall: Stall, now: float) -> str:
    left = stall.next_try - now
    return f"next try in {span(left)}" if left > 0 else "tried again now"


def _moment(epoch: float, now: float) -> str:
    moment = datetime.fromtimestamp(epoch)
    today = moment.date() == datetime.fromtimestamp(now).date()
    clock = moment.strftime("%H:%M:%S" if today else "%b %d %H:%M")
    return f"{clock} (in {span(round(epoch - now))})" if epoch > now else f"{clock} (now)"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
