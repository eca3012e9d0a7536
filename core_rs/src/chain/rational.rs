//! Powers of a number in [0, 1] by a sum of fractions.
//!
//! A power `x^J` with a large J is, as a function of `x`, almost `exp(J log x)`, and `exp` on the
//! negative axis is approximated by rational functions so well that 16 poles leave 10^-16
//! (Cody, Meinardus and Varga 1969; Trefethen, Weideman and Schmelzer, "Talbot quadratures and
//! rational approximations", BIT 46, 2006). So are powers, by
//!
//! ```text
//!     r(x) = Σ c / (ζ − x)
//! ```
//!
//! over 16 poles `ζ = exp(s/J)`, where the `s` are the poles for `exp`. What matters is that a
//! matrix may stand for `x`: a fraction is then the solution of one system of linear equations,
//! and J does not matter any more. Weights `c` are fitted for each J, by least squares.

/// Poles come in pairs of complex numbers; of each pair, one is kept.
pub const POLES: usize = 8;

/// Poles of the rational function that comes closest to `exp` on the negative axis, real and
/// imaginary parts: computed by the Carathéodory–Fejér method, the program `cf.m` in the article
/// above with `n = 16`.
const POLES_OF_EXP: [(f64, f64); POLES] = [
    (6.426297498431, 1.194699920524),
    (5.958367462139, 3.589227090647),
    (5.003623134876, 5.999953382819),
    (3.520017060276, 8.440745872125),
    (1.431150949291, 10.931598701986),
    (-1.400617431928, 13.505837945478),
    (-5.248999134432, 16.230183380117),
    (-10.823477773032, 19.288503044384),
];

/// Unknowns of the fit: real and imaginary parts.
const UNKNOWNS: usize = 2 * POLES;

/// `x^J ≈ Re Σ c / (ζ − x)` on [0, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Power {
    /// Real and imaginary parts of the ζ.
    pub poles: [[f64; POLES]; 2],
    /// Real and imaginary parts of the c.
    pub weights: [[f64; POLES]; 2],
}

impl Power {
    /// The power with this exponent, at least 8.
    pub fn new(exponent: usize) -> Self {
        let exponent = exponent as f64;
        let mut poles = [[0.0; POLES]; 2];
        for (k, (re, im)) in POLES_OF_EXP.into_iter().enumerate() {
            let (size, angle) = ((re / exponent).exp(), im / exponent);
            (poles[0][k], poles[1][k]) = (size * angle.cos(), size * angle.sin());
        }
        let rows = points(exponent).map(|x| {
            let mut row = [0.0; UNKNOWNS + 1];
            for k in 0..POLES {
                let [re, im] = fraction(poles[0][k] - x, poles[1][k]);
                (row[k], row[POLES + k]) = (re, -im);
            }
            row[UNKNOWNS] = x.powf(exponent);
            row
        });
        let found = least_squares(rows.collect());
        let mut weights = [[0.0; POLES]; 2];
        for k in 0..POLES {
            (weights[0][k], weights[1][k]) = (found[k], found[POLES + k]);
        }
        // 1 to the power is 1: so no probability is lost.
        let power = Self { poles, weights };
        let one = power.at(1.0);
        Self { weights: weights.map(|part| part.map(|weight| weight / one)), ..power }
    }

    /// The value of the approximation at a point.
    fn at(&self, x: f64) -> f64 {
        let terms = (0..POLES).map(|k| {
            let [re, im] = fraction(self.poles[0][k] - x, self.poles[1][k]);
            self.weights[0][k] * re - self.weights[1][k] * im
        });
        terms.sum()
    }

    /// The weights `w = c / (ζ − 1)` for the sum of all powers with exponents below this one.
    ///
    /// That sum is `(1 − x^J) / (1 − x)`. With `r(1) = 1` for 1, and `r(x)` for the power, each
    /// pole contributes `c/(1−x) (1/(ζ−1) − 1/(ζ−x)) = c / ((ζ−1) (ζ−x))`, where nothing is divided
    /// by `1 − x`.
    pub fn weights_of_sum(&self) -> [[f64; POLES]; 2] {
        let mut weights = [[0.0; POLES]; 2];
        for k in 0..POLES {
            let [re, im] = fraction(self.poles[0][k] - 1.0, self.poles[1][k]);
            let (a, b) = (self.weights[0][k], self.weights[1][k]);
            (weights[0][k], weights[1][k]) = (a * re - b * im, a * im + b * re);
        }
        weights
    }
}

/// `1 / (re + i im)`.
fn fraction(re: f64, im: f64) -> [f64; 2] {
    let square = re * re + im * im;
    [re / square, -im / square]
}

/// Where the approximation is fitted: `exp(−t/J)` for t from 0 to 45, the small ones densely, and a
/// few numbers below.
fn points(exponent: f64) -> impl Iterator<Item = f64> {
    let last = (-45.0 / exponent).exp();
    let graded = (0..60).map(move |i| {
        let t = 45.0 * 10f64.powf(-4.2 * (1.0 - f64::from(i) / 59.0));
        (-t / exponent).exp()
    });
    let low = (0..12).map(move |i| last * f64::from(i) / 12.0);
    std::iter::once(1.0).chain(graded).chain(low)
}

/// Solves rows of coefficients, each with its right-hand side, by reflections (Householder).
fn least_squares(mut rows: Vec<[f64; UNKNOWNS + 1]>) -> [f64; UNKNOWNS] {
    for column in 0..UNKNOWNS {
        let length = rows[column..].iter().map(|row| row[column].powi(2)).sum::<f64>().sqrt();
        let sign = if rows[column][column] > 0.0 { -1.0 } else { 1.0 };
        // The mirror stands across `normal`, which turns the column into a multiple of an axis.
        let mut normal: Vec<f64> = rows[column..].iter().map(|row| row[column]).collect();
        normal[0] -= sign * length;
        let square: f64 = normal.iter().map(|x| x * x).sum();
        for j in column..=UNKNOWNS {
            let dot: f64 = normal.iter().zip(&rows[column..]).map(|(n, row)| n * row[j]).sum();
            for (n, row) in normal.iter().zip(&mut rows[column..]) {
                row[j] -= 2.0 * dot / square * n;
            }
        }
    }
    let mut found = [0.0; UNKNOWNS];
    for i in (0..UNKNOWNS).rev() {
        let known: f64 = (i + 1..UNKNOWNS).map(|j| rows[i][j] * found[j]).sum();
        found[i] = (rows[i][UNKNOWNS] - known) / rows[i][i];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_and_their_sums_are_close() {
        for exponent in [33, 49, 64, 87, 100, 101, 250, 1_000, 9_999, 10_000] {
            let power = Power::new(exponent);
            let sum = Power { weights: power.weights_of_sum(), ..power };
            let wide = (0..=2_000).map(|i| f64::from(i) / 2_000.0);
            let near_one = (0..=2_000).map(|i| 1.0 - f64::from(i) / 2_000.0 / exponent as f64);
            for x in wide.chain(near_one) {
                let exact = x.powf(exponent as f64);
                assert!((power.at(x) - exact).abs() < 2e-13, "{exponent} {x}");
                let mut terms = 0.0;
                for _ in 0..exponent {
                    terms = 1.0 + x * terms;
                }
                let error = (sum.at(x) - terms).abs() / exponent as f64;
                assert!(error < 2e-13, "{exponent} {x}: {error}");
            }
            assert!((power.at(1.0) - 1.0).abs() < 1e-13);
            // Roundings are multiplied by the weights.
            let largest = power.weights.iter().flatten().fold(0.0f64, |m, w| m.max(w.abs()));
            assert!(largest * (exponent as f64) < 1_000.0, "{exponent}: {largest}");
        }
    }
}
