//! What an engine counts, and how the counts become returns.
//!
//! A *count vector* holds, in this order: `nights`, `worked[A]`, `safe[H]`, `ruined[H]`, `saved[H]`,
//! `ended[4]`. Returns depend on fewer numbers, the *features*: `episodes`, `nights`, `worked[A]`,
//! houses safe, `ruined` and `saved` by owner. Second moments are kept of features, and reward
//! weights apply to them.

use crate::game::scenario::Rewards;

/// The ways an episode can end, in the order in which they are tried.
pub const END_KINDS: [&str; 4] = ["all_safe", "all_ruined", "no_fires", "cap"];

/// The place of each count and feature, for a ring of `houses` and `agents`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Houses, H.
    pub houses: usize,
    /// Agents, A.
    pub agents: usize,
}

impl Layout {
    /// Index of `nights` in a count vector.
    pub const NIGHTS: usize = 0;

    /// Index of `worked[0]`.
    #[must_use]
    pub fn worked(self) -> usize {
        1
    }
    /// Index of `safe[0]`.
    #[must_use]
    pub fn safe(self) -> usize {
        1 + self.agents
    }
    /// Index of `ruined[0]`.
    #[must_use]
    pub fn ruined(self) -> usize {
        self.safe() + self.houses
    }
    /// Index of `saved[0]`.
    #[must_use]
    pub fn saved(self) -> usize {
        self.ruined() + self.houses
    }
    /// Index of `ended[0]`.
    #[must_use]
    pub fn ended(self) -> usize {
        self.saved() + self.houses
    }
    /// Length of a count vector.
    #[must_use]
    pub fn counts(self) -> usize {
        self.ended() + END_KINDS.len()
    }

    /// Agents that own a house: house `h` belongs to agent `h mod A`.
    #[must_use]
    pub fn owners(self) -> usize {
        self.agents.min(self.houses)
    }
    /// Number of features.
    #[must_use]
    pub fn features(self) -> usize {
        3 + self.agents + 2 * self.owners()
    }

    /// Sums a count vector of `episodes` episodes into features.
    ///
    /// # Panics
    /// If the slices do not have the lengths of this layout.
    #[inline(always)]
    pub fn to_features<T>(self, episodes: T, counts: &[T], features: &mut [T])
    where
        T: Copy + Default + std::ops::AddAssign,
    {
        let (a, h, o) = (self.agents, self.houses, self.owners());
        let counts = &counts[..self.counts()];
        let features = &mut features[..self.features()];
        features[0] = episodes;
        features[1..2 + a].copy_from_slice(&counts[..1 + a]);
        features[2 + a..].fill(T::default());
        let (ruined, saved) = (self.ruined(), self.saved());
        let mut owner = 0;
        for house in 0..h {
            features[2 + a] += counts[1 + a + house];
            features[3 + a + owner] += counts[ruined + house];
            features[3 + a + o + owner] += counts[saved + house];
            owner = if owner + 1 == a { 0 } else { owner + 1 };
        }
    }
}

impl Rewards {
    /// The worth of each feature to each agent: a row per agent, `Layout::features` long.
    ///
    /// A return is the sum over features, first to last, of weight times total (`docs/rules.md`,
    /// "returns"); every float in a payoff comes from that one sum.
    #[must_use]
    pub fn weights(&self, layout: Layout) -> Vec<Vec<f64>> {
        let houses = layout.houses as f64;
        let own_or = |own: f64, other: f64, is_own: bool| if is_own { own } else { other };
        (0..layout.agents)
            .map(|agent| {
                let mut row = vec![0.0, self.reward_rest];
                row.extend((0..layout.agents).map(|worker| {
                    own_or(-self.cost_to_work_one_night - self.reward_rest, 0.0, worker == agent)
                }));
                row.push(self.team_reward_house_survives / houses);
                row.extend((0..layout.owners()).map(|owner| {
                    let penalty = own_or(
                        self.penalty_own_house_burns[agent],
                        self.penalty_other_house_burns[agent],
                        owner == agent,
                    );
                    -self.team_penalty_house_burns / houses - penalty
                }));
                row.extend((0..layout.owners()).map(|owner| {
                    own_or(
                        self.reward_own_house_survives[agent],
                        self.reward_other_house_survives[agent],
                        owner == agent,
                    )
                }));
                row
            })
            .collect()
    }
}

/// The return of one agent: its weights times the features, added first to last.
#[must_use]
pub fn weighted_sum(weights: &[f64], features: &[i64]) -> f64 {
    weights.iter().zip(features).fold(0.0, |sum, (w, &x)| sum + w * x as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_sum_houses_by_owner() {
        let layout = Layout { houses: 3, agents: 2 };
        //            nights worked safe     ruined    saved        ended
        let counts = [9, 4, 5, 1, 2, 3, 10, 20, 30, 100, 200, 300, 1, 0, 0, 0];
        assert_eq!(counts.len(), layout.counts());
        let mut features = vec![0; layout.features()];
        layout.to_features(1, &counts, &mut features);
        assert_eq!(features, [1, 9, 4, 5, 6, 40, 20, 400, 200]);
    }

    #[test]
    fn agents_without_houses_own_nothing() {
        let layout = Layout { houses: 2, agents: 5 };
        assert_eq!(layout.owners(), 2);
        let counts: Vec<i64> = (0..layout.counts() as i64).collect();
        let mut features = vec![0; layout.features()];
        layout.to_features(1, &counts, &mut features);
        assert_eq!(features[8..], [8, 9, 10, 11]);
    }
}
