//! What a night is worth, as the engine needs it: by state at its end, and by fires put out.

use super::model::Model;
use super::states::{bits, expand};
use crate::game::scenario::Rewards;

/// Whose payoffs the lanes of a cell hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A lane for each seat, and zeros in those left over.
    Seats,
    /// One lane: the mean over seats.
    Mean,
}

/// Rewards in cells of `S` lanes.
#[derive(Clone, Debug)]
pub struct Payoffs<const S: usize> {
    /// By house: what its ruin takes each night, and what it brings to save it.
    pub houses: Vec<[[f64; S]; 2]>,
    /// By standing set: what ruins and (all standing houses being safe) safe houses are worth.
    pub standing: Vec<[f64; S]>,
    /// What each house that burns at the end takes from it.
    pub burning: f64,
    /// As [`Survivors`](super::subsets::Survivors): what is to be expected for houses saved, when a
    /// set of fires is put out. Such a house is saved unless it catches fire again, which the
    /// survivors alone decide.
    pub saved: Vec<[f64; S]>,
    /// For a night of rest.
    pub rest: f64,
    /// Of a night of work, to be subtracted.
    pub cost: f64,
    /// How much an act must gain to be preferred, see [`tolerance`].
    pub tolerance: f64,
}

impl<const S: usize> Payoffs<S> {
    /// Of a scenario.
    pub fn new(model: &Model, whose: Whose) -> Self {
        let (rewards, states) = (&model.rewards, &model.states);
        let (houses, agents) = (states.houses, model.agents());
        let cell = |house: usize, own: &[f64], other: &[f64]| -> [f64; S] {
            let owner = house % agents;
            match whose {
                Whose::Seats => std::array::from_fn(|a| match a {
                    _ if a == owner => own[a],
                    _ if a < agents => other[a],
                    _ => 0.0,
                }),
                // Added up in this order, it is the same to the bit for seats that get the same.
                Whose::Mean => {
                    let all: f64 = other.iter().sum();
                    [(all + (own[owner] - other[owner])) / agents as f64; S]
                }
            }
        };
        let each = |house| {
            let r = rewards;
            let loss = cell(house, &r.penalty_own_house_burns, &r.penalty_other_house_burns);
            let save = cell(house, &r.reward_own_house_survives, &r.reward_other_house_survives);
            [loss, save]
        };
        let of_houses: Vec<[[f64; S]; 2]> = (0..houses).map(each).collect();
        let safe = rewards.team_reward_house_survives / houses as f64;
        let ruin = rewards.team_penalty_house_burns / houses as f64;
        let standing = states.standing.iter().map(|&set| {
            let ruined = states.ring() & !usize::from(set);
            let count = set.count_ones() as f64;
            let team = safe * count - ruin * (houses as f64 - count);
            std::array::from_fn(|a| bits(ruined).fold(team, |sum, h| sum - of_houses[h][0][a]))
        });
        let mut saved = Vec::with_capacity(model.survivors.left.len());
        for burning in 0..1usize << houses {
            let subsets = &model.subsets[burning.count_ones() as usize];
            for (&left, &set) in model.survivors.of(burning).iter().zip(&subsets.sets) {
                let mut sum = [0.0; S];
                for house in bits(expand(usize::from(set), burning)) {
                    let beside = model.ring.neighbors(house);
                    let fires = beside.into_iter().filter(|&h| left >> h & 1 == 1).count();
                    let stays = model.ring.chance(false, fires);
                    (0..S).for_each(|a| sum[a] += stays * of_houses[house][1][a]);
                }
                saved.push(sum);
            }
        }
        Self {
            standing: standing.collect(),
            houses: of_houses,
            burning: -safe,
            saved,
            rest: rewards.reward_rest,
            cost: rewards.cost_to_work_one_night,
            tolerance: tolerance(rewards, houses, model.dynamics.max_nights),
        }
    }

    /// What it brings to work with this chance, and to rest otherwise.
    #[inline(always)]
    pub fn effort(&self, work: f64) -> f64 {
        self.rest * (1.0 - work) - self.cost * work
    }
}

/// How much an act must gain over another to be preferred: 10^-13 of the largest amounts that a
/// night is about, times the nights, and at least 100 of them. Mirror images differ by rounding, and
/// without it a policy would depend on that. For the usual scenarios it is about 10^-9.
pub fn tolerance(rewards: &Rewards, houses: usize, nights: u32) -> f64 {
    let most = |values: &[f64]| values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let amounts = [
        rewards.team_reward_house_survives.abs(),
        rewards.team_penalty_house_burns.abs(),
        most(&rewards.reward_own_house_survives) * houses as f64,
        most(&rewards.reward_other_house_survives) * houses as f64,
        most(&rewards.penalty_own_house_burns) * houses as f64,
        most(&rewards.penalty_other_house_burns) * houses as f64,
        rewards.cost_to_work_one_night.abs(),
        rewards.reward_rest.abs(),
    ];
    1e-13 * most(&amounts) * f64::from(nights.max(100))
}
