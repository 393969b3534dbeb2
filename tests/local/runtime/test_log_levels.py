"""SystemLogLevel and ApplicationLogLevel decide what reaches the log (lambda-facts §3.2)."""

from __future__ import annotations

import json

import pytest
from runtime_lab import Lab

SPEAKS = """
    import json, logging
    logger = logging.getLogger()
    logger.setLevel("DEBUG")  # more than the function's configuration lets through
    def says(level, **more):
        print(json.dumps({"level": level, "timestamp": "2026-01-02T03:04:05.678Z", **more}))
    def handler(event, context):
        print("plain")
        for level in ("debug", "info", "WARN", "Error"):
            says(level)
            logger.log(logging.getLevelName(level.upper()), level + " logged")
        says("debug", timestamp="yesterday")
"""


def types(text: str) -> list[str]:
    found = []
    for line in text.splitlines():
        shown = json.loads(line) if line.startswith("{") else {}
        if str(shown.get("type")).startswith("platform."):
            found.append(shown["type"].removeprefix("platform."))
    return found


@pytest.mark.parametrize(
    ("level", "cold", "warm"),
    [
        (
            "DEBUG",
            ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"],
            ["start", "runtimeDone", "report"],
        ),
        ("INFO", ["initStart", "start", "report"], ["start", "report"]),
        (None, ["initStart", "start", "report"], ["start", "report"]),
        ("WARN", [], []),
    ],
)
async def test_the_system_log_level(
    lab: Lab, level: str | None, cold: list[str], warm: list[str]
) -> None:
    spec = lab.python(
        "def handler(event, context): return 1", log_format="JSON", system_log_level=level
    )
    assert types((await lab.invoke(spec))[1].log_text) == cold
    assert types((await lab.invoke(spec))[1].log_text) == warm


async def test_failures_are_warnings(lab: Lab) -> None:
    spec = lab.python(
        "import os\ndef handler(event, context): os._exit(3)",
        log_format="JSON",
        system_log_level="WARN",
    )
    _, done = await lab.invoke(spec)
    assert types(done.log_text) == ["runtimeDone", "report"]
    assert json.loads(done.log_text.splitlines()[0])["record"]["errorType"] == "Runtime.ExitError"


@pytest.mark.parametrize(
    ("level", "kept"),
    [
        ("DEBUG", ["plain", "debug", "info", "WARN", "Error", "debug"]),
        (None, ["plain", "info", "WARN", "Error", "debug"]),
        ("WARN", ["WARN", "Error"]),
        ("FATAL", []),
    ],
)
async def test_the_application_log_level(lab: Lab, level: str | None, kept: list[str]) -> None:
    spec = lab.python(
        SPEAKS, log_format="JSON", application_log_level=level, system_log_level="WARN"
    )
    _, done = await lab.invoke(spec)
    lines = [json.loads(line) if line[0] == "{" else line for line in done.log_text.splitlines()]
    logged = [line["message"] for line in lines if isinstance(line, dict) and "message" in line]
    printed = [
        line if isinstance(line, str) else line["level"]
        for line in lines
        if isinstance(line, str) or "message" not in line
    ]
    assert printed == kept
    # What has no valid timestamp is INFO: the last line printed, whatever its level says.
    said = [level for level in kept[: 5 if "debug" in kept[:2] else 4] if level != "plain"]
    assert logged == [f"{level} logged" for level in said]


async def test_text_logs_are_not_filtered(lab: Lab) -> None:
    _, done = await lab.invoke(lab.python(SPEAKS))
    assert '{"level": "debug"' in done.log_text and "debug logged" in done.log_text


async def test_a_line_that_is_nested_without_end_is_a_line_like_others(lab: Lab) -> None:
    spec = lab.python(
        "def handler(event, context): print('{\"a\":' + '[' * 5000)", log_format="JSON"
    )
    _, done = await lab.invoke(spec)
    assert '{"a":[[[[' in done.log_text and '"platform.report"' in done.log_text
