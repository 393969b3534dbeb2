"""What the errors that Lambda itself raises mean, and what becomes of the environment, in words."""

from __future__ import annotations

from workbench.aws.records import Invocation

_RESET = "The environment starts anew for the next invocation; what is in /tmp stays."


def fault_words(invocation: Invocation) -> str:
    """A sentence or two about an error of the platform's, "" for one of the function's own
    (lambda-facts §2.3)."""
    error = invocation.error
    if error is None:
        return ""
    if error.type == "Sandbox.Timedout" or "Task timed out after" in error.message:
        return f"It ran longer than its Timeout allows, and was ended. {_RESET}"
    if error.type == "Runtime.OutOfMemory":
        size = f" of {invocation.report.memory_size} MB" if invocation.report else ""
        return f"It needed more than its MemorySize{size}, and was ended. {_RESET}"
    if error.type == "Runtime.ExitError":
        return f"Its process ended before it had answered. {_RESET}"
    if "[Errno 28]" in error.message or "ENOSPC" in error.message:
        return (
            "/tmp is full: its size is EphemeralStorage. What is in it stays for the next "
            "invocations of the same environment."
        )
    return ""
