//! Every lane against the plain engine, night by night.

use super::*;
use crate::game::counts::weighted_sum;
use crate::game::program::{Episodes, Seat};
use crate::game::scenario::{Dynamics, EndRule, NightOrder, Rewards};
use crate::plain::{self, Action, House};
use crate::policy::{Firefighter, Heuristic, Player, Policy, TenParameter};
use crate::random::address::uniform;
use crate::random::threshold::ALWAYS;

/// Arrays for what an environment writes.
struct Arrays {
    houses: Vec<u8>,
    actions: Vec<u8>,
    night: Vec<i32>,
    episode: Vec<u64>,
    rewards: Vec<f32>,
    terminated: Vec<bool>,
    truncated: Vec<bool>,
    last_houses: Vec<u8>,
    last_actions: Vec<u8>,
    nights: Vec<i32>,
    last_episode: Vec<u64>,
    end: Vec<u8>,
    returns: Vec<f64>,
}

impl Arrays {
    fn new(lanes: usize, layout: Layout) -> Self {
        let Layout { houses: h, agents: a } = layout;
        Self {
            houses: vec![9; lanes * h],
            actions: vec![9; lanes * a * 3],
            night: vec![-1; lanes],
            episode: vec![0; lanes],
            rewards: vec![0.0; lanes * a],
            terminated: vec![false; lanes],
            truncated: vec![false; lanes],
            last_houses: vec![9; lanes * h],
            last_actions: vec![9; lanes * a * 3],
            nights: vec![-1; lanes],
            last_episode: vec![0; lanes],
            end: vec![9; lanes],
            returns: vec![0.0; lanes * a],
        }
    }

    fn all(&mut self) -> (Brought<'_>, Seen<'_>) {
        let ended = Ended {
            houses: &mut self.last_houses,
            actions: &mut self.last_actions,
            nights: &mut self.nights,
            episode: &mut self.last_episode,
            end: &mut self.end,
            returns: &mut self.returns,
        };
        let brought = Brought {
            rewards: &mut self.rewards,
            terminated: &mut self.terminated,
            truncated: &mut self.truncated,
            ended,
        };
        let seen = Seen {
            houses: &mut self.houses,
            actions: &mut self.actions,
            night: &mut self.night,
            episode: &mut self.episode,
        };
        (brought, seen)
    }
}

/// A case: everything that could matter to what is played.
#[derive(Clone, Debug)]
struct Case {
    dynamics: Vec<Dynamics>,
    outside: Vec<bool>,
    lanes: usize,
    seed: u64,
    first: u64,
    stride: u64,
    autoreset: Autoreset,
    path: SimdPath,
    threads: usize,
}

fn rewards(agents: usize) -> Rewards {
    let by_agent = |x: f64| (0..agents).map(|a| x + 0.1 * a as f64).collect();
    Rewards {
        team_reward_house_survives: 100.0,
        team_penalty_house_burns: 33.3,
        reward_own_house_survives: by_agent(20.1),
        reward_other_house_survives: by_agent(0.0),
        penalty_own_house_burns: by_agent(40.0),
        penalty_other_house_burns: by_agent(0.7),
        cost_to_work_one_night: 0.45,
        reward_rest: 0.5,
    }
}

/// A pool of policies of every kind and with every kind of threshold, and a line-up with pure and mixed seats.
fn program(dynamics: &Dynamics) -> Arc<Program> {
    let heuristic = |p, q, honesty| Policy::Heuristic(Heuristic { p, q, honesty }).into();
    let firefighter = |w, own_first| Policy::Firefighter(Firefighter::new(w, own_first)).into();
    let theta = [0.8, 0.4, 0.7, 0.6, 0.3, 1.0, 0.2, 0.4, 0.1, 0.9];
    let ten_parameter = Player::TenParameter(TenParameter { theta });
    let pool = [
        heuristic(1.0, 0.5, 0.3),
        heuristic(0.6, 1.0, 1.0),
        heuristic(0.8, 0.0, 0.0),
        heuristic(0.0, 0.4, 0.5),
        firefighter(0.9, false),
        firefighter(0.7, true),
        Player::Random,
        Player::Specialist,
        ten_parameter,
    ];
    let seats: Vec<Seat> = (0..dynamics.num_agents)
        .map(|a| match a % 4 {
            0 => vec![(0, 0.25), (1, 0.25), (3, 0.25), (4, 0.25)],
            1 => vec![(1, 0.25), (5, 0.25), (6, 0.25), (8, 0.25)],
            2 => vec![(2, 0.9), (0, 0.1)],
            _ => vec![(7, 0.5), (8, 0.5)],
        })
        .collect();
    let episodes = Episodes { seed: 0, first: 0, count: 1 };
    Arc::new(Program::compile(dynamics, &pool, &[seats], episodes).expect("valid"))
}

/// The plain engine's game of a lane.
fn plain_game(program: &Program, seed: u64, episode: u64) -> plain::Game {
    let mut program = program.clone();
    program.episodes.seed = seed;
    plain::Game::new(&Arc::new(program), 0, episode)
}

fn check(case: &Case, nights: usize) {
    let programs: Vec<_> = case.dynamics.iter().map(program).collect();
    let layout = programs[0].layout;
    let Layout { houses, agents } = layout;
    let weights: Vec<_> = programs.iter().map(|_| rewards(agents).weights(layout)).collect();
    let mut env = VectorEnv::new(Settings {
        programs: programs.clone(),
        weights: weights.clone(),
        outside: case.outside.clone(),
        lanes: case.lanes,
        seed: case.seed,
        first: case.first,
        stride: case.stride,
        autoreset: case.autoreset,
        cap_terminates: false,
        path: case.path,
        threads: case.threads,
    })
    .expect("valid");
    let mut arrays = Arrays::new(case.lanes, layout);
    env.reset(&vec![true; case.lanes], None).expect("episodes");
    env.show(arrays.all().1);
    let game_of = |episode: u64| {
        plain_game(&programs[(episode % programs.len() as u64) as usize], case.seed, episode)
    };
    let mut begun = vec![0; case.lanes];
    let number = |lane: usize, k: u64| case.first + lane as u64 + k * case.stride;
    let mut games: Vec<_> = (0..case.lanes).map(|lane| game_of(number(lane, 0))).collect();
    let mut sums = vec![vec![0; layout.counts()]; case.lanes];
    let mut acts = vec![0; case.lanes * agents * 3];
    for night in 0..nights {
        for lane in 0..case.lanes {
            let codes: Vec<u8> = games[lane].houses().iter().map(|&house| house as u8).collect();
            assert_eq!(arrays.houses[lane * houses..][..houses], codes, "{case:?} {night} {lane}");
            assert_eq!(arrays.night[lane], games[lane].night() as i32);
            assert_eq!(arrays.episode[lane], number(lane, begun[lane]));
        }
        for (i, act) in acts.iter_mut().enumerate() {
            let u = uniform(99, i as u64, night as u32, 7);
            *act = match i % 3 {
                0 => (u % houses as u32) as u8,
                _ => (u >> 31) as u8,
            };
        }
        let (brought, seen) = arrays.all();
        env.step(&acts, brought, seen).expect("allowed");
        let mut waiting = vec![false; case.lanes];
        for lane in 0..case.lanes {
            let game = &mut games[lane];
            let mut actions = game.policy_actions();
            for agent in (0..agents).filter(|&agent| case.outside[agent]) {
                let act = &acts[(lane * agents + agent) * 3..][..3];
                actions[agent] =
                    Action { house: act[0].into(), works: act[1] == 1, signal: act[2] == 1 };
            }
            let played = game.step(&actions).expect("valid actions");
            let counts = played.counts(layout);
            sums[lane].iter_mut().zip(&counts).for_each(|(sum, x)| *sum += x);
            let features = |counts: &[i64]| {
                let mut features = vec![0; layout.features()];
                layout.to_features(1, counts, &mut features);
                features
            };
            let weights = &weights[(number(lane, begun[lane]) % programs.len() as u64) as usize];
            for agent in 0..agents {
                let reward = weighted_sum(&weights[agent], &features(&counts)) as f32;
                assert_eq!(
                    arrays.rewards[lane * agents + agent],
                    reward,
                    "{case:?} {night} {lane}"
                );
            }
            let shown: Vec<u8> = actions
                .iter()
                .flat_map(|a| [a.house as u8, u8::from(a.works), u8::from(a.signal)])
                .collect();
            let rows = lane * agents * 3..(lane + 1) * agents * 3;
            let end = played.end.map_or(0, |end| 1 + end as u8);
            assert_eq!(arrays.end[lane], end, "{case:?} {night} {lane}");
            assert_eq!(arrays.terminated[lane], (1..4).contains(&end));
            assert_eq!(arrays.truncated[lane], end == 4);
            if end == 0 {
                assert_eq!(arrays.actions[rows], shown);
                continue;
            }
            let codes: Vec<u8> = played.after.iter().map(|&house| house as u8).collect();
            assert_eq!(arrays.last_houses[lane * houses..][..houses], codes);
            assert_eq!(arrays.last_actions[rows.clone()], shown);
            assert_eq!(arrays.nights[lane], played.night as i32 + 1);
            assert_eq!(arrays.last_episode[lane], number(lane, begun[lane]));
            for agent in 0..agents {
                let expected = weighted_sum(&weights[agent], &features(&sums[lane]));
                assert_eq!(arrays.returns[lane * agents + agent], expected);
            }
            sums[lane].fill(0);
            begun[lane] += 1;
            waiting[lane] = case.autoreset == Autoreset::Disabled;
            if case.autoreset == Autoreset::SameStep {
                assert!(arrays.actions[rows].iter().all(|&act| act == 0));
            }
            games[lane] = game_of(number(lane, begun[lane]));
        }
        if waiting.contains(&true) {
            let (brought, seen) = arrays.all();
            let error = env.step(&acts, brought, seen).expect_err("lanes wait");
            assert!(matches!(error, EnvError::Invalid(_)));
            env.reset(&waiting, None).expect("episodes");
            env.show(arrays.all().1);
        }
    }
}

fn dynamics(houses: usize, agents: usize) -> Dynamics {
    Dynamics {
        num_houses: houses,
        num_agents: agents,
        min_nights: 3,
        max_nights: 9,
        ..crate::game::scenario::tests::default_dynamics()
    }
}

fn case(houses: usize, agents: usize) -> Case {
    Case {
        dynamics: vec![dynamics(houses, agents)],
        outside: vec![true; agents],
        lanes: 33,
        seed: 5,
        first: 0,
        stride: 33,
        autoreset: Autoreset::SameStep,
        path: SimdPath::best(),
        threads: 1,
    }
}

fn paths() -> impl Iterator<Item = SimdPath> {
    SimdPath::ALL.into_iter().filter(|path| path.is_available())
}

#[test]
fn every_shape_on_every_path() {
    for (houses, agents) in [(2, 3), (5, 1), (10, 4), (32, 16), (2, 16), (9, 2)] {
        for path in paths() {
            check(&Case { path, ..case(houses, agents) }, 12);
        }
    }
}

#[test]
fn any_number_of_lanes_threads_and_first_episodes() {
    for lanes in [1, 5, 31, 32, 100, 128, 131, 300] {
        for first in [0, 16, (1 << 60) + 16] {
            let stride = lanes as u64 + first % 7;
            check(&Case { lanes, first, stride, seed: 3 << 40, ..case(10, 4) }, 11);
        }
    }
    let lanes = 2 * SHARE + 77;
    check(&Case { lanes, stride: lanes as u64, threads: 2, ..case(10, 4) }, 5);
}

#[test]
fn built_in_seats_beside_outside_ones() {
    for built_in in [0b0001, 0b1010, 0b0111, 0b1111] {
        let outside = (0..4).map(|a| built_in >> a & 1 == 0).collect();
        check(&Case { outside, ..case(10, 4) }, 30);
    }
    for path in paths() {
        check(&Case { outside: vec![false; 5], path, ..case(2, 5) }, 30);
    }
}

#[test]
fn all_rules_and_certain_or_impossible_events() {
    for night_order in [NightOrder::SpreadThenBurnOut, NightOrder::BurnOutThenSpread] {
        for end_rule in [EndRule::AllSafeOrAllRuined, EndRule::NoFires] {
            for p in [0.0, 1.0, 1e-9, 2f64.powi(-32), 0.5] {
                for (min_nights, max_nights) in [(0, 1), (3, 3), (12, 100)] {
                    let base = Dynamics {
                        night_order,
                        end_rule,
                        min_nights,
                        max_nights,
                        ..dynamics(6, 3)
                    };
                    let mut varied = vec![base; 3];
                    varied[0].prob_fire_spreads_to_neighbor = p;
                    varied[1].prob_house_catches_fire = p;
                    varied[2].prob_solo_agent_extinguishes_fire = p;
                    for dynamics in varied {
                        let outside = vec![true, false, true];
                        check(&Case { dynamics: vec![dynamics], outside, ..case(6, 3) }, 16);
                    }
                }
            }
        }
    }
}

#[test]
fn several_scenarios_take_turns_by_episode() {
    let mut three = vec![dynamics(10, 4); 3];
    three[1].prob_house_catches_fire = 0.3;
    three[2].night_order = NightOrder::BurnOutThenSpread;
    three[2].max_nights = 4;
    let outside = vec![true, false, true, false];
    check(&Case { dynamics: three, outside, ..case(10, 4) }, 25);
}

#[test]
fn lanes_wait_where_nothing_resets_them() {
    check(&Case { autoreset: Autoreset::Disabled, ..case(10, 4) }, 20);
}

#[test]
fn a_lane_without_a_next_episode_is_an_error_that_plays_nothing() {
    let lanes = 7;
    let case = Case { lanes, first: u64::MAX - 6, stride: 7, ..case(3, 2) };
    let program = program(&case.dynamics[0]);
    let layout = program.layout;
    let settings = |first| Settings {
        programs: vec![Arc::clone(&program)],
        weights: vec![rewards(2).weights(layout)],
        outside: vec![true; 2],
        lanes,
        seed: 1,
        first,
        stride: 7,
        autoreset: Autoreset::SameStep,
        cap_terminates: false,
        path: SimdPath::best(),
        threads: 0,
    };
    assert!(VectorEnv::new(settings(u64::MAX - 5)).is_err());
    let mut env = VectorEnv::new(settings(case.first)).expect("valid");
    let mut arrays = Arrays::new(lanes, layout);
    env.reset(&[true; 7], None).expect("a first episode");
    for _ in 0..20 {
        let before = env.state();
        let (brought, seen) = arrays.all();
        if let Err(error) = env.step(&[0; 42], brought, seen) {
            assert!(matches!(error, EnvError::Invalid(error) if error.field == "episode"));
            assert_eq!(env.state(), before);
            assert!(env.reset(&[true; 7], None).is_err());
            return;
        }
    }
    panic!("no episode ended");
}

#[test]
fn acts_that_are_not_allowed_are_named_and_play_nothing() {
    let program = program(&dynamics(10, 4));
    let layout = program.layout;
    let mut env = VectorEnv::new(Settings {
        programs: vec![program],
        weights: vec![rewards(4).weights(layout)],
        outside: vec![true, true, false, true],
        lanes: 40,
        seed: 1,
        first: 0,
        stride: 40,
        autoreset: Autoreset::SameStep,
        cap_terminates: false,
        path: SimdPath::best(),
        threads: 0,
    })
    .expect("valid");
    let mut arrays = Arrays::new(40, layout);
    let acts = [0; 40 * 12];
    let (brought, seen) = arrays.all();
    assert!(env.step(&acts, brought, seen).is_err(), "no reset yet");
    env.reset(&[true; 40], None).expect("episodes");
    let state = env.state();
    for (at, act, field) in [
        (0, 10, Some("actions[0, 0, 0]")),
        (17 * 12 + 3, 12, Some("actions[17, 1, 0]")),
        (39 * 12 + 10, 2, Some("actions[39, 3, 1]")),
        (39 * 12 + 11, 255, Some("actions[39, 3, 2]")),
        (5 * 12 + 6, 255, None), // a built-in seat's
    ] {
        let mut acts = acts;
        acts[at] = act;
        let (brought, seen) = arrays.all();
        match (env.step(&acts, brought, seen), field) {
            (Err(EnvError::Invalid(error)), Some(field)) => {
                assert_eq!((error.field.as_str(), error.value), (field, act.to_string()));
                assert_eq!(env.state(), state);
            }
            (Ok(_), None) => {}
            (other, _) => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_state_can_be_put_into_another_lane() {
    let program = program(&Dynamics { prob_house_catches_fire: 0.3, ..dynamics(10, 4) });
    let layout = program.layout;
    let mut env = VectorEnv::new(Settings {
        programs: vec![program],
        weights: vec![rewards(4).weights(layout)],
        outside: vec![true; 4],
        lanes: 2,
        seed: 8,
        first: 0,
        stride: 2,
        autoreset: Autoreset::SameStep,
        cap_terminates: false,
        path: SimdPath::best(),
        threads: 0,
    })
    .expect("valid");
    let mut arrays = Arrays::new(2, layout);
    env.reset(&[true; 2], None).expect("episodes");
    let acts = [0; 24];
    for _ in 0..2 {
        let (brought, seen) = arrays.all();
        env.step(&acts, brought, seen).expect("allowed");
    }
    let mut state = env.state();
    assert_ne!(state.burning[0], state.burning[1]);
    for column in [&mut state.burning, &mut state.ruined, &mut state.night] {
        column[1] = column[0];
    }
    state.episode[1] = state.episode[0];
    env.set_state(&[false, true], &state).expect("possible");
    assert_eq!(env.state(), state);
    // Equal acts, equal luck.
    let (brought, seen) = arrays.all();
    env.step(&acts, brought, seen).expect("allowed");
    assert_eq!(arrays.houses[..10], arrays.houses[10..]);
    assert_eq!(env.state().burning[0], env.state().burning[1]);
}

#[test]
fn a_state_beside_an_agent_that_remembers_has_the_acts_of_last_night() {
    let program = program(&dynamics(10, 4));
    let layout = program.layout;
    let mut env = VectorEnv::new(Settings {
        programs: vec![program],
        weights: vec![rewards(4).weights(layout)],
        outside: vec![true, false, true, true],
        lanes: 1,
        seed: 8,
        first: 0,
        stride: 1,
        autoreset: Autoreset::SameStep,
        cap_terminates: false,
        path: SimdPath::best(),
        threads: 0,
    })
    .expect("valid");
    env.reset(&[true], None).expect("episodes");
    let state = env.state();
    env.set_state(&[true], &state).expect("acts");
    let refused = env.set_state(&[true], &State { acts: None, ..state });
    assert!(
        matches!(refused, Err(EnvError::Invalid(error)) if error.field == "lanes.actions"),
        "acts are missing"
    );
}

/// A threshold that is neither 0 nor certain has bits below the first four.
#[test]
fn thresholds_of_all_kinds_are_met() {
    let catch = program(&dynamics(10, 4)).catch;
    assert!(catch.iter().all(|&t| t > 0 && t < ALWAYS && t % (1 << 28) != 0));
    assert!(House::Ruined as u8 == 2);
}
