//! Runs one inner loop on the main thread, for `bench/instructions.py` to count its instructions.
//!
//! `play REPEATS CASE…` and `exact SIMD REPEATS CASE…` play a case (`case`) or follow its line-up,
//! and `philox PATH SLOTS` makes two Philox calls for each slot. What is done before the loop is
//! done once whatever the number of repeats, so that the difference of two runs is the loop alone.
//! On Linux, `--raise` before these sends the process a signal, SIGUSR1, at both ends of the loop,
//! for whoever traces it.

mod case;

use std::hint::black_box;

use bucket_brigade_core::chain::{Chain, ChainWorkspace, Method};
use bucket_brigade_core::game::counts::Layout;
use bucket_brigade_core::run::run_here;
use bucket_brigade_core::simd::{Isa, SimdPath};
use bucket_brigade_core::sliced::philox_calls;
use case::{Case, value, word};

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let raise = arguments.first().is_some_and(|first| first == "--raise");
    if raise {
        arguments.remove(0);
    }
    match loops(&arguments, if raise { mark } else { || () }) {
        Ok(done) => println!("{done}"),
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}

#[cfg(target_os = "linux")]
fn mark() {
    unsafe extern "C" {
        safe fn raise(signal: i32) -> i32;
    }
    raise(10);
}

#[cfg(not(target_os = "linux"))]
fn mark() {}

fn head(case: &Case) -> String {
    format!("{{\"scenario\": \"{}\", \"archetype\": \"{}\"", case.scenario, case.archetype)
}

/// Runs the loop between two marks; what it did, as JSON.
fn loops(arguments: &[String], mark: fn()) -> Result<String, String> {
    let words = &mut arguments.iter().map(String::as_str);
    match word(words, "what to do")? {
        "play" => {
            let repeats: u64 = value(words, "repeats")?;
            let case = Case::parse(&words.collect::<Vec<_>>().join(" "))?;
            let program = case.program()?;
            mark();
            let mut nights = 0;
            for _ in 0..repeats {
                let counts = run_here(black_box(&program), case.path, false);
                nights += counts.map_err(|error| format!("{error:?}"))?.totals[Layout::NIGHTS];
            }
            mark();
            Ok(format!("{}, \"nights\": {nights}}}", head(&case)))
        }
        "exact" => {
            let name = word(words, "a set of instructions")?;
            let simd = Isa::ALL.into_iter().find(|simd| simd.name() == name);
            let simd = simd.filter(|simd| simd.is_available()).ok_or(format!("no {name} here"))?;
            let repeats: u64 = value(words, "repeats")?;
            let case = Case::parse(&words.collect::<Vec<_>>().join(" "))?;
            let chain = Chain::with_isa(&case.dynamics, Method::Auto, simd)
                .map_err(|error| error.to_string())?;
            let policies = vec![case.strategies[0]; case.dynamics.num_agents];
            let mut workspace = ChainWorkspace::default();
            mark();
            let mut nights = 0.0;
            for _ in 0..repeats {
                let counts = chain.expected(black_box(&policies), &mut workspace, || true);
                nights += counts.ok_or("stopped")?[Layout::NIGHTS];
            }
            mark();
            Ok(format!("{}, \"nights\": {nights}}}", head(&case)))
        }
        "philox" => {
            let path = SimdPath::from_name(word(words, "a path")?).map_err(|e| e.to_string())?;
            let slots = value(words, "slots")?;
            mark();
            let combined = black_box(philox_calls(path, 0, black_box(slots)));
            mark();
            Ok(format!("{{\"combined\": {combined}}}"))
        }
        other => Err(format!("play, exact or philox, not {other:?}")),
    }
}
