"""The rules of a deployment, apart from any Lambda."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from workbench.aws.deploying.deployments import Deployments
from workbench.aws.deploying.traffic_shifting import (
    CONFIGURATIONS,
    AwaitHook,
    Deployment,
    Finish,
    RollBack,
    RunHook,
    Shift,
    Wait,
    configuration_of,
    next_step,
)
from workbench.aws.errors import LambdaError
from workbench.aws.records import Counts

NOW = 1_000_000.0


def deployment(configuration: str = "Canary10Percent5Minutes", **values: object) -> Deployment:
    made = Deployment(
        id="d-ABCDEFGH1", target="local", function="Echo", alias="live", current_version="1",
        target_version="2", configuration=configuration, created=NOW,
    )  # fmt: skip
    return replace(made, **values)  # type: ignore[arg-type]


def test_the_configurations_are_codedeploys() -> None:
    assert len(CONFIGURATIONS) == 9
    canary = configuration_of("CodeDeployDefault.LambdaCanary10Percent15Minutes")
    assert (canary.shifts, canary.minutes, canary.share(1), canary.share(2)) == (2, 15, 0.1, 1.0)
    linear = configuration_of("Linear10PercentEvery3Minutes")
    shares = [linear.share(number) for number in range(11)]
    assert shares == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert configuration_of("AllAtOnce").shifts == 1
    with pytest.raises(ValueError, match="There is no configuration Half"):
        configuration_of("Half")


def test_an_alarm_rolls_back_at_any_time() -> None:
    for at in (deployment(before_hook="F", before="Pending"), deployment(shifts=1, shifted=NOW)):
        step = next_step(at, NOW, alarming=["Wrong"])
        assert step == RollBack("the alarm Wrong is in state ALARM")


def test_a_canary_without_hooks() -> None:
    at_start = deployment()
    assert next_step(at_start, NOW) == Shift(1)
    assert at_start.routing(1) == ("1", {"2": 0.1})
    at_ten = deployment(shifts=1, shifted=NOW)
    assert next_step(at_ten, NOW + 299) == Wait(NOW + 300)
    assert next_step(at_ten, NOW + 300) == Shift(2)
    assert next_step(replace(at_ten, waits_divided_by=100), NOW + 3) == Shift(2)
    assert at_ten.routing(2) == ("2", {})
    assert next_step(deployment(shifts=2, shifted=NOW), NOW) == Finish()
    assert next_step(deployment(status="Succeeded"), NOW) is None


def test_hooks_come_before_and_after_the_traffic() -> None:
    hooked = deployment("AllAtOnce", before_hook="Check", after_hook="Verify")
    assert next_step(hooked, NOW) == RunHook("BeforeAllowTraffic", "Check")
    waiting = replace(hooked, before="Pending", hook_started=NOW)
    assert next_step(waiting, NOW + 1) == AwaitHook("BeforeAllowTraffic", NOW + 3600)
    late = next_step(waiting, NOW + 3600)
    assert isinstance(late, RollBack)
    assert "within an hour" in late.reason
    assert isinstance(next_step(replace(hooked, before="Failed"), NOW), RollBack)
    allowed = replace(hooked, before="Succeeded")
    assert next_step(allowed, NOW) == Shift(1)
    assert next_step(replace(allowed, shifts=1), NOW) == RunHook("AfterAllowTraffic", "Verify")
    assert next_step(replace(allowed, shifts=1, after="Succeeded"), NOW) == Finish()


def test_errors_beyond_the_threshold_roll_back() -> None:
    shifted = deployment(shifts=1, shifted=NOW, shifted_first=NOW, counted_before=(10, 5))
    earlier = Counts({"1": 50, "2": 10}, {"1": 50, "2": 5})
    assert next_step(shifted, NOW, earlier) == Wait(NOW + 300)
    one_more = Counts({"2": 30}, {"2": 6})
    step = next_step(shifted, NOW, one_more)
    assert isinstance(step, RollBack)
    assert step.reason == "1 of 20 invocations of v2 failed (5%; at most 0% may)"
    assert next_step(replace(shifted, max_error_percent=5), NOW, one_more) == Wait(NOW + 300)
    # Also after all traffic has gone over, and while a hook is waited for.
    last = replace(shifted, shifts=2, after_hook="Verify", after="Pending", hook_started=NOW)
    assert isinstance(next_step(last, NOW, one_more), RollBack)


def test_deployments_are_kept_and_held_by_one_process(tmp_path: Path) -> None:
    kept = Deployments(tmp_path)
    assert kept.all("local") == []
    made = deployment(counted_before=(1, 2)).says(NOW, "it began", shifts=1)
    kept.save(made)
    (tmp_path / ".workbench" / "deployments" / "d-BROKEN123.json").write_text("{")
    assert kept.all("local", "Echo") == [made]
    assert kept.all("local", "Other") == kept.all("aws:1:eu-west-1") == []
    assert kept.unfinished("local") == [made]
    with (
        kept.held(made),
        pytest.raises(LambdaError, match="carries out d-ABCDEFGH1 already"),
        Deployments(tmp_path).held(made),
    ):
        pass
    with kept.held(made):
        kept.save(replace(made, status="Failed"))
    assert kept.unfinished("local") == []
