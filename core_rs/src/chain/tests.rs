//! The chain as a whole: closed forms, full and lumped, symmetries, derivatives.

use super::batch::Lineups;
use super::evaluate::{Chain, ChainWorkspace, Method, stretches};
use super::horizon::Horizon;
use crate::game::counts::Layout;
use crate::game::scenario::tests::default_dynamics;
use crate::game::scenario::{Dynamics, EndRule, NightOrder};
use crate::policy::{Firefighter, Heuristic, Policy};
use crate::simd::Isa;

fn heuristic(p: f64, q: f64) -> Policy {
    Policy::Heuristic(Heuristic::new(p, q))
}

fn policies(agents: usize) -> Vec<Policy> {
    (0..agents).map(|a| heuristic(0.95 - 0.11 * a as f64, 0.3 + 0.09 * a as f64)).collect()
}

/// Policies of both kinds: firefighters that put their own houses first, or not, and heuristics.
fn mixed(agents: usize, own_first: bool) -> Vec<Policy> {
    let of = |(a, policy): (usize, Policy)| match a % 3 {
        0 => Policy::Firefighter(Firefighter::new(0.9 - 0.07 * a as f64, own_first)),
        1 => policy,
        _ => Policy::Firefighter(Firefighter::new(0.35, false)),
    };
    policies(agents).into_iter().enumerate().map(of).collect()
}

fn expected(dynamics: &Dynamics, method: Method, policies: &[Policy]) -> Vec<f64> {
    let chain = Chain::new(dynamics, method).expect("a small ring");
    chain.expected(policies, &mut ChainWorkspace::default(), || true).expect("not stopped")
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
        let counts = expected(&dynamics, Method::Full, &policies(dynamics.num_agents));
        assert!((counts[layout.ended()..].iter().sum::<f64>() - 1.0).abs() < 1e-13);
        let nights = counts[0];
        for house in 0..layout.houses {
            let known = counts[layout.safe() + house] + counts[layout.ruined() + house];
            assert!(known <= nights + 1e-12);
            assert!(counts[layout.saved() + house] <= counts[layout.safe() + house] + 1e-12);
            assert!(counts[layout.saved() + house] > 0.0);
        }
        for (agent, policy) in policies(layout.agents).iter().enumerate() {
            assert!((counts[1 + agent] - policy.work().0 * nights).abs() < 1e-12);
        }
    }
}

#[test]
fn lumped_and_full_agree() {
    for dynamics in scenarios() {
        let policies = policies(dynamics.num_agents);
        if dynamics.night_order == NightOrder::SpreadThenBurnOut {
            let error = Chain::new(&dynamics, Method::Lumped).expect_err("fires spread");
            assert_eq!(error.field, "lumped");
            continue;
        }
        let full = expected(&dynamics, Method::Full, &policies);
        let lumped = expected(&dynamics, Method::Lumped, &policies);
        assert_close(&full, &lumped, 1e-13);
        assert_eq!(expected(&dynamics, Method::Auto, &policies), lumped);
    }
    let dynamics = Dynamics { night_order: NightOrder::BurnOutThenSpread, ..default_dynamics() };
    let full = expected(&dynamics, Method::Full, &policies(4));
    assert_close(&full, &expected(&dynamics, Method::Lumped, &policies(4)), 1e-12);
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
        let policies = policies(calm.num_agents);
        let (a, b) =
            (expected(&calm, Method::Full, &policies), expected(&swapped, Method::Full, &policies));
        assert_close(&a, &b, 1e-13);
        // The same through the code for fires that do spread.
        let barely = Dynamics {
            prob_fire_spreads_to_neighbor: 1e-300,
            night_order: NightOrder::SpreadThenBurnOut,
            ..calm
        };
        assert_close(&expected(&barely, Method::Full, &policies), &a, 1e-13);
    }
}

#[test]
fn all_instructions_give_the_same_bits() {
    for dynamics in scenarios() {
        let policies = mixed(dynamics.num_agents, dynamics.num_houses <= 5);
        let with = |simd| {
            let chain = Chain::with_isa(&dynamics, Method::Full, simd).expect("a small ring");
            let weights: Vec<f64> =
                (0..chain.layout().counts()).map(|i| (i as f64).cos()).collect();
            chain.gradient(&policies, &weights, &mut ChainWorkspace::default(), || true)
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
        let counts = expected(&dynamics, Method::Full, &policies(4));
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
        let counts = expected(&dynamics, Method::Full, &[heuristic(work, 0.5); 4]);
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
    let counts = expected(&dynamics, Method::Full, &[heuristic(1.0, 1.0); 4]);
    for house in 0..4 {
        assert!((counts[layout.saved() + house] - 5.0 * 0.25 * 0.75).abs() < 1e-14);
        assert!((counts[layout.safe() + house] - 5.0 * 0.75).abs() < 1e-14);
        assert_eq!(counts[layout.ruined() + house], 0.0);
    }
    assert_eq!(counts[layout.ended()..], [0.0, 0.0, 0.0, 1.0]);
}

#[test]
fn one_night_on_a_ring_of_two() {
    // Nobody works. A house is safe afterwards if it did not burn, and no ignites came: two from a
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
    let counts = expected(&dynamics, Method::Full, &[heuristic(0.0, 0.0)]);
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
        let ahead = policies(2);
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
        let agents = dynamics.num_agents;
        let mut lineups = vec![policies(agents)];
        if dynamics.num_houses <= 6 {
            lineups.extend([mixed(agents, false), mixed(agents, true)]);
        }
        for (policies, method) in
            lineups.iter().flat_map(|lineup| [(lineup, Method::Auto), (lineup, Method::Full)])
        {
            gradient_matches_central_differences(&dynamics, policies, method);
        }
    }
}

fn gradient_matches_central_differences(dynamics: &Dynamics, policies: &[Policy], method: Method) {
    let chain = Chain::new(dynamics, method).expect("a small ring");
    let mut workspace = ChainWorkspace::default();
    let weights: Vec<f64> =
        (0..chain.layout().counts()).map(|i| (1.0 + i as f64 * 0.7).sin()).collect();
    let (counts, gradient) =
        chain.gradient(policies, &weights, &mut workspace, || true).expect("not stopped");
    assert_eq!(counts, expected(dynamics, method, policies));
    let mut value = |policies: &[Policy]| -> f64 {
        let counts = chain.expected(policies, &mut workspace, || true).expect("not stopped");
        counts.iter().zip(&weights).map(|(x, w)| x * w).sum()
    };
    for agent in 0..policies.len() {
        for j in 0..2 {
            let mut moved = |by: f64| {
                let mut moved = policies.to_vec();
                match &mut moved[agent] {
                    Policy::Heuristic(policy) if j == 0 => policy.p += by,
                    Policy::Heuristic(policy) => policy.q += by,
                    Policy::Firefighter(policy) if j == 0 => policy.w += by,
                    Policy::Firefighter(_) => {}
                }
                value(&moved)
            };
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            let found = gradient[agent][j];
            assert!((slope - found).abs() < 1e-7, "{dynamics:?} {agent} {j}: {slope} {found}");
        }
    }
}

/// Expected counts from the rules, every state and night by itself, in a vector of all states.
fn night_by_night(dynamics: &Dynamics, policies: &[Policy]) -> Vec<f64> {
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
            let burns = (0..houses).any(|house| digit(before, house) == 1);
            for (agent, policy) in policies.iter().enumerate() {
                let works = match policy {
                    Policy::Heuristic(policy) => policy.p,
                    Policy::Firefighter(policy) if burns => policy.w,
                    Policy::Firefighter(_) => 0.0,
                };
                counts[layout.worked() + agent] += played * works;
            }
            for (left, chance) in after_workers(dynamics, policies, before) {
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
fn after_workers(dynamics: &Dynamics, policies: &[Policy], before: usize) -> Vec<(usize, f64)> {
    let burns = |state: usize, house: usize| state / 3usize.pow(house as u32) % 3 == 1;
    let fires: Vec<usize> = (0..dynamics.num_houses).filter(|&h| burns(before, h)).collect();
    let mut left = vec![(before, 1.0)];
    for (agent, policy) in policies.iter().enumerate() {
        let mut next = Vec::new();
        for (state, chance) in left {
            let mut nothing = 1.0;
            for &fire in &fires {
                let there = works_at(dynamics, policy, agent, &fires, fire);
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

/// The chance of an agent to work at one of the fires.
fn works_at(
    dynamics: &Dynamics,
    policy: &Policy,
    agent: usize,
    fires: &[usize],
    fire: usize,
) -> f64 {
    match policy {
        Policy::Heuristic(policy) => {
            let home = agent % dynamics.num_houses;
            let stays = if fires.contains(&home) { policy.q } else { 0.0 };
            let own = if fire == home { stays } else { 0.0 };
            policy.p * (own + (1.0 - stays) / fires.len() as f64)
        }
        Policy::Firefighter(policy) => {
            let is_own = |house: usize| house % dynamics.num_agents == agent;
            let own = fires.iter().filter(|&&house| is_own(house)).count();
            match (policy.own_first && own > 0, is_own(fire)) {
                (true, true) => policy.w / own as f64,
                (true, false) => 0.0,
                (false, _) => policy.w / fires.len() as f64,
            }
        }
    }
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
            let agents = dynamics.num_agents;
            let weak = |a: usize| heuristic(0.38 - 0.044 * a as f64, 0.3 + 0.09 * a as f64);
            let weak: Vec<Policy> = (0..agents).map(weak).collect();
            for policies in [weak, mixed(agents, false), mixed(agents, true)] {
                let plain = night_by_night(&dynamics, &policies);
                for method in [Method::Auto, Method::Full] {
                    let found = expected(&dynamics, method, &policies);
                    let tolerance = 5e-12 * f64::from(max_nights);
                    for (i, (x, y)) in found.iter().zip(&plain).enumerate() {
                        assert!((x - y).abs() < tolerance, "{dynamics:?} {i}: {x} {y}");
                    }
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
            let with = |horizons: &dyn Fn(usize) -> Vec<Horizon>| {
                let stretches = stretches(&dynamics, horizons);
                let chain = Chain::with_stretches(&dynamics, Method::Auto, Isa::best(), stretches)
                    .expect("a small ring");
                let weights: Vec<f64> =
                    (0..chain.layout().counts()).map(|i| (i as f64).cos()).collect();
                let policies = policies(dynamics.num_agents);
                chain
                    .gradient(&policies, &weights, &mut ChainWorkspace::default(), || true)
                    .expect("not stopped")
            };
            let (counts, gradient) = with(&Horizon::stretches);
            let (slow_counts, slow_gradient) = with(&Horizon::steps_only);
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
                let policies = vec![heuristic(p, q); num_agents];
                let with = |horizons: &dyn Fn(usize) -> Vec<Horizon>| {
                    let stretches = stretches(&dynamics, horizons);
                    let chain =
                        Chain::with_stretches(&dynamics, Method::Full, Isa::best(), stretches)
                            .expect("a small ring");
                    chain
                        .expected(&policies, &mut ChainWorkspace::default(), || true)
                        .expect("not stopped")
                };
                let (found, plain) = (with(&Horizon::stretches), with(&Horizon::steps_only));
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
        let (first, other) = (policies(3), vec![heuristic(0.4, 0.9); 3]);
        let alone = |policies: &[Policy]| {
            chain
                .gradient(policies, &weights, &mut ChainWorkspace::default(), || true)
                .expect("not stopped")
        };
        let mut workspace = ChainWorkspace::default();
        // Stopped on the way in one and then the other direction: what is left must do no harm.
        for allowed in 0..6 {
            let asked = std::cell::Cell::new(0);
            let go_on = || asked.replace(asked.get() + 1) < allowed;
            let _ = chain.gradient(&first, &weights, &mut workspace, go_on);
            for policies in [&first, &other] {
                let with_gradient = chain.gradient(policies, &weights, &mut workspace, || true);
                assert_eq!(with_gradient.expect("not stopped"), alone(policies));
                let counts = chain.expected(policies, &mut workspace, || true);
                assert_eq!(counts.expect("not stopped"), alone(policies).0);
            }
        }
    }
}

#[test]
fn a_batch_is_its_line_ups_one_by_one() {
    let dynamics = Dynamics { num_houses: 6, num_agents: 3, ..default_dynamics() };
    let chain = Chain::new(&dynamics, Method::Auto).expect("a small ring");
    let ahead = policies(3);
    let back: Vec<Policy> = ahead.iter().rev().copied().collect();
    // Differs from the first in q alone.
    let homely: Vec<Policy> = ahead.iter().map(|policy| heuristic(policy.work().0, 0.9)).collect();
    let (any, own) = (mixed(3, false), mixed(3, true));
    let own_back: Vec<Policy> = own.iter().rev().copied().collect();
    let all = [&ahead, &back, &homely, &any, &own, &own_back, &ahead].map(Vec::as_slice).concat();
    let lineups = Lineups::new(&chain, all.clone()).expect("probabilities");
    let columns = chain.layout().counts();
    let weights: Vec<f64> =
        (0..lineups.len() * columns).map(|i| (1.0 + 0.7 * i as f64).sin()).collect();
    for threads in [1, 3] {
        let counts = chain.expected_of_all(&lineups, threads, |_| true).expect("not stopped");
        let gradients =
            chain.gradient_of_all(&lineups, &weights, threads, |_| true).expect("not stopped");
        assert_eq!(gradients.counts, counts);
        for (i, policies) in all.chunks(3).enumerate() {
            let weights = &weights[i * columns..][..columns];
            let (alone, gradient) = chain
                .gradient(policies, weights, &mut ChainWorkspace::default(), || true)
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
    let mut workspace = ChainWorkspace::default();
    let mut value = |work| {
        let counts = chain.expected(&[heuristic(work, 0.5)], &mut workspace, || true);
        counts.expect("not stopped").iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>()
    };
    let slope = (4.0 * value(1e-5) - 3.0 * value(0.0) - value(2e-5)) / 2e-5;
    let idle = [heuristic(0.0, 0.5)];
    let (_, gradient) = chain
        .gradient(&idle, &weights, &mut ChainWorkspace::default(), || true)
        .expect("not stopped");
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
    let counts = expected(&lumped, Method::Auto, &policies(4));
    assert!((counts[layout(&lumped).ended()..].iter().sum::<f64>() - 1.0).abs() < 1e-13);
    let chain = Chain::new(&default_dynamics(), Method::Full).expect("allowed");
    assert_eq!(chain.expected(&policies(4), &mut ChainWorkspace::default(), || false), None);
}

#[test]
fn owned_houses_are_told_apart_only_where_they_can_be() {
    let own = vec![Policy::Firefighter(Firefighter::new(0.5, true)); 4];
    let lumped = Dynamics { night_order: NightOrder::BurnOutThenSpread, ..default_dynamics() };
    let chain = Chain::new(&lumped, Method::Lumped).expect("no fire spreads");
    assert_eq!(chain.check_policies(&own).expect_err("lumped").field, "lumped");
    assert!(chain.check_policies(&mixed(4, false)).is_ok());
    let large = Dynamics { num_houses: 20, ..lumped };
    let chain = Chain::new(&large, Method::Auto).expect("no fire spreads");
    assert_eq!(chain.check_policies(&own).expect_err("too large").field, "num_houses");
    let one = Policy::Heuristic(Heuristic::new(0.5, 1.5));
    let error = Lineups::new(&chain, vec![one; 8]).expect_err("no probability");
    assert_eq!(error.field, "lineups[0][0].q");
}
