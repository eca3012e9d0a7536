"""``bucket-brigade archetypes``: the strategies that have names."""

from bucket_brigade.cli.common import AsJson, console, print_json, reports_errors
from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.policies.agents import NAMED
from bucket_brigade.policies.heuristic import ARCHETYPES, PARAMETERS, duties

#: What their numbers come to in a game.
ABOUT = {
    "firefighter": "Works nine nights of ten, mostly at home if that burns, and always says so.",
    "free_rider": "Rests but for one night of fifty; three times of ten it says otherwise.",
    "hero": "Works every night, if its home burns there or elsewhere alike, and always says so.",
    "coordinator": "Works about every other night, and says so nine times of ten.",
    "liar": "Works two nights of five, and says the opposite nine times of ten.",
}


@reports_errors
def archetypes(as_json: AsJson = False) -> None:
    """List the archetypes: strategies that have names, for --lineup."""
    found = [(name, theta.tolist(), duties(theta).tolist()) for name, theta in ARCHETYPES.items()]
    if as_json:
        print_json(
            [
                {
                    "name": name,
                    "strategy": dict(zip(PARAMETERS, theta, strict=True)),
                    "p": p,
                    "q": q,
                    "about": ABOUT[name],
                }
                for name, theta, (p, q) in found
            ]
        )
        return
    columns = [
        Column("name"),
        Column("p", right=True),
        Column("q", right=True),
        Column("ten numbers"),
        Column("about", prose=True),
    ]
    rows = [
        [name, f"{p:g}", f"{q:g}", ":".join(f"{number:g}" for number in theta), ABOUT[name]]
        for name, theta, (p, q) in found
    ]
    caption = (
        "p: how often it works; q: how often it then stays at its own burning home. The ten "
        f"numbers, as --lineup takes them: {', '.join(PARAMETERS)}. --lineup also takes "
        f"{', '.join(NAMED)}, and ten_parameter:NAME, the original project's agent."
    )
    print_table(console(), columns, rows, caption=caption)
