//! The agent of the original project, with all of its ten numbers.
//!
//! It looks at the houses, at where all agents were last night, and remembers its own last act. Its
//! numbers: θ0 honesty, θ1 work tendency, θ2 neighbour help, θ3 own house priority, θ4 risk aversion,
//! θ5 coordination, θ6 exploration, θ7 fatigue memory, θ8 rest reward bias, θ9 altruism.

use super::random::HALF;
use super::{Action, Sight};
use crate::error::{InvalidValue, check_probability};
use crate::game::scenario::HOUSES;
use crate::random::address::{
    SLOT_CLAIM, SLOT_EXPLORE, SLOT_EXPLORE_HOUSE, SLOT_EXPLORE_MODE, SLOT_HOUSE, SLOT_MODE,
    SLOT_REPEAT,
};
use crate::random::threshold::{ALWAYS, threshold};
use crate::random::uniform::LazyUniform;

/// Houses at most.
const MOST_HOUSES: usize = *HOUSES.end();

/// The agent with ten numbers from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TenParameter {
    /// θ0 to θ9.
    pub theta: [f64; 10],
}

/// What the houses make of its wish to work, before it draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Intent {
    /// The signal that is honest.
    pub(crate) claims: bool,
    /// The threshold of working in spite of a signal to rest.
    pub(crate) works: u64,
}

/// The integers of a [`TenParameter`] on a ring. Weights of houses are multiples of 2^-32.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TenParameterThresholds {
    pub(crate) honesty: u64,
    pub(crate) explores: u64,
    pub(crate) repeats: u64,
    /// By number of fires, with its home safe and with its home burning.
    pub(crate) intents: Vec<[Intent; 2]>,
    /// By distance from home.
    pub(crate) near: Vec<u64>,
    pub(crate) home: u64,
    /// A neighbour burns.
    pub(crate) beside: u64,
    /// For each agent that was there last night.
    pub(crate) crowd: u64,
    /// For each neighbour that burns, to be subtracted.
    pub(crate) danger: u64,
}

/// The weight of a house, at least, and what a fire there adds: for the others, see
/// [`TenParameter::weights`].
pub(crate) const LEAST: f64 = 0.01;
pub(crate) const FIRE: f64 = 0.5;

impl TenParameter {
    /// Checks its numbers.
    ///
    /// # Errors
    /// The first one that is not a probability: number `j` is called `name[j]`.
    pub fn validate(&self, name: &str) -> Result<(), InvalidValue> {
        let mut numbers = self.theta.iter().enumerate();
        numbers.try_for_each(|(j, &x)| check_probability(&format!("{name}[{j}]"), x))
    }

    /// Whether what it does depends on the houses alone.
    #[must_use]
    pub fn is_memoryless(&self) -> bool {
        self.theta[5] == 0.0 && self.theta[7] == 0.0
    }

    /// How much it wants to work, from 0 to 1.
    fn intent(&self, fires: usize, houses: usize, home_burns: bool) -> f64 {
        let [_, work, _, own, risk, .., rest, _] = self.theta;
        let share = fires as f64 / houses as f64;
        let home = if home_burns { 0.5 * own } else { 0.0 };
        ((work + risk * share + home) * (1.0 - rest)).clamp(0.0, 1.0)
    }

    /// What adds to the weight of a house: being home, beside a fire, an agent there last night; and
    /// what each burning neighbour takes away.
    fn weights(&self) -> [f64; 4] {
        let [_, _, help, own, risk, company, ..] = self.theta;
        [own, 0.3 * help, 0.1 * company, 0.2 * risk]
    }

    pub(super) fn thresholds(&self, houses: usize) -> TenParameterThresholds {
        let [honesty, .., explores, repeats, _, altruism] = self.theta;
        let intent = |fires, home_burns| {
            let w = self.intent(fires, houses, home_burns);
            Intent { claims: w > 0.5, works: threshold(w * altruism) }
        };
        let [home, beside, crowd, danger] = self.weights().map(threshold);
        TenParameterThresholds {
            honesty: threshold(honesty),
            explores: threshold(explores),
            repeats: threshold(repeats),
            intents: (0..=houses).map(|n| [intent(n, false), intent(n, true)]).collect(),
            near: (0..=houses / 2).map(|d| threshold(near(d))).collect(),
            home,
            beside,
            crowd,
            danger,
        }
    }

    /// The chance to work at each house, if it remembers nothing.
    pub(super) fn chances(&self, sight: &Sight<'_>, works: &mut [f64]) {
        let [honesty, .., explores, _, _, altruism] = self.theta;
        let houses = works.len();
        let ring = Neighbours::of(sight.burning, houses);
        let home = sight.agent % houses;
        let burns = |house: usize| sight.burning >> house & 1 == 1;
        let w = self.intent(sight.burning.count_ones() as usize, houses, burns(home));
        let claims = if w > 0.5 { honesty } else { 1.0 - honesty };
        let work = claims * honesty + (1.0 - claims) * w * altruism;
        let [own, beside, _, danger] = self.weights();
        for (house, weight) in works.iter_mut().enumerate() {
            let sum = near(distance(house, home, houses))
                + if house == home { own } else { 0.0 }
                + if burns(house) { FIRE } else { 0.0 }
                + if ring.burning(house) > 0 { beside } else { 0.0 }
                - danger * f64::from(ring.burning(house));
            *weight = f64::max(sum, LEAST);
        }
        let total: f64 = works.iter().sum();
        for weight in works {
            *weight = (1.0 - explores) * work * (*weight / total) + explores * 0.5 / houses as f64;
        }
    }
}

impl TenParameterThresholds {
    pub(super) fn act(
        &self,
        sight: &Sight<'_>,
        mut uniform: impl FnMut(u32) -> LazyUniform,
    ) -> Action {
        let (houses, agent) = (sight.layout.houses, sight.agent);
        let home = agent % houses;
        let fires = sight.burning.count_ones() as usize;
        let intent = self.intents[fires][(sight.burning >> home & 1) as usize];
        let signal = intent.claims == uniform(SLOT_CLAIM).is_below(self.honesty);
        // What it did last night comes before anything, which comes before what it wants.
        if sight.night > 0 && uniform(SLOT_REPEAT).is_below(self.repeats) {
            let [house, mode] = [sight.last[3 * agent], sight.last[3 * agent + 1]];
            return Action { house: usize::from(house), works: mode == 1, signal };
        }
        if uniform(SLOT_EXPLORE).is_below(self.explores) {
            let house = uniform(SLOT_EXPLORE_HOUSE).index(houses);
            return Action { house, works: uniform(SLOT_EXPLORE_MODE).is_below(HALF), signal };
        }
        let work = if signal { self.honesty } else { intent.works };
        let works = uniform(SLOT_MODE).is_below(work);
        let mut sums = [0; MOST_HOUSES];
        let sums = &mut sums[..houses];
        self.weigh(sight, home, sums);
        Action { house: uniform(SLOT_HOUSE).weighted(sums), works, signal }
    }

    /// The running sums of the weights of houses.
    fn weigh(&self, sight: &Sight<'_>, home: usize, sums: &mut [u64]) {
        let houses = sums.len();
        if self.crowd > 0 {
            for act in sight.last.chunks_exact(3) {
                sums[usize::from(act[0])] += self.crowd;
            }
        }
        let ring = Neighbours::of(sight.burning, houses);
        let (least, fire) = (threshold(LEAST), threshold(FIRE));
        let mut sum = 0;
        for (house, weight) in sums.iter_mut().enumerate() {
            *weight += self.near[distance(house, home, houses)];
            if house == home {
                *weight += self.home;
            }
            if sight.burning >> house & 1 == 1 {
                *weight += fire;
            }
            let burning = ring.burning(house);
            if burning > 0 {
                *weight += self.beside;
            }
            sum += u64::max(weight.saturating_sub(self.danger * u64::from(burning)), least);
            *weight = sum;
        }
    }

    /// Whether what it does depends on last night.
    #[must_use]
    pub fn remembers(&self) -> bool {
        self.crowd > 0 || self.repeats > 0
    }

    /// 0 if it never works, 2^32 if it always does, and anything between otherwise.
    pub(super) fn work(&self) -> u64 {
        let (mut works, mut rests) = (self.explores > 0, self.explores > 0);
        // Without a fire the home is safe; where everything burns, so does the home.
        let last = self.intents.len() - 1;
        for (fires, both) in self.intents.iter().enumerate() {
            for (home, intent) in both.iter().enumerate() {
                if (fires, home) == (0, 1) || (fires, home) == (last, 0) {
                    continue;
                }
                for signal in [true, false] {
                    let chance =
                        if signal == intent.claims { self.honesty } else { ALWAYS - self.honesty };
                    let work = if signal { self.honesty } else { intent.works };
                    works |= chance > 0 && work > 0;
                    rests |= chance > 0 && work < ALWAYS;
                }
            }
        }
        match (works, rests) {
            (false, _) => 0,
            (true, false) => ALWAYS,
            (true, true) => HALF,
        }
    }
}

/// What a house at a distance from home weighs for being near.
fn near(distance: usize) -> f64 {
    0.1 / (1.0 + distance as f64)
}

fn distance(house: usize, home: usize, houses: usize) -> usize {
    let apart = house.abs_diff(home);
    usize::min(apart, houses - apart)
}

/// The fires next door to each house.
struct Neighbours {
    left: u32,
    right: u32,
}

impl Neighbours {
    fn of(burning: u32, houses: usize) -> Self {
        Self {
            left: burning << 1 | burning >> (houses - 1),
            right: burning >> 1 | burning << (houses - 1),
        }
    }

    /// How many neighbours burn; on a ring of two the only one counts twice.
    fn burning(&self, house: usize) -> u32 {
        (self.left >> house & 1) + (self.right >> house & 1)
    }
}
