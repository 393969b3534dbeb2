"""Works on orders from an SQS queue and reports the messages that failed, and only those.

Without that report one bad message would bring the whole batch back to the queue.

Try it: invoke "two good, one bad"; then make the bad one good.
"""

import json
import logging
import os

logger = logging.getLogger()
logger.setLevel(os.environ.get("LOG_LEVEL", "INFO"))


def handler(event, context):
    failed = []
    for record in event["Records"]:
        try:
            work_on(json.loads(record["body"]))
        except Exception:
            # logger.exception writes the stack trace to the log, then we carry on.
            logger.exception("message %s failed", record["messageId"])
            failed.append({"itemIdentifier": record["messageId"]})
    logger.info("%d of %d messages done", len(event["Records"]) - len(failed), len(event["Records"]))
    return {"batchItemFailures": failed}


def work_on(order):
    quantity = order["quantity"]
    if quantity < 1:
        raise ValueError(f"order {order['order']}: a quantity of {quantity} makes no sense")
    logger.info("order %s: %d pieces packed", order["order"], quantity)
