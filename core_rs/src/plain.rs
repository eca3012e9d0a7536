//! The plain engine: one episode, one night at a time, with ordinary integers and `if`s.
//!
//! It is the readable statement of the rules, what replays and environments use, and the reference
//! the bit-sliced engine is tested against. Read [`Game::step`] to learn the game.

use std::sync::Arc;

use crate::error::InvalidValue;
use crate::game::counts::{END_KINDS, Layout};
use crate::game::program::Program;
use crate::game::scenario::EndRule;
pub use crate::policy::Action;
use crate::policy::{FirefighterThresholds, HeuristicThresholds, PolicyThresholds, Sight, Single};
use crate::random::address::{self, TICK_START, tick_of_night};
use crate::random::uniform::LazyUniform;

/// The state of a house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum House {
    /// It stands and does not burn.
    Safe,
    /// It is on fire.
    Burning,
    /// Burned down, for good.
    Ruined,
}

/// The way an episode ended; the discriminant indexes `END_KINDS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Every house is safe.
    AllSafe,
    /// Every house is ruined.
    AllRuined,
    /// Nothing burns, under the rule that this ends an episode.
    NoFires,
    /// The last night is over.
    Cap,
}

impl End {
    /// The name used in results.
    #[must_use]
    pub fn name(self) -> &'static str {
        END_KINDS[self as usize]
    }
}

/// The events of one night.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Night {
    /// The number of the night, from 0.
    pub night: u32,
    /// The houses at its start, which is what the agents saw.
    pub before: Vec<House>,
    /// One action per agent.
    pub actions: Vec<Action>,
    /// Fires put out in step 1, whether or not the house caught fire again.
    pub extinguished: Vec<usize>,
    /// Houses safe after step 1 that burn at the end of the night.
    pub caught: Vec<usize>,
    /// Houses burning at the start and safe at the end.
    pub saved: Vec<usize>,
    /// The houses at its end.
    pub after: Vec<House>,
    /// Whether, and how, the episode ended with it.
    pub end: Option<End>,
}

impl Night {
    /// The events of this night as a count vector (see [`crate::game::counts`]).
    #[must_use]
    pub fn counts(&self, layout: Layout) -> Vec<i64> {
        let mut counts = vec![0; layout.counts()];
        counts[Layout::NIGHTS] = 1;
        for (agent, action) in self.actions.iter().enumerate() {
            counts[layout.worked() + agent] = i64::from(action.works);
        }
        for (h, house) in self.after.iter().enumerate() {
            counts[layout.safe() + h] = i64::from(*house == House::Safe);
            counts[layout.ruined() + h] = i64::from(*house == House::Ruined);
        }
        for &h in &self.saved {
            counts[layout.saved() + h] = 1;
        }
        if let Some(end) = self.end {
            counts[layout.ended() + end as usize] = 1;
        }
        counts
    }
}

/// One episode in progress.
#[derive(Clone, Debug)]
pub struct Game {
    program: Arc<Program>,
    episode: u64,
    houses: Vec<House>,
    /// The policy each seat plays this episode, where policies play.
    policies: Vec<usize>,
    /// House, mode and signal of every agent last night: zeros before night 0.
    last: Vec<u8>,
    night: u32,
    end: Option<End>,
}

impl Game {
    /// An episode played by a line-up of the program: draws the first fires, and a policy for every
    /// seat that mixes.
    #[must_use]
    pub fn new(program: &Arc<Program>, lineup: usize, episode: u64) -> Self {
        let mut game = Self::without_lineup(program, episode);
        game.policies = (0..program.layout.agents)
            .map(|seat| {
                let entries = program.seat(lineup, seat);
                let mut u = game.uniform(TICK_START, address::SLOT_MIXTURE, seat);
                let drawn = entries.iter().position(|&(_, cumulative)| u.is_below(cumulative));
                entries[drawn.unwrap_or(entries.len() - 1)].0 as usize
            })
            .collect();
        game
    }

    /// An episode whose actions come from outside.
    #[must_use]
    pub fn without_lineup(program: &Arc<Program>, episode: u64) -> Self {
        let mut game = Self {
            program: Arc::clone(program),
            episode,
            houses: vec![House::Safe; program.layout.houses],
            policies: Vec::new(),
            last: vec![0; 3 * program.layout.agents],
            night: 0,
            end: None,
        };
        for h in 0..program.layout.houses {
            if game.uniform(TICK_START, address::SLOT_CATCH, h).is_below(program.catch[0]) {
                game.houses[h] = House::Burning;
            }
        }
        game
    }

    /// The same state, to be played on with the luck of another episode of the seed.
    #[must_use]
    pub fn with_luck_of(&self, episode: u64) -> Self {
        Self { episode, ..self.clone() }
    }

    /// Puts the episode where an earlier one was left, with the night to come, who plays, and the
    /// acts of last night.
    ///
    /// # Errors
    /// If no episode of the program can be there: other numbers of houses, nights, policies or acts.
    pub fn resume(
        &mut self,
        houses: Vec<House>,
        night: u32,
        policies: Vec<usize>,
        last: Vec<u8>,
    ) -> Result<(), InvalidValue> {
        let known = self.program.policies.len();
        let ring = self.houses.len();
        if houses.len() != self.houses.len()
            || night > self.program.max_nights
            || policies.len() != self.policies.len()
            || policies.iter().any(|&policy| policy >= known)
            || last.len() != self.last.len()
            || last.chunks_exact(3).any(|act| usize::from(act[0]) >= ring)
        {
            return Err(InvalidValue::new("state", "another game's", "a state of this game"));
        }
        (self.houses, self.night, self.policies, self.last) = (houses, night, policies, last);
        self.end = night.checked_sub(1).and_then(|last| self.end_after(last));
        Ok(())
    }

    fn uniform(&self, tick: u32, slot: u32, index: usize) -> LazyUniform {
        LazyUniform::new(self.program.episodes.seed, self.episode, tick, slot + index as u32)
    }

    /// The houses as the last night left them.
    #[must_use]
    pub fn houses(&self) -> &[House] {
        &self.houses
    }

    /// The index in the program's pool of the policy each seat plays.
    #[must_use]
    pub fn policies(&self) -> &[usize] {
        &self.policies
    }

    /// House, mode and signal of every agent last night: zeros before night 0.
    #[must_use]
    pub fn last(&self) -> &[u8] {
        &self.last
    }

    /// The shape of the ring and the team.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.program.layout
    }

    /// The number of the night to come.
    #[must_use]
    pub fn night(&self) -> u32 {
        self.night
    }

    /// The way the episode ended, once it has.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.end
    }

    /// The acts of the line-up's policies tonight.
    #[must_use]
    pub fn policy_actions(&self) -> Vec<Action> {
        let burning: Vec<usize> =
            (0..self.houses.len()).filter(|&h| self.houses[h] == House::Burning).collect();
        let action = |agent| match &self.program.policies[self.policies[agent]] {
            PolicyThresholds::Heuristic(policy) => self.heuristic(agent, policy, &burning),
            PolicyThresholds::Firefighter(policy) => self.firefighter(agent, policy, &burning),
            PolicyThresholds::Single(policy) => self.single(agent, policy),
        };
        (0..self.policies.len()).map(action).collect()
    }

    fn heuristic(&self, agent: usize, policy: &HeuristicThresholds, burning: &[usize]) -> Action {
        let home = self.home(agent);
        let mut u = self.uniform(tick_of_night(self.night), address::SLOT_WORK, agent);
        let home_first = burning.contains(&home) && u.is_below(policy.home);
        let works = home_first || u.is_below(policy.work);
        let house = if !works || home_first || burning.is_empty() {
            home
        } else {
            self.pick(agent, burning)
        };
        self.signalled(agent, house, works, policy.honesty)
    }

    fn firefighter(
        &self,
        agent: usize,
        policy: &FirefighterThresholds,
        burning: &[usize],
    ) -> Action {
        let mut u = self.uniform(tick_of_night(self.night), address::SLOT_WORK, agent);
        let works = !burning.is_empty() && u.is_below(policy.work);
        let house = if works {
            let is_own = |h: &usize| h % self.program.layout.agents == agent;
            let own: Vec<usize> = burning.iter().copied().filter(is_own).collect();
            self.pick(agent, if policy.own_first && !own.is_empty() { &own } else { burning })
        } else {
            self.home(agent)
        };
        self.signalled(agent, house, works, policy.honesty)
    }

    fn single(&self, agent: usize, policy: &Single) -> Action {
        let houses = |state| {
            let bit = |(h, &house): (usize, &House)| u32::from(house == state) << h;
            self.houses.iter().enumerate().map(bit).sum()
        };
        let sight = Sight {
            layout: self.program.layout,
            agent,
            night: self.night,
            burning: houses(House::Burning),
            ruined: houses(House::Ruined),
            last: &self.last,
        };
        policy.act(&sight, |slot| self.uniform(tick_of_night(self.night), slot, agent))
    }

    fn home(&self, agent: usize) -> usize {
        agent % self.houses.len()
    }

    /// The one of some fires that an agent goes to.
    fn pick(&self, agent: usize, fires: &[usize]) -> usize {
        let mut u = self.uniform(tick_of_night(self.night), address::SLOT_PICK, agent);
        fires[u.index(fires.len())]
    }

    /// An act, with a signal that is true where it is honest.
    fn signalled(&self, agent: usize, house: usize, works: bool, honesty: u64) -> Action {
        let mut u = self.uniform(tick_of_night(self.night), address::SLOT_SIGNAL, agent);
        Action { house, works, signal: works == u.is_below(honesty) }
    }

    /// Plays one night with the given actions, one per agent.
    ///
    /// # Errors
    /// If the episode is over, or the actions are not one per agent, each at a house of the ring.
    pub fn step(&mut self, actions: &[Action]) -> Result<Night, InvalidValue> {
        self.check(actions)?;
        let program = Arc::clone(&self.program);
        let ring = self.houses.len();
        let before = self.houses.clone();
        let tick = tick_of_night(self.night);

        // 1. Extinguish.
        let mut extinguished = Vec::new();
        for h in 0..ring {
            let workers = actions.iter().filter(|a| a.works && a.house == h).count();
            if before[h] == House::Burning && workers > 0 {
                let threshold = program.extinguish[workers - 1];
                if self.uniform(tick, address::SLOT_EXTINGUISH, h).is_below(threshold) {
                    self.houses[h] = House::Safe;
                    extinguished.push(h);
                }
            }
        }

        // 2 and 3. Spread, burn out, ignite: one draw decides for each safe house. Under
        // `burn_out_then_spread` its three thresholds are equal, since no fire is left to spread.
        let fires = self.houses.clone();
        let mut caught = Vec::new();
        for h in 0..ring {
            match fires[h] {
                House::Burning => self.houses[h] = House::Ruined,
                House::Ruined => {}
                House::Safe => {
                    let neighbors = [(h + 1) % ring, (h + ring - 1) % ring];
                    let k = neighbors.iter().filter(|&&n| fires[n] == House::Burning).count();
                    let threshold = program.catch[k];
                    if self.uniform(tick, address::SLOT_CATCH, h).is_below(threshold) {
                        self.houses[h] = House::Burning;
                        caught.push(h);
                    }
                }
            }
        }

        self.last.clear();
        self.last.extend(actions.iter().flat_map(|action| action.to_bytes()));
        let night = self.night;
        self.end = self.end_after(night);
        self.night += 1;
        Ok(Night {
            night,
            saved: (0..ring)
                .filter(|&h| before[h] == House::Burning && self.houses[h] == House::Safe)
                .collect(),
            before,
            actions: actions.to_vec(),
            extinguished,
            caught,
            after: self.houses.clone(),
            end: self.end,
        })
    }

    fn end_after(&self, night: u32) -> Option<End> {
        let program = &self.program;
        let all = |state| self.houses.iter().all(|&house| house == state);
        if night >= program.min_nights {
            if all(House::Safe) {
                return Some(End::AllSafe);
            }
            if all(House::Ruined) {
                return Some(End::AllRuined);
            }
            if program.end_rule == EndRule::NoFires && !self.houses.contains(&House::Burning) {
                return Some(End::NoFires);
            }
        }
        (night + 1 >= program.max_nights).then_some(End::Cap)
    }

    fn check(&self, actions: &[Action]) -> Result<(), InvalidValue> {
        if let Some(end) = self.end {
            let given = format!("a night after the episode ended ({})", end.name());
            return Err(InvalidValue::new("actions", given, "no more nights; start a new episode"));
        }
        let agents = self.program.layout.agents;
        if actions.len() != agents {
            let given = format!("{} actions", actions.len());
            return Err(InvalidValue::new(
                "actions",
                given,
                format!("one for each of {agents} agents"),
            ));
        }
        match actions.iter().position(|a| a.house >= self.houses.len()) {
            Some(i) => Err(InvalidValue::new(
                format!("actions[{i}].house"),
                actions[i].house,
                format!("a house from 0 to {}", self.houses.len() - 1),
            )),
            None => Ok(()),
        }
    }

    /// Plays the line-up's episode to its end and returns its count vector.
    pub fn play_out(mut self) -> Vec<i64> {
        let layout = self.program.layout;
        let mut totals = vec![0; layout.counts()];
        while self.end.is_none() {
            let actions = self.policy_actions();
            match self.step(&actions) {
                Ok(night) => {
                    for (total, count) in totals.iter_mut().zip(night.counts(layout)) {
                        *total += count;
                    }
                }
                Err(_) => break, // actions of policies are always valid
            }
        }
        totals
    }
}
