"""Events on their way from the embedded services to functions."""

from __future__ import annotations

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from workbench.local.delivery.push.deliveries import (
    Deliveries,
    Delivery,
    Failure,
    RetryPolicy,
)
from workbench.local.delivery.push.targets.functions import FunctionSender

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:hello"


def test_a_dead_letter_queue_that_is_not_there_holds_up_nothing() -> None:
    def no_queue(failure: Failure) -> None:
        assert failure.exhausted == "MaximumRetryAttempts"
        raise LookupError("no such queue")

    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    deliveries = Deliveries(lambda arn: FunctionSender("http://127.0.0.1:1"), told.put)
    for name in ("one", "two"):
        deliveries.send(
            Delivery(
                FUNCTION,
                {},
                source=f"The rule {name}",
                source_arn="arn:aws:events:us-east-1:123456789012:rule/one",
                account="123456789012",
                principal="events.amazonaws.com",
                failed=no_queue,
                retry=RetryPolicy(0),
            )
        )
    notices = [told.get(timeout=10) for _ in range(4)]
    assert notices[0].startswith("The rule one does not reach hello: ")
    assert notices[1] == (
        "The rule one does not reach its dead-letter queue: LookupError no such queue."
    )
    assert notices[2].startswith("The rule two does not reach hello: ")


def test_a_function_that_takes_nothing_holds_up_no_other() -> None:
    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    over = threading.Event()

    class Lambda(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if "slow" in self.path:
                over.wait(20)
            else:
                told.put("quick")
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Lambda)
    serving = threading.Thread(target=server.serve_forever, args=(0.02,))
    serving.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        deliveries = Deliveries(lambda arn: FunctionSender(url), told.put)
        for name in ("slow", "quick"):
            arn = FUNCTION.replace("hello", name)
            deliveries.send(Delivery(arn, {}, "The schedule s", "", "123456789012", ""))
        assert told.get(timeout=10) == "quick"
    finally:
        over.set()
        server.shutdown()
        serving.join()
        server.server_close()
