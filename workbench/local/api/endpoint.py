"""The AWS APIs on one port: requests in, each to its operation, errors in AWS's form."""

from __future__ import annotations

import asyncio
import inspect
import uuid
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.local.api.code import code_location
from workbench.local.api.concurrency import provisioned
from workbench.local.api.context import Context, FunctionRuntime, Input
from workbench.local.api.context import Operation as Implementation
from workbench.local.api.event_sources.declared_sources import DeclaredSources
from workbench.local.api.functions.linked import LinkedFunctions
from workbench.local.api.functions.specs import Specs
from workbench.local.api.functions.transitions import Transitions
from workbench.local.api.invoking.async_functions import AsyncFunctions
from workbench.local.api.invoking.invoke import PREFIX, SUFFIX, Invoker
from workbench.local.api.invoking.invoke_stream import StreamInvoker
from workbench.local.api.logs import live_tail, subscription_filters
from workbench.local.api.operations import LAMBDA, LOGS
from workbench.local.api.protocols import parse, serialise
from workbench.local.api.protocols.model import Operation, service_model
from workbench.local.api.protocols.validate import validate
from workbench.local.arns import function_arn
from workbench.local.config import ServerConfig
from workbench.local.delivery.async_invocations import AsyncInvocations
from workbench.local.delivery.event_sources import EventSources
from workbench.local.delivery.push.log_subscriptions import LogSubscriptions
from workbench.local.errors import ApiError
from workbench.local.fronts.declared_fronts import DeclaredFronts
from workbench.local.fronts.function_urls.function_urls import FunctionUrls
from workbench.local.gate import Caller
from workbench.local.http.messages import Answer, Request, Response
from workbench.local.recording.recorder import Recorder
from workbench.local.runtime.faults import Fault
from workbench.local.runtime.records import UnsupportedRuntime
from workbench.local.services.scope import service_of
from workbench.local.services.services import Services
from workbench.local.store.records import LATEST, Version
from workbench.local.store.store import Store

if TYPE_CHECKING:
    from workbench.local.api.cloudwatch.cloudwatch import CloudWatch
    from workbench.local.api.lifecycle_hooks import LifecycleHooks
    from workbench.local.api.xray.xray import XRay

# Signing names that are answered here; requests of all others are for the services beside Lambda.
OWN_SERVICES = frozenset({"code", "lambda", "logs", "monitoring", "workbench", "xray"})


class Endpoint:
    """Answers the requests of AWS SDKs. `await start(url)` before the first one.

    `linked` is how a project's folders become functions. Every call belongs to the event loop's
    thread.
    """

    def __init__(
        self,
        config: ServerConfig,
        store: Store,
        runtime: FunctionRuntime,
        services: Services,
        recorder: Recorder,
    ) -> None:
        self._recorder = recorder
        transitions = Transitions(store.functions, config.transition_seconds)
        self.event_sources = EventSources(config, store, services, recorder.metrics)
        self._context = Context(
            config, store, runtime, transitions, services, recorder.metrics, self.event_sources
        )
        self._lambda = service_model("lambda", "2015-03-31")
        self._logs = service_model("logs", "2014-03-28")
        self._specs = Specs(self._context)
        self.asynchronous = AsyncInvocations(
            store,
            AsyncFunctions(self._context, self._specs),
            runtime.invoke,
            services,
            recorder.metrics,
            recorder.notice,
            time_scale=config.time_scale,
        )
        self.log_subscriptions = self._context.log_subscriptions = LogSubscriptions(
            store,
            config.account,
            self.asynchronous.invoke,
            lambda arn, group: subscription_filters.may_invoke(self._context, arn, group),
            lambda message: recorder.notice("", message),
        )
        operation = self._lambda.operations["Invoke"]
        self._invoker = Invoker(self._context, operation, self._specs, self.asynchronous.queue)
        self._stream_invoker = StreamInvoker(self._context, self._specs)
        self.urls = FunctionUrls(self._context, self._specs, recorder.notice, recorder.front)
        self._context.urls = self.urls
        self.declared_fronts = DeclaredFronts(
            self._context, self._specs, recorder.front, recorder.notice
        )
        self._declared = DeclaredSources(self._context, recorder.notice)
        self.linked = LinkedFunctions(self._context, self._specs, self._declared, recorder.notice)
        store.functions.on_change.append(self._function_changed)
        transitions.make_snapshots(self._make_snapshot)

    @property
    def last_front_request(self) -> float:
        """When the last request came to a front door, `time.monotonic`."""
        return max(self.urls.last_request, self.declared_fronts.last_request)

    def fronts(self) -> list[dict[str, object]]:
        """All front doors: Kind, Name, Url, Routes."""
        return [*self.declared_fronts.describe(), *self.urls.describe()]

    @property
    def busy(self) -> bool:
        """Whether an invocation is running, or a record of one is on its way."""
        answering = (self._invoker, self._stream_invoker, self.urls, self.declared_fronts)
        return self.asynchronous.busy or any(part.in_flight for part in answering)

    def sources(self) -> list[Mapping[str, object]]:
        """All that invokes functions by itself, for people to read: event source mappings and
        what pushes events (delivery/push/sources.py)."""
        return [
            *self.event_sources.describe(),
            *self._context.services.sources,
            *self.log_subscriptions.sources,
        ]

    def watch_sources(self, listener: Callable[[Mapping[str, object]], None]) -> None:
        """Tell `listener` each source that is new or changed, or gone (State "Deleted")."""
        self.event_sources.on_change.append(listener)
        self._context.services.watch_sources(listener)
        self.log_subscriptions.on_source.append(listener)

    async def start(self, url: str) -> None:
        """Begin to work, reachable at `url`: end interrupted transitions, resume the queue."""
        self._context.url = url
        store = self._context.store
        store.collect_code()
        self._context.transitions.resume()
        limited = set(store.functions.reserved_names())
        limited.update(name for name, *_ in store.attachments.everywhere("provisioned-concurrency"))
        for name in limited:
            self._limit(name)
        self.urls.start()
        self.asynchronous.resume()
        self.event_sources.start(url)

    async def close(self) -> None:
        """Start nothing more. The store belongs to whoever opened it."""
        await self.urls.close()
        await self.declared_fronts.close()
        await self._declared.close()
        await self.log_subscriptions.close()
        await self.event_sources.close()
        await self.asynchronous.close()
        self._context.transitions.close()

    def handle(self, request: Request, caller: Caller) -> Answer:
        """The answer to one request. Raises ApiError; see `error_response`."""
        path = request.path
        if request.method == "POST" and path.startswith(PREFIX) and path.endswith(SUFFIX):
            return self._invoker.handle(request)
        if caller.service == "monitoring":
            return self._cloudwatch.handle(request)
        if caller.service == "xray":
            return self._xray.handle(request)
        if caller.service == "codedeploy":
            return self.lifecycle_hooks.handle(request)
        if caller.service == "execute-api" and path.startswith("/@connections/"):
            return self.declared_fronts.call_back(request)
        if caller.service not in OWN_SERVICES:
            return self._context.services.handle(request)
        target = request.headers.get("x-amz-target")
        if target is not None:
            return self._handle_json(request, target)
        if caller.service == "code":
            return code_location.download(self._context, request)
        return self._handle_rest(request)

    @cached_property
    def _cloudwatch(self) -> CloudWatch:
        # Late: it takes some 10 ms, and most requests are not for it. So for X-Ray.
        from workbench.local.api.cloudwatch.cloudwatch import CloudWatch

        return CloudWatch(self._recorder.metrics_reader, self._context.services)

    @cached_property
    def lifecycle_hooks(self) -> LifecycleHooks:
        """What the hooks of deployments report."""
        from workbench.local.api.lifecycle_hooks import LifecycleHooks

        return LifecycleHooks(self._context.services)

    @cached_property
    def _xray(self) -> XRay:
        from workbench.local.api.xray.xray import XRay

        return XRay(self._recorder.traces, self._recorder.segment)

    def _handle_rest(self, request: Request) -> Answer:
        query = request.query_pairs()
        route = self._lambda.route(request.method, request.path, query)
        if route is None:
            raise ApiError(
                "UnknownOperationException",
                f"Lambda has no operation {request.method} {request.path}.",
                status=404,
            )
        if route.operation.name == "InvokeWithResponseStream":
            return self._stream_invoker.handle(route, request)
        if route.operation.name == "InvokeAsync":
            return self._invoker.invoke_async(route, request)
        implementation = LAMBDA.get(route.operation.name)
        if implementation is None:
            raise _not_offered(route.operation)
        values = parse.rest_json(route, request, query)
        validate(route.operation.input, values)
        output = implementation(self._context, values)
        if inspect.isawaitable(output):
            return _rest_later(route.operation, output)
        return serialise.rest_json(route.operation, output, str(uuid.uuid4()))

    def _handle_json(self, request: Request, target: str) -> Answer:
        prefix, _, name = target.partition(".")
        operation = self._logs.operations.get(name)
        if operation is None or prefix != self._logs.target_prefix:
            raise ApiError("UnknownOperationException", f"There is no operation {target} here.")
        implementation = LOGS.get(name)
        if implementation is None and name != "StartLiveTail":
            raise _not_offered(operation)
        values = parse.json_1_1(operation, request)
        try:
            validate(operation.input, values)
        except ApiError as error:
            raise ApiError("InvalidParameterException", error.message) from None
        if implementation is None:
            return live_tail.start_live_tail(self._context, values)
        return _logs_later(operation, implementation, self._context, values)

    def takes_stream(self, request: Request) -> bool:
        """Whether a large body need not be there as a whole: not for what is answered here."""
        service = service_of(request)
        return bool(service) and service not in OWN_SERVICES

    def error_response(self, request: Request | None, error: ApiError) -> Response:
        """`error` as the API that `request` was for sends errors."""
        if request is not None and error.code == "RequestEntityTooLargeException":
            error = self._naming_operation(request, error)
        headers = [("x-amzn-RequestId", str(uuid.uuid4())), *error.headers.items()]
        if request is not None and "x-amz-target" in request.headers:
            return Response(error.status, error.json_1_1(), [serialise.JSON_1_1, *headers])
        headers.append(("x-amzn-ErrorType", error.code))
        return Response(error.status, error.rest_json(), [serialise.JSON, *headers])

    def _naming_operation(self, request: Request, error: ApiError) -> ApiError:
        """HTTP's own refusal of a body, ending as Lambda's does (lambda-facts §4.6 no. 33)."""
        route = self._lambda.route(request.method, request.path, request.query_pairs())
        if route is None or error.message is None or not error.message.endswith(" bytes"):
            return error
        name = "InvokeFunction" if route.operation.name == "Invoke" else route.operation.name
        if error.message.startswith("Request must"):
            return ApiError(error.code, f"{error.message} for the {name} operation")
        return error

    def _function_changed(self, name: str) -> None:
        """Environments of what $LATEST was before must not serve it any more."""
        self._limit(name)
        arn = function_arn(self._context.config, name)
        latest = self._context.store.functions.version(name, LATEST)
        if latest is None:
            self._context.runtime.retire(arn)
            return
        spec = self._specs.spec(latest)
        self._context.runtime.retire(arn, keep_identity=spec.identity, version=LATEST)
        if latest.configuration.get("State") == "Active":
            self._context.runtime.prepare(spec)

    def _make_snapshot(self, version: Version, done: Callable[[Fault | None], None]) -> None:
        try:
            self._context.runtime.make_snapshot(self._specs.spec(version), done)
        except UnsupportedRuntime:  # its invocations say so
            done(None)

    def _limit(self, name: str) -> None:
        """Tell the runtime what concurrency the function has: reserved, and provisioned."""
        context = self._context
        arn = function_arn(context.config, name)
        context.runtime.reserve(arn, context.store.functions.reserved.get(arn))
        context.runtime.provision(arn, provisioned.wanted(context, self._specs, name))


async def _rest_later(operation: Operation, output: Awaitable[dict[str, Any]]) -> Response:
    return serialise.rest_json(operation, await output, str(uuid.uuid4()))


async def _logs_later(
    operation: Operation, implementation: Implementation, context: Context, values: Input
) -> Response:
    # Who reads logs waits until they are written: in a thread, or invocations would wait too.
    if inspect.iscoroutinefunction(implementation):
        output = await implementation(context, values)
    else:
        output = await asyncio.to_thread(implementation, context, values)
    return serialise.json_1_1(operation, output, str(uuid.uuid4()))


def _not_offered(operation: Operation) -> ApiError:
    return ApiError(
        "NotImplementedException",
        f"The local Lambda does not offer {operation.name}.",
        status=501,
        type="Service",
    )
