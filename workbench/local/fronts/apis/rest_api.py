"""A REST API of API Gateway with Lambda proxy integrations (lambda-facts §8.3)."""

from __future__ import annotations

import json
import time
from typing import Any

from workbench.local.fronts import payload_v1, payload_v2
from workbench.local.fronts.apis import rest_api_events
from workbench.local.fronts.apis.api_call import ApiCall
from workbench.local.fronts.apis.api_front import ApiFront
from workbench.local.fronts.apis.gateway_responses import worded
from workbench.local.fronts.apis.request_validator import RequestValidator
from workbench.local.fronts.authorizers import jwt, lambda_authorizers
from workbench.local.fronts.authorizers.lambda_authorizers import Answer
from workbench.local.fronts.place import Place
from workbench.local.fronts.refusals import Refusal, Why
from workbench.local.gate import Caller
from workbench.local.http.messages import Request, Response
from workbench.local.request_ids import new_request_id, new_segment_id
from workbench.project.front_doors.apis import Api, Authorizer

_INTERNAL = "InternalServerErrorException"
_BAD_REQUEST = "BadRequestException"
_DENIED = "User is not authorized to access this resource"
# Gateway responses: status, text and x-amzn-ErrorType.
_ANSWERS: dict[Why, tuple[int, str | None, str]] = {
    "no stage": (403, "Forbidden", "ForbiddenException"),
    "no route": (403, "Missing Authentication Token", "MissingAuthenticationTokenException"),
    "unsigned": (403, "Missing Authentication Token", "MissingAuthenticationTokenException"),
    "no API key": (403, "Forbidden", "ForbiddenException"),
    "unauthorized": (401, "Unauthorized", "UnauthorizedException"),
    "denied": (403, _DENIED, "AccessDeniedException"),
    "explicitly denied": (403, f"{_DENIED} with an explicit deny", "AccessDeniedException"),
    "authorizer failed": (500, None, "AuthorizerConfigurationException"),
    "missing parameters": (400, "Missing required request parameters: [{}]", _BAD_REQUEST),
    "invalid body": (400, "Invalid request body", _BAD_REQUEST),
    "too large": (413, "Request Too Long", "RequestTooLargeException"),
    "unavailable": (500, "Internal server error", _INTERNAL),
    "function failed": (502, "Internal server error", _INTERNAL),
    "malformed result": (502, "Internal server error", _INTERNAL),
    "timed out": (504, "Endpoint request timed out", _INTERNAL),
}


class RestApi(ApiFront):
    """Its front door. What differs from HTTP APIs is here."""

    kind = "RestApi"

    def __init__(self, api: Api, port: int, place: Place) -> None:
        super().__init__(api, port, place)
        self._validators = {
            route.key: RequestValidator(route.validation)
            for route in api.routes
            if route.validation is not None
        }

    def validate(self, call: ApiCall) -> None:
        validator = self._validators.get(call.route.key)
        if validator is not None:
            validator.check(call)

    def routed(self, request: Request) -> ApiCall:
        api = self.api
        full = "/" + request.path.lstrip("/")
        stage, _, rest = full[1:].partition("/")
        variables = self.stages.get(stage)
        if variables is None:
            stages = " or ".join(f"/{each}/" for each in self.stages)
            raise Refusal("no stage", f"Paths of {api.name} begin with its stage, {stages}.")
        path = "/" + rest.lstrip("/")
        found = self.routes[stage].find(request.method, path.rstrip("/") or "/")
        if found is None:
            raise Refusal("no route", f"{api.name} has no method for {request.method} {path}.")
        return ApiCall(request, *found, full, path, time.time(), stage, variables)

    def event(self, call: ApiCall) -> dict[str, Any]:
        return rest_api_events.event(self.gateway, call, self.api.binary_media_types)

    def response(self, call: ApiCall, payload: bytes) -> Response:
        result = payload_v1.result(payload, strict=True)
        accepted = call.request.headers.get("accept", "*/*")
        decode = payload_v1.is_binary(accepted, self.api.binary_media_types)
        headers = [
            *result.headers,
            ("x-amzn-RequestId", call.request_id),
            ("x-amz-apigw-id", call.extended_id),
            ("X-Amzn-Trace-Id", call.trace.partition(";Parent")[0]),
        ]
        return Response(result.status, result.content(decode), headers)

    def refusal(self, call: ApiCall | None, refusal: Refusal) -> Response:
        status, text, code = _ANSWERS[refusal.why]
        message = text and text.replace("{}", refusal.detail)
        member = "Message" if code == "AccessDeniedException" else "message"
        headers = [
            ("Content-Type", payload_v2.JSON_TYPE),
            ("x-amzn-RequestId", call.request_id if call else new_request_id()),
            ("x-amz-apigw-id", call.extended_id if call else f"{new_segment_id()[:15]}="),
            ("x-amzn-ErrorType", code),
        ]
        # Only HTTP APIs say what they ask for.
        refusal.headers.clear()
        # AWS writes a space where the integration or a validator failed, and none elsewhere.
        colon = ": " if code in (_INTERNAL, _BAD_REQUEST) else ":"
        body = json.dumps({member: message}, separators=(",", colon))
        response = Response(status, body.encode(), headers)
        return worded(self.api.gateway_responses, refusal.why, message, call, response)

    def finished(self, request: Request, response: Response) -> Response:
        return response

    def authorizer_event(
        self, call: ApiCall, authorizer: Authorizer, identity: tuple[str, ...]
    ) -> dict[str, Any]:
        arn = self.method_arn(call)
        return rest_api_events.authorizer_event(self.gateway, call, authorizer, identity, arn)

    def iam_member(self, signer: Caller) -> Any:
        return signer

    def token_member(self, call: ApiCall, claims: dict[str, Any]) -> Any:
        return {"claims": jwt.claim_texts(claims)}

    def lambda_member(self, call: ApiCall, name: str, answer: Answer, milliseconds: int) -> Any:
        context = lambda_authorizers.scalar_context(name, answer)
        principal = answer["principalId"]
        return {"principalId": principal, **context, "integrationLatency": milliseconds}
