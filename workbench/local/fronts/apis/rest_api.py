"""A REST API of API Gateway with Lambda proxy integrations (lambda-facts §8.3)."""

from __future__ import annotations

import json
import time
from typing import Any
from zlib import crc32

from workbench.local.fronts import payload_v1, payload_v2
from workbench.local.fronts.apis.api_call import ApiCall
from workbench.local.fronts.apis.api_front import SOURCE_IP, ApiFront
from workbench.local.fronts.apis.gateway_responses import worded
from workbench.local.fronts.apis.request_validator import RequestValidator
from workbench.local.fronts.authorizers import jwt, lambda_authorizers
from workbench.local.fronts.authorizers.lambda_authorizers import Answer
from workbench.local.fronts.function_urls.url_access import iam_identity
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
_NOT_PASSED_ON = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})
# These names are passed on with capitals however they were written.
_CAPITALISED = {"authorization": "Authorization", "user-agent": "User-Agent"}


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
        body = payload_v1.body_members(
            call.request.body,
            call.request.headers.get("content-type", ""),
            self.api.binary_media_types,
        )
        return {**self._members(call), **body}

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
        if authorizer.kind == "TOKEN":
            return {"type": "TOKEN", "methodArn": arn, "authorizationToken": identity[0]}
        return {"type": "REQUEST", "methodArn": arn, **self._members(call)}

    def iam_member(self, signer: Caller) -> Any:
        return signer

    def token_member(self, call: ApiCall, claims: dict[str, Any]) -> Any:
        return {"claims": jwt.claim_texts(claims)}

    def lambda_member(self, call: ApiCall, name: str, answer: Answer, milliseconds: int) -> Any:
        context = lambda_authorizers.scalar_context(name, answer)
        principal = answer["principalId"]
        return {"principalId": principal, **context, "integrationLatency": milliseconds}

    def _members(self, call: ApiCall) -> dict[str, Any]:
        """The event without its body."""
        request = call.request
        headers = [
            (_CAPITALISED.get(name.lower(), name), value)
            for name, value in request.sent_headers
            if name.lower() not in _NOT_PASSED_ON
        ]
        headers += [
            ("X-Amzn-Trace-Id", call.trace.partition(";")[0]),
            ("X-Forwarded-For", SOURCE_IP),
            ("X-Forwarded-Port", str(self.port)),
            ("X-Forwarded-Proto", "http"),
        ]
        return {
            "resource": call.route.path,
            "path": call.resource_path,
            "httpMethod": request.method,
            **payload_v1.header_members(headers),
            **payload_v1.query_members(request.query_pairs()),
            "pathParameters": call.parameters or None,
            "stageVariables": dict(call.variables) or None,
            "requestContext": self._context(call),
        }

    def _context(self, call: ApiCall) -> dict[str, Any]:
        request, moment = call.request, payload_v2.time_members(call.began)
        context: dict[str, Any] = {
            "accountId": self.config.account,
            "apiId": self.id,
            "deploymentId": "local1",
            "domainName": self.domain,
            "domainPrefix": self.id,
            "extendedRequestId": call.extended_id,
            "httpMethod": request.method,
            "identity": self._identity(call),
            "path": call.path,
            "protocol": f"HTTP/{request.version}",
            "requestId": call.request_id,
            "requestTime": moment["time"],
            "requestTimeEpoch": moment["timeEpoch"],
            "resourceId": f"{crc32(call.route.path.encode()):08x}"[:6],
            "resourcePath": call.route.path,
            "stage": call.stage,
        }
        if call.authorizer is not None and not isinstance(call.authorizer, Caller):
            context["authorizer"] = call.authorizer
        return context

    def _identity(self, call: ApiCall) -> dict[str, Any]:
        headers = call.request.headers
        identity: dict[str, Any] = {
            "accessKey": None,
            "accountId": None,
            "caller": None,
            "cognitoAuthenticationProvider": None,
            "cognitoAuthenticationType": None,
            "cognitoIdentityId": None,
            "cognitoIdentityPoolId": None,
            "principalOrgId": None,
            "sourceIp": SOURCE_IP,
            "user": None,
            "userAgent": headers.get("user-agent"),
            "userArn": None,
        }
        if isinstance(call.authorizer, Caller):
            signer = iam_identity(self.config.account, call.authorizer)
            identity |= {
                "accessKey": signer["accessKey"],
                "accountId": signer["accountId"],
                "caller": signer["callerId"],
                "user": signer["userId"],
                "userArn": signer["userArn"],
            }
        if call.route.needs_api_key:
            identity["apiKey"] = headers.get("x-api-key")
        return identity
