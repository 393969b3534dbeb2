"""Which Lambda: the local one, or an account's region reached with a profile."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.aws.errors import LambdaError, in_words, mfa_advice
from workbench.aws.profiles import configured_profiles
from workbench.aws.records import ProfileInfo, Target
from workbench.project.server_process import ServerInfo

if TYPE_CHECKING:
    from boto3.session import Session
    from botocore.loaders import Loader
    from botocore.session import Session as BotocoreSession


def local_target(server: ServerInfo) -> Target:
    """The local Lambda that `project.server_process` found or started."""
    return Target("local", server.region, account=server.account, endpoint_url=server.url)


def aws_target(
    profile: str | None = None, region: str | None = None, endpoint_url: str | None = None
) -> Target:
    """AWS with a profile's credentials (None: the default ones), in `region` or the profile's.

    Calls nothing: the account is found with `with_account`. Raises LambdaError when there is no
    such profile or no region.
    """
    target = Target("aws", region or "", profile=profile, endpoint_url=endpoint_url)
    with in_words(target):
        configured = _session(profile).region_name
    # botocore knows only AWS_DEFAULT_REGION; Lambda itself and the other SDKs set AWS_REGION.
    region = region or os.environ.get("AWS_REGION") or configured
    if not region:
        raise LambdaError(
            "NoRegionError",
            "No AWS region is chosen",
            advice="Give one with --region, or set `region` in the profile.",
        )
    return replace(target, region=region)


def endpoint_target(url: str, region: str) -> Target:
    """Services that imitate AWS at `url`."""
    return Target("endpoint", region, endpoint_url=url.rstrip("/"))


def account_of(target: Target) -> str:
    """The target's account, asked of STS where it is not known. Raises LambdaError."""
    if target.account:
        return target.account
    return _ask_account(target)


def identity_of(target: Target) -> tuple[str, str]:
    """Account and ARN of who one is on the target, asked of STS each time: a profile's credentials
    may be another account's since. Raises LambdaError."""
    with in_words(target):
        sts = session_for(target).client(
            "sts", region_name=target.region, endpoint_url=target.endpoint_url
        )
        answer = sts.get_caller_identity()
        return str(answer["Account"]), str(answer["Arn"])


def with_account(target: Target) -> Target:
    """The target with its account filled in. Raises LambdaError."""
    return replace(target, account=account_of(target))


def profiles() -> list[ProfileInfo]:
    """The profiles of the AWS configuration files, by name. Raises LambdaError when damaged."""
    with in_words(Target("aws", "")):
        return configured_profiles()


def regions(service: str = "lambda") -> list[str]:
    """Every region that offers `service`, of all partitions, the usual one's first."""
    # Late: botocore costs 140 ms.
    import botocore.session

    session = botocore.session.Session()
    return [
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions(service, partition)
    ]


def session_for(target: Target) -> Session:
    """A boto3 session with the target's credentials. The local Lambda and other endpoints take any,
    and must get none of the developer's. Raises LambdaError."""
    with in_words(target):
        return _session(target.profile) if target.kind == "aws" else _local_session(target.region)


@cache
def partition_of(region: str) -> str:
    """The partition ("aws", "aws-cn", …) a region's ARNs begin with."""
    import botocore.session

    return str(botocore.session.Session().get_partition_for_region(region))


def _session(profile: str | None) -> Session:
    import boto3
    import botocore.session
    from botocore.utils import JSONFileCache

    session = _with_models(botocore.session.Session(profile=profile))
    roles = session.get_component("credential_provider").get_provider("assume-role")
    # Sessions of roles are shared with the AWS command line, which can ask for MFA codes. Asked
    # here, the question would wait unseen behind the screen.
    roles.cache = JSONFileCache(str(Path("~/.aws/cli/cache").expanduser()))
    roles._prompter = partial(_refuse_mfa, profile)
    return boto3.Session(botocore_session=session)


def _with_models(session: BotocoreSession) -> BotocoreSession:
    """The session with the service models that all sessions share: each would read its own, which
    is megabytes, and a session is garbage that only a collection finds."""
    session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
    return session


@cache
def _loader(data_path: str | None) -> Loader:
    from botocore.loaders import create_loader

    loader = create_loader(data_path)
    # Our additions to botocore's models. An update of a live tail is a document there, given out
    # as it was read: member by member, 20,000 log events would take a second.
    loader.search_paths.append(str(Path(__file__).with_name("models")))
    return loader


def _refuse_mfa(profile: str | None, prompt: str) -> str:
    who = f"profile “{profile}”" if profile else "the default profile"
    raise LambdaError(
        "MfaCode", f"The role of {who} asks for an MFA code", advice=mfa_advice(profile)
    )


def _local_session(region: str) -> Session:
    import boto3
    import botocore.session

    # Neither AWS_PROFILE nor the files of ~/.aws matter here, nor may a fault in them.
    isolated = _with_models(
        botocore.session.Session(
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
            }
        )
    )
    return boto3.Session("local", "local", region_name=region, botocore_session=isolated)


@cache
def _ask_account(target: Target) -> str:
    return identity_of(target)[0]
