//! In which order the rows of the others go through a night.
//!
//! A house that the workers leave safe stands at the end of the night, and no other does: step 1
//! decides which houses are ruined. So rows with a given set of safe houses after step 1 lead only
//! to rows in which just these stand, and come only from rows in which at least these stood.
//! Rows are therefore grouped by that set, and groups with fewer houses go first: a group may
//! replace the rows it leads to, which no later group needs, and only its own rows have to be held
//! in between.

use std::ops::Range;

use super::lanes::LANES;

/// Chances of one to four kinds from rows to others.
pub const KINDS: usize = 4;

/// Terms of sums: sum `i` has the terms `starts[i] .. starts[i + 1]`.
#[derive(Clone, Debug)]
pub struct Sums<const N: usize> {
    starts: Vec<u32>,
    rows: Vec<u32>,
    factors: [Vec<f64>; N],
}

impl<const N: usize> Sums<N> {
    fn new() -> Self {
        Self { starts: vec![0], rows: Vec::new(), factors: std::array::from_fn(|_| Vec::new()) }
    }
    fn push(&mut self, row: usize, factors: [f64; N]) {
        self.rows.push(row as u32);
        self.factors.iter_mut().zip(factors).for_each(|(all, factor)| all.push(factor));
    }
    fn close(&mut self) {
        self.starts.push(self.rows.len() as u32);
    }
    /// How many sums.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }
    /// The rows of a sum, and what they are multiplied with.
    #[inline(always)]
    pub fn terms(&self, sum: usize, kind: usize) -> (&[u32], &[f64]) {
        let range = self.starts[sum] as usize..self.starts[sum + 1] as usize;
        (&self.rows[range.clone()], &self.factors[kind][range])
    }
    /// The same with the factors of all kinds.
    #[inline(always)]
    pub fn all_terms(&self, sum: usize) -> (&[u32], [&[f64]; N]) {
        let range = self.starts[sum] as usize..self.starts[sum + 1] as usize;
        (&self.rows[range.clone()], self.factors.each_ref().map(|all| &all[range.clone()]))
    }
    /// The same terms listed by row, for so many rows: where they go instead of where they come
    /// from. `name(sum)` is what a sum is called in these lists.
    fn turned(&self, rows: usize, name: impl Fn(usize) -> usize) -> Self {
        let mut lists = vec![Vec::new(); rows];
        for sum in 0..self.len() {
            for at in self.starts[sum] as usize..self.starts[sum + 1] as usize {
                let factors = std::array::from_fn(|kind| self.factors[kind][at]);
                lists[self.rows[at] as usize].push((name(sum), factors));
            }
        }
        let mut turned = Self::new();
        for list in lists {
            list.into_iter().for_each(|(row, factors)| turned.push(row, factors));
            turned.close();
        }
        turned
    }
}

/// What decides where a row belongs.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Burning houses; after step 1, fires that survive.
    pub fires: usize,
    /// Which of these are at the first and the last house (bits 0 and 1), if that matters.
    pub ends: usize,
    /// Safe houses: how many, and which.
    pub safe: (usize, usize),
    /// Houses not ruined: how many, and which.
    pub standing: (usize, usize),
}

/// Up to eight rows that the workers leave with equally many fires and the same fires at the ends.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// The rows; the index after the last of all rows, where there are fewer than eight.
    pub rows: [u32; LANES],
    /// Where they stand in between; the index after the last of the group, where there are fewer.
    pub middle: [u32; LANES],
    /// Fires that survive.
    pub fires: usize,
    /// Surviving fires at the ends.
    pub ends: usize,
    /// Up to `levels − 1` houses may have been put out.
    pub levels: usize,
    /// From which rows the workers lead to these: a sum for each level and lane. That of level 0 is
    /// the row itself.
    pub raises: Sums<1>,
}

/// Rows that go through the night together.
#[derive(Clone, Debug)]
pub struct Group {
    /// The rows after step 1.
    pub chunks: Vec<Chunk>,
    /// How many these are.
    pub size: usize,
    /// The rows at the end of the night that these lead to.
    pub to: Vec<u32>,
    /// For each of `to`, from where in between: for each combination of surviving fires at the
    /// ends of the homes, with what chance.
    pub spread: Sums<KINDS>,
    /// For each row in between, where it leads.
    pub back: Sums<KINDS>,
}

/// Groups all rows. `raised(row, level)` lists the rows before the workers put out `level` houses,
/// and how often each counts; `spread(before, after)` is the chance, for each combination of
/// surviving fires at the ends of the homes, to go from one row to another.
pub fn group(
    rows: &[Row],
    agents: usize,
    raised: impl Fn(usize, usize) -> Vec<(usize, f64)>,
    spread: impl Fn(usize, usize) -> [f64; KINDS],
) -> Vec<Group> {
    let of_size = |size: usize| rows.iter().filter(|row| row.safe.0 == size).count();
    let most = rows.iter().map(|row| row.safe.0).max().unwrap_or(0);
    let largest = (0..=most).map(of_size).max().unwrap_or(0);
    // Few groups waste few lanes, small groups stay in the cache: about a third of the rows each.
    let limit = largest.max(rows.len() * 9 / 25).max(64);
    let mut sizes: Vec<Range<usize>> = Vec::new();
    let mut count = usize::MAX;
    for size in 0..=most {
        count = count.saturating_add(of_size(size));
        match sizes.last_mut() {
            Some(last) if count <= limit => last.end = size + 1,
            _ => {
                count = of_size(size);
                sizes.push(size..size + 1);
            }
        }
    }
    let one = |sizes: Range<usize>| {
        let sorted = |key: &dyn Fn(&Row) -> (usize, usize)| {
            let fits = |row: &usize| sizes.contains(&key(&rows[*row]).0);
            let mut list: Vec<usize> = (0..rows.len()).filter(fits).collect();
            list.sort_by_key(|&row| key(&rows[row]));
            list
        };
        let from = sorted(&|row| row.safe);
        let to = sorted(&|row| row.standing);
        let mut sums = Sums::new();
        for set in to.chunk_by(|&a, &b| rows[a].standing == rows[b].standing) {
            for &after in set {
                for (middle, &before) in from.iter().enumerate() {
                    if rows[before].safe == rows[after].standing {
                        sums.push(middle, spread(before, after));
                    }
                }
                sums.close();
            }
        }
        let back = sums.turned(from.len(), |sum| to[sum]);
        Group {
            chunks: chunks(rows, &from, agents, &raised),
            size: from.len(),
            to: to.iter().map(|&row| row as u32).collect(),
            spread: sums,
            back,
        }
    };
    sizes.into_iter().map(one).collect()
}

/// Cuts the rows of a group, `from`, into chunks.
fn chunks(
    rows: &[Row],
    from: &[usize],
    agents: usize,
    raised: &impl Fn(usize, usize) -> Vec<(usize, f64)>,
) -> Vec<Chunk> {
    let key = |middle: usize| (rows[from[middle]].fires, rows[from[middle]].ends);
    let mut order: Vec<usize> = (0..from.len()).collect();
    order.sort_by_key(|&middle| (key(middle), usize::MAX - rows[from[middle]].safe.0));
    let mut chunks = Vec::new();
    for alike in order.chunk_by(|&a, &b| key(a) == key(b)) {
        for some in alike.chunks(LANES) {
            let (fires, ends) = key(some[0]);
            let levels = rows[from[some[0]]].safe.0.min(agents) + 1; // the first has the most
            let mut raises = Sums::new();
            for level in 0..levels {
                for lane in 0..LANES {
                    let list = some.get(lane).map_or(Vec::new(), |&i| raised(from[i], level));
                    list.into_iter().for_each(|(row, factor)| raises.push(row, [factor]));
                    raises.close();
                }
            }
            let middle = std::array::from_fn(|lane| *some.get(lane).unwrap_or(&from.len()) as u32);
            let none = rows.len();
            let rows = std::array::from_fn(|lane| some.get(lane).map_or(none, |&i| from[i]) as u32);
            chunks.push(Chunk { rows, middle, fires, ends, levels, raises });
        }
    }
    chunks
}
