"""The context object: names and repr are AWS's."""
# mypy: ignore-errors

import json
import time

from .errors import Fault


def _record(name, fields):
    def __repr__(self):
        return "%s([%s])" % (name, ",".join("%s=%s" % (f, getattr(self, f)) for f in fields))

    def __init__(self, values):
        for field in fields:
            setattr(self, field, values.get(field))

    return type(name, (), {"__slots__": fields, "__init__": __init__, "__repr__": __repr__})


CognitoIdentity = _record("CognitoIdentity", ["cognito_identity_id", "cognito_identity_pool_id"])
Client = _record(
    "Client",
    ["installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"],
)
ClientContext = _record("ClientContext", ["custom", "env", "client"])
_SHOWN = [
    "aws_request_id", "log_group_name", "log_stream_name", "function_name", "memory_limit_in_mb",
    "function_version", "invoked_function_arn", "client_context", "identity", "tenant_id",
]  # fmt: skip


class LambdaContext(object):
    """What a handler gets as its second argument."""

    def __init__(self, headers, environ, sink):
        self.aws_request_id = headers.get("lambda-runtime-aws-request-id")
        self.log_group_name = environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        client = _json_header(headers, "lambda-runtime-client-context", "Client Context")
        cognito = _json_header(headers, "lambda-runtime-cognito-identity", "Cognito Identity") or {}
        trace = client.pop("w3c", None) if isinstance(client, dict) else None
        self._w3c = trace if isinstance(trace, dict) else {}
        self.client_context = None
        if client is not None:
            self.client_context = ClientContext(client)
            if self.client_context.client is not None:
                self.client_context.client = Client(self.client_context.client)
        self.identity = CognitoIdentity(
            {
                "cognito_identity_id": cognito.get("cognitoIdentityId"),
                "cognito_identity_pool_id": cognito.get("cognitoIdentityPoolId"),
            }
        )
        self._epoch_deadline_time_in_ms = int(headers.get("lambda-runtime-deadline-ms") or 0)
        self._sink = sink

    def get_remaining_time_in_millis(self):
        return max(0, self._epoch_deadline_time_in_ms - int(time.time() * 1000))

    def w3c(self):
        names = ("traceparent", "tracestate", "baggage")
        return {name: self._w3c[name] for name in names if isinstance(self._w3c.get(name), str)}

    def log(self, msg):
        self._sink.log(str(msg))

    def __repr__(self):
        return "LambdaContext([%s])" % ",".join("%s=%s" % (f, getattr(self, f)) for f in _SHOWN)


def _json_header(headers, name, what):
    text = headers.get(name)
    if not text:
        return None
    try:
        return json.loads(text)
    except Exception as error:
        raise Fault(
            "Runtime.LambdaContextUnmarshalError",
            "Unable to parse {} JSON: {}".format(what, error),
        ) from error
