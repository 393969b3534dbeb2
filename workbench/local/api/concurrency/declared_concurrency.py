"""Reserved and provisioned concurrency, and the alias, that a project declares for a function.

SAM's AutoPublishAlias leads to $LATEST here, so that whoever invokes the alias gets each change of
the code at once; on AWS each deployment publishes a version for it. Its provisioned concurrency is
of $LATEST too, which the API refuses. What was changed with the API lasts until the declaration
changes.
"""

from __future__ import annotations

from workbench.local.api.concurrency import concurrency, provisioned
from workbench.local.api.context import Context, new_revision
from workbench.local.errors import ApiError
from workbench.local.store.records import LATEST, Alias, Link


def is_changed(earlier: Link | None, link: Link) -> bool:
    """Whether a function declares something else than it did."""
    return _declared(earlier) != _declared(link)


def declare(context: Context, earlier: Link | None, link: Link) -> str | None:
    """Give the function what its project declares now, in place of what it declared `earlier`.

    Returns why something cannot be had, in AWS's words (lambda-facts §5), None when all is there.
    """
    reserved_before, alias_before, _ = _declared(earlier)
    name, attachments = link.name, context.store.attachments
    if alias_before is not None:
        attachments.remove("provisioned-concurrency", name, alias_before)
    if alias_before not in (None, link.alias):
        _delete_alias(context, name, alias_before)
    try:
        if link.reserved_concurrency is not None:
            wanted = {"ReservedConcurrentExecutions": link.reserved_concurrency}
            concurrency.put_function_concurrency(context, {"FunctionName": name, **wanted})
        elif reserved_before is not None:
            concurrency.delete_function_concurrency(context, {"FunctionName": name})
        if link.alias is not None:
            if context.store.functions.alias(name, link.alias) is None:
                alias = Alias(name, link.alias, LATEST, "", new_revision())
                context.store.functions.put_alias(alias)
            if link.provisioned_concurrency is not None:
                provisioned.declare(context, name, link.alias, link.provisioned_concurrency)
    except ApiError as error:
        return (error.message or error.code).strip()
    finally:
        context.store.functions.changed(name)
    return None


def _declared(link: Link | None) -> tuple[int | None, str | None, int | None]:
    if link is None:
        return None, None, None
    return link.reserved_concurrency, link.alias, link.provisioned_concurrency


def _delete_alias(context: Context, name: str, alias: str) -> None:
    """Unless somebody made it lead to a version meanwhile."""
    found = context.store.functions.alias(name, alias)
    if found is not None and found.version == LATEST:
        context.store.functions.delete_alias(name, alias)
