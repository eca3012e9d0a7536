"""Labels of policies for people, different for different ones."""

import itertools
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from bucket_brigade.policies.heuristic import Heuristic, Strategy
from bucket_brigade.policies.policy import Policy

__all__ = [
    "LabelKey",
    "distinct_labels",
    "distinct_names",
    "label_key",
    "policy_labels",
    "strategy_labels",
    "strategy_name",
]


#: The numbers of θ, or a policy of another kind.
LabelKey = tuple[float, ...] | Policy

K = TypeVar("K", bound=Hashable)


#: Digits of the numbers in labels: more where different strategies would share one.
DIGITS = (3, 4, 6, 9, 17)


def strategy_name(theta: Strategy, digits: int = DIGITS[0]) -> str:
    """The archetype's name, or its probabilities of working and of working at home first."""
    return Heuristic.of(theta).name(digits)


def policy_labels(policies: Iterable[Policy]) -> dict[Policy, str]:
    """Names of policies, but different for different ones.

    Where rounding would make two the same, they have more digits; where these are the same too,
    since the policies differ in numbers that change nothing, they are numbered.
    """
    return distinct_labels(policies, lambda policy, digits: policy.name(digits))


def label_key(member: Strategy | Policy) -> LabelKey:
    """What labels are looked up by: the numbers of θ, or a policy of another kind itself."""
    return member if isinstance(member, Policy) else tuple(member.tolist())


def strategy_labels(members: Iterable[Strategy | Policy | LabelKey]) -> dict[LabelKey, str]:
    """Labels as `policy_labels` has them, by `label_key`."""
    keys = [each if isinstance(each, Policy | tuple) else label_key(each) for each in members]
    policies = [key if isinstance(key, Policy) else Heuristic(key) for key in keys]
    labels = policy_labels(policies)
    return {key: labels[policy] for key, policy in zip(keys, policies, strict=True)}


def distinct_labels(keys: Iterable[K], label: Callable[[K, int], str]) -> dict[K, str]:
    """A label of its own for each different key, with no more digits than that takes."""
    left = list(dict.fromkeys(keys))
    labels = dict.fromkeys(left, "")
    for digits in DIGITS:
        labels.update((key, label(key, digits)) for key in left)
        shared = Counter(labels.values())
        left = [key for key in left if shared[labels[key]] > 1]
    numbers: Counter[str] = Counter()
    for key in left:
        name = labels[key]
        while labels[key] in shared:
            numbers[name] += 1
            labels[key] = f"{name} #{numbers[name]}"
    return labels


def distinct_names(names: Sequence[str], mark: str = " #") -> tuple[str, ...]:
    """The same names, numbered where several are equal: ``("a", "b #1", "b #2")``.

    Numbers that would make another one's name are passed over.
    """
    count, taken = Counter(names), set(names)
    numbers = {name: itertools.count(1) for name in count}

    def numbered(name: str) -> str:
        candidates = (f"{name}{mark}{number}" for number in numbers[name])
        one = next(candidate for candidate in candidates if candidate not in taken)
        taken.add(one)
        return one

    return tuple(numbered(name) if count[name] > 1 else name for name in names)
