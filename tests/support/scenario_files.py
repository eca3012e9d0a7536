"""A scenario as the original project writes it, and files of such."""

import json
from pathlib import Path
from typing import Any

#: As the original project writes them.
ORIGINAL: dict[str, Any] = {
    "prob_fire_spreads_to_neighbor": 0.25,
    "prob_solo_agent_extinguishes_fire": 0.5,
    "prob_house_catches_fire": 0.02,
    "team_reward_house_survives": 100.0,
    "team_penalty_house_burns": 100.0,
    "reward_own_house_survives": 20.0,
    "reward_other_house_survives": 0.0,
    "penalty_own_house_burns": 40.0,
    "penalty_other_house_burns": 0.0,
    "cost_to_work_one_night": 0.5,
    "min_nights": 12,
    "num_agents": 4,
}


def written(folder: Path, content: object, name: str = "file.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path
