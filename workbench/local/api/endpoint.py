"""The AWS APIs on one port: requests in, each to its operation, errors in AWS's form."""

from __future__ import annotations

import asyncio
import inspect
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from workbench.local.api import (
    aliases,
    code_location,
    code_signing,
    concurrency,
    event_invoke_config,
    event_sources,
    function_urls,
    functions,
    layer_permissions,
    layers,
    live_tail,
    log_events,
    log_groups,
    log_streams,
    parse,
    policies,
    provisioned,
    recursion,
    runtime_management,
    serialise,
    subscription_filters,
    tags,
    updates,
    versions,
)
from workbench.local.api.async_functions import AsyncFunctions
from workbench.local.api.cloudwatch import CloudWatch
from workbench.local.api.context import Context, FunctionRuntime, Input
from workbench.local.api.context import Operation as Implementation
from workbench.local.api.declared_sources import DeclaredSources
from workbench.local.api.invoke import PREFIX, SUFFIX, Invoker
from workbench.local.api.invoke_stream import StreamInvoker
from workbench.local.api.linked import LinkedFunctions
from workbench.local.api.model import Operation, ServiceModel
from workbench.local.api.specs import Specs
from workbench.local.api.transitions import Transitions
from workbench.local.api.validate import validate
from workbench.local.api.xray import XRay
from workbench.local.arns import function_arn
from workbench.local.config import ServerConfig
from workbench.local.delivery.async_invocations import AsyncInvocations
from workbench.local.delivery.event_sources import EventSources
from workbench.local.delivery.push.log_subscriptions import LogSubscriptions
from workbench.local.errors import ApiError
from workbench.local.fronts.declared_fronts import DeclaredFronts
from workbench.local.fronts.function_urls import FunctionUrls
from workbench.local.gate import Caller
from workbench.local.http_messages import Answer, Request, Response
from workbench.local.recorder import Recorder
from workbench.local.runtime.faults import Fault
from workbench.local.runtime.records import UnsupportedRuntime
from workbench.local.services.scope import service_of
from workbench.local.services.services import Services
from workbench.local.store.records import LATEST, Version
from workbench.local.store.store import Store

LAMBDA: dict[str, Implementation] = {
    "CreateFunction": functions.create_function,
    "GetFunction": functions.get_function,
    "GetFunctionConfiguration": functions.get_function_configuration,
    "ListFunctions": functions.list_functions,
    "DeleteFunction": functions.delete_function,
    "UpdateFunctionCode": updates.update_function_code,
    "UpdateFunctionConfiguration": updates.update_function_configuration,
    "PublishVersion": versions.publish_version,
    "ListVersionsByFunction": versions.list_versions_by_function,
    "CreateAlias": aliases.create_alias,
    "GetAlias": aliases.get_alias,
    "UpdateAlias": aliases.update_alias,
    "DeleteAlias": aliases.delete_alias,
    "ListAliases": aliases.list_aliases,
    "PutFunctionConcurrency": concurrency.put_function_concurrency,
    "GetFunctionConcurrency": concurrency.get_function_concurrency,
    "DeleteFunctionConcurrency": concurrency.delete_function_concurrency,
    "PutProvisionedConcurrencyConfig": provisioned.put_provisioned_concurrency_config,
    "GetProvisionedConcurrencyConfig": provisioned.get_provisioned_concurrency_config,
    "DeleteProvisionedConcurrencyConfig": provisioned.delete_provisioned_concurrency_config,
    "ListProvisionedConcurrencyConfigs": provisioned.list_provisioned_concurrency_configs,
    "GetAccountSettings": concurrency.get_account_settings,
    "PublishLayerVersion": layers.publish_layer_version,
    "GetLayerVersion": layers.get_layer_version,
    "GetLayerVersionByArn": layers.get_layer_version_by_arn,
    "ListLayerVersions": layers.list_layer_versions,
    "ListLayers": layers.list_layers,
    "DeleteLayerVersion": layers.delete_layer_version,
    "AddLayerVersionPermission": layer_permissions.add_layer_version_permission,
    "GetLayerVersionPolicy": layer_permissions.get_layer_version_policy,
    "RemoveLayerVersionPermission": layer_permissions.remove_layer_version_permission,
    "AddPermission": policies.add_permission,
    "GetPolicy": policies.get_policy,
    "RemovePermission": policies.remove_permission,
    "CreateFunctionUrlConfig": function_urls.create_function_url_config,
    "GetFunctionUrlConfig": function_urls.get_function_url_config,
    "UpdateFunctionUrlConfig": function_urls.update_function_url_config,
    "DeleteFunctionUrlConfig": function_urls.delete_function_url_config,
    "ListFunctionUrlConfigs": function_urls.list_function_url_configs,
    "PutFunctionEventInvokeConfig": event_invoke_config.put_function_event_invoke_config,
    "UpdateFunctionEventInvokeConfig": event_invoke_config.update_function_event_invoke_config,
    "GetFunctionEventInvokeConfig": event_invoke_config.get_function_event_invoke_config,
    "DeleteFunctionEventInvokeConfig": event_invoke_config.delete_function_event_invoke_config,
    "ListFunctionEventInvokeConfigs": event_invoke_config.list_function_event_invoke_configs,
    "CreateEventSourceMapping": event_sources.create_event_source_mapping,
    "GetEventSourceMapping": event_sources.get_event_source_mapping,
    "UpdateEventSourceMapping": event_sources.update_event_source_mapping,
    "DeleteEventSourceMapping": event_sources.delete_event_source_mapping,
    "ListEventSourceMappings": event_sources.list_event_source_mappings,
    "GetFunctionRecursionConfig": recursion.get_function_recursion_config,
    "PutFunctionRecursionConfig": recursion.put_function_recursion_config,
    "GetRuntimeManagementConfig": runtime_management.get_runtime_management_config,
    "PutRuntimeManagementConfig": runtime_management.put_runtime_management_config,
    "CreateCodeSigningConfig": code_signing.create_code_signing_config,
    "GetCodeSigningConfig": code_signing.get_code_signing_config,
    "UpdateCodeSigningConfig": code_signing.update_code_signing_config,
    "DeleteCodeSigningConfig": code_signing.delete_code_signing_config,
    "ListCodeSigningConfigs": code_signing.list_code_signing_configs,
    "ListFunctionsByCodeSigningConfig": code_signing.list_functions_by_code_signing_config,
    "PutFunctionCodeSigningConfig": code_signing.put_function_code_signing_config,
    "GetFunctionCodeSigningConfig": code_signing.get_function_code_signing_config,
    "DeleteFunctionCodeSigningConfig": code_signing.delete_function_code_signing_config,
    "ListTags": tags.list_tags,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
}

LOGS: dict[str, Implementation] = {
    "DescribeLogGroups": log_groups.describe_log_groups,
    "ListLogGroups": log_groups.list_log_groups,
    "CreateLogGroup": log_groups.create_log_group,
    "DeleteLogGroup": log_groups.delete_log_group,
    "PutRetentionPolicy": log_groups.put_retention_policy,
    "DeleteRetentionPolicy": log_groups.delete_retention_policy,
    "ListTagsForResource": log_groups.list_tags_for_resource,
    "TagResource": log_groups.tag_resource,
    "UntagResource": log_groups.untag_resource,
    "ListTagsLogGroup": log_groups.list_tags_log_group,
    "TagLogGroup": log_groups.tag_log_group,
    "UntagLogGroup": log_groups.untag_log_group,
    "DescribeLogStreams": log_streams.describe_log_streams,
    "CreateLogStream": log_streams.create_log_stream,
    "DeleteLogStream": log_streams.delete_log_stream,
    "PutLogEvents": log_streams.put_log_events,
    "GetLogEvents": log_events.get_log_events,
    "FilterLogEvents": log_events.filter_log_events,
    "PutSubscriptionFilter": subscription_filters.put_subscription_filter,
    "DescribeSubscriptionFilters": subscription_filters.describe_subscription_filters,
    "DeleteSubscriptionFilter": subscription_filters.delete_subscription_filter,
}


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
        transitions = Transitions(store.functions, config.transition_seconds)
        self.event_sources = EventSources(config, store, services, recorder.metrics)
        self._context = Context(
            config, store, runtime, transitions, services, recorder.metrics, self.event_sources
        )
        self._lambda = ServiceModel("lambda", "2015-03-31")
        self._logs = ServiceModel("logs", "2014-03-28")
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
        self._cloudwatch = CloudWatch(recorder.metrics_reader, services)
        self._stream_invoker = StreamInvoker(self._context, self._specs)
        self.urls = FunctionUrls(self._context, self._specs, recorder.notice)
        self._context.urls = self.urls
        self.declared_fronts = DeclaredFronts(
            self._context, self._specs, recorder.front, recorder.notice
        )
        self._xray = XRay(recorder.traces, recorder.segment)
        self._declared = DeclaredSources(self._context, recorder.notice)
        self.linked = LinkedFunctions(self._context, self._specs, self._declared)
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
