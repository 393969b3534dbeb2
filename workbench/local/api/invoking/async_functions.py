"""What the queue of asynchronous invocations asks about functions (see delivery/async_queue.py)."""

from __future__ import annotations

from workbench.local.api.context import Context
from workbench.local.api.functions.specs import Specs, Target
from workbench.local.api.invoking import event_invoke_config, recursion
from workbench.local.delivery.outcomes import EventInvokeConfig
from workbench.local.delivery.outcomes import event_invoke_config as config_of
from workbench.local.errors import ApiError
from workbench.local.store.records import LATEST


class AsyncFunctions:
    """Answers from what the API keeps. A qualifier is "" for none."""

    def __init__(self, context: Context, specs: Specs) -> None:
        self._context = context
        self._specs = specs

    def find(self, function: str, qualifier: str) -> Target:
        """What an event invokes. Raises ApiError."""
        return self._specs.find(function, qualifier or None)

    def named(self, arn: str) -> tuple[str, str]:
        """The function and qualifier an ARN names. Raises ApiError."""
        name, qualifier = self._context.named({"FunctionName": arn})
        return name, qualifier or ""

    def arn(self, function: str, qualifier: str) -> str:
        """The function's ARN, ending with $LATEST when there is no qualifier."""
        return self._context.arn(function, qualifier or LATEST)

    def event_invoke_config(self, function: str, qualifier: str) -> EventInvokeConfig:
        """How events invoked by this very qualifier are treated."""
        kept = self._context.store.attachments
        return config_of(kept.get(event_invoke_config.KIND, function, qualifier or LATEST))

    def dead_letter_arn(self, function: str, qualifier: str) -> str | None:
        """The dead letter target of the version that the qualifier means."""
        try:
            version, _ = self._context.version(function, qualifier or None)
        except ApiError:
            return None
        arn: str | None = version.configuration.get("DeadLetterConfig", {}).get("TargetArn")
        return arn

    def is_stopped(self, function: str) -> bool:
        """Whether its reserved concurrency is 0."""
        return self._context.store.functions.reserved.get(self._context.arn(function)) == 0

    def allows_loops(self, function: str) -> bool:
        """Whether it may be invoked in a recursive loop."""
        return recursion.recursive_loop(self._context, function) != recursion.TERMINATE
