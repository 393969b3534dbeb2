"""The sample applications whose functions are invoked by other services, asynchronously."""

from __future__ import annotations

from pathlib import Path

from sample_lab import served, until


def test_transaction_alarm(tmp_path: Path) -> None:
    # Windows of ten seconds are for people.
    with served("transaction-alarm", tmp_path, ("InSeconds: 10", "InSeconds: 1")) as app:
        assert app.invoke("Demo", "one card pays often") == {"put": 15}

        log = until(lambda: "paid" in (log := app.log("Pager")) and log)
        assert "card 5105-mallory paid" in log
        assert "ada" not in log
        app.invoke("Pager", "an alarm")
