//! The chain as a whole: closed forms, full and lumped, symmetries, derivatives.

use super::batch::Lineups;
use super::evaluate::{Chain, Method, stretches};
use super::horizon::Clock;
use crate::dynamics::extinguishing::Duty;
use crate::game::counts::Layout;
use crate::game::scenario::tests::default_dynamics;
use crate::game::scenario::{Dynamics, EndRule, NightOrder};
use crate::simd::Isa;

fn duties(agents: usize) -> Vec<Duty> {
    (0..agents)
        .map(|a| Duty { work: 0.95 - 0.11 * a as f64, home: 0.3 + 0.09 * a as f64 })
        .collect()
}

fn expected(dynamics: &Dynamics, method: Method, duties: &[Duty]) -> Vec<f64> {
    let chain = Chain::new(dynamics, method).expect("a small ring");
    chain.expected(duties, &mut chain.follower(), || true).expect("not stopped")
}

fn layout(dynamics: &Dynamics) -> Layout {
    Layout { houses: dynamics.num_houses, agents: dynamics.num_agents }
}

fn assert_close(a: &[f64], b: &[f64], tolerance: f64) {
    assert_eq!(a.len(), b.len());
    for (i, (x, y)) in a.iter().zip(b).enumerate() {
        assert!((x - y).abs() <= tolerance * (1.0 + y.abs()), "{i}: {x} {y}");
    }
}

/// Rings of all shapes, with both orders and both end rules.
fn scenarios() -> Vec<Dynamics> {
    let mut all = Vec::new();
    for (num_houses, num_agents) in
        [(2, 1), (2, 2), (2, 5), (3, 1), (3, 2), (4, 8), (5, 2), (6, 3), (7, 4), (8, 6)]
    {
        for night_order in [NightOrder::SpreadThenBurnOut, NightOrder::BurnOutThenSpread] {
            for end_rule in [EndRule::AllSafeOrAllRuined, EndRule::NoFires] {
                all.push(Dynamics {
                    num_houses,
                    num_agents,
                    prob_house_catches_fire: 0.07,
                    min_nights: 3,
                    max_nights: 9,
                    night_order,
                    end_rule,
                    ..default_dynamics()
                });
            }
        }
    }
    all
}

#[test]
fn chances_and_house_nights_add_up() {
    for dynamics in scenarios() {
        let layout = layout(&dynamics);
        let counts = expected(&dynamics, Method::Full, &duties(dynamics.num_agents));
        assert!((counts[layout.ended()..].iter().sum::<f64>() - 1.0).abs() < 1e-13);
        let nights = counts[0];
        for house in 0..layout.houses {
            let known = counts[layout.safe() + house] + counts[layout.ruined() + house];
            assert!(known <= nights + 1e-12);
            assert!(counts[layout.saved() + house] <= counts[layout.safe() + house] + 1e-12);
            assert!(counts[layout.saved() + house] > 0.0);
        }
        for (agent, duty) in duties(layout.agents).iter().enumerate() {
            assert!((counts[1 + agent] - duty.work * nights).abs() < 1e-12);
        }
    }
}

#[test]
fn lumped_and_full_agree() {
    for dynamics in scenarios() {
        let duties = duties(dynamics.num_agents);
        if dynamics.night_order == NightOrder::SpreadThenBurnOut {
            let error = Chain::new(&dynamics, Method::Lumped).expect_err("fires spread");
            assert_eq!(error.field, "lumped");
            continue;
        }
        let full = expected(&dynamics, Method::Full, &duties);
        let lumped = expected(&dynamics, Method::Lumped, &duties);
        assert_close(&full, &lumped, 1e-13);
        assert_eq!(expected(&dynamics, Method::Auto, &duties), lumped);
    }
    let dynamics = Dynamics { night_order: NightOrder::BurnOutThenSpread, ..default_dynamics() };
    let full = expected(&dynamics, Method::Full, &duties(4));
    assert_close(&full, &expected(&dynamics, Method::Lumped, &duties(4)), 1e-12);
}

#[test]
fn without_spread_the_orders_agree() {
    for dynamics in scenarios() {
        let calm = Dynamics { prob_fire_spreads_to_neighbor: 0.0, ..dynamics };
        let swapped = Dynamics {
            night_order: match calm.night_order {
                NightOrder::SpreadThenBurnOut => NightOrder::BurnOutThenSpread,
                NightOrder::BurnOutThenSpread => NightOrder::SpreadThenBurnOut,
            },
            ..calm.clone()
        };
        let duties = duties(calm.num_agents);
        let (a, b) =
            (expected(&calm, Method::Full, &duties), expected(&swapped, Method::Full, &duties));
        assert_close(&a, &b, 1e-13);
        // The same through the code for fires that do spread.
        let barely = Dynamics {
            prob_fire_spreads_to_neighbor: 1e-300,
            night_order: NightOrder::SpreadThenBurnOut,
            ..calm
        };
        assert_close(&expected(&barely, Method::Full, &duties), &a, 1e-13);
    }
}

#[test]
fn all_instructions_give_the_same_bits() {
    for dynamics in scenarios() {
        let duties = duties(dynamics.num_agents);
        let with = |simd| {
            let chain = Chain::with_simd(&dynamics, Method::Full, simd).expect("a small ring");
            let weights: Vec<f64> =
                (0..chain.layout().counts()).map(|i| (i as f64).cos()).collect();
            chain.gradient(&duties, &weights, &mut chain.follower(), || true)
        };
        let best = with(Isa::best());
        for simd in Isa::ALL.into_iter().filter(|simd| simd.is_available()) {
            assert_eq!(with(simd), best, "{simd:?}");
        }
    }
}

#[test]
fn nothing_ever_burns() {
    for min_nights in [0, 3, 8] {
        let dynamics = Dynamics {
            prob_house_catches_fire: 0.0,
            min_nights,
            max_nights: 8,
            ..default_dynamics()
        };
        let layout = layout(&dynamics);
        let counts = expected(&dynamics, Method::Full, &duties(4));
        let nights = f64::from((min_nights + 1).min(8));
        assert_eq!(counts[0], nights);
        assert_eq!(counts[layout.safe()..layout.ruined()], [nights; 10]);
        assert_eq!(counts[layout.ruined()..layout.ended()], [0.0; 20]);
        let all_safe = if min_nights < 8 { [1.0, 0.0, 0.0, 0.0] } else { [0.0, 0.0, 0.0, 1.0] };
        assert_eq!(counts[layout.ended()..], all_safe);
    }
}

#[test]
fn without_workers_each_fire_ruins() {
    let dynamics = Dynamics {
        num_houses: 6,
        prob_fire_spreads_to_neighbor: 0.0,
        min_nights: 4,
        max_nights: 4,
        prob_house_catches_fire: 0.3,
        ..default_dynamics()
    };
    let layout = layout(&dynamics);
    for (work, solo) in [(0.0, 0.5), (1.0, 0.0)] {
        let dynamics = Dynamics { prob_solo_agent_extinguishes_fire: solo, ..dynamics.clone() };
        let counts = expected(&dynamics, Method::Full, &[Duty { work, home: 0.5 }; 4]);
        assert!((counts[0] - 4.0).abs() < 1e-13);
        for house in 0..6 {
            // Ruined after night n if it burned by its start, safe if it never burned.
            let ruined: f64 = (0..4).map(|n| 1.0 - 0.7f64.powi(n + 1)).sum();
            let safe: f64 = (0..4).map(|n| 0.7f64.powi(n + 2)).sum();
            assert!((counts[layout.ruined() + house] - ruined).abs() < 1e-13);
            assert!((counts[layout.safe() + house] - safe).abs() < 1e-13);
            assert_eq!(counts[layout.saved() + house], 0.0);
        }
    }
}

#[test]
fn certain_workers_at_home_save_every_house() {
    // Every house is a home, whose agent always stays and always succeeds.
    let dynamics = Dynamics {
        num_houses: 4,
        num_agents: 4,
        prob_solo_agent_extinguishes_fire: 1.0,
        prob_house_catches_fire: 0.25,
        min_nights: 5,
        max_nights: 5,
        ..default_dynamics()
    };
    let layout = layout(&dynamics);
    let counts = expected(&dynamics, Method::Full, &[Duty { work: 1.0, home: 1.0 }; 4]);
    for house in 0..4 {
        assert!((counts[layout.saved() + house] - 5.0 * 0.25 * 0.75).abs() < 1e-14);
        assert!((counts[layout.safe() + house] - 5.0 * 0.75).abs() < 1e-14);
        assert_eq!(counts[layout.ruined() + house], 0.0);
    }
    assert_eq!(counts[layout.ended()..], [0.0, 0.0, 0.0, 1.0]);
}

#[test]
fn one_night_on_a_ring_of_two() {
    // Nobody works. A house is safe afterwards if it did not burn, and no spark came: two from a
    // neighbour that burns, since it is next door on both sides.
    let (beta, rho) = (0.25, 0.1);
    let dynamics = Dynamics {
        num_houses: 2,
        num_agents: 1,
        prob_house_catches_fire: rho,
        min_nights: 0,
        max_nights: 1,
        ..default_dynamics()
    };
    let counts = expected(&dynamics, Method::Full, &[Duty { work: 0.0, home: 0.0 }]);
    let layout = layout(&dynamics);
    let stays = (1.0 - rho) * (1.0 - rho + rho * (1.0 - beta) * (1.0 - beta));
    for house in 0..2 {
        assert!((counts[layout.safe() + house] - (1.0 - rho) * stays).abs() < 1e-15);
        assert!((counts[layout.ruined() + house] - rho).abs() < 1e-15);
    }
    let all_safe = ((1.0f64 - rho) * (1.0 - rho)).powi(2);
    assert_close(
        &counts[layout.ended()..],
        &[all_safe, rho * rho, 0.0, 1.0 - all_safe - rho * rho],
        1e-14,
    );
}

#[test]
fn reflected_rings_have_reflected_counts() {
    // Two agents, at houses 0 and 1: reflection swaps house h with 1 − h.
    for end_rule in [EndRule::AllSafeOrAllRuined, EndRule::NoFires] {
        let dynamics = Dynamics { num_houses: 7, num_agents: 2, end_rule, ..default_dynamics() };
        let layout = layout(&dynamics);
        let ahead = duties(2);
        let back = [ahead[1], ahead[0]];
        let (a, b) =
            (expected(&dynamics, Method::Full, &ahead), expected(&dynamics, Method::Full, &back));
        assert!((a[0] - b[0]).abs() < 1e-12);
        for kind in [layout.safe(), layout.ruined(), layout.saved()] {
            for house in 0..7 {
                let mirrored = (8 - house) % 7;
                assert!((a[kind + house] - b[kind + mirrored]).abs() < 1e-12 * (1.0 + a[0]));
            }
        }
    }
}

#[test]
fn gradients_match_central_differences() {
    for dynamics in scenarios() {
        for method in [Method::Auto, Method::Full] {
            let chain = Chain::new(&dynamics, method).expect("a small ring");
            let mut follower = chain.follower();
            let weights: Vec<f64> =
                (0..chain.layout().counts()).map(|i| (1.0 + i as f64 * 0.7).sin()).collect();
            let duties = duties(dynamics.num_agents);
            let (counts, gradient) =
                chain.gradient(&duties, &weights, &mut follower, || true).expect("not stopped");
            assert_eq!(counts, expected(&dynamics, method, &duties));
            let mut value = |duties: &[Duty]| -> f64 {
                let counts = chain.expected(duties, &mut follower, || true).expect("not stopped");
                counts.iter().zip(&weights).map(|(x, w)| x * w).sum()
            };
            for agent in 0..dynamics.num_agents {
                for j in 0..2 {
                    let mut moved = |by: f64| {
                        let mut moved = duties.clone();
                        let duty = &mut moved[agent];
                        *(if j == 0 { &mut duty.work } else { &mut duty.home }) += by;
                        value(&moved)
                    };
                    let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                    let found = gradient[agent][j];
                    assert!(
                        (slope - found).abs() < 1e-7,
                        "{dynamics:?} {agent} {j}: {slope} {found}"
                    );
                }
            }
        }
    }
}

/// Expected counts from the rules, every state and night by itself, in a vector of all states.
fn night_by_night(dynamics: &Dynamics, duties: &[Duty]) -> Vec<f64> {
    let (houses, layout) = (dynamics.num_houses, layout(dynamics));
    let digit = |state: usize, house: usize| state / 3usize.pow(house as u32) % 3;
    let states = 3usize.pow(houses as u32);
    let all =
        |state: usize, digits: &[usize]| (0..houses).all(|h| digits.contains(&digit(state, h)));
    let rho = dynamics.prob_house_catches_fire;
    let mut chances: Vec<f64> = (0..states)
        .map(|state| {
            let house = |h| [1.0 - rho, rho, 0.0][digit(state, h)];
            (0..houses).map(house).product()
        })
        .collect();
    let mut counts = vec![0.0; layout.counts()];
    for night in 0..dynamics.max_nights {
        let mut after = vec![0.0; states];
        for before in (0..states).filter(|&before| chances[before] > 0.0) {
            let played = chances[before];
            counts[0] += played;
            for (agent, duty) in duties.iter().enumerate() {
                counts[layout.worked() + agent] += played * duty.work;
            }
            for (left, chance) in after_workers(dynamics, duties, before) {
                for (state, caught) in after_fire(dynamics, left) {
                    let chance = played * chance * caught;
                    after[state] += chance;
                    for house in 0..houses {
                        match (digit(before, house), digit(state, house)) {
                            (was, 0) => {
                                counts[layout.safe() + house] += chance;
                                let saved = if was == 1 { chance } else { 0.0 };
                                counts[layout.saved() + house] += saved;
                            }
                            (_, 2) => counts[layout.ruined() + house] += chance,
                            _ => {}
                        }
                    }
                }
            }
        }
        for state in 0..states {
            let ends = night >= dynamics.min_nights;
            let kind = if ends && all(state, &[0]) {
                0
            } else if ends && all(state, &[2]) {
                1
            } else if ends && all(state, &[0, 2]) && dynamics.end_rule == EndRule::NoFires {
                2
            } else if night + 1 == dynamics.max_nights {
                3
            } else {
                continue;
            };
            counts[layout.ended() + kind] += std::mem::take(&mut after[state]);
        }
        chances = after;
    }
    counts
}

/// Step 1, agent by agent: fires are 1, or 0 once they are put out.
fn after_workers(dynamics: &Dynamics, duties: &[Duty], before: usize) -> Vec<(usize, f64)> {
    let burns = |state: usize, house: usize| state / 3usize.pow(house as u32) % 3 == 1;
    let fires: Vec<usize> = (0..dynamics.num_houses).filter(|&h| burns(before, h)).collect();
    let mut left = vec![(before, 1.0)];
    for (agent, duty) in duties.iter().enumerate() {
        let home = agent % dynamics.num_houses;
        let stays = if fires.contains(&home) { duty.home } else { 0.0 };
        let mut next = Vec::new();
        for (state, chance) in left {
            let mut nothing = 1.0;
            for &fire in &fires {
                let own = if fire == home { stays } else { 0.0 };
                let there = duty.work * (own + (1.0 - stays) / fires.len() as f64);
                let puts_out = there * dynamics.prob_solo_agent_extinguishes_fire;
                if burns(state, fire) {
                    next.push((state - 3usize.pow(fire as u32), chance * puts_out));
                    nothing -= puts_out;
                }
            }
            next.push((state, chance * nothing));
        }
        left = next;
    }
    left
}

/// Steps 2 and 3, house by house.
fn after_fire(dynamics: &Dynamics, left: usize) -> Vec<(usize, f64)> {
    let houses = dynamics.num_houses;
    let digit = |house: usize| left / 3usize.pow(house as u32) % 3;
    let mut after = vec![(0, 1.0)];
    for house in 0..houses {
        let place = 3usize.pow(house as u32);
        if digit(house) != 0 {
            after.iter_mut().for_each(|(state, _)| *state += 2 * place);
            continue;
        }
        let mut stays = 1.0 - dynamics.prob_house_catches_fire;
        for neighbor in [(house + 1) % houses, (house + houses - 1) % houses] {
            let spreads = dynamics.night_order == NightOrder::SpreadThenBurnOut;
            if spreads && digit(neighbor) == 1 {
                stays *= 1.0 - dynamics.prob_fire_spreads_to_neighbor;
            }
        }
        let burning = after.iter().map(|&(state, chance)| (state + place, chance * (1.0 - stays)));
        let burning: Vec<_> = burning.collect();
        after.iter_mut().for_each(|(_, chance)| *chance *= stays);
        after.extend(burning);
    }
    after
}

#[test]
fn counts_match_those_of_one_night_after_another() {
    for dynamics in scenarios().into_iter().filter(|dynamics| dynamics.num_houses <= 5) {
        for (min_nights, max_nights, ignite) in [
            (0, 1, 0.3),
            (0, 60, 0.002),
            (20, 20, 0.1),
            (16, 40, 0.03),
            (60, 150, 0.01),
            (5, 300, 0.001),
        ] {
            let dynamics = Dynamics {
                min_nights,
                max_nights,
                prob_house_catches_fire: ignite,
                ..dynamics.clone()
            };
            let mut duties = duties(dynamics.num_agents);
            duties.iter_mut().for_each(|duty| duty.work *= 0.4);
            let plain = night_by_night(&dynamics, &duties);
            for method in [Method::Auto, Method::Full] {
                let found = expected(&dynamics, method, &duties);
                let tolerance = 5e-12 * f64::from(max_nights);
                for (i, (x, y)) in found.iter().zip(&plain).enumerate() {
                    assert!((x - y).abs() < tolerance, "{dynamics:?} {i}: {x} {y}");
                }
            }
        }
    }
}

#[test]
fn nights_one_after_another_and_at_once_agree() {
    for dynamics in scenarios() {
        for (min_nights, max_nights) in [(0, 200), (70, 150)] {
            let dynamics = Dynamics {
                min_nights,
                max_nights,
                prob_house_catches_fire: 0.01,
                ..dynamics.clone()
            };
            let with = |clocks: &dyn Fn(usize) -> Vec<Clock>| {
                let stretches = stretches(&dynamics, clocks);
                let chain = Chain::with_stretches(&dynamics, Method::Auto, Isa::best(), stretches)
                    .expect("a small ring");
                let weights: Vec<f64> =
                    (0..chain.layout().counts()).map(|i| (i as f64).cos()).collect();
                let duties = duties(dynamics.num_agents);
                chain
                    .gradient(&duties, &weights, &mut chain.follower(), || true)
                    .expect("not stopped")
            };
            let (counts, gradient) = with(&Clock::stretches);
            let (slow_counts, slow_gradient) = with(&Clock::steps_only);
            assert_close(&counts, &slow_counts, 1e-11);
            assert_close(gradient.as_flattened(), slow_gradient.as_flattened(), 1e-10);
        }
    }
}

/// Both ways to follow many nights agree where everything, or nothing, is certain.
#[test]
fn certain_and_impossible_events_over_many_nights() {
    let mut games = 0;
    for (num_houses, num_agents) in [(2, 1), (2, 5), (4, 4), (5, 2)] {
        for corner in 0..32usize {
            let at = |bit: usize| if corner >> bit & 1 != 0 { 1.0 } else { 0.0 };
            let [beta, kappa, rho, p, q] = std::array::from_fn(at);
            for (order, end_rule, (min_nights, max_nights)) in [
                (NightOrder::SpreadThenBurnOut, EndRule::AllSafeOrAllRuined, (0, 200)),
                (NightOrder::SpreadThenBurnOut, EndRule::NoFires, (70, 150)),
                (NightOrder::BurnOutThenSpread, EndRule::AllSafeOrAllRuined, (70, 150)),
                (NightOrder::BurnOutThenSpread, EndRule::NoFires, (0, 10_000)),
                (NightOrder::SpreadThenBurnOut, EndRule::AllSafeOrAllRuined, (10_000, 10_000)),
            ] {
                let dynamics = Dynamics {
                    num_houses,
                    num_agents,
                    prob_fire_spreads_to_neighbor: beta,
                    prob_solo_agent_extinguishes_fire: kappa,
                    // With 0, nothing would ever happen.
                    prob_house_catches_fire: if rho == 1.0 { 1.0 } else { 0.01 },
                    min_nights,
                    max_nights,
                    night_order: order,
                    end_rule,
                };
                let duties = vec![Duty { work: p, home: q }; num_agents];
                let with = |clocks: &dyn Fn(usize) -> Vec<Clock>| {
                    let stretches = stretches(&dynamics, clocks);
                    let chain =
                        Chain::with_stretches(&dynamics, Method::Full, Isa::best(), stretches)
                            .expect("a small ring");
                    chain.expected(&duties, &mut chain.follower(), || true).expect("not stopped")
                };
                let (found, plain) = (with(&Clock::stretches), with(&Clock::steps_only));
                assert!(found.iter().all(|count| count.is_finite() && *count >= 0.0));
                assert_close(&plain, &found, 1e-10);
                let ended: f64 = plain[layout(&dynamics).ended()..].iter().sum();
                assert!((ended - 1.0).abs() < 1e-11, "{dynamics:?}: {ended}");
                games += 1;
            }
        }
    }
    assert_eq!(games, 640);
}

#[test]
fn a_follower_remembers_nothing() {
    for night_order in [NightOrder::SpreadThenBurnOut, NightOrder::BurnOutThenSpread] {
        let dynamics = Dynamics { num_houses: 5, num_agents: 3, night_order, ..default_dynamics() };
        let chain = Chain::new(&dynamics, Method::Auto).expect("a small ring");
        let weights: Vec<f64> = (0..chain.layout().counts()).map(|i| (i as f64).cos()).collect();
        let (first, other) = (duties(3), vec![Duty { work: 0.4, home: 0.9 }; 3]);
        let alone = |duties: &[Duty]| {
            chain.gradient(duties, &weights, &mut chain.follower(), || true).expect("not stopped")
        };
        let mut follower = chain.follower();
        // Stopped on the way in one and then the other direction: what is left must do no harm.
        for allowed in 0..6 {
            let asked = std::cell::Cell::new(0);
            let go_on = || asked.replace(asked.get() + 1) < allowed;
            let _ = chain.gradient(&first, &weights, &mut follower, go_on);
            for duties in [&first, &other] {
                let with_gradient = chain.gradient(duties, &weights, &mut follower, || true);
                assert_eq!(with_gradient.expect("not stopped"), alone(duties));
                let counts = chain.expected(duties, &mut follower, || true);
                assert_eq!(counts.expect("not stopped"), alone(duties).0);
            }
        }
    }
}

#[test]
fn a_batch_is_its_line_ups_one_by_one() {
    let dynamics = Dynamics { num_houses: 6, num_agents: 3, ..default_dynamics() };
    let chain = Chain::new(&dynamics, Method::Auto).expect("a small ring");
    let ahead = duties(3);
    let back: Vec<Duty> = ahead.iter().rev().copied().collect();
    // Differs from the first in q alone.
    let homely: Vec<Duty> = ahead.iter().map(|duty| Duty { home: 0.9, ..*duty }).collect();
    let all = [&ahead, &back, &homely, &ahead].map(Vec::as_slice).concat();
    let lineups = Lineups::new(3, all.clone()).expect("probabilities");
    let columns = chain.layout().counts();
    let weights: Vec<f64> = (0..4 * columns).map(|i| (1.0 + 0.7 * i as f64).sin()).collect();
    for threads in [1, 3] {
        let counts = chain.expected_of_all(&lineups, threads, |_| true).expect("not stopped");
        let gradients =
            chain.gradient_of_all(&lineups, &weights, threads, |_| true).expect("not stopped");
        assert_eq!(gradients.counts, counts);
        for (i, duties) in all.chunks(3).enumerate() {
            let weights = &weights[i * columns..][..columns];
            let (alone, gradient) = chain
                .gradient(duties, weights, &mut chain.follower(), || true)
                .expect("not stopped");
            assert_close(&counts[i * columns..][..columns], &alone, 1e-12);
            assert_close(&gradients.gradients[i * 6..][..6], gradient.as_flattened(), 1e-11);
        }
    }
}

#[test]
fn a_first_bit_of_work_has_a_derivative() {
    // Nobody works, so that every house is ruined in the first night; but what if somebody did?
    let dynamics = Dynamics {
        num_houses: 3,
        num_agents: 1,
        prob_house_catches_fire: 1.0,
        min_nights: 0,
        max_nights: 40,
        ..default_dynamics()
    };
    let chain = Chain::new(&dynamics, Method::Full).expect("a small ring");
    let weights: Vec<f64> = (0..chain.layout().counts()).map(|i| (i as f64).cos()).collect();
    let mut follower = chain.follower();
    let mut value = |work| {
        let counts = chain.expected(&[Duty { work, home: 0.5 }], &mut follower, || true);
        counts.expect("not stopped").iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>()
    };
    let slope = (4.0 * value(1e-5) - 3.0 * value(0.0) - value(2e-5)) / 2e-5;
    let idle = [Duty { work: 0.0, home: 0.5 }];
    let (_, gradient) =
        chain.gradient(&idle, &weights, &mut chain.follower(), || true).expect("not stopped");
    assert!((gradient[0][0] - slope).abs() < 1e-7, "{} {slope}", gradient[0][0]);
    assert!(slope.abs() > 0.1);
}

#[test]
fn large_rings_are_refused_and_followers_stop() {
    let large = Dynamics { num_houses: 13, ..default_dynamics() };
    assert_eq!(Chain::new(&large, Method::Auto).expect_err("too large").field, "num_houses");
    let lumped = Dynamics {
        num_houses: 32,
        night_order: NightOrder::BurnOutThenSpread,
        prob_house_catches_fire: 0.004,
        ..default_dynamics()
    };
    let counts = expected(&lumped, Method::Auto, &duties(4));
    assert!((counts[layout(&lumped).ended()..].iter().sum::<f64>() - 1.0).abs() < 1e-13);
    let chain = Chain::new(&default_dynamics(), Method::Full).expect("allowed");
    assert_eq!(chain.expected(&duties(4), &mut chain.follower(), || false), None);
}
