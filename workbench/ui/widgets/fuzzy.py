"""Fuzzy matching: letters in order, words in any order, the tightest matches first; !word leaves
out what has the word."""

from __future__ import annotations

import re
from collections.abc import Sequence


class Fuzzy:
    """A query, ready to be held against many texts. Case never counts; words are all wanted."""

    def __init__(self, query: str) -> None:
        words = query.lower().split()
        self.words = [word for word in words if not word.startswith("!")]
        self.without = [word[1:] for word in words if word.startswith("!") and len(word) > 1]
        self._patterns = [
            re.compile(".*?".join(map(re.escape, word)), re.DOTALL) for word in self.words
        ]

    def score(self, lowered: str) -> int:
        """Return how well a text in small letters matches: 0 not at all, more is better."""
        if any(word in lowered for word in self.without):
            return 0
        total = 1
        for word, pattern in zip(self.words, self._patterns, strict=True):
            at = lowered.find(word)
            if at >= 0:
                starts = at == 0 or not lowered[at - 1].isalnum()
                total += 2_000 + (500 if starts else 0) - min(at, 400)
                continue
            match = pattern.search(lowered)
            if match is None:
                return 0
            start, end = match.span()
            total += max(1, 1_000 - 10 * (end - start - len(word)) - min(start, 400))
        return total

    def positions(self, text: str) -> list[int]:
        """Return the indexes of the matched characters of a text, to mark them."""
        lowered = text.lower()
        if len(lowered) != len(text):
            return []
        found: set[int] = set()
        for word in self.words:
            at = lowered.find(word)
            if at >= 0:
                found.update(range(at, at + len(word)))
                continue
            positions = []
            index = 0
            for letter in word:
                index = lowered.find(letter, index)
                if index < 0:
                    break
                positions.append(index)
                index += 1
            else:
                found.update(positions)
        return sorted(found)


def rank(query: str, texts: Sequence[str], among: Sequence[int]) -> list[int]:
    """Return the indexes (out of ``among``) of the texts that match, best first.

    The texts are in small letters; equal matches keep their order.
    """
    fuzzy = Fuzzy(query)
    if not fuzzy.words and not fuzzy.without:
        return list(among)
    score = fuzzy.score
    scored = [(-value, index) for index in among if (value := score(texts[index]))]
    scored.sort()
    return [index for _, index in scored]
