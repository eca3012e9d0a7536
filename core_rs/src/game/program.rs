//! A program: everything random or heavy about a request, compiled to integers.
//!
//! It is what every backend receives, so that none of them computes a threshold of its own.

use crate::error::InvalidValue;
use crate::game::counts::Layout;
use crate::game::scenario::{Dynamics, EndRule, NightOrder};
use crate::policy::{Player, PolicyThresholds};
use crate::random::address::BLOCK;
use crate::random::threshold::{self, ALWAYS};

/// Policies one seat may mix.
pub const MAX_MIXTURE: usize = 16;

/// One policy of a seat's mixture, and the threshold below which its uniform selects it
/// (cumulative; the last one is 2^32).
pub type SeatEntry = (u32, u64);

/// The episodes to play: `first .. first + count` of a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Episodes {
    /// Seed of all randomness.
    pub seed: u64,
    /// The number of the first episode.
    pub first: u64,
    /// The number of episodes, at least one.
    pub count: u64,
}

/// The integers a backend needs.
#[derive(Clone, Debug)]
pub struct Program {
    /// Houses and agents.
    pub layout: Layout,
    /// An episode does not end before this night is over.
    pub min_nights: u32,
    /// Nights at most.
    pub max_nights: u32,
    /// The rule that ends an episode early.
    pub end_rule: EndRule,
    /// Thresholds of catching fire with 0, 1, 2 fires next door when spread is drawn. Under
    /// `burn_out_then_spread` nothing burns then, and the three are equal.
    pub catch: [u64; 3],
    /// Thresholds of a fire being put out by 1 … A workers.
    pub extinguish: Vec<u64>,
    /// The pool of policies.
    pub policies: Vec<PolicyThresholds>,
    /// The seats of all line-ups, one after another: seat `s` of line-up `l` is `l · A + s`.
    seat_ends: Vec<u32>,
    entries: Vec<SeatEntry>,
    /// The range of episodes to play.
    pub episodes: Episodes,
}

/// A seat as its user gives it: policies of the pool with their weights.
pub type Seat = Vec<(usize, f64)>;

impl Program {
    /// Checks and compiles a request.
    ///
    /// # Errors
    /// The first value that is not allowed, by its name: a parameter of the scenario, `episodes`,
    /// `first_episode`, a number of `strategies[i]`, or `lineups[i]`.
    pub fn compile<P: Clone + Into<Player>>(
        dynamics: &Dynamics,
        policies: &[P],
        lineups: &[Vec<Seat>],
        episodes: Episodes,
    ) -> Result<Self, InvalidValue> {
        dynamics.validate()?;
        let layout = Layout { houses: dynamics.num_houses, agents: dynamics.num_agents };
        check_episodes(episodes, dynamics.max_nights, layout)?;
        let policies: Vec<Player> = policies.iter().cloned().map(Into::into).collect();
        for (i, policy) in policies.iter().enumerate() {
            policy.validate(&format!("strategies[{i}]"), layout.houses, dynamics.max_nights)?;
        }
        let mut seat_ends = Vec::with_capacity(lineups.len() * layout.agents);
        let mut entries = Vec::with_capacity(lineups.len() * layout.agents);
        for (i, lineup) in lineups.iter().enumerate() {
            if lineup.len() != layout.agents {
                return Err(InvalidValue::new(
                    format!("lineups[{i}]"),
                    format!("{} strategies", lineup.len()),
                    format!("one for each of the {} seats", layout.agents),
                ));
            }
            for (s, seat) in lineup.iter().enumerate() {
                let name = format!("lineups[{i}][{s}]");
                entries.extend(compile_seat(&name, seat, policies.len())?);
                let end = u32::try_from(entries.len()).map_err(|_| {
                    InvalidValue::new("lineups", lineups.len(), "fewer than 2^32 strategies in all")
                })?;
                seat_ends.push(end);
            }
        }
        let mut catch = threshold::catch(dynamics.spread(), dynamics.prob_house_catches_fire);
        if dynamics.night_order == NightOrder::BurnOutThenSpread {
            catch = [catch[0]; 3]; // not 1 − (1−ρ), which may round differently
        }
        Ok(Self {
            layout,
            min_nights: dynamics.min_nights,
            max_nights: dynamics.max_nights,
            end_rule: dynamics.end_rule,
            catch,
            extinguish: threshold::extinguish(
                dynamics.prob_solo_agent_extinguishes_fire,
                layout.agents,
            ),
            policies: policies.iter().map(|policy| policy.thresholds(layout.houses)).collect(),
            seat_ends,
            entries,
            episodes,
        })
    }

    /// Number of line-ups.
    #[must_use]
    pub fn lineups(&self) -> usize {
        self.seat_ends.len() / self.layout.agents
    }

    /// The policies a seat of a line-up mixes; one entry where it plays a single one.
    #[must_use]
    pub fn seat(&self, lineup: usize, seat: usize) -> &[SeatEntry] {
        let i = lineup * self.layout.agents + seat;
        let start = if i == 0 { 0 } else { self.seat_ends[i - 1] as usize };
        &self.entries[start..self.seat_ends[i] as usize]
    }

    /// The first block that holds an episode of the request.
    #[must_use]
    pub fn first_block(&self) -> u64 {
        self.episodes.first / BLOCK
    }

    /// Blocks that hold an episode of the request, per line-up.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        let last = self.episodes.first + (self.episodes.count - 1);
        last / BLOCK - self.first_block() + 1
    }

    /// The lanes of a block (numbered from 0 at the first) that belong to the request.
    #[must_use]
    pub fn lanes(&self, block: u64) -> u32 {
        let Episodes { first, count, .. } = self.episodes;
        let mut lanes = u32::MAX;
        if block == 0 {
            lanes &= u32::MAX << (first % BLOCK);
        }
        if block + 1 == self.blocks() {
            lanes &= u32::MAX >> (BLOCK - 1 - (first + (count - 1)) % BLOCK);
        }
        lanes
    }

    /// Episodes of each block, as runs of blocks that have as many: (episodes, blocks).
    #[must_use]
    pub fn block_runs(&self) -> Vec<(u32, u64)> {
        let last = self.blocks() - 1;
        let mut runs: Vec<(u32, u64)> = Vec::new();
        // Only the first and the last block can lack episodes.
        for (block, blocks) in [(0, 1), (1, last.saturating_sub(1)), (last, last.min(1))] {
            if blocks == 0 {
                continue;
            }
            let size = self.lanes(block).count_ones();
            match runs.last_mut() {
                Some((same, before)) if *same == size => *before += blocks,
                _ => runs.push((size, blocks)),
            }
        }
        runs
    }
}

/// Checks the range of episodes, and that no 64-bit total or second moment can overflow.
fn check_episodes(episodes: Episodes, max_nights: u32, layout: Layout) -> Result<(), InvalidValue> {
    let Episodes { first, count, .. } = episodes;
    if count == 0 {
        return Err(InvalidValue::new("episodes", count, "at least 1"));
    }
    if first.checked_add(count - 1).is_none() {
        return Err(InvalidValue::new(
            "first_episode",
            first,
            format!("at most 2^64 - {count}, so that the last episode is below 2^64"),
        ));
    }
    let most = most_episodes(max_nights, layout);
    if count > most {
        return Err(InvalidValue::new(
            "episodes",
            count,
            format!(
                "at most {most} in one call at max_nights = {max_nights}, so that 64-bit moments \
                 cannot overflow; play the range in parts"
            ),
        ));
    }
    Ok(())
}

/// Episodes that one call may play: as many as leave second moments below 2^63 whatever happens.
#[must_use]
pub fn most_episodes(max_nights: u32, layout: Layout) -> u64 {
    let largest = BLOCK * u64::from(max_nights) * layout.houses as u64;
    (i64::MAX as u64 / (largest * largest) - 1) * BLOCK
}

/// Checks one seat's mixture and turns its weights into cumulative thresholds.
fn compile_seat(
    name: &str,
    seat: &Seat,
    strategies: usize,
) -> Result<Vec<SeatEntry>, InvalidValue> {
    let mut sum = 0.0;
    let mut entries = Vec::with_capacity(seat.len());
    for &(strategy, weight) in seat {
        if strategy >= strategies {
            let allowed = format!("an index below the pool's {strategies} strategies");
            return Err(InvalidValue::new(name, strategy, allowed));
        }
        if !(weight.is_finite() && weight >= 0.0) {
            return Err(InvalidValue::new(
                name,
                format!("weight {weight}"),
                "weights of at least 0",
            ));
        }
        if weight > 0.0 {
            sum += weight;
            entries.push((strategy as u32, threshold::threshold(f64::min(sum, 1.0))));
        }
    }
    if (sum - 1.0).abs() > 1e-9 || sum.is_nan() {
        let given = format!("weights that sum to {sum}");
        return Err(InvalidValue::new(name, given, "weights that sum to 1 within 1e-9"));
    }
    if entries.len() > MAX_MIXTURE {
        let given = format!("a mixture of {} strategies", entries.len());
        return Err(InvalidValue::new(
            name,
            given,
            format!("at most {MAX_MIXTURE} strategies with a weight above 0"),
        ));
    }
    if let Some(last) = entries.last_mut() {
        last.1 = ALWAYS;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::scenario::tests::default_dynamics;
    use crate::policy::{Heuristic, Policy};

    fn compile(lineups: &[Vec<Seat>], first: u64, count: u64) -> Result<Program, InvalidValue> {
        let pool = [0.5, 1.0].map(|x| Policy::Heuristic(Heuristic::new(x, x)));
        let episodes = Episodes { seed: 1, first, count };
        Program::compile(&default_dynamics(), &pool, lineups, episodes)
    }

    fn pure() -> Vec<Seat> {
        vec![vec![(0, 1.0)]; 4]
    }

    #[test]
    fn partial_blocks_have_partial_lanes() {
        let p = compile(&[pure()], 30, 36).expect("valid");
        assert_eq!((p.first_block(), p.blocks()), (0, 3));
        assert_eq!([p.lanes(0), p.lanes(1), p.lanes(2)], [0xC000_0000, u32::MAX, 0b11]);
        let p = compile(&[pure()], u64::MAX, 1).expect("valid");
        assert_eq!((p.first_block(), p.blocks(), p.lanes(0)), (u64::MAX / 32, 1, 1 << 31));
    }

    #[test]
    fn runs_of_blocks_are_those_of_their_lanes() {
        for (first, count) in [(0, 1), (31, 1), (31, 2), (0, 32), (5, 27), (3, 4), (30, 36)] {
            for more in [0, 1, 31, 32, 64, 70, 640] {
                let p = compile(&[pure()], first, count + more).expect("valid");
                let lanes: Vec<u32> = (0..p.blocks()).map(|b| p.lanes(b).count_ones()).collect();
                let runs = p.block_runs();
                let told: Vec<u32> =
                    runs.iter().flat_map(|&(n, blocks)| vec![n; blocks as usize]).collect();
                assert_eq!(told, lanes, "{first} {count} {more}");
                assert!(runs.windows(2).all(|pair| pair[0].0 != pair[1].0));
            }
        }
    }

    #[test]
    fn zero_weights_are_dropped_and_the_last_threshold_is_certain() {
        let mixed: Seat = vec![(0, 0.0), (1, 0.25), (0, 0.75), (1, 0.0)];
        let p = compile(&[vec![mixed; 4]], 0, 1).expect("valid");
        assert_eq!(p.seat(0, 3), [(1, 1 << 30), (0, ALWAYS)]);
    }

    #[test]
    fn errors_name_the_place() {
        let field = |r: Result<Program, InvalidValue>| r.expect_err("invalid").field;
        assert_eq!(field(compile(&[pure()[..3].to_vec()], 0, 1)), "lineups[0]");
        let mut lineup = pure();
        lineup[2] = vec![(2, 1.0)];
        assert_eq!(field(compile(&[pure(), lineup], 0, 1)), "lineups[1][2]");
        assert_eq!(field(compile(&[pure()], 2, u64::MAX)), "first_episode");
        assert_eq!(field(compile(&[pure()], 0, u64::MAX)), "episodes");
        assert_eq!(field(compile(&[pure()], 0, 0)), "episodes");
        let pool = [Policy::Heuristic(Heuristic::new(0.5, 2.0))];
        let episodes = Episodes { seed: 1, first: 0, count: 1 };
        let wrong = Program::compile(&default_dynamics(), &pool, &[pure()], episodes);
        assert_eq!(field(wrong), "strategies[0].q");
    }
}
