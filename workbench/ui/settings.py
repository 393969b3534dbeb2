"""What the user's config folder makes of the screen: keys, themes, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.project.records import Problem
from workbench.project.user_config import UserConfig, load
from workbench.shipped import shipped
from workbench.themes import ThemeError, ThemeFile, load_theme, load_themes
from workbench.ui.remap import KeyTable, key_table

if TYPE_CHECKING:
    from workbench.ui.work import Job

DEFAULT_THEME = "workbench-dark"
_LOOK_EVERY_S = 0.4


@dataclass(frozen=True, slots=True)
class Settings:
    """The config file, the keys in force, all themes by name, and every mistake in these files."""

    config: UserConfig
    keys: KeyTable
    themes: Mapping[str, ThemeFile]
    problems: tuple[Problem, ...]

    @property
    def theme(self) -> str:
        """The theme the config wants, if there is such a one."""
        wanted = self.config.theme
        return wanted if wanted is not None and wanted in self.themes else DEFAULT_THEME


def read_settings(path: Path | None = None, before: Settings | None = None) -> Settings:
    """Read the config file (default: the user's) and the themes.

    A theme that is broken, as while it is edited, stays as it was `before`. Never raises for a
    mistake of the user's: it becomes a problem, and what is right counts.
    Raises ThemeError for a theme that ships.
    """
    config = load(path)
    themes = {theme.name: theme for theme in load_themes(shipped("themes"))}
    problems: list[Problem] = []
    broken = set()
    for file in sorted(config.themes.glob("*.toml")):
        try:
            theme = load_theme(file)
        except ThemeError as error:
            problems.append(Problem(file, str(error).removeprefix(f"{file}: ")))
            broken.add(file.stem)
            if before is not None and file.stem in before.themes:
                themes[file.stem] = before.themes[file.stem]
        else:
            themes[theme.name] = theme  # one of the user's may stand in for ours
    keys = key_table(config)
    wrong = [*config.problems, *keys.problems]
    if config.theme is not None and config.theme not in {*themes, *broken}:
        words = f"there is no theme “{config.theme}”: use one of {', '.join(sorted(themes))}"
        wrong.append(config.problem("theme", words))
    told = [
        Problem(each.path, f"{each.key}: {each.sentence}".removeprefix(": "), each.line or None)
        for each in wrong
    ]
    return Settings(config, keys, themes, (*told, *problems))


def changes(job: Job, settings: Settings) -> Iterator[Settings]:
    """The settings each time one of their files was changed. Blocks until the job is stopped."""
    file = settings.config.path
    before = _state(file)
    while not job.stop.wait(_LOOK_EVERY_S):
        now = _state(file)
        if now != before:
            before = now
            settings = read_settings(file, settings)
            yield settings


def _state(file: Path) -> dict[Path, tuple[int, int]]:
    found = {}
    for each in (file, *file.parent.glob("themes/*.toml")):
        try:
            status = each.stat()
        except OSError:
            continue  # not there, or gone in between
        found[each] = (status.st_mtime_ns, status.st_size)
    return found
