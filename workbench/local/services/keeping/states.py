"""The resources of all embedded services, kept and brought back.

A service of moto's is kept as it is in memory, whichever it is. Left out are what only looks back
(the messages that a topic has sent, the datapoints of CloudWatch), the executions of state
machines, uploads in parts that are not complete, and AWS's own IAM policies, which are always
there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from workbench.local.services.keeping import objects, pickles, queues, shards, tables
from workbench.local.services.keeping.keep import Keep, Place, State
from workbench.local.services.keeping.pickles import NotKept

log = logging.getLogger(__name__)

_ATTEMPTS = 5
# Their iterators begin with each process anew, or they have nothing to keep.
_NOT_KEPT = frozenset({"dynamodbstreams", "sts"})
# Attributes that grow with use and only look back.
_OF_BACKENDS = {"cloudwatch": ("metric_data", "paged_metric_data")}
_OF_MODELS = {
    ("moto.sns.models", "Topic"): ("sent_notifications",),
    ("moto.stepfunctions.models", "StateMachine"): ("executions",),
}


class States:
    """Reads and writes the states of services; `notice` is told what is not kept and why."""

    def __init__(self, notice: Callable[[str], None]) -> None:
        self._notice = notice
        self._told: set[str] = set()
        pickles.teach("moto.iam.models", "AWSManagedPolicy", _as_aws_policy)
        pickles.teach("moto.ssm.models", "ParameterDict", _as_parameters)
        for (module, name), attributes in _OF_MODELS.items():
            pickles.teach(module, name, _without(attributes))
        for part in (objects, queues, shards, tables):
            part.teach()

    def of(self, service: str) -> dict[Place, State]:
        """All states of a service by the name that signs its requests ("dynamodb"); where that is
        not moto's name for it, or it makes resources of others, those of all."""
        from moto.core.base_backend import BackendDict

        found: dict[Place, State] = {}
        there: list[Any] = list(BackendDict._instances)  # type: ignore[misc]
        own = [backends for backends in there if backends.service_name == service]
        for backends in there if service == "cloudformation" or not own else own:
            for account, region, backend in list(backends.iter_backends()):
                module = type(backend).__module__
                place = Place(module, backends.service_name, account, region)
                state = self._state(place, backend)
                if state is not None:
                    found[place] = state
        return found

    def _state(self, place: Place, backend: Any) -> State | None:
        if place.service in _NOT_KEPT:
            return None
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                data, owners = pickles.dumps(_attributes(place, backend))
                return State(json.dumps(sorted(owners)).encode() + b"\n" + data, owners)
            except RuntimeError:  # changed by another request meanwhile
                if attempt == _ATTEMPTS:
                    raise
            except NotKept as error:
                log.warning("%s of %s is not kept: %s", place.service, place.region, error)
                self._tell(f"What the embedded {place.service} holds is lost when it ends.")
                return None
        raise AssertionError

    def bring_back(self, keep: Keep) -> set[str]:
        """Make moto's services as they were kept; the names of those that hold something."""
        services: set[str] = set()
        for place, value in keep.all_states().items():
            head, _, data = value.partition(b"\n")
            owners = frozenset(json.loads(head))
            try:
                backend = pickles.backends_of(place.module, place.service)[place.account][
                    place.region
                ]
                attributes = pickles.loads(data)
            except Exception as error:
                log.warning("%s of %s cannot be read: %s", place.service, place.region, error)
                self._tell(
                    f"What the embedded {place.service} held cannot be read any more: it begins "
                    "empty."
                )
                continue
            pickles.find_factories(attributes, backend)
            backend.__dict__.update(attributes)
            keep.known(place, State(value, owners))
            services.add(place.service)
        shards.trim()
        tables.trim(keep)
        keep.sweep()
        objects.sweep(keep)
        return services

    def _tell(self, message: str) -> None:
        if message not in self._told:
            self._told.add(message)
            self._notice(message)


def _attributes(place: Place, backend: Any) -> dict[str, Any]:
    empty = _OF_BACKENDS.get(place.service, ())
    return {
        name: type(value)() if name in empty else value for name, value in vars(backend).items()
    }


def _without(names: tuple[str, ...]) -> pickles.Reducer:
    """Write an object with these attributes empty."""

    def reduced(obj: Any, owners: set[str]) -> pickles.Reduced:
        state = {**obj.__dict__, **{name: type(obj.__dict__[name])() for name in names}}
        return pickles.blank, (type(obj),), state

    return reduced


def _as_aws_policy(obj: Any, owners: set[str]) -> pickles.Reduced:
    return aws_policy, (obj.account_id, obj.partition, obj.arn)


def aws_policy(account: str, partition: str, arn: str) -> Any:
    """AWS's own policy of this ARN."""
    from moto.iam.models import iam_backends

    return iam_backends[account][partition].managed_policies[arn]


def _as_parameters(obj: Any, owners: set[str]) -> pickles.Reduced:
    return (
        parameters,
        (obj.account_id, obj.region_name),
        obj.__dict__,
        None,
        iter(dict(obj).items()),
    )


def parameters(account: str, region: str) -> Any:
    """An empty store of SSM's parameters."""
    from moto.ssm.models import ParameterDict

    return ParameterDict(account, region)
