//! What an example is told to play: a line of words.
//!
//! Path, scenario, archetype, episodes, seed, houses, agents, β, κ, ρ, fewest and most nights, night
//! order, end rule, and the ten numbers of the strategy that all seats play. Further tens are
//! further strategies: then all seats mix them, each as likely as the others.

use std::fmt::Display;
use std::str::FromStr;

use bucket_brigade_core::InvalidValue;
use bucket_brigade_core::game::program::{Episodes, Program};
use bucket_brigade_core::game::scenario::{Dynamics, EndRule, NightOrder};
use bucket_brigade_core::policy::{Heuristic, Policy};
use bucket_brigade_core::simd::SimdPath;

/// One line of it.
pub struct Case {
    pub path: SimdPath,
    pub scenario: String,
    pub archetype: String,
    pub episodes: u64,
    pub seed: u64,
    pub dynamics: Dynamics,
    pub strategies: Vec<Policy>,
}

impl Case {
    pub fn parse(line: &str) -> Result<Self, String> {
        let words = &mut line.split_whitespace();
        let path = SimdPath::from_name(word(words, "a path")?).map_err(told)?;
        let scenario = word(words, "a scenario's name")?.to_owned();
        let archetype = word(words, "an archetype's name")?.to_owned();
        let episodes: u64 = value(words, "episodes")?;
        let seed = value(words, "seed")?;
        let dynamics = Dynamics {
            num_houses: value(words, "num_houses")?,
            num_agents: value(words, "num_agents")?,
            prob_fire_spreads_to_neighbor: value(words, "prob_fire_spreads_to_neighbor")?,
            prob_solo_agent_extinguishes_fire: value(words, "prob_solo_agent_extinguishes_fire")?,
            prob_house_catches_fire: value(words, "prob_house_catches_fire")?,
            min_nights: value(words, "min_nights")?,
            max_nights: value(words, "max_nights")?,
            night_order: NightOrder::from_name(word(words, "night_order")?).map_err(told)?,
            end_rule: EndRule::from_name(word(words, "end_rule")?).map_err(told)?,
        };
        let rest: Vec<&str> = words.collect();
        if rest.is_empty() || !rest.len().is_multiple_of(10) {
            return Err("ten numbers for each strategy".to_owned());
        }
        let mut strategies = Vec::new();
        for ten in rest.chunks_exact(10) {
            let mut theta = [0.0; 10];
            for (x, word) in theta.iter_mut().zip(ten) {
                *x = value(&mut std::iter::once(*word), "a number of a strategy")?;
            }
            let policy = Heuristic::from_theta("strategy", &theta).map_err(told)?;
            strategies.push(Policy::Heuristic(policy));
        }
        Ok(Self { path, scenario, archetype, episodes, seed, dynamics, strategies })
    }

    pub fn program(&self) -> Result<Program, String> {
        let weight = 1.0 / self.strategies.len() as f64;
        let seat: Vec<_> = (0..self.strategies.len()).map(|s| (s, weight)).collect();
        let lineup = vec![seat; self.dynamics.num_agents];
        let episodes = Episodes { seed: self.seed, first: 0, count: self.episodes };
        Program::compile(&self.dynamics, &self.strategies, &[lineup], episodes).map_err(told)
    }
}

fn told(error: InvalidValue) -> String {
    error.to_string()
}

pub fn word<'a>(words: &mut impl Iterator<Item = &'a str>, what: &str) -> Result<&'a str, String> {
    words.next().ok_or_else(|| format!("{what} missing"))
}

pub fn value<'a, T>(words: &mut impl Iterator<Item = &'a str>, what: &str) -> Result<T, String>
where
    T: FromStr<Err: Display>,
{
    word(words, what)?.parse().map_err(|error| format!("{what}: {error}"))
}
