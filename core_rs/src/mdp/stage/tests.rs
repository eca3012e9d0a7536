//! Stages of random payoffs, against all joint acts.

use super::*;
use crate::mdp::subsets::Subsets;
use crate::simd::doubles::LANES;

/// Calls with stages of so many fires and seats.
fn stages(fires: usize, seats: usize, mut check: impl FnMut(&Stage<'_>)) {
    let allocations = Allocations::new(&Subsets::new(fires, seats), seats);
    let mut state = 7u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let lanes = if seats > 4 { 8 } else { 4 };
    for _ in 0..60 {
        let line =
            |_| Line(std::array::from_fn(|i| if i % lanes < seats { random() } else { 0.0 }));
        let worth: Vec<Line> = (0..allocations.len()).map(line).collect();
        for lane in (0..LANES).step_by(lanes) {
            let (idle, cost, tolerance) = (0.1, 0.05, 1e-12);
            let allocations = &allocations;
            check(&Stage { allocations, worth: &worth, lane, seats, idle, cost, tolerance });
        }
    }
}

/// All joint acts.
fn joint(stage: &Stage<'_>) -> Vec<Pure> {
    let all = stage.acts().pow(stage.seats as u32);
    let act = |i: usize, seat| (i / stage.acts().pow(seat as u32) % stage.acts()) as u8;
    let acts = |i| std::array::from_fn(|seat| if seat < stage.seats { act(i, seat) } else { 0 });
    (0..all).map(acts).collect()
}

/// What a seat gets, from the allocation of all workers.
fn plain_payoff(stage: &Stage<'_>, acts: &Pure, seat: usize) -> f64 {
    let idle = stage.allocations.fires;
    let mut places: Vec<u8> = acts[..stage.seats].to_vec();
    places.sort_unstable();
    let all = (0..stage.allocations.len() as u32)
        .find(|&all| stage.allocations.places(all) == places)
        .expect("an allocation");
    let effort = if usize::from(acts[seat]) == idle { stage.idle } else { -stage.cost };
    stage.worth[all as usize].0[stage.lane + seat] + effort
}

#[test]
fn the_best_pure_equilibrium_is_that_of_all_joint_acts() {
    let (mut some, mut none) = (0, 0);
    for (fires, seats) in [(1, 2), (2, 3), (3, 2), (2, 4), (1, 5)] {
        stages(fires, seats, |stage| {
            let sum = |acts: &Pure| -> f64 {
                (0..seats).map(|seat| plain_payoff(stage, acts, seat)).sum()
            };
            let settled = |acts: &&Pure| {
                (0..seats).all(|seat| {
                    let now = plain_payoff(stage, acts, seat);
                    (0..stage.acts() as u8).all(|act| {
                        let mut other = **acts;
                        other[seat] = act;
                        plain_payoff(stage, &other, seat) <= now + stage.tolerance
                    })
                })
            };
            let all = joint(stage);
            let best = all.iter().filter(settled).map(sum).reduce(f64::max);
            let found = stage.best_pure(None);
            assert_eq!(found.map(|acts| sum(&acts)).is_some(), best.is_some());
            let Some(best) = best else {
                none += 1;
                return;
            };
            some += 1;
            let acts = found.expect("one");
            assert!(settled(&&acts) && (sum(&acts) - best).abs() < 1e-12);
            // Whatever was done on the night after.
            for before in all.iter().step_by(3) {
                assert_eq!(stage.best_pure(Some(before)), found);
            }
        });
    }
    assert!(some > 100 && none > 20, "{some} {none}");
}

#[test]
fn curves_lead_to_equilibria_and_supports_do_from_those_of_games_alike() {
    for (fires, seats) in [(1, 2), (2, 2), (2, 3), (4, 2), (3, 3), (2, 4), (1, 5)] {
        let mut known: Option<Mixed> = None;
        stages(fires, seats, |stage| {
            // With nothing to start from.
            let (mixed, solved) = stage.mixed(None, None);
            assert!(solved && stage.regret(&mixed) <= stage.tolerance, "{fires} {seats}");
            for row in &mixed[..seats] {
                assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                assert!(row.iter().all(|&chance| chance >= 0.0));
            }
            // From an equilibrium of this game, and of another one.
            assert_eq!(support(&stage.mixed(Some(&mixed), None).0), support(&mixed));
            if let Some(known) = known {
                let (again, solved) = stage.mixed(Some(&known), None);
                assert!(solved && stage.regret(&again) <= stage.tolerance, "{fires} {seats}");
            }
            known = Some(mixed);
        });
    }
}
