//! The firefighter, who works only if something burns.

use super::{Burning, Hits, Place};
use crate::error::{InvalidValue, check_probability};
use crate::random::threshold::threshold;

/// The firefighter: with chance w it works in a night in which something burns, at a fire drawn
/// uniformly; otherwise it rests at home.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Firefighter {
    /// w: it works, per night with a fire.
    pub w: f64,
    /// Whether it draws among the burning houses that it owns, as long as one of these burns, and
    /// not among all.
    pub own_first: bool,
    /// The chance that its signal is honest. Nobody reads signals.
    pub honesty: f64,
}

/// The integers of a [`Firefighter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirefighterThresholds {
    /// It works, if something burns: w.
    pub work: u64,
    /// Whether burning houses that it owns come first (see [`Firefighter::own_first`]).
    pub own_first: bool,
    /// The threshold of an honest signal.
    pub honesty: u64,
}

impl Firefighter {
    /// A firefighter with honest signals.
    #[must_use]
    pub fn new(w: f64, own_first: bool) -> Self {
        Self { w, own_first, honesty: 1.0 }
    }

    pub(super) fn validate(&self, name: &str) -> Result<(), InvalidValue> {
        check_probability(&format!("{name}.w"), self.w)?;
        check_probability(&format!("{name}.honesty"), self.honesty)
    }

    pub(super) fn thresholds(&self) -> FirefighterThresholds {
        FirefighterThresholds {
            work: threshold(self.w),
            own_first: self.own_first,
            honesty: threshold(self.honesty),
        }
    }

    pub(super) fn hits(&self, solo: f64, place: Place, fires: Burning) -> Hits {
        let strength = solo * self.w;
        let own = if self.own_first { fires.houses & place.owned } else { 0 };
        if own == 0 {
            let all = strength / fires.count.max(1) as f64;
            Hits { preferred: 0, own: 0.0, other: all }
        } else {
            Hits { preferred: own, own: strength / f64::from(own.count_ones()), other: 0.0 }
        }
    }

    pub(super) fn hits_backward(
        &self,
        solo: f64,
        place: Place,
        fires: Burning,
        slope: Hits,
    ) -> [f64; 2] {
        // Hits are w times those of w = 1.
        let unit = Self { w: 1.0, ..*self }.hits(solo, place, fires);
        [unit.own * slope.own + unit.other * slope.other, 0.0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_fires_come_first_as_long_as_there_are_any() {
        // Agent 1 of 3 on a ring of 7 owns houses 1 and 4.
        let place = Place::new(1, 7, 3);
        assert_eq!(place, Place { home: 1, owned: 0b001_0010 });
        let fires = |houses: usize| Burning { houses, count: houses.count_ones() as usize };
        let any = Firefighter::new(0.6, false);
        let own = Firefighter::new(0.6, true);
        let all = fires(0b101_0011);
        assert_eq!(any.hits(1.0, place, all), Hits { preferred: 0, own: 0.0, other: 0.6 / 4.0 });
        assert_eq!(own.hits(1.0, place, all), Hits { preferred: 0b1_0010, own: 0.3, other: 0.0 });
        let others = fires(0b100_0001);
        assert_eq!(own.hits(0.5, place, others), any.hits(0.5, place, others));
        // With more agents than houses, the last ones own nothing.
        assert_eq!(Place::new(5, 4, 6), Place { home: 1, owned: 0 });
    }
}
