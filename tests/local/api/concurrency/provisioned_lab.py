"""A function with versions and provisioned concurrency, for tests."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from api_lab import answer
from endpoint_lab import LocalEndpoint

KIND = (
    "import os, time\n"
    "kind = os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']\n"
    "def handler(event, context):\n"
    "    if 'wait' in event:\n"
    "        while not os.path.exists(event['wait']):\n"
    "            time.sleep(0.005)\n"
    "    if 'exit' in event:\n"
    "        os._exit(event['exit'])\n"
    "    return [kind, os.getpid(), context.function_version]\n"
)


def until(condition: Callable[[], object]) -> Any:
    limit = time.monotonic() + 30
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < limit
        time.sleep(0.01)


class Function:
    """A function with versions, and what is asked of it."""

    def __init__(self, endpoint: LocalEndpoint, code: str = KIND, **more: Any) -> None:
        self.endpoint = endpoint
        self.client = endpoint.client()
        self.name = endpoint.create(code, Timeout=30, **more)
        self.publish()

    def publish(self) -> str:
        version: str = self.client.publish_version(FunctionName=self.name)["Version"]
        self.endpoint.settle(self.name, version)
        return version

    def change(self) -> str:
        self.client.update_function_configuration(FunctionName=self.name, MemorySize=256)
        self.endpoint.settle(self.name)
        return self.publish()

    def alias(self, version: str = "1", **more: Any) -> None:
        self.client.create_alias(
            FunctionName=self.name, Name="live", FunctionVersion=version, **more
        )

    def put(self, number: int, qualifier: str = "1") -> dict[str, Any]:
        return answer(
            self.client.put_provisioned_concurrency_config(
                FunctionName=self.name,
                Qualifier=qualifier,
                ProvisionedConcurrentExecutions=number,
            )
        )

    def get(self, qualifier: str = "1") -> dict[str, Any]:
        return answer(
            self.client.get_provisioned_concurrency_config(
                FunctionName=self.name, Qualifier=qualifier
            )
        )

    def ready(self, qualifier: str = "1") -> dict[str, Any]:
        def settled() -> dict[str, Any] | None:
            found = self.get(qualifier)
            return None if found["Status"] == "IN_PROGRESS" else found

        found: dict[str, Any] = until(settled)
        return found

    def invoke(self, qualifier: str = "1", **event: Any) -> Any:
        response = self.client.invoke(
            FunctionName=self.name, Qualifier=qualifier, Payload=json.dumps(event)
        )
        return json.load(response["Payload"])

    def kind(self, qualifier: str = "1") -> str:
        return str(self.invoke(qualifier)[0])

    def environments(self) -> list[dict[str, Any]]:
        found = self.endpoint.call(self.endpoint.server._runtime.environments)
        return [environment for environment in found if environment["FunctionName"] == self.name]

    def of_environments(self, what: str) -> list[Any]:
        return [environment[what] for environment in self.environments()]

    def log(self) -> list[str]:
        events = self.endpoint.client("logs").filter_log_events(
            logGroupName=f"/aws/lambda/{self.name}"
        )
        return [event["message"] for event in events["events"]]


def figures(found: dict[str, Any]) -> tuple[Any, ...]:
    return (
        found["RequestedProvisionedConcurrentExecutions"],
        found["AllocatedProvisionedConcurrentExecutions"],
        found["AvailableProvisionedConcurrentExecutions"],
        found["Status"],
    )
