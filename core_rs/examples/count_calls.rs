//! Counts the work of the bit-sliced engine for `bench/`, which says what to play on standard input.
//!
//! A line is one case (`case`). For each comes back a line of JSON. One thread, so that the counts
//! are always the same.

mod case;

use std::io::{BufRead, stdin};
use std::sync::atomic::Ordering;

use bucket_brigade_core::game::counts::Layout;
use bucket_brigade_core::run::{Options, run};
use bucket_brigade_core::sliced::calls::{CALLS, GROUP_NIGHTS};
use case::Case;

fn main() {
    for line in stdin().lock().lines() {
        let line = line.expect("standard input can be read");
        match count(&line) {
            Ok(counted) => println!("{counted}"),
            Err(error) => {
                eprintln!("{line:?}: {error}");
                std::process::exit(1);
            }
        }
    }
}

fn count(line: &str) -> Result<String, String> {
    let case = Case::parse(line)?;
    let program = case.program()?;
    let (calls, group_nights) =
        (CALLS.load(Ordering::Relaxed), GROUP_NIGHTS.load(Ordering::Relaxed));
    let options = Options { threads: 1, path: case.path, per_block: false };
    let counts = run(&program, options, |_| true).map_err(|error| format!("{error:?}"))?;
    Ok(format!(
        "{{\"path\": \"{}\", \"scenario\": \"{}\", \"archetype\": \"{}\", \
         \"episodes\": {}, \"nights\": {}, \"calls\": {}, \"group_nights\": {}}}",
        case.path.name(),
        case.scenario,
        case.archetype,
        case.episodes,
        counts.totals[Layout::NIGHTS],
        CALLS.load(Ordering::Relaxed) - calls,
        GROUP_NIGHTS.load(Ordering::Relaxed) - group_nights,
    ))
}
