//! The bit-sliced engine against the plain one: equal counts, episode by episode added up, for
//! every kind of words, on shapes and parameters chosen to be awkward.

use std::sync::Arc;

use bucket_brigade_core::game::program::{Episodes, Program, Seat};
use bucket_brigade_core::game::scenario::{Dynamics, EndRule, NightOrder};
use bucket_brigade_core::policy::{Firefighter, Heuristic, Player, Policy, TenParameter};
use bucket_brigade_core::run::{Options, run};
use bucket_brigade_core::{plain, simd::SimdPath};

/// A small deterministic source of awkward choices.
struct Choices(u64);

impl Choices {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
    fn probability(&mut self) -> f64 {
        match self.below(6) {
            0 => 0.0,
            1 => 1.0,
            2 => 0.5,
            _ => self.below(1000) as f64 / 1000.0,
        }
    }
}

fn policy(c: &mut Choices) -> Policy {
    let honesty = c.probability();
    if c.below(2) == 0 {
        Policy::Heuristic(Heuristic { p: c.probability(), q: c.probability(), honesty })
    } else {
        Policy::Firefighter(Firefighter { w: c.probability(), own_first: c.below(2) == 0, honesty })
    }
}

/// A player of any kind but tables; if `singles`, often one that is played one episode at a time.
fn player(c: &mut Choices, singles: bool) -> Player {
    match if singles { c.below(6) } else { 5 } {
        0 => Player::Random,
        1 => Player::Specialist,
        2 | 3 => Player::TenParameter(TenParameter { theta: [0; 10].map(|_| c.probability()) }),
        _ => policy(c).into(),
    }
}

fn random_program(c: &mut Choices) -> Program {
    let houses = [2, 3, 5, 10, 10, 16, 17, 32][c.below(8) as usize];
    let agents = [1, 2, 4, 4, 7, 16][c.below(6) as usize];
    let max_nights = 1 + c.below(30) as u32;
    let dynamics = Dynamics {
        num_houses: houses,
        num_agents: agents,
        prob_fire_spreads_to_neighbor: c.probability(),
        prob_solo_agent_extinguishes_fire: c.probability(),
        prob_house_catches_fire: [c.probability(), 0.05][c.below(2) as usize],
        min_nights: c.below(u64::from(max_nights) + 1) as u32,
        max_nights,
        night_order: [NightOrder::SpreadThenBurnOut, NightOrder::BurnOutThenSpread]
            [c.below(2) as usize],
        end_rule: [EndRule::AllSafeOrAllRuined, EndRule::NoFires][c.below(2) as usize],
    };
    let singles = c.below(2) == 0;
    let pool: Vec<Player> = (0..16).map(|_| player(c, singles)).collect();
    let seat = |c: &mut Choices| -> Seat {
        match c.below(3) {
            0 => {
                let n = 2 + c.below(15);
                (0..n).map(|s| (s as usize, 1.0 / n as f64)).collect()
            }
            _ => vec![(c.below(16) as usize, 1.0)],
        }
    };
    let lineups: Vec<Vec<Seat>> = (0..2).map(|_| (0..agents).map(|_| seat(c)).collect()).collect();
    let first = [0, 5, 32 * 7, u64::from(u32::MAX) * 32 - 40, u64::MAX - 700][c.below(5) as usize];
    let episodes = Episodes { seed: c.below(u64::MAX), first, count: 1 + c.below(700) };
    Program::compile(&dynamics, &pool, &lineups, episodes).expect("a valid program")
}

fn plain_totals(program: &Program) -> Vec<i64> {
    let program = &Arc::new(program.clone());
    let mut totals = Vec::new();
    for lineup in 0..program.lineups() {
        let mut sum = vec![0; program.layout.counts()];
        for e in 0..program.episodes.count {
            let game = plain::Game::new(program, lineup, program.episodes.first + e);
            sum.iter_mut().zip(game.play_out()).for_each(|(s, x)| *s += x);
        }
        totals.extend(sum);
    }
    totals
}

#[test]
fn totals_equal_the_plain_engine() {
    let mut choices = Choices(2026);
    for case in 0..60 {
        let program = random_program(&mut choices);
        let expected = plain_totals(&program);
        for path in SimdPath::ALL.into_iter().filter(|path| path.is_available()) {
            let options = Options { threads: 1 + case % 2, path, per_block: case % 3 == 0 };
            let counts = run(&program, options, |_| true).expect("a complete run");
            assert_eq!(counts.totals, expected, "case {case}, {}", path.name());
            if let Some(blocks) = counts.blocks {
                let d = program.layout.counts();
                let per_lineup = program.blocks() as usize * d;
                for (i, &total) in expected.iter().enumerate() {
                    let column =
                        blocks[i / d * per_lineup..][..per_lineup].iter().skip(i % d).step_by(d);
                    assert_eq!(column.map(|&x| i64::from(x)).sum::<i64>(), total);
                }
            }
        }
    }
}

#[test]
fn a_run_stops_when_asked() {
    let mut choices = Choices(1);
    let mut program = random_program(&mut choices);
    program.episodes.count = 1 << 40;
    program.episodes.first = 0;
    let options = Options { threads: 2, path: SimdPath::best(), per_block: false };
    let stopped = run(&program, options, |_| false);
    assert_eq!(stopped.err(), Some(bucket_brigade_core::RunError::Cancelled));
}
