"""What an update of a function's code would do, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from workbench.project.records import FunctionSource
from workbench.ui.formats import BAD, GOOD, QUIET, WARN, clock, size
from workbench.ui.widgets.fuzzy_list import Row
from workbench.ui.widgets.palette import Palette
from workbench.ui.widgets.safe_text import safe

if TYPE_CHECKING:
    from workbench.aws.code.diff import FileChange
    from workbench.aws.code.update import Plan, Previous

_MARKS = {
    "added": ("+ added", GOOD),
    "removed": ("− removed", BAD),
    "changed": ("~ changed", WARN),
    "mode": ("x mode", WARN),
}
_NAMED = 5  # files that a question names


def plan_words(plan: Plan, source: FunctionSource, back: Previous | None, colors: Palette) -> Text:
    """What is deployed now and what comes in its place: the package of `source`, or the code
    before (`back`)."""
    package, deployed = plan.package, plan.function
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{deployed.arn}\n")
    when = deployed.last_modified[:19].replace("T", " ")
    text.append(f"now   {size(deployed.code_size)} zipped, changed {when} UTC\n", colors[QUIET])
    if back is not None:
        text.append(f"next  the code before the change of {clock(back.when)}", colors[WARN])
        if back.replaced != deployed.code_sha256:
            text.append("  ▲ the code was changed by others since", colors[WARN])
    else:
        text.append(f"next  {source.code}")
    own = package.files - package.installed
    parts = f", and {package.installed:,} of dependencies" if package.installed else ""
    files = "1 file" if own == 1 else f"{own:,} files"
    text.append(
        f"\n      {files}{parts}: {size(len(package.archive))} zipped, "
        f"{size(package.unzipped)} unzipped\n"
    )
    text.append(counts(plan), colors[GOOD if not plan.changes else WARN])
    if deployed.runtime != source.runtime or deployed.handler != source.handler:
        text.append(
            f"\n▲ configuration differs and stays: {deployed.runtime} {deployed.handler} on "
            f"AWS, {source.runtime} {source.handler} here",
            colors[WARN],
        )
    for warning in package.warnings:
        text.append(f"\n▲ {warning}", colors[WARN])
    return text


def counts(plan: Plan) -> str:
    """How many files are added, removed and changed."""
    if not plan.changes:
        return "✓ no difference"
    return (
        f"+{plan.count('added')} added  −{plan.count('removed')} removed  "
        f"~{plan.count('changed', 'mode')} changed"
    )


def named_files(plan: Plan) -> list[str]:
    """The first files that change, each with its mark, and how many more there are."""
    files = [f"{_MARKS[each.kind][0][0]} {safe(each.path)}" for each in plan.changes[:_NAMED]]
    more = len(plan.changes) - _NAMED
    return [*files, f"and {more:,} more"] if more > 0 else files


def change_row(change: FileChange, colors: Palette) -> Row:
    """A file that changes as a row: path, how, sizes."""
    word, style = _MARKS[change.kind]
    sizes = [size(each) for each in (change.old_size, change.new_size) if each is not None]
    return Row(
        change.path,
        (
            Text(safe(change.path)),
            Text(word, colors[style]),
            Text(" → ".join(dict.fromkeys(sizes)), colors[QUIET]),
        ),
        search=change.path,
    )
