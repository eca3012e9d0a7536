//! Probabilities as integers: the event of threshold `T` happens when a 32-bit uniform `U < T`.
//!
//! This is the only place where a probability becomes a threshold; every engine and backend gets
//! its thresholds from here, so no two of them can round differently.

/// The threshold of a certain event; 0 is that of an impossible one. Neither needs a draw.
pub const ALWAYS: u64 = 1 << 32;

/// `round(p · 2^32)`, halves up. `p` must lie in [0, 1].
///
/// *Precision*: exact. Scaling by a power of two, the floor and the remainder are free of rounding.
///
/// ```
/// use bucket_brigade_core::random::threshold::{threshold, ALWAYS};
/// assert_eq!(threshold(0.5), 1 << 31);
/// assert_eq!(threshold(1.0), ALWAYS);
/// ```
#[must_use]
pub fn threshold(p: f64) -> u64 {
    let scaled = p * ALWAYS as f64;
    // Not (scaled + 0.5).floor(): that sum itself rounds when scaled is just below a half.
    let whole = scaled.floor();
    whole as u64 + u64::from(scaled - whole >= 0.5)
}

/// Thresholds of a house catching fire with 0, 1 and 2 burning neighbours.
#[must_use]
pub fn catch(spread: f64, ignite: f64) -> [u64; 3] {
    let one = (1.0 - spread) * (1.0 - ignite);
    let two = (1.0 - spread) * (1.0 - spread) * (1.0 - ignite);
    [threshold(ignite), threshold(1.0 - one), threshold(1.0 - two)]
}

/// Thresholds of a fire being put out by 1, 2, … `most` workers.
#[must_use]
pub fn extinguish(solo: f64, most: usize) -> Vec<u64> {
    let mut fails = 1.0;
    (1..=most)
        .map(|workers| {
            fails *= 1.0 - solo;
            threshold(if workers == 1 { solo } else { 1.0 - fails })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_halves_up() {
        assert_eq!(threshold(0.0), 0);
        assert_eq!(threshold(2f64.powi(-33)), 1);
        assert_eq!(threshold(2f64.powi(-33) * (1.0 - f64::EPSILON)), 0);
        assert_eq!(threshold(1.0 - 2f64.powi(-34)), ALWAYS);
        assert_eq!(threshold(0.02), 85_899_346);
    }

    #[test]
    fn one_worker_and_no_neighbour_use_the_parameter_itself() {
        assert_eq!(extinguish(0.3, 3)[0], threshold(0.3));
        assert_eq!(catch(0.4, 0.05)[0], threshold(0.05));
        assert_eq!(extinguish(1.0, 2), vec![ALWAYS, ALWAYS]);
        assert_eq!(catch(0.0, 0.25), [1 << 30; 3]);
    }
}
