"""What a kernel is specialised for, and what that takes."""

from dataclasses import dataclass

#: Static shared memory of a CUDA block, on every device.
SHARED_BYTES = 48 * 1024
#: Blocks that a thread of `add_up` adds before it touches a total.
SEGMENT = 128
#: Mixture widths that kernels are made for; seats that mix fewer strategies play a wider kernel.
WIDTHS = (1, 2, 4, 8, 16)
#: Names of the kernels of environments, and threads of their CUDA blocks.
ENVIRONMENT = ("night", "begin", "encode")
LANE_THREADS = 128


@dataclass(frozen=True)
class Shape:
    """Constants of a kernel.

    Attributes
    ----------
    houses, agents : int
        H (2 to 32) and A (1 to 16).
    width : int
        Strategies a seat mixes at most; one of `WIDTHS`. 0 for environments, whose kernels read
        any number from tables.
    firefighters : bool
        Whether a lane may play a firefighter, and not a heuristic agent.
    singles : bool
        Whether a lane may play any kind of policy, also of those that play one episode at a time.
    """

    houses: int
    agents: int
    width: int
    firefighters: bool = False
    singles: bool = False

    def __str__(self) -> str:
        """As files and the command line name it: 10x4x2, or 10x4x2f with firefighters; 10x4e for
        environments; with an s behind it, for policies of any kind."""
        ring, kinds = f"{self.houses}x{self.agents}", "f" * self.firefighters + "s" * self.singles
        return f"{ring}e{kinds}" if self.width == 0 else f"{ring}x{self.width}{kinds}"

    def of_kernel(self, name: str) -> "Shape":
        """The shape as far as a kernel's code depends on it: only kernels that play know kinds of
        policies, and those that sum know no mixtures."""
        if name == "play":
            return self
        if name in ENVIRONMENT:
            return Shape(self.houses, self.agents, 0, singles=self.singles and name == "night")
        return Shape(self.houses, self.agents, self.width if name == "cast" else 1)

    @property
    def bits(self) -> int:
        """Bits of a number of burning houses."""
        return self.houses.bit_length()

    @property
    def counts(self) -> int:
        """Length D of a count vector: nights, worked[A], safe[H], ruined[H], saved[H], ended[4]."""
        return 1 + self.agents + 3 * self.houses + 4

    @property
    def features(self) -> int:
        """Length F of what moments are taken of: episodes, nights, worked[A], houses safe, ruined
        by owner, saved by owner."""
        return 3 + self.agents + 2 * self.owners

    @property
    def owners(self) -> int:
        """Agents that own a house."""
        return min(self.agents, self.houses)

    @property
    def words(self) -> int:
        """Words of shared memory a thread needs."""
        return 3 * self.houses + self.aim_planes + self.agents + 3 * self.houses

    @property
    def aim_planes(self) -> int:
        """Planes for where agents go, and later in the night for what houses have still to decide:
        shared memory limits how many CUDA blocks live on a multiprocessor."""
        return max(self.houses, self.agents * (self.bits + 1))

    @property
    def threads(self) -> int:
        """Threads of a CUDA block."""
        table = 4 * 36 * (3 + self.agents)
        return 64 if 64 * 4 * self.words + table <= SHARED_BYTES else 32


def width_for(strategies: int) -> int:
    """The narrowest kernel for seats that mix this number of strategies."""
    return next(width for width in WIDTHS if width >= strategies)


def kernels_of(shape: Shape) -> tuple[str, ...]:
    """Names of the kernels that a run takes, in the order of their launches; or an environment."""
    if shape.width == 0:
        return ENVIRONMENT
    drawn = ("cast",) if shape.width > 1 else ()
    return (*drawn, "play", "features", "add_up")
