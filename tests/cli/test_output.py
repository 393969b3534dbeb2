"""Tables for people."""

from __future__ import annotations

import pytest

from workbench.cli.output import print_table


def test_what_functions_say_tears_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("NAME", "ERROR"), [("Échoß", "no\n\x1b[2Jway"), ("b", "")], "Nothing.")
    assert capsys.readouterr().out.splitlines() == ["NAME   ERROR", "Échoß  no  [2Jway", "b"]
    print_table(("NAME",), [], "Nothing.")
    assert capsys.readouterr().out == "Nothing.\n"
