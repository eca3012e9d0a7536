//! The table: any function of the houses and the night to chances of acts.
//!
//! An *act* is a number: 0 to rest at home, `1 + h` to work at house `h`. A state of the houses has
//! the number Σ code·3^h, with code 0 for a safe house, 1 for a burning one and 2 for a ruined one.

use super::Action;
use crate::error::InvalidValue;
use crate::random::threshold::{ALWAYS, threshold};
use crate::random::uniform::LazyUniform;

/// In place of an act: one is drawn.
const DRAWN: u8 = u8::MAX;
/// For each byte, the sum of 3^i over its bits i.
const POWERS: [u32; 256] = {
    let mut sums = [0; 256];
    let mut byte = 1;
    while byte < 256 {
        // All bits but the lowest are those of a byte before, one place higher.
        sums[byte] = 3 * sums[byte >> 1] + (byte & 1) as u32;
        byte += 1;
    }
    sums
};

/// A policy as a table of acts, compiled to integers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    houses: usize,
    nights: u32,
    /// By state: the act of all nights, or [`DRAWN`] where it varies or is drawn.
    pub(crate) always: Vec<u8>,
    /// Where the runs of each state begin, and the number of all.
    pub(crate) first: Vec<u32>,
    /// The night before which each run ends.
    pub(crate) until: Vec<u32>,
    /// The act of each run, or [`DRAWN`].
    pub(crate) acts: Vec<u8>,
    /// For each run, how many before it draw.
    pub(crate) drawn: Vec<u32>,
    /// For each run that draws: thresholds below which a uniform takes each act or one before it.
    pub(crate) cumulative: Vec<u64>,
}

/// Runs of acts, as [`Table::new`] takes them.
#[derive(Clone, Debug)]
pub struct TableRuns {
    /// Where the runs of each state begin, and the number of all.
    pub first: Vec<u32>,
    /// The night before which each run ends; runs of a state follow each other.
    pub until: Vec<u32>,
    /// The act of each run, or 255 where one is drawn.
    pub acts: Vec<u8>,
    /// For each run that draws, in order: chances of the 1 + H acts.
    pub chances: Vec<f64>,
}

impl Table {
    /// Houses at most.
    pub const MOST_HOUSES: usize = 16;

    /// Compiles runs of acts.
    ///
    /// # Errors
    /// If they are not those of a ring of `houses` over so many nights.
    pub fn new(houses: usize, nights: u32, runs: TableRuns) -> Result<Self, InvalidValue> {
        let TableRuns { first, until, acts, chances } = runs;
        let refuse = |field: &str, allowed: &str| Err(InvalidValue::new(field, "runs", allowed));
        if !(1..=Self::MOST_HOUSES).contains(&houses) {
            let allowed = format!("1 to {}", Self::MOST_HOUSES);
            return Err(InvalidValue::new("houses", houses, allowed));
        }
        let (states, width) = (3usize.pow(houses as u32), 1 + houses);
        let rises = first.windows(2).all(|pair| pair[0] < pair[1]);
        let whole = first.first() == Some(&0) && first.last() == Some(&(until.len() as u32));
        if first.len() != states + 1 || !rises || !whole {
            return refuse("first", "where the runs of each state begin");
        }
        let of_state = |state: usize| first[state] as usize..first[state + 1] as usize;
        let ends = |state| {
            let nights_of = &until[of_state(state)];
            let rises = nights_of.windows(2).all(|pair| pair[0] < pair[1]);
            rises && nights_of[0] > 0 && nights_of.last() == Some(&nights)
        };
        if !(0..states).all(ends) {
            return refuse("until", "rising nights, up to the last");
        }
        if acts.len() != until.len()
            || acts.iter().any(|&act| usize::from(act) >= width && act != DRAWN)
        {
            return refuse("acts", "an act for each run");
        }
        let count = acts.iter().filter(|&&act| act == DRAWN).count();
        let are_chances = |row: &[f64]| {
            row.iter().all(|chance| (0.0..=1.0).contains(chance))
                && (row.iter().sum::<f64>() - 1.0).abs() <= 1e-6
        };
        if chances.len() != count * width || !chances.chunks(width).all(are_chances) {
            return refuse("chances", "chances of acts for each run that draws");
        }
        let drawn = acts.iter().scan(0, |count, &act| {
            let before = *count;
            *count += u32::from(act == DRAWN);
            Some(before)
        });
        let single = |state: usize| match of_state(state) {
            runs if runs.len() == 1 => acts[runs.start],
            _ => DRAWN,
        };
        Ok(Self {
            houses,
            nights,
            always: (0..states).map(single).collect(),
            drawn: drawn.collect(),
            cumulative: chances.chunks(width).flat_map(cumulative).collect(),
            first,
            until,
            acts,
        })
    }

    pub(super) fn validate(
        &self,
        name: &str,
        houses: usize,
        nights: u32,
    ) -> Result<(), InvalidValue> {
        if (self.houses, self.nights) == (houses, nights) {
            return Ok(());
        }
        let given = format!("a table for {} houses and {} nights", self.houses, self.nights);
        Err(InvalidValue::new(name, given, format!("one for {houses} houses and {nights} nights")))
    }

    /// The number of the state in which these houses burn and those are ruined.
    #[inline]
    #[must_use]
    pub fn state(burning: u32, ruined: u32) -> usize {
        let number = |bits: u32| {
            let [low, high, ..] = bits.to_le_bytes();
            POWERS[usize::from(low)] + 6561 * POWERS[usize::from(high)]
        };
        (number(burning) + 2 * number(ruined)) as usize
    }

    /// The act in a state on a night, given whether the agent's uniform is below thresholds, which
    /// is asked for only if an act is drawn.
    #[inline]
    pub fn act(&self, state: usize, night: u32, mut is_below: impl FnMut(u64) -> bool) -> usize {
        let act = self.always[state];
        if act != DRAWN {
            return usize::from(act);
        }
        let mut run = self.first[state] as usize;
        while self.until[run] <= night {
            run += 1;
        }
        if self.acts[run] != DRAWN {
            return usize::from(self.acts[run]);
        }
        let width = 1 + self.houses;
        let row = &self.cumulative[self.drawn[run] as usize * width..][..width];
        row.iter().position(|&threshold| is_below(threshold)).unwrap_or(0)
    }

    /// [`Table::act`] as an action of an agent with this home, whose `uniform` is asked for only if an
    /// act is drawn.
    #[inline(always)]
    pub fn action(
        &self,
        state: usize,
        night: u32,
        home: usize,
        mut uniform: impl FnMut() -> LazyUniform,
    ) -> Action {
        let mut drawn = None;
        let act = self.act(state, night, |threshold| {
            drawn.get_or_insert_with(&mut uniform).is_below(threshold)
        });
        let house = if act == 0 { home } else { act - 1 };
        Action { house, works: act > 0, signal: act > 0 }
    }

    /// The threshold of working, if it were the same always: 0 if it never works, 2^32 if it always
    /// does, and anything between otherwise.
    #[must_use]
    pub fn work(&self) -> u64 {
        let width = 1 + self.houses;
        let of_rows = self.cumulative.chunks(width).map(|row| (row[0] < ALWAYS, row[0] > 0));
        let of_runs = self.acts.iter().filter(|&&act| act != DRAWN).map(|&act| (act > 0, act == 0));
        let (works, rests) = of_rows
            .chain(of_runs)
            .fold((false, false), |(a, b), (works, rests)| (a | works, b | rests));
        match (works, rests) {
            (false, _) => 0,
            (true, false) => ALWAYS,
            (true, true) => ALWAYS / 2,
        }
    }
}

/// Thresholds of a row of chances: the last act that has a chance takes all that is left.
fn cumulative(row: &[f64]) -> Vec<u64> {
    let total: f64 = row.iter().sum();
    let last = row.iter().rposition(|&chance| chance > 0.0).unwrap_or(0);
    let mut sum = 0.0;
    let each = row.iter().enumerate().map(|(act, chance)| {
        sum += chance;
        if act >= last { ALWAYS } else { threshold(f64::min(sum / total, 1.0)) }
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a ring of two, rests but in state 4 (both burn): there works at house 0 before night 2,
    /// and then draws.
    fn table() -> Table {
        let first = (0..=9).map(|state| if state > 4 { state + 1 } else { state }).collect();
        let mut until = vec![5; 10];
        until[4] = 2;
        let mut acts = vec![0; 10];
        (acts[4], acts[5]) = (1, DRAWN);
        let chances = vec![0.25, 0.0, 0.75];
        Table::new(2, 5, TableRuns { first, until, acts, chances }).expect("a table")
    }

    #[test]
    fn states_have_numbers_to_base_three() {
        for (burning, ruined) in [(0b1001_u32, 0b0010_u32), (1 << 15, 1 << 14), (0xA050, 0x0F0F)] {
            let code = |h: usize| (burning >> h & 1) + 2 * (ruined >> h & 1);
            let number = (0..16).rev().fold(0, |number, h| 3 * number + code(h));
            assert_eq!(Table::state(burning, ruined), number as usize);
        }
    }

    #[test]
    fn acts_are_those_of_the_run_that_plays() {
        let table = table();
        let never = |_| panic!("nothing is drawn");
        assert_eq!(table.act(3, 4, never), 0);
        assert_eq!(table.act(4, 1, never), 1);
        let with = |u: u64| table.act(4, 2, |threshold| u < threshold);
        assert_eq!([with(0), with((1 << 30) - 1), with(1 << 30), with(ALWAYS - 1)], [0, 0, 2, 2]);
        assert_eq!(table.work(), ALWAYS / 2);
    }

    #[test]
    fn what_are_no_runs_is_refused() {
        let good = || TableRuns {
            first: (0..=9).collect(),
            until: vec![5; 9],
            acts: vec![0; 9],
            chances: Vec::new(),
        };
        assert!(Table::new(2, 5, good()).is_ok());
        let field = |runs| Table::new(2, 5, runs).expect_err("no table").field;
        assert_eq!(field(TableRuns { first: vec![0, 9], ..good() }), "first");
        assert_eq!(field(TableRuns { until: vec![6; 9], ..good() }), "until");
        assert_eq!(field(TableRuns { acts: vec![3; 9], ..good() }), "acts");
        assert_eq!(field(TableRuns { chances: vec![1.0], ..good() }), "chances");
    }
}
