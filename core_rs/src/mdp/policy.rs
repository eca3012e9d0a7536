//! What the agent in a seat does: any function of the houses and the night.
//!
//! An *act* is a number: 0 to rest, `1 + h` to work at house `h`. States are numbered as outside
//! ([`states`](super::states)).

use super::model::Model;
use super::runs::{ActRuns, DRAWN};
use crate::error::{InvalidValue, check_probability};

/// How far the sum of a row of chances may be from 1; rows are divided by it.
const SUM: f64 = 1e-9;

/// A policy of one seat.
#[derive(Clone, Copy, Debug)]
pub enum Policy<'a> {
    /// The heuristic agent with p = θ1 (1 − θ8) and q = θ3.
    Heuristic {
        /// p: it works, per night.
        work: f64,
        /// q: as a worker whose own home burns, it stays there.
        home: f64,
    },
    /// By state, chances of the 1 + H acts: one table for all nights, or one for each.
    Table(&'a [f64]),
    /// By state, an act, or chances of acts, until some night.
    Acts(&'a ActRuns),
}

impl Policy<'_> {
    /// Checks shapes, acts and chances. `name` is what the caller calls this policy.
    ///
    /// # Errors
    /// The first thing that is not allowed.
    pub fn check(&self, model: &Model, name: &str) -> Result<(), InvalidValue> {
        let (states, nights, acts) = (model.states(), model.nights(), 1 + model.houses());
        match self {
            Self::Heuristic { work, home } => {
                check_probability(&format!("{name}.p"), *work)?;
                check_probability(&format!("{name}.q"), *home)
            }
            Self::Table(table) => {
                let size = states * acts;
                if table.len() != size && table.len() != size * nights {
                    let given = format!("{} numbers", table.len());
                    let allowed = format!(
                        "chances of {acts} acts in {states} states, or that for {nights} nights"
                    );
                    return Err(InvalidValue::new(name, given, allowed));
                }
                table.chunks_exact(acts).enumerate().try_for_each(|(i, row)| {
                    let place = || match table.len() == size {
                        true => format!("{name}[{i}]"),
                        false => format!("{name}[{}][{}]", i / states, i % states),
                    };
                    check_row(row, place)
                })
            }
            Self::Acts(runs) => check_runs(runs, model, name),
        }
    }
}

fn check_runs(runs: &ActRuns, model: &Model, name: &str) -> Result<(), InvalidValue> {
    let (states, nights, acts) = (model.states(), model.nights(), 1 + model.houses());
    let refuse = |what: &str, given: String, allowed: String| {
        Err(InvalidValue::new(format!("{name}.{what}"), given, allowed))
    };
    let ActRuns { first, until, acts: of_runs, chances } = runs;
    let rising = first.windows(2).all(|pair| pair[0] < pair[1]);
    let ends =
        first.first() == Some(&0) && first.last().map(|&end| end as usize) == Some(until.len());
    if first.len() != states + 1 || !rising || !ends {
        let allowed = format!("where the runs of each of {states} states begin, and their number");
        return refuse("first", format!("{} numbers", first.len()), allowed);
    }
    for range in first.windows(2) {
        let nights_of = &until[range[0] as usize..range[1] as usize];
        let rising = nights_of.windows(2).all(|pair| pair[0] < pair[1]);
        if !rising || nights_of[0] == 0 || nights_of[nights_of.len() - 1] as usize != nights {
            let allowed = format!("for each state rising nights, from 1 to {nights}");
            return refuse("until", format!("{nights_of:?}"), allowed);
        }
    }
    if of_runs.len() != until.len() {
        let allowed = format!("an act for each of {} runs", until.len());
        return refuse("acts", format!("{} acts", of_runs.len()), allowed);
    }
    if let Some(act) = of_runs.iter().find(|&&act| usize::from(act) >= acts && act != DRAWN) {
        let allowed = format!("0 to rest, 1 + h for house h, up to {}, or {DRAWN}", acts - 1);
        return refuse("acts", act.to_string(), allowed);
    }
    let drawn = of_runs.iter().filter(|&&act| act == DRAWN).count();
    if chances.len() != drawn * acts {
        let allowed = format!("{acts} for each of {drawn} runs that draw");
        return refuse("chances", format!("{} numbers", chances.len()), allowed);
    }
    let mut rows = chances.chunks_exact(acts).enumerate();
    rows.try_for_each(|(i, row)| check_row(row, || format!("{name}.chances[{i}]")))
}

fn check_row(row: &[f64], name: impl Fn() -> String) -> Result<(), InvalidValue> {
    if let Some(chance) = row.iter().find(|chance| !(0.0..=1.0 + SUM).contains(*chance)) {
        return Err(InvalidValue::new(name(), chance, "chances from 0 to 1"));
    }
    let sum: f64 = row.iter().sum();
    if (sum - 1.0).abs() > SUM {
        let given = format!("chances that add up to {sum}");
        return Err(InvalidValue::new(name(), given, "chances that add up to 1"));
    }
    Ok(())
}

/// What an agent does on one night, as the engine reads it.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// By state: the chance that it works, wherever.
    pub work: Vec<f64>,
    /// By burning house of each state: κ times the chance that it works there.
    pub hits: Vec<f64>,
    /// By state: the one of its fires that may be put out, or [`NO_FIRE`] or [`MANY_FIRES`].
    pub only: Vec<u8>,
}

/// In [`Acting::targets`]: no fire.
pub(super) const NOWHERE: u8 = 15;
/// In [`Acting::targets`]: it is drawn.
pub(super) const ANYWHERE: u8 = 14;

/// In [`Rows::only`]: none.
pub(super) const NO_FIRE: u8 = u8::MAX;
/// In [`Rows::only`]: more than one.
pub(super) const MANY_FIRES: u8 = u8::MAX - 1;

impl Rows {
    fn new(model: &Model) -> Self {
        let states = &model.states;
        let fires = states.fires[states.len()] as usize;
        Self {
            work: vec![0.0; states.len()],
            hits: vec![0.0; fires],
            only: vec![NO_FIRE; states.len()],
        }
    }

    fn set(&mut self, model: &Model, state: usize, work: f64, at: impl Fn(usize) -> f64) {
        let states = &model.states;
        let hits = &mut self.hits[states.fires[state] as usize..states.fires[state + 1] as usize];
        let mut only = NO_FIRE;
        for (fire, (hit, house)) in hits.iter_mut().zip(states.burning_houses(state)).enumerate() {
            *hit = model.solo() * at(house);
            if *hit != 0.0 {
                only = if only == NO_FIRE { fire as u8 } else { MANY_FIRES };
            }
        }
        self.work[state] = work;
        self.only[state] = only;
    }

    fn set_row(&mut self, model: &Model, state: usize, row: &[f64]) {
        let work: f64 = row[1..].iter().sum();
        let sum = row[0] + work;
        self.set(model, state, work / sum, |house| row[1 + house] / sum);
    }

    fn set_act(&mut self, model: &Model, state: usize, act: u8) {
        let works = if act == 0 { 0.0 } else { 1.0 };
        self.set(
            model,
            state,
            works,
            |house| {
                if usize::from(act) == 1 + house { 1.0 } else { 0.0 }
            },
        );
    }

    fn set_heuristic(&mut self, model: &Model, agent: usize, p: f64, q: f64) {
        let home = agent % model.houses();
        for state in 0..model.states() {
            let burning = model.states.burning[state];
            let stays = if burning >> home & 1 == 1 { q } else { 0.0 };
            let elsewhere = p * ((1.0 - stays) / f64::from(burning.count_ones()));
            self.set(model, state, p, |house| {
                if house == home { elsewhere + p * stays } else { elsewhere }
            });
        }
    }
}

/// A state that acts differently from some night on.
#[derive(Clone, Copy, Debug)]
struct Turn {
    night: u32,
    seat: u32,
    state: u32,
    /// The run before; the one after follows it.
    run: u32,
}

/// The rows of all seats on one night, and how they change from night to night.
pub(super) struct Acting<'a> {
    model: &'a Model,
    policies: &'a [Policy<'a>],
    night: usize,
    /// Of all seats, by night.
    turns: Vec<Turn>,
    /// For each seat and run: how many of the seat's runs before it draw.
    drawn: Vec<Vec<u32>>,
    pub rows: Vec<Rows>,
    /// By state: the fire at which each seat works for certain, [`NOWHERE`] or [`ANYWHERE`], four bits
    /// a seat.
    pub targets: Vec<u32>,
    /// States whose targets were set since [`Acting::take_aimed`].
    aimed: Vec<u32>,
}

impl<'a> Acting<'a> {
    /// On a night.
    pub fn new(model: &'a Model, policies: &'a [Policy<'a>], night: usize) -> Self {
        let rows = vec![Rows::new(model); policies.len()];
        let drawn = vec![Vec::new(); policies.len()];
        let (turns, targets) = (Vec::new(), vec![0; model.states()]);
        let aimed = Vec::new();
        let mut acting = Self { model, policies, night, turns, drawn, rows, targets, aimed };
        for (seat, policy) in policies.iter().enumerate() {
            match *policy {
                Policy::Heuristic { work, home } => {
                    acting.rows[seat].set_heuristic(model, seat, work, home);
                    (0..model.states()).for_each(|state| acting.aim(seat, state));
                }
                Policy::Table(_) => acting.read_table(seat, night),
                Policy::Acts(runs) => acting.read_runs(seat, runs, night),
            }
        }
        acting.turns.sort_by_key(|turn| (turn.night, turn.seat, turn.state));
        acting
    }

    fn read_table(&mut self, seat: usize, night: usize) {
        let Policy::Table(table) = self.policies[seat] else { return };
        let acts = 1 + self.model.houses();
        let size = self.model.states() * acts;
        let table = if table.len() == size { table } else { &table[night * size..][..size] };
        // In the order of the table, which no cache holds.
        for (row, &state) in table.chunks_exact(acts).zip(&self.model.states.inside) {
            self.rows[seat].set_row(self.model, state as usize, row);
            self.aim(seat, state as usize);
        }
    }

    fn read_runs(&mut self, seat: usize, runs: &ActRuns, night: usize) {
        self.drawn[seat] = (runs.acts.iter())
            .scan(0, |drawn, &act| {
                let before = *drawn;
                *drawn += u32::from(act == DRAWN);
                Some(before)
            })
            .collect();
        for (state, &code) in self.model.states.code.iter().enumerate() {
            let [start, end] = [0, 1].map(|i| runs.first[code as usize + i] as usize);
            let of_state = &runs.until[start..end];
            let now = start + of_state.partition_point(|&until| until as usize <= night);
            self.set_run(seat, runs, state, now);
            for (run, &night) in (start..end - 1).zip(of_state) {
                let (seat, state, run) = (seat as u32, state as u32, run as u32);
                self.turns.push(Turn { night, seat, state, run });
            }
        }
    }

    fn set_run(&mut self, seat: usize, runs: &ActRuns, state: usize, run: usize) {
        let rows = &mut self.rows[seat];
        match runs.acts[run] {
            DRAWN => {
                let acts = 1 + self.model.houses();
                let at = self.drawn[seat][run] as usize * acts;
                rows.set_row(self.model, state, &runs.chances[at..][..acts]);
            }
            act => rows.set_act(self.model, state, act),
        }
        self.aim(seat, state);
    }

    /// Notes the target of a seat, from its rows.
    fn aim(&mut self, seat: usize, state: usize) {
        let (rows, first) = (&self.rows[seat], self.model.states.fires[state] as usize);
        let target = match rows.only[state] {
            NO_FIRE => NOWHERE,
            MANY_FIRES => ANYWHERE,
            fire if rows.hits[first + usize::from(fire)] == self.model.solo() => fire,
            _ => ANYWHERE,
        };
        let targets = &mut self.targets[state];
        *targets = *targets & !(15 << (4 * seat)) | u32::from(target) << (4 * seat);
        if self.aimed.last() != Some(&(state as u32)) {
            self.aimed.push(state as u32);
        }
    }

    /// The states whose targets were set since the last time, each once.
    pub fn take_aimed(&mut self) -> Vec<u32> {
        let mut aimed = std::mem::take(&mut self.aimed);
        aimed.sort_unstable();
        aimed.dedup();
        aimed
    }

    /// Whether a seat's chances to put out fires depend on the burning houses alone.
    pub fn is_blind(&self, seat: usize) -> bool {
        let states = &self.model.states;
        let hits = &self.rows[seat].hits;
        let of =
            |state: usize| &hits[states.fires[state] as usize..states.fires[state + 1] as usize];
        let full = states.index(states.ring(), 0);
        let alike = |state: usize| of(state) == of(full + usize::from(states.burning[state]));
        match self.policies[seat] {
            Policy::Heuristic { .. } => true,
            Policy::Acts(runs) if runs.runs() > states.len() => false,
            _ => !self.is_by_night(&self.policies[seat]) && (0..states.len()).all(alike),
        }
    }

    /// Whether a seat is blind, or plays one table every night.
    pub fn is_steady(&self, seat: usize) -> bool {
        let policy = &self.policies[seat];
        let table = matches!(policy, Policy::Table(_)) && !self.is_by_night(policy);
        table || self.is_blind(seat)
    }

    /// States in which somebody acts otherwise on a night than on the night before; `None` for all.
    pub fn changing(&self, night: usize) -> Option<impl Iterator<Item = usize>> {
        let all = self.policies.iter().any(|policy| self.is_by_night(policy));
        (!all).then(|| self.turns_at(night).iter().map(|turn| turn.state as usize))
    }

    /// Goes on to the night before or after.
    pub fn turn_to(&mut self, night: usize) {
        let backward = night < self.night;
        if night == self.night {
            return;
        }
        for (seat, policy) in self.policies.iter().enumerate() {
            if self.is_by_night(policy) {
                self.read_table(seat, night);
            }
        }
        let turns = self.turns_at(night.max(self.night)).to_vec();
        for Turn { seat, state, run, .. } in turns {
            if let Policy::Acts(runs) = self.policies[seat as usize] {
                let run = run as usize + usize::from(!backward);
                self.set_run(seat as usize, runs, state as usize, run);
            }
        }
        self.night = night;
    }

    fn is_by_night(&self, policy: &Policy<'_>) -> bool {
        let one = self.model.states() * (1 + self.model.houses());
        matches!(policy, Policy::Table(table) if table.len() > one)
    }

    /// What changes between the night before and this one.
    fn turns_at(&self, night: usize) -> &[Turn] {
        let of = |night: usize| self.turns.partition_point(|turn| (turn.night as usize) < night);
        &self.turns[of(night)..of(night + 1)]
    }
}
