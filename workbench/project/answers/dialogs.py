"""Answers of conversations: Lex (V1 and V2) and Alexa (lambda-facts §8.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.project.answers.verdicts import Refused, members, one_of

_ACTIONS = ("Close", "ConfirmIntent", "Delegate", "ElicitIntent", "ElicitSlot")
_V1_CONTENT = ("PlainText", "SSML", "CustomPayload")
_V2_CONTENT = ("PlainText", "SSML", "CustomPayload", "ImageResponseCard")


def lex_v1(event: Mapping[str, Any], answer: Any) -> None:
    """Raises Refused."""
    action = members(members(answer, "the answer").get("dialogAction"), "dialogAction")
    kind = one_of(action.get("type"), _ACTIONS, "dialogAction.type")
    if kind == "Close":
        states = ("Fulfilled", "Failed")
        one_of(action.get("fulfillmentState"), states, "dialogAction.fulfillmentState")
    if kind in ("ConfirmIntent", "ElicitSlot") and not action.get("intentName"):
        raise Refused(f"dialogAction.intentName is missing, which {kind} needs")
    if kind in ("Delegate", "ElicitSlot") and not isinstance(action.get("slots"), dict):
        raise Refused(f"dialogAction.slots is missing, which {kind} needs")
    if kind == "ElicitSlot" and not action.get("slotToElicit"):
        raise Refused("dialogAction.slotToElicit is missing, which ElicitSlot needs")
    if "message" in action:
        message = members(action["message"], "dialogAction.message")
        one_of(message.get("contentType"), _V1_CONTENT, "contentType of the message")


def lex_v2(event: Mapping[str, Any], answer: Any) -> None:
    """Raises Refused."""
    given = members(answer, "the answer")
    state = members(given.get("sessionState"), "sessionState")
    action = members(state.get("dialogAction"), "sessionState.dialogAction")
    kind = one_of(action.get("type"), _ACTIONS, "sessionState.dialogAction.type")
    if kind == "ElicitSlot" and not action.get("slotToElicit"):
        raise Refused("sessionState.dialogAction.slotToElicit is missing, which ElicitSlot needs")
    if kind != "ElicitIntent":
        intent = members(state.get("intent"), "sessionState.intent")
        if not intent.get("name"):
            raise Refused("sessionState.intent has no name")
    messages = given.get("messages") or []
    if not isinstance(messages, list):
        raise Refused("messages is no list")
    if kind == "ElicitIntent" and not messages:
        raise Refused("messages are missing, which ElicitIntent needs")
    for message in messages:
        content = members(message, "a message").get("contentType")
        one_of(content, _V2_CONTENT, "contentType of a message")


def alexa_skill(event: Mapping[str, Any], answer: Any) -> None:
    """Raises Refused."""
    ended = event["request"].get("type") == "SessionEndedRequest"
    if ended and not answer:
        return
    given = members(answer, "the answer")
    one_of(given.get("version"), ("1.0",), "version")
    response = members(given.get("response"), "response")
    if ended and (response.keys() & {"outputSpeech", "card", "reprompt", "directives"}):
        raise Refused("a SessionEndedRequest cannot be answered with speech, a card or a reprompt")
    reprompt = response.get("reprompt")
    for what, speech in (
        ("outputSpeech", response.get("outputSpeech")),
        ("reprompt.outputSpeech", reprompt.get("outputSpeech") if reprompt else None),
    ):
        if speech is None:
            continue
        kind = one_of(members(speech, what).get("type"), ("PlainText", "SSML"), f"{what}.type")
        member = "text" if kind == "PlainText" else "ssml"
        if not isinstance(speech.get(member), str):
            raise Refused(f"{what} of type {kind} has no {member}")
    if not isinstance(response.get("shouldEndSession", True), bool | None):
        raise Refused("shouldEndSession must be true or false")


def alexa_smart_home(event: Mapping[str, Any], answer: Any) -> None:
    """Raises Refused."""
    given = members(answer, "the answer")
    if "directive" in event:
        given = members(given.get("event"), "event")
    header = members(given.get("header"), "header")
    for name in ("namespace", "name", "messageId", "payloadVersion"):
        if not isinstance(header.get(name), str):
            raise Refused(f"its header has no {name}")
    members(given.get("payload"), "payload")
