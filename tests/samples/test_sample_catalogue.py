"""The catalogue as a whole: every sample renders, every parameter counts, everything is covered."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.samples import BadParameter, SampleEvent, UnknownSample, catalogue, find, search
from workbench.samples.render import PLACEHOLDER
from workbench.shipped import shipped

NOW = datetime(2026, 12, 1, 9, 5, 7, 250_000, tzinfo=UTC)
EVERY = pytest.mark.parametrize("sample", catalogue(), ids=lambda sample: sample.name)

# What `sam local generate-event SERVICE EVENT` offers, and which of our samples stands for it.
SAM = {
    "alb request": "alb-request",
    "alexa-skills-kit end-session": "alexa-session-ended",
    "alexa-skills-kit intent-answer": "alexa-intent-answer",
    "alexa-skills-kit intent-getnewfact": "alexa-intent",
    "alexa-skills-kit intent-mycoloris": "alexa-intent-color",
    "alexa-skills-kit intent-recipe": "alexa-intent-recipe",
    "alexa-skills-kit start-session": "alexa-launch",
    "alexa-smart-home smart-home-control-turn-off-request": "alexa-smart-home-turn-off",
    "alexa-smart-home smart-home-control-turn-on-request": "alexa-smart-home-turn-on",
    "alexa-smart-home smart-home-discovery-request": "alexa-smart-home-discovery",
    "apigateway authorizer": "apigateway-authorizer-token",
    "apigateway aws-proxy": "apigateway-rest-proxy",
    "apigateway http-api-proxy": "apigateway-http-api",
    "apigateway request-authorizer": "apigateway-authorizer-request",
    "appsync resolver": "appsync-resolver",
    "batch get-job": "batch-get-job",
    "batch submit-job": "batch-submit-job",
    "cloudformation create-request": "cloudformation-create",
    "cloudfront ab-test": "cloudfront-ab-test",
    "cloudfront access-request-in-response": "cloudfront-origin-error",
    "cloudfront http-redirect": "cloudfront-http",
    "cloudfront modify-querystring": "cloudfront-country",
    "cloudfront modify-response-header": "cloudfront-viewer-response",
    "cloudfront multiple-remote-calls-aggregate-response": "cloudfront-origin-request",
    "cloudfront normalize-querystring-to-improve-cache-hit": "cloudfront-unsorted-query",
    "cloudfront redirect-on-viewer-country": "cloudfront-country",
    "cloudfront redirect-unauthenticated-users": "cloudfront-signed-out",
    "cloudfront response-generation": "cloudfront-viewer-request",
    "cloudfront serve-object-on-viewer-device": "cloudfront-device",
    "cloudfront simple-remote-call": "cloudfront-viewer-request",
    "cloudwatch logs": "cloudwatch-logs",
    "cloudwatch scheduled-event": "eventbridge-scheduled",
    "codecommit repository": "codecommit-push",
    "codepipeline job": "codepipeline-job",
    "cognito sync-trigger": "cognito-sync-trigger",
    "config item-change-notification": "config-item-change",
    "config oversized-item-change-notification": "config-oversized-item-change",
    "config periodic-rule": "config-scheduled",
    "connect contact-flow-event": "connect-contact-flow",
    "dynamodb update": "dynamodb-update",
    "kinesis analytics": "kinesis-analytics",
    "kinesis analytics-compressed": "kinesis-analytics-compressed",
    "kinesis analytics-dynamodb": "kinesis-analytics-dynamodb",
    "kinesis analytics-kpl": "kinesis-analytics-kpl",
    "kinesis apachelog": "firehose-apache-log",
    "kinesis cloudwatch-logs-processor": "firehose-cloudwatch-logs",
    "kinesis get-records": "kinesis-record",
    "kinesis kinesis-firehose": "firehose-transform",
    "kinesis streams-as-source": "firehose-kinesis-source",
    "kinesis syslog": "firehose-syslog",
    "lex book-car": "lex-book-car",
    "lex book-hotel": "lex-book-hotel",
    "lex make-appointment": "lex-make-appointment",
    "lex order-flowers": "lex-order-flowers",
    "lex-v2 banking-bot": "lexv2-banking",
    "lex-v2 book-car": "lexv2-book-car",
    "lex-v2 book-hotel": "lexv2-book-hotel",
    "rekognition s3-request": "rekognition-s3-request",
    "s3 batch-invocation": "s3-batch",
    "s3 delete": "s3-delete",
    "s3 put": "s3-put",
    "sagemaker ground-truth-annotation-consolidation": "sagemaker-annotation-consolidation",
    "sagemaker ground-truth-pre-human": "sagemaker-pre-human-task",
    "ses email-receiving": "ses-receive",
    "sns notification": "sns-notification",
    "sqs receive-message": "sqs-message",
    "stepfunctions error": "step-functions-error",
    "workmail email": "workmail-email",
}


@EVERY
def test_renders_to_json_with_its_defaults(sample: SampleEvent) -> None:
    event = sample.render(now=NOW, seed=1)

    assert not PLACEHOLDER.search(json.dumps(event))
    assert event == sample.render(now=NOW, seed=1)


@EVERY
def test_every_parameter_changes_the_event(sample: SampleEvent) -> None:
    default = sample.render(now=NOW, seed=1)
    for parameter in sample.parameters:
        if parameter.type == "choice":
            others = [choice for choice in parameter.choices if choice != parameter.default]
        else:
            other = {"number": "7", "json": '{"changed": "1"}', "text": parameter.default + "x"}
            others = [other[parameter.type]]
        for value in others:
            assert sample.render({parameter.name: value}, now=NOW, seed=1) != default, parameter


@EVERY
def test_is_described_for_people(sample: SampleEvent) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", sample.name)
    assert sample.description.endswith(".") and len(sample.description) < 120
    assert len(sample.title) < 60
    assert sample.invocation_type in ("Event", "RequestResponse")
    assert sample.documentation and sample.documentation.startswith("https://")
    assert len({parameter.name for parameter in sample.parameters}) == len(sample.parameters)
    for parameter in sample.parameters:
        assert parameter.description
        assert parameter.check(parameter.default) == parameter.default


@EVERY
def test_region_and_account_are_used_wherever_there_is_an_arn(sample: SampleEvent) -> None:
    text = json.dumps(sample.render(region="cn-north-1", account="210987654321", now=NOW, seed=1))

    assert "us-east-1" not in text and "123456789012" not in text
    assert "arn:aws:" not in text


def test_there_are_many_and_their_names_are_unique() -> None:
    names = [sample.name for sample in catalogue()]

    assert len(names) >= 75
    assert len(set(names)) == len(names)
    assert len({sample.service for sample in catalogue()}) >= 30


def test_files_are_called_after_the_name() -> None:
    files = {file.stem for file in (shipped("samples") / "events").rglob("*.json")}

    assert files == {sample.name for sample in catalogue()}


def test_is_sorted_by_service_and_title() -> None:
    order = [(sample.service.lower(), sample.title) for sample in catalogue()]

    assert order == sorted(order)


@pytest.mark.parametrize("sam", SAM)
def test_covers_what_sam_generates(sam: str) -> None:
    assert find(SAM[sam]).name == SAM[sam]


def test_every_cognito_trigger_source_is_there() -> None:
    sources = {
        source
        for sample in catalogue()
        if sample.name.startswith("cognito-")
        for parameter in sample.parameters
        if parameter.name == "trigger_source"
        for source in parameter.choices
    }
    sources |= {
        event["triggerSource"]
        for sample in catalogue()
        if sample.name.startswith("cognito-")
        and "triggerSource" in (event := sample.render(now=NOW))
    }

    families = {source.partition("_")[0] for source in sources}
    assert families == {
        "PreSignUp",
        "PostConfirmation",
        "PreAuthentication",
        "PostAuthentication",
        "TokenGeneration",
        "CustomMessage",
        "DefineAuthChallenge",
        "CreateAuthChallenge",
        "VerifyAuthChallengeResponse",
        "UserMigration",
        "CustomEmailSender",
        "CustomSMSSender",
        "InboundFederation",
    }


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownSample, match=r"s3-putt.*s3-put") as caught:
        find("s3-putt")

    assert caught.value.suggestions[0] == "s3-put"


def test_a_name_like_no_other_suggests_nothing() -> None:
    with pytest.raises(UnknownSample) as caught:
        find("qqqqqqqq")

    assert caught.value.suggestions == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("s3 put", "s3-put"),
        ("function url", "function-url"),
        ("token authorizer", "apigateway-authorizer-token"),
        ("kineiss", "kinesis-record"),
        ("websocket conn", "apigateway-websocket-connect"),
        ("SQS fifo", "sqs-fifo"),
        ("sched", "eventbridge-scheduled"),
        ("rotate", "secrets-manager-rotation"),
    ],
)
def test_search_finds_among_the_first(text: str, name: str) -> None:
    assert name in [sample.name for sample in search(text)[:4]]


def test_search_puts_exact_words_first() -> None:
    assert search("alb")[0].service == "Application Load Balancer"
    assert search("s3-put")[0].name == "s3-put"


def test_search_for_nothing_gives_all_and_for_nonsense_none() -> None:
    assert search("  ") == catalogue()
    assert search("qqqqqqqq") == ()


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(BadParameter, match=r"buket: s3-put has no such parameter; it has bucket"):
        find("s3-put").render({"buket": "b"})


def test_bad_json_is_refused_with_line_and_column() -> None:
    with pytest.raises(BadParameter, match=r"detail: not JSON: .*\(line 2, column 8\)") as caught:
        find("eventbridge-custom").render({"detail": '{"a": 1,\n  "b": x}'})

    assert caught.value.parameter == "detail"


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("s3-put", {"size": "big"}, "size: not JSON"),
        ("s3-put", {"size": "true"}, "size: 'true' is not a number"),
        ("s3-put", {"size": "NaN"}, "size: not JSON: NaN is no JSON number"),
        ("function-url", {"method": "FETCH"}, "method: 'FETCH' is not one of GET, POST"),
        ("dynamodb-insert", {"keys": "[]"}, "keys: must be a JSON object"),
        ("sqs-message", {"attributes": '{"a": {}}'}, "attributes: message attribute a"),
    ],
)
def test_a_bad_value_is_refused(name: str, values: dict[str, str], message: str) -> None:
    with pytest.raises(BadParameter, match=re.escape(message)):
        find(name).render(values)


def test_placeholders_in_a_value_stay_as_they_are() -> None:
    event = find("sqs-message").render({"body": "{{uuid}} {{nothing}}"})

    assert event["Records"][0]["body"] == "{{uuid}} {{nothing}}"


def test_ids_are_fresh_at_each_rendering() -> None:
    first, second = (find("sqs-message").render()["Records"][0] for _ in range(2))

    assert first["messageId"] != second["messageId"]


def test_region_and_account_may_be_values_too() -> None:
    record = find("sqs-message").render({"region": "eu-west-1", "account": "111122223333"})

    arn = record["Records"][0]["eventSourceARN"]
    assert arn == "arn:aws:sqs:eu-west-1:111122223333:example-queue"


def test_the_folders_are_those_of_the_checkout() -> None:
    assert shipped("samples") == Path(__file__).parents[2] / "samples"
