"""The payloads of invocations that the platform ends (lambda-facts §2.4)."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass

from workbench.local.runtime.records import InvokeResult


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an invocation or an initialisation failed: AWS's error type and its text."""

    error_type: str
    message: str


def exit_fault(code: int) -> Fault:
    """The runtime's process ended by itself or was killed; negative codes are signals."""
    if code == 0:
        return Fault("Runtime.ExitError", "Runtime exited without providing a reason")
    return Fault("Runtime.ExitError", f"Runtime exited with error: {_status_text(code)}")


def crash_fault(code: int) -> Fault:
    """An extension's process ended although nobody asked it to (lambda-facts §1.5)."""
    return Fault("Extension.Crash", _status_text(code) if code else "exit code 0")


def sandbox_fault(error: OSError) -> Fault:
    """This machine has not what an environment takes: files it may open, processes, disk."""
    return Fault("Sandbox.Failure", error.strerror or str(error))


def _status_text(code: int) -> str:
    return f"exit status {code}" if code > 0 else f"signal: {_signal_text(-code)}"


def _signal_text(number: int) -> str:
    # Go's words, which the runtime core prints; strsignal's differ in case only.
    words = {signal.SIGSEGV: "segmentation fault", signal.SIGABRT: "aborted"}
    try:
        return words.get(signal.Signals(number)) or (signal.strsignal(number) or "").lower()
    except ValueError:
        return str(number)


def fault_result(fault: Fault, request_id: str) -> InvokeResult:
    """The answer to an invocation that a fault ended."""
    message = f"RequestId: {request_id} Error: {fault.message}"
    body = {"errorType": fault.error_type, "errorMessage": message}
    return InvokeResult(json.dumps(body, separators=(",", ":")).encode(), "Unhandled")


def init_fault(fault: Fault, result: InvokeResult | None) -> Fault:
    """The fault of an initialisation, with the message of what the runtime said about it."""
    if result is None:
        return fault
    try:
        told = json.loads(result.payload)
    except (ValueError, RecursionError):
        return fault
    text = told.get("errorMessage") if isinstance(told, dict) else None
    return Fault(fault.error_type, str(text or fault.message))


def refused_result(code: str, message: str) -> InvokeResult:
    """The API's error `code` in place of an answer; who asks otherwise gets a function error."""
    body = json.dumps({"errorType": code, "errorMessage": message}, separators=(",", ":"))
    return InvokeResult(body.encode(), "Unhandled", refusal=(code, message))


HOOK_FAILED = refused_result(
    "SnapStartException",
    "The afterRestore() runtime hook encountered an error. For more information, check the Amazon "
    "CloudWatch logs.",
)
RESTORE_TIMED_OUT = refused_result(
    "SnapStartTimeoutException", "Lambda couldn't restore the snapshot within the timeout limit."
)


def timeout_fault(timeout: int) -> Fault:
    """The function took longer than its timeout, in seconds."""
    return Fault("Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds")


def oversize_result(limit: int) -> InvokeResult:
    """The answer was over `limit` bytes."""
    body = {
        "errorMessage": "Response payload size exceeded maximum allowed payload size "
        f"({limit} bytes).",
        "errorType": "Function.ResponseSizeTooLarge",
    }
    return InvokeResult(json.dumps(body, separators=(",", ":")).encode(), "Unhandled")
