//! What the workers do to the fires: the chance that exactly these are put out.
//!
//! Agents choose and succeed independently of each other, and an agent puts out one fire at most.
//! With `k` fires in all, agent `a` puts out a given one with probability `κ p_a u`, where `u` is
//! `1/k` if its own home does not burn; if it does, `q_a + (1−q_a)/k` for the home and `(1−q_a)/k`
//! for any other fire. Several agents at one fire are independent trials, which is the rule
//! `1 − (1−κ)^workers`.

/// What the heuristic agent in one seat does: all of its strategy that matters for counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Duty {
    /// p = θ1 (1 − θ8): it works, per night.
    pub work: f64,
    /// q = θ3: as a worker whose own home burns, it stays there.
    pub home: f64,
}

/// Which lists of burning houses there are: `homes` houses told apart, `others` not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shape {
    /// m; every agent lives in one of these.
    pub homes: usize,
    /// n.
    pub others: usize,
    /// A.
    pub agents: usize,
    /// H; agent `a` lives at `a mod H`.
    pub houses: usize,
}

impl Shape {
    /// How many others may be put out: 0 … A.
    pub fn levels(self) -> usize {
        self.agents + 1
    }
    /// What can become of the homes: not burning, still burning or put out, each.
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
    fn home(self, agent: usize) -> usize {
        agent % self.houses
    }
}

/// The chances of one agent, given the fires: to put out its own burning home, and to put out any
/// one other fire.
#[derive(Clone, Copy, Debug, Default)]
pub struct Aim {
    /// Its home, if that burns.
    pub own: f64,
    /// Another fire.
    pub other: f64,
}

impl Aim {
    fn new(duty: Duty, solo: f64, fires: usize, home_burns: bool) -> Self {
        let share = 1.0 / fires.max(1) as f64;
        let strength = solo * duty.work;
        if home_burns {
            let other = (1.0 - duty.home) * share;
            Self { own: strength * (duty.home + other), other: strength * other }
        } else {
            Self { own: 0.0, other: strength * share }
        }
    }

    /// Derivatives by p and q, times those of a value by the aim.
    fn backward(self, duty: Duty, solo: f64, fires: usize, home_burns: bool) -> [f64; 2] {
        let share = 1.0 / fires.max(1) as f64;
        if home_burns {
            let other = (1.0 - duty.home) * share;
            let p = solo * ((duty.home + other) * self.own + other * self.other);
            [p, solo * duty.work * ((1.0 - share) * self.own - share * self.other)]
        } else {
            [solo * share * self.other, 0.0]
        }
    }
}

/// The agents against given fires.
#[derive(Clone, Debug)]
pub struct Crew {
    /// Home of each agent.
    pub homes: Vec<usize>,
    /// Chances of each agent.
    pub aims: Vec<Aim>,
}

impl Crew {
    /// All agents of a line-up, when `homes` (as bits) and so many others burn.
    pub fn new(shape: Shape, duties: &[Duty], solo: f64, homes: usize, others: usize) -> Self {
        let fires = homes.count_ones() as usize + others;
        let burns = |agent| homes >> shape.home(agent) & 1 != 0;
        let aim = |(agent, &duty)| Aim::new(duty, solo, fires, burns(agent));
        Self {
            homes: (0..shape.agents).map(|agent| shape.home(agent)).collect(),
            aims: duties.iter().enumerate().map(aim).collect(),
        }
    }

    /// The chance of an agent to put out the fire in house `house`.
    #[inline(always)]
    pub fn at(&self, agent: usize, house: usize) -> f64 {
        if self.homes[agent] == house { self.aims[agent].own } else { self.aims[agent].other }
    }
}

/// Adds the derivatives by aims, against given fires, to those by (p, q) of each agent.
pub fn aims_backward(
    shape: Shape,
    duties: &[Duty],
    solo: f64,
    (homes, others): (usize, usize),
    slopes: &[Aim],
    gradient: &mut [[f64; 2]],
) {
    let fires = homes.count_ones() as usize + others;
    for (agent, slope) in slopes.iter().enumerate() {
        let burns = homes >> shape.home(agent) & 1 != 0;
        let [p, q] = slope.backward(duties[agent], solo, fires, burns);
        gradient[agent][0] += p;
        gradient[agent][1] += q;
    }
}

/// Chances that exactly given sets of fires are put out, as agents act one after another.
///
/// Indexed by the burning homes put out (as a number with a bit per burning home) and how many
/// others; the chance is that of one certain set of so many others.
struct Ladder {
    /// Burning homes, by bit.
    homes: Vec<usize>,
    /// Burning others.
    others: usize,
    levels: usize,
    /// One table before any agent, one after each.
    steps: Vec<Vec<f64>>,
}

impl Ladder {
    fn new(shape: Shape, crew: &Crew, homes: usize, others: usize) -> Self {
        let burning: Vec<usize> = (0..shape.homes).filter(|h| homes >> h & 1 != 0).collect();
        let levels = others.min(shape.agents) + 1;
        let mut ladder = Self { homes: burning, others, levels, steps: Vec::new() };
        let mut now = vec![0.0; (1 << ladder.homes.len()) * levels];
        now[0] = 1.0;
        ladder.steps.push(now.clone());
        for agent in 0..shape.agents {
            // Downwards, so that what is read has not changed yet.
            for set in (0..1 << ladder.homes.len()).rev() {
                for level in (0..levels).rev() {
                    let mut chance =
                        now[set * levels + level] * ladder.idle(crew, agent, set, level);
                    for (bit, &house) in ladder.homes.iter().enumerate() {
                        if set >> bit & 1 != 0 {
                            let before = (set & !(1 << bit)) * levels + level;
                            chance += now[before] * crew.at(agent, house);
                        }
                    }
                    if level > 0 {
                        let before = now[set * levels + level - 1];
                        chance += before * level as f64 * crew.aims[agent].other;
                    }
                    now[set * levels + level] = chance;
                }
            }
            ladder.steps.push(now.clone());
        }
        ladder
    }

    /// The chance that an agent puts out nothing that is not already out.
    fn idle(&self, crew: &Crew, agent: usize, set: usize, level: usize) -> f64 {
        let left = self.homes.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 0);
        let hits: f64 = left.map(|(_, &house)| crew.at(agent, house)).sum();
        // A certain hit must not leave a trace of rounding below zero.
        (1.0 - hits - (self.others - level) as f64 * crew.aims[agent].other).max(0.0)
    }

    /// The class of the homes when `set` of them are put out.
    fn class(&self, set: usize) -> usize {
        let digit = |bit: usize| if set >> bit & 1 != 0 { 2 } else { 1 };
        let homes = self.homes.iter().enumerate();
        homes.map(|(bit, &house)| digit(bit) * 3usize.pow(house as u32)).sum()
    }

    /// Where the numbers of the last step stand in a table: pairs of its index and theirs.
    fn entries(&self, shape: Shape) -> Vec<(usize, usize)> {
        let mut entries = Vec::new();
        for set in 0..1 << self.homes.len() {
            for level in 0..self.levels {
                let at = shape.index(self.others - level, level, self.class(set));
                entries.push((at, set * self.levels + level));
            }
        }
        entries
    }

    /// From derivatives of a value by the last step to those by the agents' aims.
    fn backward(&self, crew: &Crew, mut slopes: Vec<f64>) -> Vec<Aim> {
        let levels = self.levels;
        let mut aims = vec![Aim::default(); crew.aims.len()];
        for agent in (0..crew.aims.len()).rev() {
            let before = &self.steps[agent];
            let mut next = vec![0.0; slopes.len()];
            let aim = &mut aims[agent];
            let mut hit = |house: usize, slope: f64| {
                if crew.homes[agent] == house {
                    aim.own += slope;
                } else {
                    aim.other += slope;
                }
            };
            for set in 0..1 << self.homes.len() {
                for level in 0..levels {
                    let at = set * levels + level;
                    let slope = slopes[at];
                    next[at] += slope * self.idle(crew, agent, set, level);
                    for (bit, &house) in self.homes.iter().enumerate() {
                        if set >> bit & 1 != 0 {
                            let from = (set & !(1 << bit)) * levels + level;
                            next[from] += slope * crew.at(agent, house);
                            hit(house, slope * before[from]);
                        } else {
                            hit(house, -slope * before[at]);
                        }
                    }
                    let left = (self.others - level) as f64;
                    hit(usize::MAX, -slope * before[at] * left);
                    if level > 0 {
                        next[at - 1] += slope * level as f64 * crew.aims[agent].other;
                        hit(usize::MAX, slope * before[at - 1] * level as f64);
                    }
                }
            }
            slopes = next;
        }
        aims
    }
}

/// The chances of all outcomes, laid out as [`Shape::index`] says.
pub fn table(shape: Shape, duties: &[Duty], solo: f64) -> Vec<f64> {
    let mut table = vec![0.0; shape.table()];
    for homes in 0..1 << shape.homes {
        for others in 0..=shape.others {
            let crew = Crew::new(shape, duties, solo, homes, others);
            let ladder = Ladder::new(shape, &crew, homes, others);
            for (to, from) in ladder.entries(shape) {
                table[to] = ladder.steps[shape.agents][from];
            }
        }
    }
    table
}

/// Derivatives by each agent's (p, q), from those by the entries of a table.
pub fn table_backward(
    shape: Shape,
    duties: &[Duty],
    solo: f64,
    slopes: &[f64],
    gradient: &mut [[f64; 2]],
) {
    for homes in 0..1 << shape.homes {
        for others in 0..=shape.others {
            let crew = Crew::new(shape, duties, solo, homes, others);
            let ladder = Ladder::new(shape, &crew, homes, others);
            let mut last = vec![0.0; ladder.steps[0].len()];
            for (from, to) in ladder.entries(shape) {
                last[to] = slopes[from];
            }
            let aims = ladder.backward(&crew, last);
            aims_backward(shape, duties, solo, (homes, others), &aims, gradient);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays all choices of all agents: the chance that exactly `out` (of `burning`) are put out.
    fn by_enumeration(
        duties: &[Duty],
        solo: f64,
        houses: usize,
        burning: &[usize],
        out: &[usize],
    ) -> f64 {
        fn place(duty: Duty, home: usize, burning: &[usize], house: usize) -> f64 {
            let drawn = 1.0 / burning.len() as f64;
            let prefers = if burning.contains(&home) { duty.home } else { 0.0 };
            let own = if house == home { prefers } else { 0.0 };
            duty.work * (own + (1.0 - prefers) * drawn)
        }
        if burning.is_empty() {
            return 1.0;
        }
        // Each agent works at one of the fires or nowhere.
        let options = burning.len() + 1;
        let mut total = 0.0;
        for joint in 0..options.pow(duties.len() as u32) {
            let mut chance = 1.0;
            let mut workers = vec![0; burning.len()];
            for (agent, &duty) in duties.iter().enumerate() {
                let choice = joint / options.pow(agent as u32) % options;
                if choice < burning.len() {
                    workers[choice] += 1;
                    chance *= place(duty, agent % houses, burning, burning[choice]);
                } else {
                    chance *= 1.0 - duty.work;
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

    fn duties(agents: usize) -> Vec<Duty> {
        (0..agents)
            .map(|a| Duty { work: 0.9 - 0.13 * a as f64, home: 0.2 + 0.17 * a as f64 })
            .collect()
    }

    #[test]
    fn chances_match_an_enumeration_of_choices() {
        // Some homes are empty in the first; in the last, two agents share one.
        for (houses, homes, agents) in [(6, 3, 2), (5, 4, 4), (3, 3, 4)] {
            let shape = Shape { homes, others: houses - homes, agents, houses };
            let (duties, solo) = (duties(agents), 0.7);
            let table = table(shape, &duties, solo);
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
                    let expected = by_enumeration(&duties, solo, houses, &list(before), &out);
                    let found = match others_out <= agents {
                        true => table[shape.index(fires, others_out, class)],
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
        let shape = Shape { homes: 3, others: 3, agents: 4, houses: 6 };
        let duties = duties(4);
        let weights: Vec<f64> = (0..shape.table()).map(|i| (i as f64 * 0.7).sin()).collect();
        let value = |duties: &[Duty]| -> f64 {
            table(shape, duties, 0.6).iter().zip(&weights).map(|(x, w)| x * w).sum()
        };
        let mut gradient = vec![[0.0; 2]; 4];
        table_backward(shape, &duties, 0.6, &weights, &mut gradient);
        for agent in 0..4 {
            for j in 0..2 {
                let moved = |by: f64| {
                    let mut moved = duties.clone();
                    *(if j == 0 { &mut moved[agent].work } else { &mut moved[agent].home }) += by;
                    value(&moved)
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((slope - gradient[agent][j]).abs() < 1e-8, "{agent} {j}");
            }
        }
    }
}
