"""Fuzzy matching: letters in order, words in any order, the tightest matches first; !word leaves
out what has the word."""

from __future__ import annotations

import re
from collections.abc import Sequence


class Fuzzy:
    """A query's words. Case never counts; words are all wanted."""

    def __init__(self, query: str) -> None:
        words = query.lower().split()
        self.words = [word for word in words if not word.startswith("!")]
        self.without = [word[1:] for word in words if word.startswith("!") and len(word) > 1]

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

    The texts are in small letters; equal matches keep their order. A word's letters are looked for
    within one line: what lies in several columns should not match by chance.
    """
    fuzzy = Fuzzy(query)
    scores = dict.fromkeys(among, 0)
    for word in fuzzy.without:
        scores = {index: 0 for index in scores if word not in texts[index]}
    for word in fuzzy.words:
        scores = _with_word(word, texts, scores)
    # Equal matches are many: putting them together costs less than sorting them all.
    equals: dict[int, list[int]] = {}
    for index, score in scores.items():
        equals.setdefault(score, []).append(index)
    return [index for score in sorted(equals, reverse=True) for index in equals[score]]


def _with_word(word: str, texts: Sequence[str], scores: dict[int, int]) -> dict[int, int]:
    """Those that have the word's letters in order, with how well added. One loop without calls:
    it runs over all texts at each key."""
    letters = re.compile(".*?".join(map(re.escape, word))).search  # within a line
    found: dict[int, int] = {}
    for index, score in scores.items():
        text = texts[index]
        at = text.find(word)
        if at >= 0:
            starts = at == 0 or not text[at - 1].isalnum()
            found[index] = score + (2_500 if starts else 2_000) - (at if at < 400 else 400)
        elif match := letters(text):
            start, end = match.span()
            loose = 10 * (end - start - len(word)) + (start if start < 400 else 400)
            found[index] = score + (1_000 - loose if loose < 1_000 else 1)
    return found
