"""What AWS says that no local Lambda does: who one is, what a role may, and its refusals."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, quote

from endpoint_lab import ACCOUNT, REGION

ROLE_NAME = "orders-role"
CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/developer/alice"
REQUEST_ID = "lab-request-1"

_TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
          "Principal": {"Service": "lambda.amazonaws.com"}}]}  # fmt: skip
_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/orders"
_ATTACHED = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:SendMessage",
             "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"}}  # fmt: skip
_INLINE = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::photos/*"},
        {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"},
    ],
}


def identity_answer() -> bytes:
    """GetCallerIdentity's answer."""
    return (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<GetCallerIdentityResult><Arn>{CALLER}</Arn><UserId>AROA:alice</UserId>"
        f"<Account>{ACCOUNT}</Account></GetCallerIdentityResult>{_metadata()}"
        "</GetCallerIdentityResponse>"
    ).encode()


def iam_answer(operation: str, body: str) -> bytes:
    """The answers about the one role there is."""
    role = parse_qs(body).get("RoleName", [ROLE_NAME])[0]
    results = {
        "GetRole": f"<Role><Path>/</Path><RoleName>{role}</RoleName><RoleId>AROA</RoleId>"
        f"<Arn>arn:aws:iam::{ACCOUNT}:role/{role}</Arn>"
        "<CreateDate>2026-01-01T00:00:00Z</CreateDate>"
        f"<AssumeRolePolicyDocument>{quote(json.dumps(_TRUST))}</AssumeRolePolicyDocument></Role>",
        "ListAttachedRolePolicies": "<AttachedPolicies><member>"
        "<PolicyName>AWSLambdaBasicExecutionRole</PolicyName>"
        "<PolicyArn>arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole</PolicyArn>"
        f"</member><member><PolicyName>orders</PolicyName><PolicyArn>{_POLICY}</PolicyArn>"
        "</member></AttachedPolicies><IsTruncated>false</IsTruncated>",
        "GetPolicy": f"<Policy><PolicyName>orders</PolicyName><Arn>{_POLICY}</Arn>"
        "<DefaultVersionId>v2</DefaultVersionId></Policy>",
        "GetPolicyVersion": "<PolicyVersion><VersionId>v2</VersionId>"
        f"<Document>{quote(json.dumps(_ATTACHED))}</Document></PolicyVersion>",
        "ListRolePolicies": "<PolicyNames><member>photos</member></PolicyNames>"
        "<IsTruncated>false</IsTruncated>",
        "GetRolePolicy": f"<RoleName>{role}</RoleName><PolicyName>photos</PolicyName>"
        f"<PolicyDocument>{quote(json.dumps(_INLINE))}</PolicyDocument>",
    }
    return (
        f'<{operation}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        f"<{operation}Result>{results[operation]}</{operation}Result>{_metadata()}"
        f"</{operation}Response>"
    ).encode()


def refusal(fault: str, service: str, operation: str) -> tuple[int, dict[str, str], bytes]:
    """AWS's no as the service's protocol says it: status, headers, body. What is `unknown` gets
    the page that servers have for it."""
    if fault == "unknown":
        page = b"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n"
        return 404, {"Content-Type": "text/html; charset=utf-8"}, page
    code, text = {
        "expired": (
            "ExpiredTokenException",
            "The security token included in the request is expired",
        ),
        "throttled": ("TooManyRequestsException", "Rate exceeded"),
        "denied": (
            "AccessDeniedException",
            f"User: {CALLER} is not authorized to perform: {service}:{operation} "
            f"because no identity-based policy allows the {service}:{operation} action",
        ),
    }[fault]
    if service in ("sts", "iam", "sns"):
        code = {"expired": "ExpiredToken", "throttled": "Throttling"}.get(fault, "AccessDenied")
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
            f"<Message>{text}</Message></Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
        )
        return (400 if fault == "throttled" else 403), {"Content-Type": "text/xml"}, body.encode()
    if service == "s3":
        body = f"<Error><Code>AccessDenied</Code><Message>{text}</Message></Error>"
        return 403, {"Content-Type": "application/xml"}, body.encode()
    if service == "lambda":
        status = 429 if fault == "throttled" else 403
        answer = {"Type": "User", "message": text}
        if fault == "throttled":
            answer["Reason"] = "CallerRateLimitExceeded"
        kind = {"x-amzn-ErrorType": code, "Content-Type": "application/json"}
        return status, kind, json.dumps(answer).encode()
    if fault == "throttled":
        code = "ThrottlingException"
    kind = {"Content-Type": "application/x-amz-json-1.1"}
    return 400, kind, json.dumps({"__type": code, "message": text}).encode()


def made_up_function(number: int) -> dict[str, Any]:
    """The configuration of a function that is only listed."""
    name = f"made-up-{number:05}"
    return {
        "FunctionName": name,
        "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
        "Runtime": "python3.13",
        "Role": f"arn:aws:iam::{ACCOUNT}:role/{ROLE_NAME}",
        "Handler": "app.handler",
        "CodeSize": 1024,
        "Timeout": 3,
        "MemorySize": 128,
        "LastModified": "2026-01-01T00:00:00.000+0000",
        "CodeSha256": "0" * 44,
        "Version": "$LATEST",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
    }


def _metadata() -> str:
    return f"<ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata>"
