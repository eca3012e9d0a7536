//! The houses without an agent: rows of states, and where a night leads them.
//!
//! The rows are either *sets*, a state of every single house, or *classes*, of which only the
//! numbers of safe and burning houses are known. Classes suffice when no house looks at its
//! neighbours; then all others are alike, and rows are few.

use super::lanes::LANES;
use super::ring::{BURNING, RUINED, Ring, SAFE, choose, digits, number};

/// Terms of sums: sum `i` has the terms `starts[i] .. starts[i + 1]`.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// Where the terms of each sum start, and where the last end.
    pub starts: Vec<u32>,
    /// Rows summed.
    pub rows: Vec<u32>,
    /// What each is multiplied with.
    pub factors: Vec<f64>,
}

impl Sums {
    fn new() -> Self {
        Self { starts: vec![0], ..Self::default() }
    }
    fn push(&mut self, row: usize, factor: f64) {
        self.rows.push(row as u32);
        self.factors.push(factor);
    }
    fn close(&mut self) {
        self.starts.push(self.rows.len() as u32);
    }
    /// The terms of a sum.
    #[inline(always)]
    pub fn terms(&self, sum: usize) -> (&[u32], &[f64]) {
        let range = self.starts[sum] as usize..self.starts[sum + 1] as usize;
        (&self.rows[range.clone()], &self.factors[range])
    }
    /// The same terms, sorted by row: sum `r` then lists the sums in which row `r` stands.
    fn turned(&self, rows: usize) -> Self {
        let mut lists = vec![Vec::new(); rows];
        for sum in 0..self.starts.len() - 1 {
            let (from, factors) = self.terms(sum);
            for (&row, &factor) in from.iter().zip(factors) {
                lists[row as usize].push((sum, factor));
            }
        }
        let mut turned = Self::new();
        for list in lists {
            for (sum, factor) in list {
                turned.push(sum, factor);
            }
            turned.close();
        }
        turned
    }
}

/// Up to eight rows that the workers leave with equally many fires and the same fires at the ends.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// The rows; the index after the last row, where there are fewer than eight.
    pub rows: [u32; LANES],
    /// Fires that survive.
    pub fires: usize,
    /// Surviving fires at the first and last of the others (bits 0 and 1), if that matters.
    pub ends: usize,
    /// Up to `levels − 1` houses may have been put out.
    pub levels: usize,
    /// First of this chunk's sums in `Others::raises`: those of all rows and levels, level by level.
    pub first_raise: usize,
}

/// Tables about the others; nothing here depends on who plays.
#[derive(Clone, Debug)]
pub struct Others {
    /// n, houses.
    pub count: usize,
    /// How many rows.
    pub rows: usize,
    /// Burning houses in each row.
    pub fires: Vec<usize>,
    /// For each row and house, whether it burns (of a class: what part of it does).
    pub burning: Vec<Vec<f64>>,
    /// Likewise, whether it is ruined.
    pub ruined: Vec<Vec<f64>>,
    /// Surviving fires at the ends of each row; 0 for classes.
    pub ends: Vec<usize>,
    /// The state of each house, of sets.
    pub states: Option<Vec<Vec<u8>>>,
    /// The chance of each row before the first night.
    pub initial: Vec<f64>,
    /// Index of the row in which all are safe.
    pub all_safe: usize,
    /// Index of the row in which all are ruined.
    pub all_ruined: usize,
    /// Rows by surviving fires.
    pub chunks: Vec<Chunk>,
    /// For rows and numbers of houses put out: the rows before. Ordered by chunk.
    pub raises: Sums,
    /// For each combination of surviving fires at the ends of the homes: from which rows, with
    /// what chance, each row is reached when fire spreads and burns out.
    pub spread: [Sums; 4],
    /// The same by row of origin.
    pub spread_back: [Sums; 4],
}

impl Others {
    /// The others told apart house by house; `homes` houses come before them.
    pub fn sets(ring: &Ring, homes: usize, agents: usize) -> Self {
        let count = ring.houses - homes;
        let rows = 3usize.pow(count as u32);
        let states: Vec<Vec<u8>> = (0..rows).map(|row| digits(row, count)).collect();
        let is = |digit: u8| -> Vec<Vec<f64>> {
            let flag = |&d: &u8| f64::from(u8::from(d == digit));
            states.iter().map(|state| state.iter().map(flag).collect()).collect()
        };
        let (burning, ruined) = (is(BURNING), is(RUINED));
        let ends = |state: &Vec<u8>| match (state.first(), state.last()) {
            (Some(&first), Some(&last)) if ring.spread > 0.0 => {
                usize::from(first == BURNING) | usize::from(last == BURNING) << 1
            }
            _ => 0,
        };
        let no_fires = vec![false; ring.houses];
        let initial = states.iter().map(|state| match state.contains(&RUINED) {
            true => 0.0,
            false => ring.transition(homes, &vec![SAFE; count], state, &no_fires),
        });
        let mut others = Self {
            count,
            rows,
            fires: states.iter().map(|state| count_of(state, BURNING)).collect(),
            burning,
            ruined,
            ends: states.iter().map(ends).collect(),
            initial: initial.collect(),
            all_safe: 0,
            all_ruined: rows - 1,
            chunks: Vec::new(),
            raises: Sums::new(),
            spread: std::array::from_fn(|_| Sums::new()),
            spread_back: std::array::from_fn(|_| Sums::new()),
            states: None,
        };
        let safe: Vec<usize> = states.iter().map(|state| count_of(state, SAFE)).collect();
        others.find_chunks(&safe, agents, |row, level| {
            let before = choose(&states[row], |_, digit| match digit {
                SAFE => &[SAFE, BURNING],
                BURNING => &[BURNING],
                _ => &[RUINED],
            });
            let raised = before.iter().filter(|b| count_of(b, SAFE) + level == safe[row]);
            raised.map(|b| (number(b), 1.0)).collect()
        });
        for (ends, sums) in others.spread.iter_mut().enumerate() {
            for after in &states {
                let befores = choose(after, |_, digit| match digit {
                    RUINED => &[BURNING, RUINED],
                    _ => &[SAFE],
                });
                for before in befores {
                    let mut fires = vec![false; homes];
                    fires[0] |= ends & 1 != 0;
                    fires[homes - 1] |= ends & 2 != 0;
                    fires.extend(before.iter().map(|&digit| digit == BURNING));
                    sums.push(number(&before), ring.transition(homes, &before, after, &fires));
                }
                sums.close();
            }
        }
        others.spread_back = std::array::from_fn(|ends| others.spread[ends].turned(rows));
        others.states = Some(states);
        others
    }

    /// The others as numbers of safe and burning houses. No fire may spread.
    pub fn classes(ring: &Ring, homes: usize, agents: usize) -> Self {
        let count = ring.houses - homes;
        let states: Vec<(usize, usize)> =
            (0..=count).flat_map(|s| (0..=count - s).map(move |b| (s, b))).collect();
        let rows = states.len();
        let row = |s: usize, b: usize| states.iter().position(|&state| state == (s, b));
        let part = |houses: usize| vec![houses as f64 / count.max(1) as f64; count];
        let ignited = |safe: usize, burning: usize| {
            let chance = |catches, houses| ring.chance(catches, 0).powi(houses as i32);
            choices(safe + burning, burning) * chance(true, burning) * chance(false, safe)
        };
        let initial = states.iter().map(|&(s, b)| if s + b == count { ignited(s, b) } else { 0.0 });
        let mut others = Self {
            count,
            rows,
            fires: states.iter().map(|&(_, b)| b).collect(),
            burning: states.iter().map(|&(_, b)| part(b)).collect(),
            ruined: states.iter().map(|&(s, b)| part(count - s - b)).collect(),
            ends: vec![0; rows],
            initial: initial.collect(),
            all_safe: rows - 1,
            all_ruined: 0,
            chunks: Vec::new(),
            raises: Sums::new(),
            spread: std::array::from_fn(|_| Sums::new()),
            spread_back: std::array::from_fn(|_| Sums::new()),
            states: None,
        };
        let safe: Vec<usize> = states.iter().map(|&(s, _)| s).collect();
        others.find_chunks(&safe, agents, |after, level| {
            let (s, b) = states[after];
            let before = s.checked_sub(level).and_then(|s| row(s, b + level));
            before.map(|before| (before, choices(b + level, level))).into_iter().collect()
        });
        for sums in &mut others.spread {
            for &(s, b) in &states {
                for fires in 0..=count - s - b {
                    if let Some(before) = row(s + b, fires) {
                        sums.push(before, ignited(s, b));
                    }
                }
                sums.close();
            }
        }
        others.spread_back = std::array::from_fn(|ends| others.spread[ends].turned(rows));
        others
    }

    /// Sorts the rows into chunks; `raised(row, level)` lists the rows before `level` houses were
    /// put out, and how often each counts.
    fn find_chunks(
        &mut self,
        safe: &[usize],
        agents: usize,
        raised: impl Fn(usize, usize) -> Vec<(usize, f64)>,
    ) {
        let key = |row: usize| (self.fires[row], self.ends[row]);
        let mut order: Vec<usize> = (0..self.rows).collect();
        order.sort_by_key(|&row| (key(row), usize::MAX - safe[row]));
        for group in order.chunk_by(|&a, &b| key(a) == key(b)) {
            for rows in group.chunks(LANES) {
                let most = rows.iter().map(|&row| safe[row]).max().unwrap_or(0);
                let levels = most.min(agents) + 1;
                let first_raise = self.raises.starts.len() - 1;
                for level in 0..levels {
                    for lane in 0..LANES {
                        for (before, factor) in
                            rows.get(lane).map_or(Vec::new(), |&row| raised(row, level))
                        {
                            self.raises.push(before, factor);
                        }
                        self.raises.close();
                    }
                }
                let (fires, ends) = key(rows[0]);
                let rows = std::array::from_fn(|lane| *rows.get(lane).unwrap_or(&self.rows) as u32);
                self.chunks.push(Chunk { rows, fires, ends, levels, first_raise });
            }
        }
    }
}

fn count_of(state: &[u8], digit: u8) -> usize {
    state.iter().filter(|&&d| d == digit).count()
}

/// Ways to choose `k` of `n`.
fn choices(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |ways, i| ways * (n - i) as f64 / (i + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(others: &Others) {
        assert!((others.initial.iter().sum::<f64>() - 1.0).abs() < 1e-14);
        for back in &others.spread_back {
            for row in 0..others.rows {
                let sum: f64 = back.terms(row).1.iter().sum();
                assert!((sum - 1.0).abs() < 1e-14, "row {row}");
            }
        }
        let mut rows: Vec<u32> = others.chunks.iter().flat_map(|chunk| chunk.rows).collect();
        rows.retain(|&row| (row as usize) < others.rows);
        rows.sort_unstable();
        assert_eq!(rows, (0..others.rows as u32).collect::<Vec<_>>());
    }

    #[test]
    fn chances_add_up_and_chunks_cover_all_rows() {
        for homes in 1..=3 {
            for houses in homes.max(2)..homes + 4 {
                for spread in [0.0, 0.3] {
                    check(&Others::sets(&Ring { houses, spread, ignite: 0.1 }, homes, 3));
                }
                check(&Others::classes(&Ring { houses, spread: 0.0, ignite: 0.1 }, homes, 3));
            }
        }
    }
}
