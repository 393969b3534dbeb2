"""Mistakes in what was asked for, and what may have been meant."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import NoReturn


class CliError(Exception):
    """What was asked for cannot be done. The message is a sentence for a person."""


class Parser(argparse.ArgumentParser):
    """Errors as all of ours are written: one line, and where help is."""

    def error(self, message: str) -> NoReturn:
        """Print the message on stderr and exit with status 2."""
        self.exit(2, f"workbench: {message} (see `{self.prog} --help`)\n")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ ": did you mean a or b?" for the names nearest to `word`, "." when none is near."""
    import difflib  # 4 ms, only when a name is wrong

    names = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), names, n=3, cutoff=0.6)
    close += [name for name in names if word.lower() in name and name not in close]
    meant = [names[name] for name in close[:3]]
    return f": did you mean {' or '.join(meant)}?" if meant else "."
