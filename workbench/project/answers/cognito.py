"""Answers to triggers of Cognito user pools (lambda-facts §8.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.project.answers.verdicts import Refused, members

# Trigger → the members that its `response` may have.
_RESPONSES: dict[str, frozenset[str]] = {
    "PreSignUp": frozenset({"autoConfirmUser", "autoVerifyEmail", "autoVerifyPhone"}),
    "PostConfirmation": frozenset(),
    "PreAuthentication": frozenset(),
    "PostAuthentication": frozenset(),
    "TokenGeneration": frozenset({"claimsOverrideDetails", "claimsAndScopeOverrideDetails"}),
    "CustomMessage": frozenset({"smsMessage", "emailMessage", "emailSubject"}),
    "DefineAuthChallenge": frozenset({"challengeName", "issueTokens", "failAuthentication"}),
    "CreateAuthChallenge": frozenset(
        {"publicChallengeParameters", "privateChallengeParameters", "challengeMetadata"}
    ),
    "VerifyAuthChallengeResponse": frozenset({"answerCorrect"}),
    "UserMigration": frozenset(
        {
            "userAttributes", "finalUserStatus", "messageAction", "desiredDeliveryMediums",
            "forceAliasCreation", "enableSMSMFA",
        }
    ),
    "InboundFederation": frozenset({"userAttributesToMap"}),
}  # fmt: skip
SENDERS = ("CustomEmailSender", "CustomSMSSender")
_BOOLEANS = frozenset(
    {
        "autoConfirmUser", "autoVerifyEmail", "autoVerifyPhone", "issueTokens",
        "failAuthentication", "answerCorrect", "forceAliasCreation",
    }
)  # fmt: skip


def trigger(event: Mapping[str, Any]) -> str:
    """The trigger that an event is of: `PreSignUp`."""
    return str(event["triggerSource"]).partition("_")[0]


def check(event: Mapping[str, Any], answer: Any) -> None:
    """Raises Refused unless `answer` is the event with nothing but its `response` filled in."""
    given = members(answer, "the answer")
    missing = [name for name in event if name not in given]
    if missing:
        raise Refused(
            f"the same event must come back, and {missing[0]} is missing (“Unrecognizable lambda "
            "output”)"
        )
    for name, value in event.items():
        if name != "response" and given[name] != value:
            raise Refused(f"{name} is not as it was in the event: only response may be filled in")
    more = [name for name in given if name not in event]
    if more:
        raise Refused(f"{more[0]} is not of the event: only response may be filled in")
    response = members(given["response"], "response")
    allowed = _RESPONSES.get(trigger(event))
    for name, value in response.items():
        before = event["response"] if isinstance(event["response"], dict) else {}
        if allowed is not None and name not in allowed and name not in before:
            has = f"it may have {', '.join(sorted(allowed))}" if allowed else "it has no members"
            raise Refused(f"{name} is no member of the response to {trigger(event)}: {has}")
        if name in _BOOLEANS and value is not None and not isinstance(value, bool):
            raise Refused(f"{name} of the response must be true or false")
