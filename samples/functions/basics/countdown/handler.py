"""Counts down, one line a second, so that you can watch the log while a function runs.

Try it: {"seconds": 8}. Cancel it half way. Then ask for 100: the timeout is 60 seconds.
"""

import time


def handler(event, context):
    seconds = int(event.get("seconds", 5))
    for left in range(seconds, 0, -1):
        print(f"{left} … {context.get_remaining_time_in_millis() / 1000:.1f} s until the timeout")
        time.sleep(1)
    print("lift-off")
    return {"counted": seconds}
