"""Create-, Get-, Update-, Delete- and ListFunctionUrlConfigs (lambda-facts §4.6 no. 5, 6, 17, 42).

A function ($LATEST) and each of its aliases may have one URL, which goes with them.
"""

from __future__ import annotations

import datetime
import secrets
import string
from collections.abc import Mapping
from typing import Any, Final

from workbench.local.api.context import Context, Input, Output
from workbench.local.api.paging import attached_page
from workbench.local.errors import ApiError, conflict, not_found
from workbench.local.store.records import LATEST

KIND: Final = "function-url"

_SETTINGS = ("AuthType", "Cors", "InvokeMode")


def create_function_url_config(context: Context, input: Input) -> Output:
    """201 with the URL, which answers at once. InvokeMode is shown only if it was given."""
    name, qualifier = _existing(context, input)
    if context.store.attachments.get(KIND, name, qualifier) is not None:
        raise conflict(
            f"Failed to create function url config for [functionArn = "
            f"{_arn(context, name, qualifier)}]. Error message:  FunctionUrlConfig exists for "
            "this Lambda function"
        )
    config = {**_new(context, name, qualifier), **_given(input)}
    _keep(context, name, qualifier, config)
    return _rendered(context, name, qualifier, config)


def get_function_url_config(context: Context, input: Input) -> Output:
    """The configuration with its defaults, or 404."""
    name, qualifier = _named(context, input)
    config = _found(context, name, qualifier)
    return _rendered(context, name, qualifier, _with_defaults(config))


def update_function_url_config(context: Context, input: Input) -> Output:
    """Change what is given; an empty Cors removes it. InvokeMode is shown only if it was given,
    now or before."""
    name, qualifier = _existing(context, input)
    config = {
        **_found(context, name, qualifier),
        **_given(input),
        "LastModifiedTime": _now(),
    }
    _keep(context, name, qualifier, config)
    return _rendered(context, name, qualifier, config)


def delete_function_url_config(context: Context, input: Input) -> Output:
    """204, or 404. Only this qualifier's URL goes."""
    name, qualifier = _named(context, input)
    _found(context, name, qualifier)
    context.store.attachments.remove(KIND, name, qualifier)
    context.urls.changed(name, qualifier)
    return {}


def list_function_url_configs(context: Context, input: Input) -> Output:
    """One page, the function's own first, then its aliases'. `Marker` is the last qualifier."""
    name, _ = context.named(input)
    if context.store.functions.get(name) is None:
        raise _no_function()
    shown, more = attached_page(context, KIND, name, input)
    return {
        "FunctionUrlConfigs": [
            _rendered(context, name, qualifier, _with_defaults(config))
            for qualifier, config in shown
        ],
        **more,
    }


def declare(context: Context, name: str, declared: Mapping[str, Any] | None) -> None:
    """Give the function `name` the URL that its project declares, or none any more.

    `declared` has AuthType, InvokeMode, Cors, and Public: whether its policy opens it to all.
    """
    attachments = context.store.attachments
    config: dict[str, Any] | None = attachments.get(KIND, name)
    policy: list[Any] = attachments.get("policy", name) or []
    policy = [statement for statement in policy if statement["Sid"] not in _PUBLIC_SIDS]
    if declared is None:
        attachments.remove(KIND, name)
    else:
        if declared["Public"]:
            policy += _public_statements(context.arn(name))
        if config is None:
            config = _new(context, name, LATEST)
        attachments.put(KIND, name, {**config, **_given(declared), "LastModifiedTime": _now()})
    attachments.put("policy", name, policy)
    context.urls.changed(name, LATEST)


# What the console and SAM add to the policy for a URL of AuthType NONE.
_PUBLIC_SIDS = ("FunctionURLAllowPublicAccess", "FunctionURLInvokeAllowPublicAccess")


def _public_statements(arn: str) -> list[dict[str, Any]]:
    allow = {"Effect": "Allow", "Principal": "*"}
    return [
        {
            "Sid": _PUBLIC_SIDS[0],
            **allow,
            "Action": "lambda:InvokeFunctionUrl",
            "Resource": arn,
            "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        },
        {
            "Sid": _PUBLIC_SIDS[1],
            **allow,
            "Action": "lambda:InvokeFunction",
            "Resource": arn,
            "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
        },
    ]


_ID = string.ascii_lowercase + string.digits


def _new(context: Context, name: str, qualifier: str) -> dict[str, Any]:
    """A URL that listens already, to be configured."""
    now = _now()
    return {
        "UrlId": "".join(secrets.choice(_ID) for _ in range(32)),
        "Port": context.urls.open(name, qualifier),
        "CreationTime": now,
        "LastModifiedTime": now,
    }


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _given(input: Mapping[str, Any]) -> dict[str, Any]:
    return {key: input[key] for key in _SETTINGS if input.get(key) is not None}


def _named(context: Context, input: Input) -> tuple[str, str]:
    name, qualifier = context.named(input)
    return name, qualifier or LATEST


def _existing(context: Context, input: Input) -> tuple[str, str]:
    """The function and its alias ($LATEST for none), which must exist, or 404."""
    name, qualifier = _named(context, input)
    try:
        context.version(name, qualifier)
    except ApiError:
        raise _no_function() from None
    return name, qualifier


def _no_function() -> ApiError:
    return not_found("Function does not exist")


def _found(context: Context, name: str, qualifier: str) -> dict[str, Any]:
    config: dict[str, Any] | None = context.store.attachments.get(KIND, name, qualifier)
    if config is None:
        raise not_found("The resource you requested does not exist.")
    return config


def _keep(context: Context, name: str, qualifier: str, config: dict[str, Any]) -> None:
    context.store.attachments.put(KIND, name, config, qualifier)
    context.urls.changed(name, qualifier)


def _with_defaults(config: dict[str, Any]) -> dict[str, Any]:
    return {"InvokeMode": "BUFFERED", **config}


def _arn(context: Context, name: str, qualifier: str) -> str:
    return context.arn(name, None if qualifier == LATEST else qualifier)


def _rendered(context: Context, name: str, qualifier: str, config: dict[str, Any]) -> Output:
    """What the API shows of a configuration; `serialise` puts the members in order."""
    output = {
        **config,
        "FunctionUrl": f"http://{context.config.host}:{config['Port']}/",
        "FunctionArn": _arn(context, name, qualifier),
    }
    if not config.get("Cors"):
        output.pop("Cors", None)
    return output
