"""Gets the alarms of the topic. On AWS the same topic could send an e-mail or a text message.

Try it: invoke "an alarm"; or invoke Demo and wait for a true one.
"""

import json


def handler(event, context):
    for record in event["Records"]:
        # SNS wraps what was published; the message is a text, here one with JSON in it.
        alarm = json.loads(record["Sns"]["Message"])
        for card, count in alarm["cards"].items():
            print(f"card {card} paid {count} times between {alarm['window']['start']} "
                  f"and {alarm['window']['end']}")
