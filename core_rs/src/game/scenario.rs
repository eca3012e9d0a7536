//! The parameters of a game and the one place where they are checked (`docs/rules.md`).

use std::fmt::Display;
use std::ops::RangeInclusive;

use crate::error::{InvalidValue, check_probability};

/// Version of the rules and the addressing together; any change that could alter an outcome raises it.
pub const RULES_VERSION: u32 = 1;
/// Fewest and most houses on the ring.
pub const HOUSES: RangeInclusive<usize> = 2..=32;
/// Fewest and most agents.
pub const AGENTS: RangeInclusive<usize> = 1..=16;
/// Fewest and most nights an episode may be allowed.
pub const MAX_NIGHTS: RangeInclusive<u32> = 1..=10_000;

/// The integers that are allowed in a range, in words.
#[must_use]
pub fn integer_in<T: Display>(range: &RangeInclusive<T>) -> String {
    format!("an integer from {} to {}", range.start(), range.end())
}

/// The order of the night's steps once the workers are done: spreading or burning out first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NightOrder {
    /// Surviving fires reach their neighbours, then ruin their own house.
    SpreadThenBurnOut,
    /// Surviving fires are ruins before spread is drawn, so nothing is left to spread.
    BurnOutThenSpread,
}

impl NightOrder {
    /// Both orders of the night.
    pub const ALL: [Self; 2] = [Self::SpreadThenBurnOut, Self::BurnOutThenSpread];

    /// The name that it has in scenarios.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SpreadThenBurnOut => "spread_then_burn_out",
            Self::BurnOutThenSpread => "burn_out_then_spread",
        }
    }

    /// The order of a name.
    ///
    /// # Errors
    /// If there is none.
    pub fn from_name(name: &str) -> Result<Self, InvalidValue> {
        named("night_order", name, &Self::ALL, Self::name)
    }
}

/// When an episode ends before its last night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndRule {
    /// All houses are safe, or all are ruined.
    AllSafeOrAllRuined,
    /// No house burns, whatever is ruined.
    NoFires,
}

impl EndRule {
    /// Both end rules.
    pub const ALL: [Self; 2] = [Self::AllSafeOrAllRuined, Self::NoFires];

    /// The name that it has in scenarios.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AllSafeOrAllRuined => "all_safe_or_all_ruined",
            Self::NoFires => "no_fires",
        }
    }

    /// The rule of a name.
    ///
    /// # Errors
    /// If there is none.
    pub fn from_name(name: &str) -> Result<Self, InvalidValue> {
        named("end_rule", name, &Self::ALL, Self::name)
    }
}

fn named<T: Copy>(
    field: &str,
    name: &str,
    all: &[T],
    name_of: fn(T) -> &'static str,
) -> Result<T, InvalidValue> {
    all.iter().copied().find(|&one| name_of(one) == name).ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|&one| name_of(one)).collect();
        InvalidValue::new(field, name, names.join(" or "))
    })
}

/// Everything that decides what happens in an episode, apart from who plays.
#[derive(Clone, Debug, PartialEq)]
pub struct Dynamics {
    /// H, houses on the ring.
    pub num_houses: usize,
    /// Agents, A.
    pub num_agents: usize,
    /// β: a surviving fire ignites each safe neighbour, per night.
    pub prob_fire_spreads_to_neighbor: f64,
    /// κ: one worker puts a fire out, per night.
    pub prob_solo_agent_extinguishes_fire: f64,
    /// ρ: a safe house ignites by itself, at the start and per night.
    pub prob_house_catches_fire: f64,
    /// An episode does not end before this night (numbered from 0) is over.
    pub min_nights: u32,
    /// An episode ends after this many nights at the latest.
    pub max_nights: u32,
    /// Spread before or after burning out.
    pub night_order: NightOrder,
    /// The rule that ends an episode early.
    pub end_rule: EndRule,
}

impl Dynamics {
    /// The chance of a fire to ignite a safe neighbour: β, or 0 where fires burn out before they
    /// could spread.
    #[must_use]
    pub fn spread(&self) -> f64 {
        match self.night_order {
            NightOrder::SpreadThenBurnOut => self.prob_fire_spreads_to_neighbor,
            NightOrder::BurnOutThenSpread => 0.0,
        }
    }

    /// Checks every parameter.
    ///
    /// # Errors
    /// The first parameter that is out of range.
    pub fn validate(&self) -> Result<(), InvalidValue> {
        if !HOUSES.contains(&self.num_houses) {
            return Err(InvalidValue::new("num_houses", self.num_houses, integer_in(&HOUSES)));
        }
        if !AGENTS.contains(&self.num_agents) {
            return Err(InvalidValue::new("num_agents", self.num_agents, integer_in(&AGENTS)));
        }
        for (name, p) in [
            ("prob_fire_spreads_to_neighbor", self.prob_fire_spreads_to_neighbor),
            ("prob_solo_agent_extinguishes_fire", self.prob_solo_agent_extinguishes_fire),
            ("prob_house_catches_fire", self.prob_house_catches_fire),
        ] {
            check_probability(name, p)?;
        }
        if !MAX_NIGHTS.contains(&self.max_nights) {
            return Err(InvalidValue::new("max_nights", self.max_nights, integer_in(&MAX_NIGHTS)));
        }
        if self.min_nights > self.max_nights {
            return Err(InvalidValue::new(
                "min_nights",
                self.min_nights,
                format!("an integer from 0 to max_nights ({})", self.max_nights),
            ));
        }
        Ok(())
    }
}

/// The worth of the events of an episode; the four ownership weights hold one number per agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewards {
    /// Per night, times the fraction of houses safe at its end.
    pub team_reward_house_survives: f64,
    /// Subtracted per night, times the fraction of houses ruined at its end.
    pub team_penalty_house_burns: f64,
    /// Per own house saved.
    pub reward_own_house_survives: Vec<f64>,
    /// Per house of another agent saved.
    pub reward_other_house_survives: Vec<f64>,
    /// Subtracted per night and own ruined house.
    pub penalty_own_house_burns: Vec<f64>,
    /// Subtracted per night and other ruined house.
    pub penalty_other_house_burns: Vec<f64>,
    /// Subtracted per night worked.
    pub cost_to_work_one_night: f64,
    /// Per night rested.
    pub reward_rest: f64,
}

impl Rewards {
    /// Checks that every number is finite and every per-agent list has one entry per agent.
    ///
    /// # Errors
    /// The first reward that is not.
    pub fn validate(&self, num_agents: usize) -> Result<(), InvalidValue> {
        for (name, value) in [
            ("team_reward_house_survives", self.team_reward_house_survives),
            ("team_penalty_house_burns", self.team_penalty_house_burns),
            ("cost_to_work_one_night", self.cost_to_work_one_night),
            ("reward_rest", self.reward_rest),
        ] {
            check_finite(name, value)?;
        }
        for (name, values) in [
            ("reward_own_house_survives", &self.reward_own_house_survives),
            ("reward_other_house_survives", &self.reward_other_house_survives),
            ("penalty_own_house_burns", &self.penalty_own_house_burns),
            ("penalty_other_house_burns", &self.penalty_other_house_burns),
        ] {
            if values.len() != num_agents {
                return Err(InvalidValue::new(
                    name,
                    format!("a list of {} numbers", values.len()),
                    format!("one number, or one for each of the {num_agents} agents"),
                ));
            }
            for &value in values {
                check_finite(name, value)?;
            }
        }
        Ok(())
    }
}

fn check_finite(name: &str, value: f64) -> Result<(), InvalidValue> {
    if value.is_finite() { Ok(()) } else { Err(InvalidValue::new(name, value, "a finite number")) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The dynamics of the `default` scenario.
    pub(crate) fn default_dynamics() -> Dynamics {
        Dynamics {
            num_houses: 10,
            num_agents: 4,
            prob_fire_spreads_to_neighbor: 0.25,
            prob_solo_agent_extinguishes_fire: 0.5,
            prob_house_catches_fire: 0.02,
            min_nights: 12,
            max_nights: 100,
            night_order: NightOrder::SpreadThenBurnOut,
            end_rule: EndRule::AllSafeOrAllRuined,
        }
    }

    #[test]
    fn each_field_is_checked() {
        assert!(default_dynamics().validate().is_ok());
        let field = |change: fn(&mut Dynamics)| {
            let mut d = default_dynamics();
            change(&mut d);
            d.validate().expect_err("an invalid value").field
        };
        assert_eq!(field(|d| d.num_houses = 33), "num_houses");
        assert_eq!(field(|d| d.num_agents = 0), "num_agents");
        assert_eq!(field(|d| d.prob_house_catches_fire = f64::NAN), "prob_house_catches_fire");
        assert_eq!(
            field(|d| d.prob_fire_spreads_to_neighbor = 1.2),
            "prob_fire_spreads_to_neighbor"
        );
        assert_eq!(field(|d| d.max_nights = 0), "max_nights");
        assert_eq!(field(|d| d.min_nights = 101), "min_nights");
    }
}
