"""botocore's clients of a target: made when first used, and kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from workbench import __version__
from workbench.aws.errors import EXPIRED, in_words
from workbench.aws.records import Target
from workbench.aws.targets import session_for

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient

_T = TypeVar("_T")

# A synchronous invocation may take 15 minutes, and a minute for what is around it.
INVOKE_READ_SECONDS = 16 * 60
# A live tail says something every second; when it does not, the connection is dead.
LIVE_TAIL_READ_SECONDS = 30

# In the addresses of AWS, the second where the profile asks for dual-stack ones.
_AWS_HOSTS = (".amazonaws.", ".api.aws")

CANCEL_HEADER = "X-Workbench-Invocation"


class Clients:
    """The clients of one target, for any number of threads. Making one raises LambdaError.

    `connections` of a client are kept; with more threads at once each call makes one.
    """

    def __init__(self, target: Target, connections: int = 20) -> None:
        self.target = target
        self._connections = connections
        self._lock = threading.RLock()
        self._invocation = threading.local()
        self._services: dict[str, Any] = {}

    @property
    def control(self) -> LambdaClient:
        """For everything but Invoke; a call that fails on its way is tried again."""
        return self._once(lambda: self._control)

    @property
    def invoke(self) -> LambdaClient:
        """For Invoke and uploads: waits as long as a function may run, and never calls twice."""
        return self._once(lambda: self._invoke)

    @property
    def logs(self) -> CloudWatchLogsClient:
        """For reading logs."""
        return self._once(lambda: self._logs)

    def service(self, name: str) -> Any:
        """For any service, by boto3's name of it ("sqs", "events" …); it is kept too."""
        return self._once(lambda: self._services.get(name) or self._new_service(name))

    def name_invocation(self, token: str | None) -> None:
        """Name this thread's next invocations, so that they can be cancelled (local only)."""
        self._invocation.token = token

    def _once(self, make: Callable[[], _T]) -> _T:
        # boto3 makes clients of one session in one thread at a time only.
        with self._lock, in_words(self.target):
            return make()

    @cached_property
    def _session(self) -> Session:
        return session_for(self.target)

    @cached_property
    def _control(self) -> LambdaClient:
        client: LambdaClient = self._make("lambda", attempts=3)
        return client

    @cached_property
    def _invoke(self) -> LambdaClient:
        client: LambdaClient = self._make("lambda", attempts=1, read_timeout=INVOKE_READ_SECONDS)
        if self.target.kind == "local":
            client.meta.events.register("before-call.lambda.Invoke", self._add_token)
        return client

    @cached_property
    def _logs(self) -> CloudWatchLogsClient:
        client: CloudWatchLogsClient = self._make(
            "logs", attempts=3, read_timeout=LIVE_TAIL_READ_SECONDS
        )
        return client

    def _new_service(self, name: str) -> Any:
        made = self._services[name] = self._make(name, attempts=3)
        return made

    def _make(self, service: str, *, attempts: int, read_timeout: int = 60) -> Any:
        from botocore.config import Config

        target = self.target
        config = Config(
            connect_timeout=10,
            read_timeout=read_timeout,
            tcp_keepalive=True,
            max_pool_connections=self._connections,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            user_agent_extra=f"lambda-workbench/{__version__}",
        )
        if target.kind != "aws":
            # A company's HTTP proxy cannot reach our loopback.
            config = config.merge(Config(proxies={}))
        make: Any = self._session.client
        options = {"region_name": target.region, "endpoint_url": target.endpoint_url}
        client = make(service, **options, config=config)
        if not any(host in client.meta.endpoint_url for host in _AWS_HOSTS):
            # An endpoint of the target's or the profile's own: for a live tail, the SDK would
            # look for streaming-127.0.0.1.
            client.close()
            client = make(service, **options, config=config.merge(Config(inject_host_prefix=False)))
        client.meta.events.register("after-call", self._heed)
        if target.guard is not None:
            target.guard.watch(client, service)
        return client

    def _heed(self, parsed: dict[str, Any], **_: object) -> None:
        """Expired credentials are read anew for the next call: they may have been mended."""
        if isinstance(parsed, dict) and parsed.get("Error", {}).get("Code") in EXPIRED:
            with self._lock:
                self._services.clear()
                for name in ("_session", "_control", "_invoke", "_logs"):
                    self.__dict__.pop(name, None)

    def _add_token(self, params: dict[str, Any], **_: object) -> None:
        token = getattr(self._invocation, "token", None)
        if token is not None:
            params["headers"][CANCEL_HEADER] = token
