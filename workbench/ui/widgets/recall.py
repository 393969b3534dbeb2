"""Recall: what was searched for before, to be stepped through. No screen."""

from __future__ import annotations


class Recall:
    """Earlier texts, the newest last, and the place one has stepped to."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._at = 0

    def add(self, text: str) -> None:
        """Remember a text as the newest, and step from there again. "" only does the latter."""
        if text:
            if text in self._texts:
                self._texts.remove(text)
            self._texts.append(text)
        self.begin()

    def begin(self) -> None:
        """Step from the newest again."""
        self._at = len(self._texts)

    def step(self, step: int) -> str:
        """The text `step` places later (1) or earlier (-1); "" after the newest."""
        self._at = max(0, min(self._at + step, len(self._texts)))
        return [*self._texts, ""][self._at]
