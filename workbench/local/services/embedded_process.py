"""The embedded AWS services: moto, in a process of its own.

`python -m workbench.local.services.embedded_process` reads lines of JSON from its standard input.
The first is `{"Folder", "Socket", "Url", "Account", "Region", "Resources"}`: it makes the
resources, serves HTTP on that Unix socket and writes `{"Ready": true}`. Any other is
`{"Resources"}`: it makes the new ones among them. It writes `{"LogicalId", "Message"}` for a
resource that cannot be made, and ends when its standard input does: with the local Lambda, however
that ends. `{"Source"}`, `{"Notice"}` and `{"Scheduled"}` come from what pushes events to functions
(delivery/push/).

What it holds is in its memory, and on disk before a request is answered (keeping/). A service's
part of moto is loaded when it is first used, or at the start if it holds something.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from workbench.local.delivery.push.pushes import Pushes
from workbench.local.errors import ApiError
from workbench.local.http.listener import Listener
from workbench.local.http.messages import Request, Response
from workbench.local.services import wsgi
from workbench.local.services.corrections import (
    dynamodb_streams,
    forgotten_models,
    kinesis_shards,
    lambda_tasks,
    response_shapes,
    schema_registry,
    secret_rotation,
    sqs_queues,
)
from workbench.local.services.corrections.executions import name_execution
from workbench.local.services.corrections.schema_registry import SchemaRegistries
from workbench.local.services.corrections.traced_messages import sent_with
from workbench.local.services.keeping import keep, objects, tables
from workbench.local.services.keeping.keep import Keep
from workbench.local.services.keeping.operations import changes_resources
from workbench.local.services.keeping.states import States
from workbench.local.services.protocols import error_response
from workbench.local.services.resource_maker import ResourceMaker
from workbench.local.services.scope import service_of
from workbench.local.services.settings import ServiceSettings

log = logging.getLogger(__name__)

_AT_ONCE = 256  # requests; a long poll of a queue is one for up to 20 seconds
_MAX_BODY = 5 * 1024**3  # S3's own limit for one request


class EmbeddedServices:
    """Answers requests of AWS SDKs with moto. What it holds is kept in `folder`; `notice` is
    told what is not, and why."""

    def __init__(
        self,
        folder: Path,
        pushes: Pushes,
        notice: Callable[[str], None],
        place: ServiceSettings,
    ) -> None:
        # Late: moto, boto3 and Flask take 0.3 s; the settings they read are made before.
        from moto.core.config import default_user_config
        from moto.core.request import (
            PRESERVED_HEADER_NAMES_ENVIRON_KEY,
            environ_key_for_header,
        )
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        # State machines run, and AWS's own policies can be attached to roles.
        default_user_config["stepfunctions"]["execute_state_machine"] = True
        default_user_config["iam"]["load_aws_managed_policies"] = True
        forgotten_models.correct()
        dynamodb_streams.correct()
        kinesis_shards.correct()
        sqs_queues.correct()
        response_shapes.correct()
        tables.correct()
        states = States(notice)
        self.kept = Keep(folder, states.of)
        keep.use(self.kept)
        for service in states.bring_back(self.kept):
            pushes.prepare(service)
        self._application: Any = DomainDispatcherApplication(create_backend_app)
        self._preserved = PRESERVED_HEADER_NAMES_ENVIRON_KEY
        self._environ_key = environ_key_for_header
        self._pushes = pushes
        self._place = place
        self._notice = notice
        self._schemas = SchemaRegistries(place.account, place.region, self.kept)
        self._threads = ThreadPoolExecutor(_AT_ONCE, "request")

    async def handle(self, request: Request) -> Response:
        """The service's answer; never raises."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self.answer, request)

    def answer(self, request: Request) -> Response:
        """The same, in the thread that calls. What it did is on disk when this returns."""
        service = service_of(request)
        try:
            with self.kept.answering():
                answer = self._answer(service, request)
                if service != schema_registry.SERVICE and changes_resources(request):
                    self.kept.changed(service)
                self.kept.commit()
                return answer
        except (sqlite3.Error, OSError, RuntimeError) as error:
            log.exception("%s cannot be kept", service)
            message = f"What the embedded services hold cannot be written ({error})."
            return _fail(request, 503, "ServiceUnavailable", message)

    def _answer(self, service: str, request: Request) -> Response:
        try:
            if service == schema_registry.SERVICE:
                return self._schemas.answer(request)
            if service == "secretsmanager":
                secret_rotation.correct(self._place, self._notice)
            if service == "states":
                lambda_tasks.correct()
                name_execution(request)
            self._pushes.before(service, request)
            environ = wsgi.environ(request)
            self._keep_underscores(request, environ)
            if service == "s3" and request.method == "PUT" and _is_form(request):
                del environ["CONTENT_TYPE"]  # urllib's and curl's default: it is stored as it is
            if self._unknown(environ):
                return _no_operation(request, 501)
            with sent_with(request.headers.get("x-amzn-trace-id")), _keeping(service, request):
                answer = wsgi.run(self._application, environ)
            self._pushes.after(service, request)
            if answer.status >= 400 and _is_page(answer):  # Flask's own word
                return _no_operation(request, answer.status)
            return answer
        except NotImplementedError as error:
            what = f" ({error})" if str(error) else ""
            message = f"The embedded {service} does not have this operation{what}."
            return _fail(request, 501, "NotImplemented", message)
        except ModuleNotFoundError as error:
            message = f"The embedded {service} is not offered: it needs the package {error.name}."
            return _fail(request, 501, "NotImplemented", message)
        except Exception:
            log.exception("%s %s %s failed", service, request.method, request.path)
            # Nearly always what moto does not check or does not have: trying again is no use.
            message = (
                f"The embedded {service} cannot carry out this request; "
                ".workbench/server.log has details."
            )
            return _fail(request, 501, "NotImplemented", message)

    def _unknown(self, environ: wsgi.Environ) -> bool:
        application = self._application
        try:
            host = application.infer_service_region_host(environ, environ["PATH_INFO"])
        except (IndexError, KeyError):  # DynamoDB's, without the header that says what to do
            return True
        return host is not None and application.get_backend_for_host(host) is None

    def _keep_underscores(self, request: Request, environ: wsgi.Environ) -> None:
        # x-amz-meta-my_key and x-amz-meta-my-key are two things, and moto can tell them apart.
        names = environ[self._preserved] = {}
        for name, value in request.headers.items():
            key = self._environ_key(name)
            if name.startswith("x-amz-meta-") and "_" in name and key not in environ:
                names[key] = name
                environ[key] = value


def _keeping(service: str, request: Request) -> contextlib.AbstractContextManager[None]:
    return objects.kept_after(request) if service == "s3" else contextlib.nullcontext()


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form")


def _is_page(answer: Response) -> bool:
    return any(
        name.lower() == "content-type" and value.startswith("text/html")
        for name, value in answer.headers
    )


def _no_operation(request: Request, status: int) -> Response:
    message = f"There is no such operation of “{service_of(request)}”."
    return _fail(request, status, "NotImplemented", message)


def _fail(request: Request, status: int, code: str, message: str) -> Response:
    return error_response(service_of(request), request.headers, status, code, message)


def _error(request: Request | None, error: ApiError) -> Response:
    headers = request.headers if request is not None else {}
    service = service_of(request) if request is not None else ""
    return error_response(service, headers, error.status, error.code, error.message or "")


async def _serve(services: EmbeddedServices, socket: str) -> None:
    listener = Listener(services.handle, _error, max_body=_MAX_BODY)
    await listener.start_unix(socket)
    _say({"Ready": True})
    await asyncio.Event().wait()


_saying = threading.Lock()
_told = sys.stdout  # `main` keeps it for the server alone


def _say(message: Mapping[str, object]) -> None:
    with _saying:
        print(json.dumps(message), file=_told, flush=True)


def _keep_output_for_the_server() -> None:
    """moto prints a word now and then: that goes where its log goes, not among our messages."""
    global _told
    _told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)


def _notice(message: str) -> None:
    _say({"Notice": message})


def _make(maker: ResourceMaker, resources: Iterable[Mapping[str, Any]]) -> None:
    try:
        for logical_id, message in maker.make(resources):
            _say({"LogicalId": logical_id, "Message": message})
    except Exception:  # whatever a template says, the services are there and end with the server
        log.exception("resources of the template were not made")
        _notice("Not all resources of the template are there: .workbench/server.log says why.")


def _follow_input(maker: ResourceMaker) -> None:
    for line in sys.stdin.buffer:
        _make(maker, json.loads(line)["Resources"])
    os._exit(0)  # what was answered is on disk


def main() -> None:
    """Serve until the standard input ends."""
    # What is imported stays. Looking for garbage among it takes a quarter of the start, and of a
    # service's first request.
    gc.set_threshold(50_000)
    gc.disable()
    _keep_output_for_the_server()
    settings = json.loads(sys.stdin.buffer.readline())
    os.environ["MOTO_ACCOUNT_ID"] = settings["Account"]
    os.environ["AWS_DEFAULT_REGION"] = settings["Region"]
    # What moto calls itself, such as the functions of a state machine, is on our endpoint.
    os.environ["MOTO_PORT"] = settings["Url"].rpartition(":")[2]
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
    logging.getLogger("moto").setLevel(logging.CRITICAL)  # it tells of each state that fails
    os.umask(0o077)
    place = ServiceSettings(settings["Url"], settings["Account"], settings["Region"])
    pushes = Pushes(place, _say)
    services = EmbeddedServices(Path(settings["Folder"]), pushes, _notice, place)
    maker = ResourceMaker(services.answer, place, services.kept, _notice)
    _make(maker, settings["Resources"])
    gc.freeze()
    gc.enable()
    threading.Thread(target=_follow_input, args=[maker], daemon=True).start()
    asyncio.run(_serve(services, settings["Socket"]))


if __name__ == "__main__":
    main()
