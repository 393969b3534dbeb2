"""Lambda's operations as screens and commands use them, on either target."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from workbench.aws.clients import Clients
from workbench.aws.code import download as code_download
from workbench.aws.errors import LambdaError, in_words
from workbench.aws.function_errors import parse_error
from workbench.aws.logs.report import parse_report
from workbench.aws.parse import alias_of, function_of
from workbench.aws.records import (
    Alias,
    Function,
    Invocation,
    InvocationType,
    Target,
)


class LambdaClient:
    """Lambda on one target. Safe to share between threads; every method raises LambdaError.

    Making one costs nothing: boto3 (160 ms) and its clients come with the first call.
    `code_root` gives a function's folder on this machine, to name files in its stack traces;
    `connections` is how many invocations at once it is made for.
    """

    def __init__(
        self,
        target: Target,
        code_root: Callable[[str], Path | None] = lambda name: None,
        connections: int = 20,
    ) -> None:
        self.target = target
        self.clients = Clients(target, connections)
        self._code_root = code_root

    def functions(self) -> Iterator[list[Function]]:
        """All functions of the account and region, page by page, as AWS orders them."""
        pages = self._pages("list_functions", "Functions", {})
        return ([function_of(each) for each in page] for page in pages)

    def function(self, name: str, qualifier: str | None = None) -> Function:
        """One function's $LATEST, or the version `qualifier` (or its alias) stands for."""
        return function_of(self._get_function(name, qualifier)["Configuration"])

    def log_group(self, name: str, qualifier: str | None = None) -> str:
        """Where a function logs. The default group where its configuration may not be read: who
        may only invoke or read logs needs no more (lambda-facts §3.3)."""
        try:
            return self.function(name, qualifier).log_group
        except LambdaError as error:
            if not error.code.startswith("AccessDenied"):
                raise
            from workbench.aws.recording import simple_name

            return f"/aws/lambda/{simple_name(name)}"

    def code_location(self, name: str, qualifier: str | None = None) -> str:
        """Where the function's zip can be downloaded for some minutes: a presigned URL."""
        code: Mapping[str, Any] = self._get_function(name, qualifier).get("Code", {})
        location = code.get("Location")
        if code.get("RepositoryType") == "ECR" or not location:
            image = code.get("ImageUri", "an image")
            raise LambdaError(
                "PackageType", f"{name} has no zip: it is the container image {image}"
            )
        return str(location)

    def download_code(self, name: str, qualifier: str | None, destination: Path) -> Path:
        """Download the function's zip and unpack it as the folder `destination`, replacing it.

        Returns `destination`. An archive that reaches outside the folder is refused.
        """
        location = self.code_location(name, qualifier)
        with in_words(self.target):
            return code_download.download(location, destination, direct=self.target.kind == "local")

    def fetch_code(self, name: str, qualifier: str | None, file: IO[bytes]) -> None:
        """Write the function's zip into `file`, as it is, for instance to compare it
        (`code_diff.diff_packages`)."""
        location = self.code_location(name, qualifier)
        with in_words(self.target):
            code_download.fetch(location, file, direct=self.target.kind == "local")

    def configuration(self, name: str, qualifier: str | None = None) -> dict[str, Any]:
        """The configuration with AWS's own members, as GetFunctionConfiguration has them."""
        request = _given(FunctionName=name, Qualifier=qualifier)
        found = self._control("get_function_configuration", request)
        return {key: value for key, value in found.items() if key != "ResponseMetadata"}

    def versions(self, name: str) -> list[Function]:
        """$LATEST, then the published versions, newest first."""
        pages = self._pages("list_versions_by_function", "Versions", {"FunctionName": name})
        found = [function_of(each) for page in pages for each in page]
        return sorted(found, key=lambda f: int(f.version) if f.version.isdecimal() else 1 << 62)[
            ::-1
        ]

    def publish_version(
        self, name: str, description: str = "", revision_id: str | None = None
    ) -> Function:
        """Publish $LATEST (lambda-facts §4.4). Unchanged since the last version: that version.

        `revision_id` publishes only if $LATEST still has it.
        """
        request = _given(
            FunctionName=name, Description=description or None, RevisionId=revision_id or None
        )
        return function_of(self._control("publish_version", request))

    def aliases(self, name: str) -> list[Alias]:
        """The function's aliases by name."""
        pages = self._pages("list_aliases", "Aliases", {"FunctionName": name})
        found = [alias_of(each) for page in pages for each in page]
        return sorted(found, key=lambda alias: alias.name)

    def alias(self, name: str, alias: str) -> Alias:
        """One alias of the function."""
        return alias_of(self._control("get_alias", {"FunctionName": name, "Name": alias}))

    def create_alias(self, name: str, alias: str, version: str, description: str = "") -> Alias:
        """Create an alias of a version or $LATEST (lambda-facts §4.5)."""
        request = _given(
            FunctionName=name,
            Name=alias,
            FunctionVersion=version,
            Description=description or None,
        )
        return alias_of(self._control("create_alias", request))

    def update_alias(
        self,
        name: str,
        alias: str,
        *,
        version: str | None = None,
        weights: Mapping[str, float] | None = None,
        description: str | None = None,
        revision_id: str | None = None,
    ) -> Alias:
        """Change what is given of an alias; the rest stays (lambda-facts §4.5).

        `weights` maps the second version to its share (0.0–1.0); {} takes the weights away.
        """
        request = _given(
            FunctionName=name,
            Name=alias,
            FunctionVersion=version,
            Description=description,
            RevisionId=revision_id or None,
        )
        if weights is not None:
            request["RoutingConfig"] = {"AdditionalVersionWeights": dict(weights)}
        return alias_of(self._control("update_alias", request))

    def delete_alias(self, name: str, alias: str) -> None:
        """Delete an alias; one that is not there is no error (lambda-facts §4.5)."""
        self._control("delete_alias", {"FunctionName": name, "Name": alias})

    def invoke(
        self,
        name: str,
        event: bytes,
        *,
        qualifier: str | None = None,
        invocation_type: InvocationType = "RequestResponse",
        log_tail: bool = True,
        token: str | None = None,
    ) -> Invocation:
        """Invoke once, never again by itself; waits up to 16 minutes (lambda-facts §2).

        A function that fails is an answer (`function_error`, `error`), not an exception.
        `token` names the invocation for `WorkbenchSurface.cancel` (local target only).
        """
        request = _given(
            FunctionName=name,
            Payload=event,
            Qualifier=qualifier,
            InvocationType=invocation_type,
            LogType="Tail" if log_tail and invocation_type == "RequestResponse" else None,
        )
        client = self.clients.invoke
        self.clients.name_invocation(token)
        started, clock = time.time(), time.perf_counter()
        with in_words(self.target):
            answer = client.invoke(**request)
            payload = answer["Payload"].read()
        round_trip_ms = (time.perf_counter() - clock) * 1000
        request_id = answer["ResponseMetadata"]["RequestId"]
        log_text = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
        function_error = answer.get("FunctionError")
        return Invocation(
            request_id=request_id,
            function=name,
            qualifier=qualifier,
            invocation_type=invocation_type,
            event=event,
            payload=payload,
            status_code=answer["StatusCode"],
            started=started,
            round_trip_ms=round_trip_ms,
            executed_version=answer.get("ExecutedVersion"),
            function_error=function_error,
            error=parse_error(payload, self._code_root(name)) if function_error else None,
            report=parse_report(log_text, request_id),
            log_text=log_text,
        )

    def update_code(self, name: str, archive: bytes, revision_id: str) -> Function:
        """Replace the code of $LATEST by a zip, if it still has `revision_id` (lambda-facts §4.4).

        `wait_active` tells when that is done. Never sent twice: that would fail on the revision.
        """
        client = self.clients.invoke
        with in_words(self.target):
            request = _given(FunctionName=name, ZipFile=archive, RevisionId=revision_id or None)
            answer: Any = client.update_function_code(**request)
            return function_of(answer)

    def wait_active(
        self,
        name: str,
        qualifier: str | None = None,
        timeout: float = 60,
        on_look: Callable[[Function], None] = lambda function: None,
    ) -> Function:
        """Wait until the function is Active and no update is in progress; return it then.

        `on_look` is told how it is, each time. Raises LambdaError also when it has failed, or is
        not ready after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        pause = 0.02 if self.target.kind == "local" else 0.5
        while True:
            function = self.function(name, qualifier)
            on_look(function)
            if "Failed" in (function.state, function.last_update_status):
                reason = function.state_reason or "AWS gives no reason"
                raise LambdaError("Failed", f"{name} did not become active: {reason}")
            if function.state in (None, "Active", "Inactive") and (
                function.last_update_status in (None, "Successful")
            ):
                return function
            if time.monotonic() >= deadline:
                raise LambdaError(
                    "Pending",
                    f"{name} is not ready after {timeout:.0f} s (it is {function.state}, its "
                    f"last update {function.last_update_status})",
                    advice="Try again in a while.",
                )
            time.sleep(pause)
            pause = min(pause * 1.5, 2)

    def _get_function(self, name: str, qualifier: str | None) -> dict[str, Any]:
        return self._control("get_function", _given(FunctionName=name, Qualifier=qualifier))

    def _control(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        client = self.clients.control
        with in_words(self.target):
            answer: dict[str, Any] = getattr(client, operation)(**request)
            return answer

    def _pages(
        self, operation: Any, key: str, request: Mapping[str, Any]
    ) -> Iterator[list[dict[str, Any]]]:
        paginator: Any = self.clients.control.get_paginator(operation)
        pages = iter(paginator.paginate(**request))
        while True:
            with in_words(self.target):
                page = next(pages, None)
            if page is None:
                return
            yield page.get(key, [])


def _given(**parameters: Any) -> dict[str, Any]:
    """The parameters that are not None: botocore takes no None."""
    return {name: value for name, value in parameters.items() if value is not None}
