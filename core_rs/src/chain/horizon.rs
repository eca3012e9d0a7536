//! How a cell holds all nights of a stretch at once.
//!
//! A *cell* is sixteen numbers for one state. Every night works the same way, by a linear operator
//! T, and what a cell holds of it is one of two things:
//!
//! - *Steps*: number `t` is the chance of the state at the start of night `t + 1`, for up to
//!   sixteen nights. Playing a night moves all numbers up by one.
//! - *Power*: the numbers are real and imaginary parts of eight solutions of `(ζ − T) X = s`, one
//!   for each pole of `rational::Power`, which together make up any number of nights.
//!
//! Either way, what remains at the end of the stretch, and the sum over its nights, are weighted
//! sums of the numbers of a cell.

use super::rational::Power;
use crate::simd::doubles::{LANES, Lanes, Line, flat, flat_mut};

/// Lines of a cell.
pub const LINES: usize = 2;
/// Nights that steps can hold.
pub const STEPS: usize = LINES * LANES;
/// Stretches up to this many nights are cut into steps: powers with low exponents are approximated
/// less well where fires burn through many houses in a row.
pub const MOST_STEPS: usize = 3 * STEPS;

/// Numbers for a state.
pub type Cell = [Line; LINES];
/// The same in registers.
pub type Loaded<L> = [L; LINES];

/// A run of nights that are followed as one.
#[derive(Clone, Debug)]
pub struct Horizon {
    /// Weights of a cell for what remains at the end.
    end: Cell,
    /// Weights of a cell for the sum over the starts of all nights.
    sum: Cell,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Steps,
    Power(Box<Poles>),
}

#[derive(Clone, Debug)]
struct Poles {
    /// ζ, real and imaginary.
    poles: Cell,
    /// 1/ζ.
    inverse: Cell,
}

/// Reads a cell.
#[inline(always)]
pub fn load<L: Lanes>(cell: &Cell) -> Loaded<L> {
    [L::load(&cell[0]), L::load(&cell[1])]
}

/// Writes a cell.
#[inline(always)]
pub fn store<L: Lanes>(lines: Loaded<L>, cell: &mut Cell) {
    lines[0].store(&mut cell[0]);
    lines[1].store(&mut cell[1]);
}

/// `cell · factor + sum`.
#[inline(always)]
pub fn mul_add<L: Lanes>(cell: Loaded<L>, factor: L, sum: Loaded<L>) -> Loaded<L> {
    [cell[0].mul_add(factor, sum[0]), cell[1].mul_add(factor, sum[1])]
}

/// The sum of two cells.
#[inline(always)]
pub fn add<L: Lanes>(cell: Loaded<L>, other: Loaded<L>) -> Loaded<L> {
    [cell[0].add(other[0]), cell[1].add(other[1])]
}

/// A cell of zeros.
#[inline(always)]
pub fn zero<L: Lanes>() -> Loaded<L> {
    [L::splat(0.0); LINES]
}

/// The products of complex numbers.
#[inline(always)]
fn times<L: Lanes>([a, b]: Loaded<L>, [c, d]: Loaded<L>) -> Loaded<L> {
    let minus_d = d.mul(L::splat(-1.0));
    [a.mul_add(c, b.mul(minus_d)), a.mul_add(d, b.mul(c))]
}

/// `1 / (ζ − x)`.
#[inline(always)]
fn fraction<L: Lanes>(poles: &Cell, x: f64) -> Loaded<L> {
    let [re, im] = load::<L>(poles);
    let re = re.add(L::splat(-x));
    let square = re.mul_add(re, im.mul(im));
    [re.div(square), im.mul(L::splat(-1.0)).div(square)]
}

/// The other one of a pair of complex numbers.
#[inline(always)]
fn conjugate<L: Lanes>([re, im]: Loaded<L>) -> Loaded<L> {
    [re, im.mul(L::splat(-1.0))]
}

impl Horizon {
    /// Horizons that cover `nights` nights, one after another.
    pub fn stretches(nights: usize) -> Vec<Self> {
        if nights > MOST_STEPS {
            return vec![Self::power(nights)];
        }
        Self::steps_only(nights)
    }

    /// The same, however many nights there are.
    pub(super) fn steps_only(nights: usize) -> Vec<Self> {
        let starts = (0..nights).step_by(STEPS);
        starts.map(|start| Self::steps(STEPS.min(nights - start))).collect()
    }

    /// Up to sixteen nights.
    fn steps(nights: usize) -> Self {
        let (mut end, mut sum) = (Cell::default(), Cell::default());
        flat_mut(&mut end)[nights - 1] = 1.0;
        flat_mut(&mut sum)[..nights - 1].fill(1.0);
        Self { end, sum, kind: Kind::Steps }
    }

    /// A horizon of many nights, by powers.
    fn power(nights: usize) -> Self {
        let power = Power::new(nights);
        let [re, im] = power.poles;
        // The real part of a product of complex numbers.
        let weights = |[re, im]: [[f64; LANES]; 2]| [Line(re), Line(im.map(|x| -x))];
        let square = |k: usize| re[k] * re[k] + im[k] * im[k];
        let inverse = [
            Line(std::array::from_fn(|k| re[k] / square(k))),
            Line(std::array::from_fn(|k| -im[k] / square(k))),
        ];
        Self {
            end: weights(power.weights),
            sum: weights(power.weights_of_sum()),
            kind: Kind::Power(Box::new(Poles { poles: [Line(re), Line(im)], inverse })),
        }
    }

    /// The cell of a state which no night keeps, from what nights lead to it and from its chance at
    /// the start.
    #[inline(always)]
    pub fn settle<L: Lanes>(&self, [re, im]: Loaded<L>, start: f64) -> Loaded<L> {
        match &self.kind {
            Kind::Steps => [re, im],
            Kind::Power(power) => times([re.add(L::splat(start)), im], load(&power.inverse)),
        }
    }

    /// The cell of a state which a night keeps with chance `stays`.
    #[inline(always)]
    pub fn settle_quiet<L: Lanes>(&self, [re, im]: Loaded<L>, stays: f64, start: f64) -> Loaded<L> {
        match &self.kind {
            Kind::Power(power) => {
                times([re.add(L::splat(start)), im], fraction(&power.poles, stays))
            }
            Kind::Steps => {
                let mut cell = Cell::default();
                store([re, im], &mut cell);
                let mut before = start;
                for now in flat_mut(&mut cell) {
                    *now = before.mul_add(stays, *now);
                    before = *now;
                }
                load(&cell)
            }
        }
    }

    /// What a night does its work on: the numbers of a cell at the starts of nights.
    #[inline(always)]
    pub fn started<L: Lanes>(&self, cell: &Cell, start: f64) -> Loaded<L> {
        match &self.kind {
            Kind::Power(_) => load(cell),
            Kind::Steps => {
                let mut moved = Cell::default();
                flat_mut(&mut moved)[0] = start;
                flat_mut(&mut moved)[1..].copy_from_slice(&flat(cell)[..STEPS - 1]);
                load(&moved)
            }
        }
    }

    /// What the chance at the start adds to the sum over nights, beyond the cell.
    #[inline(always)]
    fn first(&self) -> f64 {
        match self.kind {
            Kind::Steps => 1.0,
            Kind::Power(_) => 0.0,
        }
    }

    /// Chances at the end of the stretch, and sums over the starts of its nights, from cells and
    /// chances at its start; the latter become those at the end.
    #[inline(always)]
    pub fn read<L: Lanes>(&self, cells: &[Cell], start: &mut [f64], sums: &mut [f64]) {
        let first = self.first();
        let eights = cells.chunks(LANES).zip(start.chunks_mut(LANES)).zip(sums.chunks_mut(LANES));
        for ((cells, start), sums) in eights {
            let ends = weighted::<L>(cells, &self.end);
            let all = weighted::<L>(cells, &self.sum);
            for (sum, (start, all)) in sums.iter_mut().zip(start.iter().zip(all.0)) {
                *sum += first.mul_add(*start, all);
            }
            start.copy_from_slice(&ends.0[..cells.len()]);
        }
    }

    /// What the numbers of a cell are worth, if the chance at the end and the sum are worth `end` and
    /// `sum`.
    #[inline(always)]
    pub fn adjoint<L: Lanes>(&self, end: f64, sum: f64) -> Loaded<L> {
        let (end, sum) = (L::splat(end), L::splat(sum));
        let [a, b] = load::<L>(&self.sum);
        mul_add(load(&self.end), end, [a.mul(sum), b.mul(sum)])
    }

    /// The adjoint of [`Horizon::started`] and [`Horizon::settle`]: from what the numbers at the starts
    /// of nights are worth for the nights, and `adjoint` of the cell itself, to what it is worth where
    /// it is reached, and to what the chance at the start is worth, but for the sum.
    #[inline(always)]
    pub fn unsettle<L: Lanes>(&self, adjoint: Loaded<L>, nights: Loaded<L>) -> (Loaded<L>, f64) {
        match &self.kind {
            Kind::Power(power) => {
                let all = add(nights, adjoint);
                let reached = times(all, conjugate(load(&power.inverse)));
                (reached, lane_sum(reached[0]))
            }
            Kind::Steps => {
                let mut cell = Cell::default();
                store(nights, &mut cell);
                let first = cell[0].0[0];
                let numbers = flat_mut(&mut cell);
                numbers.copy_within(1.., 0);
                numbers[STEPS - 1] = 0.0;
                (add(load(&cell), adjoint), first)
            }
        }
    }

    /// The adjoint of [`Horizon::started`] and [`Horizon::settle_quiet`].
    #[inline(always)]
    pub fn unsettle_quiet<L: Lanes>(
        &self,
        adjoint: Loaded<L>,
        nights: Loaded<L>,
        stays: f64,
    ) -> (Loaded<L>, f64) {
        match &self.kind {
            Kind::Power(power) => {
                let all = add(nights, adjoint);
                let reached = times(all, conjugate(fraction(&power.poles, stays)));
                (reached, lane_sum(reached[0]))
            }
            Kind::Steps => {
                let (mut cell, mut later) = (Cell::default(), Cell::default());
                store(adjoint, &mut cell);
                store(nights, &mut later);
                let mut first = 0.0;
                for (now, &night) in flat_mut(&mut cell).iter_mut().zip(flat(&later)).rev() {
                    *now += first;
                    first = now.mul_add(stays, night);
                }
                (load(&cell), first)
            }
        }
    }

    /// What the chance at the start is worth by itself, if the sum is worth `sum`.
    #[inline(always)]
    pub fn adjoint_of_start(&self, sum: f64) -> f64 {
        self.first() * sum
    }
}

/// Weighted sums of up to eight cells.
#[inline(always)]
fn weighted<L: Lanes>(cells: &[Cell], weights: &Cell) -> Line {
    let weights = load::<L>(weights);
    let mut lines = [Line::default(); LANES];
    for (cell, line) in cells.iter().zip(&mut lines) {
        let [a, b] = load::<L>(cell);
        a.mul_add(weights[0], b.mul(weights[1])).store(line);
    }
    let turned = L::transpose(lines.each_ref());
    let mut sum = turned[0];
    for i in 1..LANES {
        sum = sum.add(turned[i]);
    }
    let mut line = Line::default();
    sum.store(&mut line);
    line
}

/// The sum of a line.
#[inline(always)]
fn lane_sum<L: Lanes>(lanes: L) -> f64 {
    let mut line = Line::default();
    lanes.store(&mut line);
    line.0.iter().sum()
}
