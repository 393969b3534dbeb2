"""The smallest useful function: it greets whoever the event names.

Try it: invoke it, change the greeting, save, and invoke again.
"""

import os

# Code up here runs once, when an execution environment starts. What it leaves
# behind is still there at the next invocation of the same environment.
invocations = 0


def handler(event, context):
    global invocations
    invocations += 1

    name = event.get("name", "world")
    print(f"greeting {name}")  # whatever you print goes to the function's log

    # What you return is sent back as JSON.
    return {
        "greeting": f"Hello, {name}!",
        "stage": os.environ["STAGE"],
        "invocation": invocations,
        "function": f"{context.function_name}:{context.function_version}",
        "request_id": context.aws_request_id,
        "memory_mb": int(context.memory_limit_in_mb),
        "ms_left": context.get_remaining_time_in_millis(),
    }
