//! What the workers do to the fires: the chance that exactly these are put out.
//!
//! Agents choose and succeed independently of each other, and an agent puts out one fire at most,
//! with chances that its policy says ([`Policy::hits`]). Several agents at one fire are independent
//! trials, which is the rule `1 − (1−κ)^workers`.

use crate::policy::{Burning, Hits, Place, Policy};

/// Which houses are told apart: the first `homes` (those of agents, or where a policy looks at more,
/// all), and by their number only the `others`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Partition {
    /// Houses that are told apart, m.
    pub homes: usize,
    /// Houses that are alike, n.
    pub others: usize,
    /// Agents, A.
    pub agents: usize,
    /// H; agent `a` lives at `a mod H`.
    pub houses: usize,
}

impl Partition {
    /// The number of sizes that the set of others put out may have: 0 … A.
    pub fn levels(self) -> usize {
        self.agents + 1
    }
    /// The number of fates of the homes: each not burning, still burning or put out.
    pub fn classes(self) -> usize {
        3usize.pow(self.homes as u32)
    }
    /// Length of a table of chances.
    pub fn table(self) -> usize {
        (self.others + 1) * self.classes() * self.levels()
    }
    /// Where the chance stands that `fires` others keep burning, `level` others are put out, and
    /// the homes fare as `class` says.
    #[inline(always)]
    pub fn index(self, fires: usize, level: usize, class: usize) -> usize {
        (fires * self.levels() + level) * self.classes() + class
    }
    fn place(self, agent: usize) -> Place {
        Place::new(agent, self.houses, self.agents)
    }
}

/// The agents against given fires: the chances of each.
#[derive(Clone, Debug)]
pub struct Team(pub Vec<Hits>);

impl Team {
    /// All agents of a line-up, when `homes` (as bits) and `others` other houses burn.
    pub fn new(
        partition: Partition,
        policies: &[Policy],
        solo: f64,
        homes: usize,
        others: usize,
    ) -> Self {
        let fires = fires(homes, others);
        let hits =
            |(agent, policy): (usize, &Policy)| policy.hits(solo, partition.place(agent), fires);
        Self(policies.iter().enumerate().map(hits).collect())
    }

    /// The chance of an agent to put out the fire in house `house`.
    #[inline(always)]
    pub fn at(&self, agent: usize, house: usize) -> f64 {
        let hits = &self.0[agent];
        if hits.preferred >> house & 1 != 0 { hits.own } else { hits.other }
    }

    /// Derivatives by the chances of each agent, all 0, to be added to.
    pub fn slopes(&self) -> Vec<Hits> {
        self.0.iter().map(|hits| Hits { own: 0.0, other: 0.0, ..*hits }).collect()
    }
}

fn fires(homes: usize, others: usize) -> Burning {
    Burning { houses: homes, count: homes.count_ones() as usize + others }
}

/// Adds the derivatives by the agents' chances, against given fires, to those by the numbers of
/// each policy.
pub fn hits_backward(
    partition: Partition,
    policies: &[Policy],
    solo: f64,
    (homes, others): (usize, usize),
    slopes: &[Hits],
    gradient: &mut [[f64; 2]],
) {
    let fires = fires(homes, others);
    for (agent, &slope) in slopes.iter().enumerate() {
        let [p, q] = policies[agent].hits_backward(solo, partition.place(agent), fires, slope);
        gradient[agent][0] += p;
        gradient[agent][1] += q;
    }
}

/// Chances that exactly given sets of fires are put out, as agents act one after another: a table
/// for each agent, from the one before.
///
/// Indexed by the burning homes put out (as a number with a bit per burning home) and how many
/// others; the chance is that of one certain set of that many others.
struct AgentSteps {
    /// Burning homes, as their bits in turn.
    homes: Vec<usize>,
    /// The number of others that burn.
    others: usize,
    levels: usize,
    /// Tables: one before any agent, one after each.
    steps: Vec<Vec<f64>>,
}

impl AgentSteps {
    fn new(partition: Partition, team: &Team, homes: usize, others: usize) -> Self {
        let burning: Vec<usize> = (0..partition.homes).filter(|h| homes >> h & 1 != 0).collect();
        let levels = others.min(partition.agents) + 1;
        let mut steps_of_agents = Self { homes: burning, others, levels, steps: Vec::new() };
        let mut now = vec![0.0; (1 << steps_of_agents.homes.len()) * levels];
        now[0] = 1.0;
        steps_of_agents.steps.push(now.clone());
        for agent in 0..partition.agents {
            // Downwards, so that what is read has not changed yet.
            for set in (0..1 << steps_of_agents.homes.len()).rev() {
                for level in (0..levels).rev() {
                    let mut chance =
                        now[set * levels + level] * steps_of_agents.idle(team, agent, set, level);
                    for (bit, &house) in steps_of_agents.homes.iter().enumerate() {
                        if set >> bit & 1 != 0 {
                            let before = (set & !(1 << bit)) * levels + level;
                            chance += now[before] * team.at(agent, house);
                        }
                    }
                    if level > 0 {
                        let before = now[set * levels + level - 1];
                        chance += before * level as f64 * team.0[agent].other;
                    }
                    now[set * levels + level] = chance;
                }
            }
            steps_of_agents.steps.push(now.clone());
        }
        steps_of_agents
    }

    /// The chance that an agent puts out nothing that is not already out.
    fn idle(&self, team: &Team, agent: usize, set: usize, level: usize) -> f64 {
        let left = self.homes.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 0);
        let hits: f64 = left.map(|(_, &house)| team.at(agent, house)).sum();
        // A certain hit must not leave a trace of rounding below zero.
        (1.0 - hits - (self.others - level) as f64 * team.0[agent].other).max(0.0)
    }

    /// The class of the homes when `set` of them are put out.
    fn class(&self, set: usize) -> usize {
        let digit = |bit: usize| if set >> bit & 1 != 0 { 2 } else { 1 };
        let homes = self.homes.iter().enumerate();
        homes.map(|(bit, &house)| digit(bit) * 3usize.pow(house as u32)).sum()
    }

    /// Where the numbers of the last step stand in a table: pairs of its index and theirs.
    fn entries(&self, partition: Partition) -> Vec<(usize, usize)> {
        let mut entries = Vec::new();
        for set in 0..1 << self.homes.len() {
            for level in 0..self.levels {
                let at = partition.index(self.others - level, level, self.class(set));
                entries.push((at, set * self.levels + level));
            }
        }
        entries
    }

    /// From derivatives of a value by the last step to those by the agents' chances.
    fn backward(&self, team: &Team, mut slopes: Vec<f64>) -> Vec<Hits> {
        let levels = self.levels;
        let mut of_agents = team.slopes();
        for agent in (0..of_agents.len()).rev() {
            let before = &self.steps[agent];
            let mut next = vec![0.0; slopes.len()];
            let of_agent = &mut of_agents[agent];
            let mut hit = |house: Option<usize>, slope: f64| match house {
                Some(house) if of_agent.preferred >> house & 1 != 0 => of_agent.own += slope,
                _ => of_agent.other += slope,
            };
            for set in 0..1 << self.homes.len() {
                for level in 0..levels {
                    let at = set * levels + level;
                    let slope = slopes[at];
                    next[at] += slope * self.idle(team, agent, set, level);
                    for (bit, &house) in self.homes.iter().enumerate() {
                        if set >> bit & 1 != 0 {
                            let from = (set & !(1 << bit)) * levels + level;
                            next[from] += slope * team.at(agent, house);
                            hit(Some(house), slope * before[from]);
                        } else {
                            hit(Some(house), -slope * before[at]);
                        }
                    }
                    let left = (self.others - level) as f64;
                    hit(None, -slope * before[at] * left);
                    if level > 0 {
                        next[at - 1] += slope * level as f64 * team.0[agent].other;
                        hit(None, slope * before[at - 1] * level as f64);
                    }
                }
            }
            slopes = next;
        }
        of_agents
    }
}

/// The chances of all outcomes, laid out as [`Partition::index`] says.
pub fn table(partition: Partition, policies: &[Policy], solo: f64) -> Vec<f64> {
    let mut table = vec![0.0; partition.table()];
    for homes in 0..1 << partition.homes {
        for others in 0..=partition.others {
            let team = Team::new(partition, policies, solo, homes, others);
            let steps_of_agents = AgentSteps::new(partition, &team, homes, others);
            for (to, from) in steps_of_agents.entries(partition) {
                table[to] = steps_of_agents.steps[partition.agents][from];
            }
        }
    }
    table
}

/// Derivatives by the numbers of each agent's policy, from those by the entries of a table.
pub fn table_backward(
    partition: Partition,
    policies: &[Policy],
    solo: f64,
    slopes: &[f64],
    gradient: &mut [[f64; 2]],
) {
    for homes in 0..1 << partition.homes {
        for others in 0..=partition.others {
            let team = Team::new(partition, policies, solo, homes, others);
            let steps_of_agents = AgentSteps::new(partition, &team, homes, others);
            let mut last = vec![0.0; steps_of_agents.steps[0].len()];
            for (from, to) in steps_of_agents.entries(partition) {
                last[to] = slopes[from];
            }
            let slopes = steps_of_agents.backward(&team, last);
            hits_backward(partition, policies, solo, (homes, others), &slopes, gradient);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Firefighter, Heuristic};

    /// Plays all choices of all agents: the chance that exactly `out` (of `burning`) are put out.
    fn by_enumeration(
        policies: &[Policy],
        solo: f64,
        houses: usize,
        burning: &[usize],
        out: &[usize],
    ) -> f64 {
        // The chance to work at a fire.
        let works_at = |agent: usize, house: usize| match policies[agent] {
            Policy::Heuristic(Heuristic { p, q, .. }) => {
                let home = agent % houses;
                let prefers = if burning.contains(&home) { q } else { 0.0 };
                let own = if house == home { prefers } else { 0.0 };
                p * (own + (1.0 - prefers) / burning.len() as f64)
            }
            Policy::Firefighter(Firefighter { w, own_first, .. }) => {
                let is_own = |house: &&usize| **house % policies.len() == agent;
                let own: Vec<_> = burning.iter().filter(is_own).collect();
                if !own_first || own.is_empty() {
                    w / burning.len() as f64
                } else if own.contains(&&house) {
                    w / own.len() as f64
                } else {
                    0.0
                }
            }
        };
        if burning.is_empty() {
            return 1.0;
        }
        // Each agent works at one of the fires or nowhere.
        let options = burning.len() + 1;
        let mut total = 0.0;
        for joint in 0..options.pow(policies.len() as u32) {
            let mut chance = 1.0;
            let mut workers = vec![0; burning.len()];
            for agent in 0..policies.len() {
                let choice = joint / options.pow(agent as u32) % options;
                if choice < burning.len() {
                    workers[choice] += 1;
                    chance *= works_at(agent, burning[choice]);
                } else {
                    chance *= 1.0 - policies[agent].work().0;
                }
            }
            for (fire, house) in burning.iter().enumerate() {
                let puts_out = 1.0 - (1.0 - solo).powi(workers[fire]);
                chance *= if out.contains(house) { puts_out } else { 1.0 - puts_out };
            }
            total += chance;
        }
        total
    }

    /// Of each kind in turns; `own_first` only where all houses are told apart.
    fn policies(agents: usize, own_first: bool) -> Vec<Policy> {
        let policy = |a: usize| match a % 3 {
            1 => Policy::Firefighter(Firefighter::new(0.95 - 0.1 * a as f64, own_first)),
            2 => Policy::Firefighter(Firefighter::new(0.6, false)),
            _ => Policy::Heuristic(Heuristic::new(0.9 - 0.13 * a as f64, 0.2 + 0.17 * a as f64)),
        };
        (0..agents).map(policy).collect()
    }

    #[test]
    fn chances_match_an_enumeration_of_choices() {
        // Some homes are empty in the first; in the third, two agents share one; in the last two, one
        // agent owns two houses or more.
        for (houses, homes, agents) in [(6, 3, 2), (5, 4, 4), (3, 3, 4), (5, 5, 2), (6, 6, 3)] {
            let partition = Partition { homes, others: houses - homes, agents, houses };
            let (policies, solo) = (policies(agents, houses == homes), 0.7);
            let table = table(partition, &policies, solo);
            for before in 0..1usize << houses {
                for after in (0..1usize << houses).filter(|after| after & !before == 0) {
                    let list = |bits: usize| -> Vec<usize> {
                        (0..houses).filter(|h| bits >> h & 1 != 0).collect()
                    };
                    let out = list(before & !after);
                    let others_out = out.iter().filter(|&&h| h >= homes).count();
                    let fires = list(after).iter().filter(|&&h| h >= homes).count();
                    let class: usize = list(before)
                        .iter()
                        .filter(|&&h| h < homes)
                        .map(|&h| 3usize.pow(h as u32) * if after >> h & 1 != 0 { 1 } else { 2 })
                        .sum();
                    let expected = by_enumeration(&policies, solo, houses, &list(before), &out);
                    let found = match others_out <= agents {
                        true => table[partition.index(fires, others_out, class)],
                        false => 0.0,
                    };
                    assert!(
                        (found - expected).abs() < 1e-14,
                        "{before:b} {after:b}: {found} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn slopes_match_central_differences() {
        for (homes, others) in [(3, 3), (6, 0)] {
            let partition = Partition { homes, others, agents: 4, houses: 6 };
            let policies = policies(4, others == 0);
            let weights: Vec<f64> =
                (0..partition.table()).map(|i| (i as f64 * 0.7).sin()).collect();
            let value = |policies: &[Policy]| -> f64 {
                table(partition, policies, 0.6).iter().zip(&weights).map(|(x, w)| x * w).sum()
            };
            let mut gradient = vec![[0.0; 2]; 4];
            table_backward(partition, &policies, 0.6, &weights, &mut gradient);
            for agent in 0..4 {
                for j in 0..2 {
                    let moved = |by: f64| {
                        let mut moved = policies.clone();
                        match &mut moved[agent] {
                            Policy::Heuristic(policy) if j == 0 => policy.p += by,
                            Policy::Heuristic(policy) => policy.q += by,
                            Policy::Firefighter(policy) if j == 0 => policy.w += by,
                            Policy::Firefighter(_) => {}
                        }
                        value(&moved)
                    };
                    let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                    assert!((slope - gradient[agent][j]).abs() < 1e-8, "{homes} {agent} {j}");
                }
            }
        }
    }
}
