"""The firefighter: a policy that works only if something burns."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

from bucket_brigade import _core
from bucket_brigade.arguments import as_flag, as_number, did_you_mean
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.policies.policy import Policy

__all__ = ["Firefighter"]


@dataclass(frozen=True)
class Firefighter(Policy):
    """An agent that goes to work with probability `w` in each night in which a house burns.

    Where no house burns it rests, which is what the heuristic agent can't. It is a policy of its
    own kind, not the archetype "firefighter" (docs/rules.md, "Strategies").

    Attributes
    ----------
    w : float
        Probability of working, from 0 to 1.
    own_first : bool
        Whether it goes to one of the burning houses that it owns as long as there is one, instead
        of to any burning house.
    honesty : float
        Probability, from 0 to 1, with which its signal tells whether it works; no policy listens.

    Raises
    ------
    InvalidValue
        If one of these is not allowed.

    Notes
    -----
    Its name, in tables and as a label, is the text that stands for it wherever a strategy's name
    may: ``firefighter:w=0.9``, ``firefighter:w=0.9:own_first``. It has all digits, and always a
    colon, so that it is no archetype's.

    Examples
    --------
    >>> Firefighter(0.9)
    Firefighter(w=0.9, own_first=False, honesty=1.0)
    >>> Firefighter(0.9, own_first=True).name()
    'firefighter:w=0.9:own_first'
    """

    kind: ClassVar[str] = "firefighter"

    w: float
    own_first: bool = False
    honesty: float = 1.0

    def __post_init__(self) -> None:
        for name in ("w", "honesty"):
            number = as_number(name, getattr(self, name))
            if not 0.0 <= number <= 1.0:
                raise InvalidValue(name, number, "a number from 0 to 1")
            object.__setattr__(self, name, number + 0.0)  # no -0.0, which would compile apart
        object.__setattr__(self, "own_first", as_flag("own_first", self.own_first))

    @property
    def tells_owned_apart(self) -> bool:
        """Whether it puts its own houses first."""
        return self.own_first

    @property
    def key(self) -> tuple[str, float, bool]:
        """The key of a policy: its kind, w and own_first."""
        return self.kind, self.w, self.own_first

    def compiled(self) -> _core.Policy:
        """The policy in the form that the core takes."""
        return _core.Policy.firefighter(self.w, self.own_first, self.honesty)

    def name(self, digits: int = 3) -> str:
        """The text that `parsed` reads, always with all digits."""
        own = ":own_first" if self.own_first else ""
        honesty = "" if self.honesty == 1.0 else f":honesty={self.honesty!r}"
        return f"{self.kind}:w={self.w!r}{own}{honesty}"

    def to_json(self) -> dict[str, Any]:
        """An object with its kind and its three numbers."""
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def of(cls, field: str, numbers: dict[str, Any]) -> Self:
        """The firefighter of these numbers by name.

        Raises
        ------
        InvalidValue
            If one is missing, unknown or not allowed; `field` is what it is called.
        """
        known = tuple(cls.__dataclass_fields__)
        for name in numbers:
            if name not in known:
                allowed = f"only {', '.join(known)}{did_you_mean(name, known)}"
                raise InvalidValue(field, shown(name), allowed)
        if "w" not in numbers:
            raise InvalidValue(field, "a firefighter without w", "w, a number from 0 to 1")
        try:
            return cls(**numbers)
        except InvalidValue as error:
            name = f"{field}.{error.field}"
            raise InvalidValue(name, error.value, error.allowed) from None

    @classmethod
    def parsed(cls, text: str, field: str) -> Self:
        """The firefighter of a text such as ``firefighter:w=0.9:own_first`` (see Notes).

        Raises
        ------
        InvalidValue
            If it is none.
        """
        numbers: dict[str, Any] = {}
        for part in text.casefold().split(":")[1:]:
            name, equals, given = (piece.strip() for piece in part.partition("="))
            if name in numbers:
                raise InvalidValue(field, shown(text), f"{name} once")
            if name == "own_first" and not equals:
                numbers[name] = True
                continue
            try:
                if not equals:
                    raise ValueError
                numbers[name] = float(given)
            except ValueError:
                form = "firefighter:w=0.9, perhaps with :own_first and :honesty=1"
                raise InvalidValue(field, shown(text), form) from None
        return cls.of(field, numbers)
