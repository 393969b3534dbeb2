"""Takes payments. What goes wrong it only logs, as programs do.

Try it: invoke "three payments", then look at the log of Alerts.
"""

import logging

logger = logging.getLogger()
logger.setLevel("INFO")


def handler(event, context):
    taken = 0
    for payment in event["payments"]:
        if payment["card"].startswith("4"):
            logger.info("payment %s taken", payment["id"])
            taken += 1
        else:
            logger.error("payment %s: the bank does not answer", payment["id"])
    return {"taken": taken}
