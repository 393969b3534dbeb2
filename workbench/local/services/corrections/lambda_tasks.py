"""What `arn:aws:states:::lambda:invoke` gives a state machine: the payload, and the response it
came with, which moto leaves out (lambda-facts §8.5)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import formatdate
from functools import cache
from typing import Any


@cache
def correct() -> None:
    """Make moto's tasks so. Loads its part for Step Functions."""
    from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

    utils: Any = lambda_eval_utils

    def invoke(env: Any, parameters: Any, region: str, state_credentials: Any) -> None:
        answer = utils._invoke_lambda_function(
            parameters=parameters, region=region, state_credentials=state_credentials
        )
        error = answer.get("FunctionError")
        if error is not None:
            payload = json.dumps(answer["Payload"], separators=(",", ":"))
            raise utils.LambdaFunctionErrorException(error, payload)
        env.stack.append(result(answer))

    utils.execute_lambda_function_integration = invoke


def result(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a task, of boto3's answer to Invoke with its Payload read."""
    metadata = answer["ResponseMetadata"]
    given = metadata["HTTPHeaders"]
    version, request_id = answer.get("ExecutedVersion", "$LATEST"), metadata["RequestId"]
    headers = {
        "Connection": "keep-alive",
        "Content-Length": given.get("content-length", "0"),
        "Content-Type": given.get("content-type", "application/json"),
        "Date": given.get("date") or formatdate(usegmt=True),
        "X-Amz-Executed-Version": version,
        "x-amzn-Remapped-Content-Length": "0",
        "x-amzn-RequestId": request_id,
        "X-Amzn-Trace-Id": given.get("x-amzn-trace-id", ""),
    }
    return {
        "ExecutedVersion": version,
        "Payload": answer["Payload"],
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": metadata["HTTPStatusCode"],
        },
        "SdkResponseMetadata": {"RequestId": request_id},
        "StatusCode": answer["StatusCode"],
    }
