"""What `Ref` and `Fn::GetAtt` of a template's resources give before anything is deployed.

The values have the form AWS's documentation gives for each resource type, made of the account and
region in use and the resource's own name (its name property, else its logical id).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a template is taken to be deployed.

    `endpoint` is the URL at which AWS's services are, "" for AWS's own.
    """

    account: str
    region: str
    stack: str
    endpoint: str = ""

    @property
    def partition(self) -> str:
        """The partition of the region, as ARNs begin with."""
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"

    @property
    def url_suffix(self) -> str:
        """What `AWS::URLSuffix` is there."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def pseudo_parameters(self) -> dict[str, str | list[str]]:
        """The pseudo-parameters that have a value (AWS::NoValue has none)."""
        return {
            "AWS::AccountId": self.account,
            "AWS::NotificationARNs": [],
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::StackId": self._stack_id(),
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": self.url_suffix,
        }

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in the account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def _stack_id(self) -> str:
        return self.arn(
            "cloudformation", f"stack/{self.stack}/00000000-0000-0000-0000-000000000000"
        )


# Type → the property that names it. Types not here are known by their logical id.
NAME_PROPERTY = {
    "AWS::ApiGateway::Stage": "StageName",
    "AWS::ApiGatewayV2::Stage": "StageName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::Serverless::SimpleTable": "TableName",
    "AWS::ECR::Repository": "RepositoryName",
    "AWS::Events::ApiDestination": "Name",
    "AWS::Events::Archive": "ArchiveName",
    "AWS::Events::Connection": "Name",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::Kinesis::StreamConsumer": "ConsumerName",
    "AWS::KinesisFirehose::DeliveryStream": "DeliveryStreamName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Serverless::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Serverless::LayerVersion": "LayerName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SSM::Parameter": "Name",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::Scheduler::ScheduleGroup": "Name",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::Serverless::StateMachine": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}

_API_TYPES = (
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::Serverless::Api",
    "AWS::Serverless::HttpApi",
    "AWS::Serverless::WebSocketApi",
)

# Type → service and resource part of its ARN.
_ARN = {
    "AWS::CloudWatch::Alarm": ("cloudwatch", "alarm:{}"),
    "AWS::DynamoDB::Table": ("dynamodb", "table/{}"),
    "AWS::DynamoDB::GlobalTable": ("dynamodb", "table/{}"),
    "AWS::Serverless::SimpleTable": ("dynamodb", "table/{}"),
    "AWS::ECR::Repository": ("ecr", "repository/{}"),
    # AWS's ARNs of destinations and connections end with a UUID, which is made up there.
    "AWS::Events::ApiDestination": ("events", "api-destination/{}"),
    "AWS::Events::Archive": ("events", "archive/{}"),
    "AWS::Events::Connection": ("events", "connection/{}"),
    "AWS::Events::EventBus": ("events", "event-bus/{}"),
    "AWS::Events::Rule": ("events", "rule/{}"),
    "AWS::Kinesis::Stream": ("kinesis", "stream/{}"),
    "AWS::KinesisFirehose::DeliveryStream": ("firehose", "deliverystream/{}"),
    "AWS::Lambda::Function": ("lambda", "function:{}"),
    "AWS::Serverless::Function": ("lambda", "function:{}"),
    "AWS::Lambda::LayerVersion": ("lambda", "layer:{}:1"),
    "AWS::Serverless::LayerVersion": ("lambda", "layer:{}:1"),
    "AWS::Logs::LogGroup": ("logs", "log-group:{}:*"),
    "AWS::SNS::Topic": ("sns", "{}"),
    "AWS::SQS::Queue": ("sqs", "{}"),
    "AWS::SSM::Parameter": ("ssm", "parameter/{}"),
    "AWS::SecretsManager::Secret": ("secretsmanager", "secret:{}"),
    "AWS::Serverless::StateMachine": ("states", "stateMachine:{}"),
    "AWS::StepFunctions::StateMachine": ("states", "stateMachine:{}"),
    "AWS::Cognito::UserPool": ("cognito-idp", "userpool/{}"),
}

_REF_IS_ARN = frozenset(
    [
        "AWS::Lambda::LayerVersion",
        "AWS::SNS::Topic",
        "AWS::SecretsManager::Secret",
        "AWS::Serverless::LayerVersion",
        "AWS::Serverless::StateMachine",
        "AWS::StepFunctions::StateMachine",
    ]
)

_NAME_ATTRIBUTES = frozenset(
    ["Name", "FunctionName", "LayerName", "QueueName", "TableName", "TopicName"]
)


def ref(type_: str, name: str, place: Place) -> str:
    """What `Ref` gives for a resource of `type_` called `name`."""
    name = physical_name(type_, name, place)
    if type_ == "AWS::SQS::Queue":
        if place.endpoint:
            return f"{place.endpoint}/{place.account}/{name}"
        return f"https://sqs.{place.region}.{place.url_suffix}/{place.account}/{name}"
    if type_ in _REF_IS_ARN:
        return _arn(type_, name, place) or name
    return name


def attribute(type_: str, name: str, attribute_name: str, place: Place) -> str | None:
    """What `Fn::GetAtt` gives, or None where that is known only after a deployment."""
    name = physical_name(type_, name, place)
    if attribute_name in ("Arn", f"{type_.rpartition('::')[2]}Arn", "LayerVersionArn"):
        return _arn(type_, name, place)
    if attribute_name in _NAME_ATTRIBUTES:
        return name
    match type_, attribute_name:
        case "AWS::SQS::Queue", "QueueUrl":
            return ref(type_, name, place)
        case "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable", "StreamArn":
            return f"{_arn(type_, name, place)}/stream/2020-01-01T00:00:00.000"
        case "AWS::S3::Bucket", "DomainName":
            return f"{name}.s3.{place.url_suffix}"
        case "AWS::S3::Bucket", "RegionalDomainName":
            return f"{name}.s3.{place.region}.{place.url_suffix}"
        case "AWS::ApiGatewayV2::Api", "ApiEndpoint":
            return f"https://{name}.execute-api.{place.region}.{place.url_suffix}"
        case "AWS::SecretsManager::Secret", "Id":
            return _arn(type_, name, place)
        case (kind, "RestApiId" | "ApiId") if kind in _API_TYPES:
            return name
        case "AWS::Cognito::UserPool", "ProviderName":
            return f"cognito-idp.{place.region}.{place.url_suffix}/{name}"
    return None


def physical_name(type_: str, name: str, place: Place) -> str:
    """Names AWS makes up or restricts, in the form it would give them."""
    if type_ == "AWS::S3::Bucket" or type_ in _API_TYPES:
        return name.lower()
    if type_ == "AWS::Cognito::UserPool" and "_" not in name:
        return f"{place.region}_{name}"
    return name


def _arn(type_: str, name: str, place: Place) -> str | None:
    if type_ == "AWS::S3::Bucket":
        return f"arn:{place.partition}:s3:::{name}"
    if type_ == "AWS::IAM::Role":
        return f"arn:{place.partition}:iam::{place.account}:role/{name}"
    if type_ == "AWS::SSM::Parameter":
        name = name.lstrip("/")
    form = _ARN.get(type_)
    return place.arn(form[0], form[1].format(name)) if form else None
