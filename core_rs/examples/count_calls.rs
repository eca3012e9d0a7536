//! Counts the work of the bit-sliced engine for `bench/`, which says what to play on standard input.
//!
//! A line is one case, in words: path, scenario, archetype, episodes, seed, houses, agents, β, κ, ρ,
//! fewest and most nights, night order, end rule, and the ten numbers of the strategy that all seats
//! play. For each comes back a line of JSON. One thread, so that the counts are always the same.

use std::fmt::Display;
use std::io::{BufRead, stdin};
use std::str::FromStr;
use std::sync::atomic::Ordering;

use bucket_brigade_core::counts::Layout;
use bucket_brigade_core::program::{Episodes, Program};
use bucket_brigade_core::run::{Options, run};
use bucket_brigade_core::scenario::{Dynamics, EndRule, NightOrder};
use bucket_brigade_core::sliced::Path;
use bucket_brigade_core::sliced::calls::{CALLS, GROUP_NIGHTS};

fn main() {
    for line in stdin().lock().lines() {
        let line = line.expect("standard input can be read");
        match count(&mut line.split_whitespace()) {
            Ok(counted) => println!("{counted}"),
            Err(error) => {
                eprintln!("{line:?}: {error}");
                std::process::exit(1);
            }
        }
    }
}

fn count<'a>(words: &mut impl Iterator<Item = &'a str>) -> Result<String, String> {
    let path = Path::from_name(word(words, "a path")?).map_err(|error| error.to_string())?;
    let scenario = word(words, "a scenario's name")?;
    let archetype = word(words, "an archetype's name")?;
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
        night_order: match word(words, "night_order")? {
            "spread_then_burn_out" => NightOrder::SpreadThenBurnOut,
            "burn_out_then_spread" => NightOrder::BurnOutThenSpread,
            other => return Err(format!("no night order {other:?}")),
        },
        end_rule: match word(words, "end_rule")? {
            "all_safe_or_all_ruined" => EndRule::AllSafeOrAllRuined,
            "no_fires" => EndRule::NoFires,
            other => return Err(format!("no end rule {other:?}")),
        },
    };
    let mut theta = [0.0; 10];
    for x in &mut theta {
        *x = value(words, "ten numbers of a strategy")?;
    }

    let lineup = vec![vec![(0, 1.0)]; dynamics.num_agents];
    let episodes_played = Episodes { seed, first: 0, count: episodes };
    let program = Program::compile(&dynamics, &[theta], &[lineup], episodes_played)
        .map_err(|error| error.to_string())?;
    let (calls, group_nights) =
        (CALLS.load(Ordering::Relaxed), GROUP_NIGHTS.load(Ordering::Relaxed));
    let options = Options { threads: 1, path, per_block: false };
    let counts = run(&program, options, |_| true).map_err(|error| format!("{error:?}"))?;
    Ok(format!(
        "{{\"path\": \"{}\", \"scenario\": \"{scenario}\", \"archetype\": \"{archetype}\", \
         \"episodes\": {episodes}, \"nights\": {}, \"calls\": {}, \"group_nights\": {}}}",
        path.name(),
        counts.totals[Layout::NIGHTS],
        CALLS.load(Ordering::Relaxed) - calls,
        GROUP_NIGHTS.load(Ordering::Relaxed) - group_nights,
    ))
}

fn word<'a>(words: &mut impl Iterator<Item = &'a str>, what: &str) -> Result<&'a str, String> {
    words.next().ok_or_else(|| format!("{what} missing"))
}

fn value<'a, T>(words: &mut impl Iterator<Item = &'a str>, what: &str) -> Result<T, String>
where
    T: FromStr<Err: Display>,
{
    word(words, what)?.parse().map_err(|error| format!("{what}: {error}"))
}
