"""Profiles, regions, and every way not to reach AWS, in words that say what to do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.aws.errors import LambdaError, explain, in_words
from workbench.aws.lambda_client import LambdaClient
from workbench.aws.records import ProfileInfo, Target
from workbench.aws.targets import account_of, aws_target, profiles, regions

CONFIG = """
[default]
region = eu-west-1
[profile company]
sso_session = company
sso_account_id = 111111111111
sso_role_name = dev
region = eu-central-1
[sso-session company]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-central-1
[profile production]
role_arn = arn:aws:iam::222222222222:role/deploy
source_profile = company
[profile half]
aws_access_key_id = AKIA
region = us-east-1
[profile tool]
credential_process = /does/not/exist
region = us-east-1
[profile bare]
output = json
[profile coded]
role_arn = arn:aws:iam::222222222222:role/deploy
source_profile = default
mfa_serial = arn:aws:iam::111111111111:mfa/alice
region = us-east-1
[profile loose]
role_arn = arn:aws:iam::222222222222:role/deploy
source_profile = nowhere
region = us-east-1
"""
MORE = """
[profile chatty]
credential_process = echo hello
[profile stale]
credential_process = echo '{"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b",
    "SessionToken": "c", "Expiration": "2020-01-01T00:00:00Z"}'
[profile silent]
credential_process = false
[profile rootless]
role_arn = arn:aws:iam::222222222222:role/deploy
[profile unnamed]
sso_session = company
sso_account_id = 111111111111
[profile elsewhere]
aws_access_key_id = AKIA
aws_secret_access_key = s
endpoint_url = localhost:4566
"""


@pytest.fixture
def configured(aws_home: Path) -> Path:
    (aws_home / "config").write_text(CONFIG)
    (aws_home / "credentials").write_text(
        "[default]\naws_access_key_id=AKIA\naws_secret_access_key=s\n"
    )
    return aws_home


def test_profiles_with_their_kinds(configured: Path) -> None:
    assert profiles() == [
        ProfileInfo("bare", None, "none"),
        ProfileInfo("coded", "us-east-1", "role"),
        ProfileInfo("company", "eu-central-1", "sso"),
        ProfileInfo("default", "eu-west-1", "static"),
        ProfileInfo("half", "us-east-1", "static"),
        ProfileInfo("loose", "us-east-1", "role"),
        ProfileInfo("production", None, "role"),
        ProfileInfo("tool", "us-east-1", "process"),
    ]


def test_no_configuration_means_no_profiles(aws_home: Path) -> None:
    assert profiles() == []


def test_regions() -> None:
    found = regions()
    assert "eu-west-1" in found and "cn-north-1" in found
    assert len(found) == len(set(found))


def test_the_region_is_the_given_one_or_the_environments_or_the_profiles(
    configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert aws_target().region == "eu-west-1"
    assert aws_target("company", "us-west-2").region == "us-west-2"
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    assert aws_target("company").region == "ap-south-1"


def test_target_keys() -> None:
    assert Target("local", "us-east-1").key == "local"
    assert Target("aws", "us-east-1", profile="p").key == "aws:p:us-east-1"
    assert Target("aws", "us-east-1", profile="p", account="1").key == "aws:1:us-east-1"
    assert account_of(Target("aws", "us-east-1", account="123456789012")) == "123456789012"


def test_no_region(configured: Path) -> None:
    with pytest.raises(LambdaError, match=r"No AWS region is chosen\. Give one with --region"):
        aws_target("bare")


def test_unknown_profile(configured: Path) -> None:
    with pytest.raises(LambdaError, match="There is no AWS profile “nope”") as caught:
        aws_target("nope", "us-east-1")
    assert "aws configure --profile nope" in caught.value.advice


@pytest.mark.parametrize(
    ("profile", "message", "advice"),
    [
        ("bare", "no AWS credentials for profile “bare”", "aws configure --profile bare"),
        ("half", "incomplete: aws_secret_access_key is missing", "aws configure --profile half"),
        ("company", "The SSO sign-in of profile “company”", "aws sso login --profile company"),
        ("coded", "asks for an MFA code", "aws sts get-caller-identity --profile coded"),
        ("loose", "Profile “loose” cannot be used", "source_profile"),
        ("tool", "“tool” could not be had: No such file or directory: /does/not/exist", ""),
        ("chatty", "“chatty” could not be had: they are no JSON", "Get new ones"),
        ("stale", "the refreshed credentials are still expired", "Get new ones"),
        ("silent", "what should give them failed without a word", "Get new ones"),
        (
            "production",
            "The SSO sign-in of profile “production”",
            "aws sso login --profile company",
        ),
        ("rootless", "source_profile or credential_source is missing", "Mend its role_arn"),
        ("unnamed", "Profile “unnamed” cannot be used", "aws configure sso --profile unnamed"),
        ("elsewhere", "endpoint localhost:4566 of profile “elsewhere” is no address", "http://"),
    ],
)
def test_no_usable_credentials(configured: Path, profile: str, message: str, advice: str) -> None:
    (configured / "config").write_text(CONFIG + MORE.replace(",\n   ", ","))
    client = LambdaClient(aws_target(profile, "us-east-1"))
    with pytest.raises(LambdaError) as caught:
        client.function("x")
    assert message in str(caught.value)
    assert advice in caught.value.advice
    assert "Traceback" not in str(caught.value)


def test_a_damaged_configuration(aws_home: Path) -> None:
    (aws_home / "config").write_text("[broken\n")
    with pytest.raises(LambdaError, match="AWS configuration cannot be read"):
        aws_target(None, "us-east-1")


@pytest.fixture
def keys(aws_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def test_nobody_listens(keys: None) -> None:
    aws = Target("aws", "us-east-1", endpoint_url="http://127.0.0.1:1")
    with pytest.raises(LambdaError, match="cannot be reached"):
        LambdaClient(aws).invoke("x", b"{}")
    local = Target("local", "us-east-1", endpoint_url="http://127.0.0.1:1")
    with pytest.raises(LambdaError, match="start it again with `workbench serve`"):
        LambdaClient(local).invoke("x", b"{}")


def test_parameters_that_cannot_be(keys: None) -> None:
    client = LambdaClient(Target("aws", "us-east-1", endpoint_url="http://127.0.0.1:1"))
    with pytest.raises(LambdaError, match="Invalid length for parameter FunctionName"):
        client.function("")


ANSWER = (
    b"HTTP/1.1 %d X\r\nx-amzn-RequestId: r-1\r\nx-amzn-ErrorType: %s\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
)


@pytest.fixture
def refusing(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server that gives one answer: (status, AWS's code, text)."""
    status, code, text = request.param
    body = b'{"message":"%s"}' % text.encode()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(ANSWER % (status, code.encode(), len(body), body))

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


@pytest.mark.parametrize(
    ("refusing", "advice"),
    [
        ((403, "ExpiredTokenException", "The security token is expired"), "have expired"),
        ((403, "UnrecognizedClientException", "invalid token"), "does not accept"),
        ((403, "AccessDeniedException", "not authorized: lambda:GetFunction"), "permission"),
        ((400, "InvalidParameterValueException", "no"), ""),
    ],
    indirect=["refusing"],
)
def test_what_aws_refuses(keys: None, refusing: str, advice: str) -> None:
    client = LambdaClient(Target("aws", "us-east-1", profile=None, endpoint_url=refusing))
    with pytest.raises(LambdaError) as caught:
        client.function("x")
    assert advice in caught.value.advice
    assert caught.value.request_id == "r-1"


@pytest.mark.parametrize("refusing", [(429, "TooManyRequestsException", "Rate")], indirect=True)
def test_a_throttled_invocation_is_not_repeated(keys: None, refusing: str) -> None:
    client = LambdaClient(Target("aws", "us-east-1", endpoint_url=refusing))
    with pytest.raises(LambdaError, match=r"Rate\. Wait a moment") as caught:
        client.invoke("x", b"{}")
    assert caught.value.status == 429


def test_our_own_bugs_are_not_explained_away() -> None:
    target = Target("local", "us-east-1")
    assert explain(KeyError("x"), target) is None
    with pytest.raises(KeyError), in_words(target):
        raise KeyError("x")
