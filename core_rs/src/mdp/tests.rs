//! Everything against plain sums over joint acts and outcomes, written from the rules.

use super::*;
use crate::game::scenario::{Dynamics, EndRule, NightOrder, Rewards};

/// A night from a state: (chance, state after, houses saved as bits).
type Outcomes = Vec<(f64, usize, usize)>;

struct Plain<'a> {
    d: &'a Dynamics,
    r: &'a Rewards,
}

impl Plain<'_> {
    fn states(&self) -> usize {
        3usize.pow(self.d.num_houses as u32)
    }

    fn houses(&self, state: usize) -> Vec<usize> {
        (0..self.d.num_houses).map(|h| state / 3usize.pow(h as u32) % 3).collect()
    }

    fn outcomes(&self, state: usize, acts: &[usize]) -> Outcomes {
        let d = self.d;
        let before = self.houses(state);
        let mut after_agents = vec![(1.0, before.clone())];
        for h in (0..d.num_houses).filter(|&h| before[h] == 1) {
            let workers = acts.iter().filter(|&&act| act == 1 + h).count() as i32;
            let burns = (1.0 - d.prob_solo_agent_extinguishes_fire).powi(workers);
            let split = after_agents.iter().flat_map(|(chance, houses)| {
                let mut out = houses.clone();
                out[h] = 0;
                [(chance * burns, houses.clone()), (chance * (1.0 - burns), out)]
            });
            after_agents = split.collect();
        }
        let mut all = Vec::new();
        for (chance, middle) in after_agents {
            let mut ends = vec![(chance, 0, 0)];
            for h in 0..d.num_houses {
                let place = 3usize.pow(h as u32);
                if middle[h] != 0 {
                    ends.iter_mut().for_each(|end| end.1 += 2 * place);
                    continue;
                }
                let beside = [(h + d.num_houses - 1) % d.num_houses, (h + 1) % d.num_houses];
                let fires = beside.iter().filter(|&&n| middle[n] == 1).count() as i32;
                let fires = if d.night_order == NightOrder::BurnOutThenSpread { 0 } else { fires };
                let safe = (1.0 - d.prob_fire_spreads_to_neighbor).powi(fires)
                    * (1.0 - d.prob_house_catches_fire);
                let saved = if before[h] == 1 { 1 << h } else { 0 };
                let split = ends.iter().flat_map(|&(chance, to, saves)| {
                    let stays = (chance * safe, to, saves | saved);
                    [stays, (chance * (1.0 - safe), to + place, saves)]
                });
                ends = split.collect();
            }
            all.extend(ends);
        }
        all.retain(|end| end.0 > 0.0);
        all
    }

    fn reward(&self, seat: usize, act: usize, to: usize, saved: usize) -> f64 {
        let (r, h) = (self.r, self.d.num_houses as f64);
        let mut sum = if act == 0 { r.reward_rest } else { -r.cost_to_work_one_night };
        for (house, &code) in self.houses(to).iter().enumerate() {
            let own = house % self.d.num_agents == seat;
            if code == 0 {
                sum += r.team_reward_house_survives / h;
            }
            if code == 2 {
                let ruin =
                    if own { &r.penalty_own_house_burns } else { &r.penalty_other_house_burns };
                sum -= r.team_penalty_house_burns / h + ruin[seat];
            }
            if saved >> house & 1 == 1 {
                let save =
                    if own { &r.reward_own_house_survives } else { &r.reward_other_house_survives };
                sum += save[seat];
            }
        }
        sum
    }

    fn ends(&self, night: usize, to: usize) -> bool {
        let houses = self.houses(to);
        let same = |code: usize| houses.iter().all(|&c| c == code);
        let early =
            same(0) || same(2) || (self.d.end_rule == EndRule::NoFires && !houses.contains(&1));
        (night >= self.d.min_nights as usize && early) || night + 1 == self.d.max_nights as usize
    }

    /// What joint acts are worth in a state, by seat, before `next` nights.
    fn worth(&self, night: usize, state: usize, acts: &[usize], next: &[Vec<f64>]) -> Vec<f64> {
        let outcomes = self.outcomes(state, acts);
        let worth = |seat: usize| {
            let each = outcomes.iter().map(|&(chance, to, saved)| {
                let more = if self.ends(night, to) { 0.0 } else { next[to][seat] };
                chance * (self.reward(seat, acts[seat], to, saved) + more)
            });
            each.sum()
        };
        (0..self.d.num_agents).map(worth).collect()
    }

    fn joint(&self) -> Vec<Vec<usize>> {
        let acts = 1 + self.d.num_houses;
        let all = acts.pow(self.d.num_agents as u32);
        let act = |i: usize, a: usize| i / acts.pow(a as u32) % acts;
        (0..all).map(|i| (0..self.d.num_agents).map(|a| act(i, a)).collect()).collect()
    }

    fn start(&self, values: &[Vec<f64>]) -> Vec<f64> {
        let rho = self.d.prob_house_catches_fire;
        let mut sum = vec![0.0; self.d.num_agents];
        for (state, values) in values.iter().enumerate() {
            let chance = self.houses(state).iter().fold(1.0, |chance, &code| match code {
                0 => chance * (1.0 - rho),
                1 => chance * rho,
                _ => 0.0,
            });
            sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += chance * value);
        }
        sum
    }

    /// From the last night to the first: a night's values are what `stage` makes of the worth of
    /// all joint acts.
    fn induct(
        &self,
        mut stage: impl FnMut(usize, usize, &[(Vec<usize>, Vec<f64>)]) -> Vec<f64>,
    ) -> Vec<Vec<f64>> {
        let joint = self.joint();
        let mut next = vec![vec![0.0; self.d.num_agents]; self.states()];
        for night in (0..self.d.max_nights as usize).rev() {
            let now = (0..self.states()).map(|state| {
                let worth = |acts: &Vec<usize>| self.worth(night, state, acts, &next);
                let all: Vec<_> = joint.iter().map(|acts| (acts.clone(), worth(acts))).collect();
                stage(night, state, &all)
            });
            next = now.collect();
        }
        next
    }
}

/// Numbers that look random.
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn games() -> Vec<(Dynamics, Rewards)> {
    let mut random = Stream(7);
    let mut games = Vec::new();
    for (i, &(num_houses, num_agents)) in
        [(2, 1), (2, 3), (3, 2), (3, 1), (2, 2), (3, 2), (2, 3), (4, 1)].iter().enumerate()
    {
        for night_order in [NightOrder::SpreadThenBurnOut, NightOrder::BurnOutThenSpread] {
            for end_rule in [EndRule::AllSafeOrAllRuined, EndRule::NoFires] {
                let mut chance = |edge: usize, at: f64| if i == edge { at } else { random.next() };
                let dynamics = Dynamics {
                    num_houses,
                    num_agents,
                    prob_fire_spreads_to_neighbor: chance(4, 1.0),
                    prob_solo_agent_extinguishes_fire: chance(5, 1.0),
                    prob_house_catches_fire: 0.5 * chance(3, 0.0),
                    min_nights: 1,
                    max_nights: 4,
                    night_order,
                    end_rule,
                };
                let mut amount = || 10.0 * random.next() - 3.0;
                let mut each = || (0..num_agents).map(|_| amount()).collect();
                let rewards = Rewards {
                    reward_own_house_survives: each(),
                    reward_other_house_survives: each(),
                    penalty_own_house_burns: each(),
                    penalty_other_house_burns: each(),
                    team_reward_house_survives: amount(),
                    team_penalty_house_burns: amount(),
                    cost_to_work_one_night: amount() - 4.0,
                    reward_rest: amount() - 4.0,
                };
                games.push((dynamics, rewards));
            }
        }
    }
    games
}

/// Random chances of acts for every night and state.
fn table(random: &mut Stream, nights: usize, states: usize, acts: usize) -> Vec<f64> {
    let mut table = Vec::new();
    for _ in 0..nights * states {
        let row: Vec<f64> = (0..acts).map(|_| (random.next() - 0.3).max(0.0) + 1e-3).collect();
        let sum: f64 = row.iter().sum();
        table.extend(row.iter().map(|chance| chance / sum));
    }
    table
}

/// For each seat a table for each night.
fn tables(d: &Dynamics) -> Vec<Vec<f64>> {
    let mut random = Stream(d.num_houses as u64 * 31 + d.num_agents as u64);
    let states = 3usize.pow(d.num_houses as u32);
    (0..d.num_agents)
        .map(|_| table(&mut random, d.max_nights as usize, states, 1 + d.num_houses))
        .collect()
}

fn as_policies(tables: &[Vec<f64>]) -> Vec<Policy<'_>> {
    tables.iter().map(|table| Policy::Table(table)).collect()
}

fn chance(d: &Dynamics, table: &[f64], night: usize, state: usize, act: usize) -> f64 {
    let states = 3usize.pow(d.num_houses as u32);
    table[((night * states) + state) * (1 + d.num_houses) + act]
}

fn assert_close(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    for (i, (x, y)) in a.iter().zip(b).enumerate() {
        assert!((x - y).abs() <= 1e-10 * (1.0 + y.abs()), "{i}: {x} {y}");
    }
}

#[test]
fn values_are_sums_over_joint_acts_and_outcomes() {
    for (d, r) in games() {
        let plain = Plain { d: &d, r: &r };
        let tables = tables(&d);
        let expected = plain.induct(|night, state, all| {
            let mut sum = vec![0.0; d.num_agents];
            for (acts, worth) in all {
                let weight: f64 = (acts.iter().zip(&tables))
                    .map(|(&act, table)| chance(&d, table, night, state, act))
                    .product();
                sum.iter_mut().zip(worth).for_each(|(sum, worth)| *sum += weight * worth);
            }
            sum
        });
        let model = Model::new(&d, &r).expect("a small game");
        let policies = as_policies(&tables);
        let found = model.evaluate(&policies, 0, |_| true).expect("not stopped");
        assert_close(&found.states, &expected.concat());
        assert_close(&found.start, &plain.start(&expected));
    }
}

#[test]
fn best_responses_are_those_of_every_act_tried() {
    for (d, r) in games() {
        let plain = Plain { d: &d, r: &r };
        let tables = tables(&d);
        let acts_count = 1 + d.num_houses;
        let expected = plain.induct(|night, state, all| {
            let mut best = vec![f64::NEG_INFINITY; d.num_agents];
            for seat in 0..d.num_agents {
                let mut of_act = vec![0.0; acts_count];
                for (acts, worth) in all {
                    let others = (0..d.num_agents).filter(|&other| other != seat);
                    let weight: f64 = others
                        .map(|other| chance(&d, &tables[other], night, state, acts[other]))
                        .product();
                    of_act[acts[seat]] += weight * worth[seat];
                }
                best[seat] = of_act.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            }
            best
        });
        let model = Model::new(&d, &r).expect("a small game");
        let policies = as_policies(&tables);
        let found = model.best_responses(&policies, 0, |_| true).expect("not stopped");
        assert_close(&found.values.states, &expected.concat());
        assert_close(&found.values.start, &plain.start(&expected));
        // What they say to do is worth what they say.
        let worth = model.certify(&policies, 0, |_| true).expect("not stopped");
        for seat in 0..d.num_agents {
            let mut policies = policies.clone();
            policies[seat] = Policy::Acts(&found.acts[seat]);
            policies[seat].check(&model, "policy").expect("acts");
            let again = model.evaluate(&policies, 0, |_| true).expect("not stopped");
            assert_close(&[again.start[seat]], &[found.values.start[seat]]);
            let gain = found.values.start[seat] - worth.values[seat];
            assert_close(&[gain], &[worth.gains[seat]]);
            assert!(worth.largest >= gain);
        }
    }
}

#[test]
fn counts_times_rewards_are_values() {
    for (d, r) in games() {
        let tables = tables(&d);
        let model = Model::new(&d, &r).expect("a small game");
        let mut policies = as_policies(&tables);
        if d.num_agents > 1 {
            policies[1] = Policy::Heuristic { work: 0.7, home: 0.4 };
        }
        let values = model.evaluate(&policies, 0, |_| true).expect("not stopped");
        let counts = model.follow(&policies, 0, |_| true).expect("not stopped");
        let layout = crate::game::counts::Layout { houses: d.num_houses, agents: d.num_agents };
        let mut features = vec![0.0; layout.features()];
        layout.to_features(1.0, &counts, &mut features);
        let returns: Vec<f64> = r
            .weights(layout)
            .iter()
            .map(|weights| weights.iter().zip(&features).map(|(w, x)| w * x).sum())
            .collect();
        assert_close(&returns, &values.start);
        let ended: f64 = counts[layout.ended()..].iter().sum();
        assert_close(&[ended], &[1.0]);
    }
}

#[test]
fn the_team_does_what_is_best_of_all_joint_acts() {
    for (d, r) in games() {
        let plain = Plain { d: &d, r: &r };
        let mean = |worth: &[f64]| worth.iter().sum::<f64>() / d.num_agents as f64;
        let expected = plain.induct(|_, _, all| {
            let best = all.iter().max_by(|a, b| mean(&a.1).total_cmp(&mean(&b.1)));
            best.expect("acts").1.clone()
        });
        let model = Model::new(&d, &r).expect("a small game");
        let found = model.team_optimum(0, |_| true).expect("not stopped");
        let means: Vec<f64> = expected.iter().map(|worth| mean(worth)).collect();
        assert_close(&found.states, &means);
        assert_close(&[found.mean], &[mean(&plain.start(&expected))]);
        let policies: Vec<_> = found.acts.iter().map(Policy::Acts).collect();
        let again = model.evaluate(&policies, 0, |_| true).expect("not stopped");
        assert_close(&[mean(&again.start)], &[found.mean]);
    }
}

#[test]
fn the_team_does_as_well_where_the_ring_may_be_turned() {
    for (houses, agents) in [(2, 1), (2, 2), (2, 3), (3, 2), (3, 3), (4, 3), (5, 2), (6, 4)] {
        for (d, mut r) in games().into_iter().filter(|(d, _)| d.num_agents == 1).take(4) {
            let d = Dynamics { num_houses: houses, num_agents: agents, max_nights: 9, ..d };
            for each in [
                &mut r.reward_own_house_survives,
                &mut r.reward_other_house_survives,
                &mut r.penalty_own_house_burns,
                &mut r.penalty_other_house_burns,
            ] {
                *each = vec![each[0]; agents];
            }
            let solve = |r: &Rewards| {
                let model = Model::new(&d, r).expect("a small game");
                let found = model.team_optimum(0, |_| true).expect("not stopped");
                let policies: Vec<_> = found.acts.iter().map(Policy::Acts).collect();
                policies.iter().for_each(|policy| policy.check(&model, "policy").expect("acts"));
                let payoffs = model.evaluate(&policies, 0, |_| true).expect("not stopped").start;
                assert_close(&[payoffs.iter().sum::<f64>() / agents as f64], &[found.mean]);
                found
            };
            let found = solve(&r);
            // Houses that are not worth quite the same: nothing may be turned.
            for seat in 0..agents {
                r.penalty_own_house_burns[seat] *= 1.0 + 1e-14 * seat as f64;
                r.reward_own_house_survives[seat] *= 1.0 - 1e-14 * seat as f64;
            }
            let expected = solve(&r);
            for (one, other) in found.states.iter().zip(&expected.states) {
                assert!((one - other).abs() <= 1e-12 * (1.0 + other.abs()), "{one} {other}");
            }
        }
    }
}

#[test]
fn nobody_gains_at_an_equilibrium() {
    for (d, r) in games() {
        let model = Model::new(&d, &r).expect("a small game");
        for selector in Selector::ALL {
            let found = model.markov_equilibrium(selector, 0, |_| true).expect("not stopped");
            assert_eq!(found.unsolved, 0);
            let policies: Vec<_> = found.acts.iter().map(Policy::Acts).collect();
            policies.iter().for_each(|policy| policy.check(&model, "policy").expect("acts"));
            let certificate = model.certify(&policies, 0, |_| true).expect("not stopped");
            assert_close(&certificate.values, &found.start);
            assert!(certificate.largest < 1e-9, "{certificate:?}");
        }
    }
}

/// A table that depends on the burning houses alone, for one night or for all.
fn blind_table(d: &Dynamics, seed: u64, nights: usize) -> Vec<f64> {
    let (states, acts) = (3usize.pow(d.num_houses as u32), 1 + d.num_houses);
    let rows = table(&mut Stream(seed), 1, states, acts);
    let burning = |state: usize| -> usize {
        let burns = |h: &usize| state / 3usize.pow(*h as u32) % 3 == 1;
        (0..d.num_houses).filter(burns).map(|h| 3usize.pow(h as u32)).sum()
    };
    let of_state = |state| rows[burning(state) * acts..][..acts].iter().copied();
    (0..states).flat_map(of_state).collect::<Vec<_>>().repeat(nights)
}

/// A table that depends on ruins as well.
fn steady_table(d: &Dynamics, seed: u64, nights: usize) -> Vec<f64> {
    let states = 3usize.pow(d.num_houses as u32);
    table(&mut Stream(seed), 1, states, 1 + d.num_houses).repeat(nights)
}

#[test]
fn agents_blind_to_the_night_count_as_much_as_those_that_are_told_it() {
    let kinds = [blind_table, steady_table];
    for ((d, r), of_seat) in
        kinds.into_iter().flat_map(|kind| games().into_iter().map(move |game| (game, kind)))
    {
        let model = Model::new(&d, &r).expect("a small game");
        let tables = |nights| -> Vec<_> {
            (0..d.num_agents).map(|seat| of_seat(&d, seat as u64 + 7, nights)).collect()
        };
        let (blind, seeing) = (tables(1), tables(d.max_nights as usize));
        let certify = |policies: &[Policy<'_>]| {
            let found = model.certify(policies, 0, |_| true).expect("not stopped");
            let values = model.evaluate(policies, 0, |_| true).expect("not stopped").states;
            let best = model.best_responses(policies, 0, |_| true).expect("not stopped");
            let counts = model.follow(policies, 0, |_| true).expect("not stopped");
            let left = model.deviations(policies, &best.acts, 0, |_| true).expect("not stopped");
            let left = left.iter().flat_map(|each| [each.nights, each.worked]).collect();
            ([values, found.gains, best.values.states, counts, left].concat(), best.acts)
        };
        let (expected, acts) = certify(&as_policies(&seeing));
        for told in 0..1usize << d.num_agents {
            let mut policies = as_policies(&blind);
            for seat in (0..d.num_agents).filter(|seat| told >> seat & 1 == 1) {
                policies[seat] = Policy::Table(&seeing[seat]);
            }
            let (found, found_acts) = certify(&policies);
            assert_close(&found, &expected);
            assert_eq!(found_acts, acts);
        }
    }
}
