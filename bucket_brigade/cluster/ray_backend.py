"""The backend ``"ray"``: a program's line-ups and blocks over the nodes of a Ray cluster."""

from bucket_brigade import _core
from bucket_brigade.backends.protocol import Progress
from bucket_brigade.cluster.parts import Sums, parts_of, play_part
from bucket_brigade.cluster.tasks import connect, in_cluster, missing, room
from bucket_brigade.counts.event_counts import EventCounts
from bucket_brigade.errors import BackendUnavailable, InvalidValue, shown

__all__ = ["PLAYERS", "RayBackend"]

#: What may play on the nodes, and what each task then takes of them: CPUs and GPUs.
PLAYERS = {"cpu": (1, 0), "cuda": (1, 1)}
#: Parts for each CPU or GPU, so that none waits long for the last of another.
PARTS = 8


class RayBackend:
    """Plays programs on a cluster that runs already: the same integers as on one machine.

    Each part is played by one thread, on a CPU that Ray keeps for it, or on one GPU.

    Parameters
    ----------
    player : str
        The backend that plays on the nodes: "cpu" or "cuda"; what a user names as ``"ray:cuda"``.
    """

    name = "ray"

    def __init__(self, player: str = "cpu") -> None:
        if player not in PLAYERS:
            allowed = f"ray alone, or {' or '.join(f'ray:{name}' for name in PLAYERS)}"
            raise InvalidValue("backend", shown(f"ray:{player}"), allowed)
        self.player = player

    def unavailable(self) -> str | None:
        """Why it can't be used here; whether a cluster answers is seen when it is asked."""
        return missing()

    def device(self) -> str:
        """The cluster, for people: the one that this process is connected to, if it is."""
        import ray

        if not ray.is_initialized():
            return "the cluster at RAY_ADDRESS, or the one that runs on this machine"
        nodes = sum(node["Alive"] for node in ray.nodes())
        gpus = f", {room(ray, 'GPU')} GPUs" if self.player == "cuda" else ""
        return f"{room(ray, 'CPU')} CPUs{gpus} of {nodes} nodes"

    def run(
        self,
        program: _core.Program,
        *,
        threads: int | None = None,
        per_block: bool = False,
        progress: Progress | None = None,
    ) -> EventCounts:
        """Plays a program.

        Parameters
        ----------
        program : Program
            What to play.
        threads : int, optional
            Of this machine; has no meaning here.
        per_block : bool
            Whether to bring back the counts of every block.
        progress : callable, optional
            Called with episodes done and in all, after every part.

        Raises
        ------
        BackendUnavailable
            If no cluster answers, or it has no GPU for ``"ray:cuda"``.
        BackendFailed
            If the cluster fails, and goes on failing when what was lost is played again.
        """
        ray = connect()
        cpus, gpus = PLAYERS[self.player]
        places = room(ray, "GPU") if gpus else room(ray, "CPU")
        if places < 1:
            raise BackendUnavailable(f"the Ray cluster has no {'GPU' if gpus else 'CPU'}")
        parts = list(parts_of(program, places * PARTS, self.player, per_block))
        sums = Sums(program)
        done, every = 0, program.lineups * program.episodes
        for place, played in in_cluster(ray, play_part, parts, cpus=cpus, gpus=gpus):
            sums.add(parts[place], played)
            done += parts[place].played
            if progress is not None:
                progress(done, every)
        return sums.counts(self.name, self.device())
