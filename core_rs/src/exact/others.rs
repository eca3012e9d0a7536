//! The houses without an agent: rows of states, and where a night leads them.
//!
//! The rows are either *sets*, a state of every single house, or *classes*, of which only the
//! numbers of safe and burning houses are known. Classes suffice when no house looks at its
//! neighbours; then all others are alike, and rows are few.

use super::groups::{Group, KINDS, Row, group};
use super::homes::bits;
use super::ring::{BURNING, RUINED, Ring, SAFE, choose, digits, number};

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
    /// The state of each house, of sets.
    pub states: Option<Vec<Vec<u8>>>,
    /// The chance of each row before the first night.
    pub initial: Vec<f64>,
    /// Index of the row in which all are safe.
    pub all_safe: usize,
    /// Index of the row in which all are ruined.
    pub all_ruined: usize,
    /// The order in which rows go through a night, and where it leads them.
    pub groups: Vec<Group>,
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
        let row = |state: &Vec<u8>| {
            let standing = bits(state, SAFE) | bits(state, BURNING);
            Row {
                fires: count_of(state, BURNING),
                ends: ends(state),
                safe: (count_of(state, SAFE), bits(state, SAFE)),
                standing: (standing.count_ones() as usize, standing),
            }
        };
        let list: Vec<Row> = states.iter().map(row).collect();
        let raised = |row: usize, level: usize| {
            let before = choose(&states[row], |_, digit| match digit {
                SAFE => &[SAFE, BURNING],
                BURNING => &[BURNING],
                _ => &[RUINED],
            });
            let raised = before.iter().filter(|b| count_of(b, SAFE) + level == list[row].safe.0);
            raised.map(|b| (number(b), 1.0)).collect()
        };
        let spread = |before: usize, after: usize| {
            let mut fires = vec![false; homes];
            fires.extend(states[before].iter().map(|&digit| digit == BURNING));
            std::array::from_fn(|ends| {
                fires[..homes].fill(false);
                fires[0] |= ends & 1 != 0;
                fires[homes - 1] |= ends & 2 != 0;
                ring.transition(homes, &states[before], &states[after], &fires)
            })
        };
        Self {
            count,
            rows,
            fires: list.iter().map(|row| row.fires).collect(),
            burning,
            ruined,
            initial: initial.collect(),
            all_safe: 0,
            all_ruined: rows - 1,
            groups: group(&list, agents, raised, spread),
            states: Some(states),
        }
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
        let list: Vec<Row> = states
            .iter()
            .map(|&(s, b)| Row { fires: b, ends: 0, safe: (s, 0), standing: (s + b, 0) })
            .collect();
        let raised = |after: usize, level: usize| {
            let (s, b) = states[after];
            let before = s.checked_sub(level).and_then(|s| row(s, b + level));
            before.map(|before| (before, choices(b + level, level))).into_iter().collect()
        };
        let spread = |_, after: usize| [ignited(states[after].0, states[after].1); KINDS];
        Self {
            count,
            rows,
            fires: list.iter().map(|row| row.fires).collect(),
            burning: states.iter().map(|&(_, b)| part(b)).collect(),
            ruined: states.iter().map(|&(s, b)| part(count - s - b)).collect(),
            initial: initial.collect(),
            all_safe: rows - 1,
            all_ruined: 0,
            groups: group(&list, agents, raised, spread),
            states: None,
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
        let mut to: Vec<u32> = Vec::new();
        for group in &others.groups {
            for middle in 0..group.size {
                for ends in 0..KINDS {
                    let sum: f64 = group.back.terms(middle, ends).1.iter().sum();
                    assert!((sum - 1.0).abs() < 1e-14, "row {middle}");
                }
            }
            let mut middle: Vec<u32> = group.chunks.iter().flat_map(|chunk| chunk.middle).collect();
            middle.retain(|&at| (at as usize) < group.size);
            middle.sort_unstable();
            assert_eq!(middle, (0..group.size as u32).collect::<Vec<_>>());
            to.extend(&group.to);
        }
        to.sort_unstable();
        assert_eq!(to, (0..others.rows as u32).collect::<Vec<_>>());
    }

    #[test]
    fn groups_need_no_row_that_an_earlier_one_has_replaced() {
        for homes in [1, 3] {
            for others in [
                Others::sets(&Ring { houses: 8, spread: 0.1, ignite: 0.1 }, homes, 3),
                Others::classes(&Ring { houses: 20, spread: 0.0, ignite: 0.1 }, homes, 3),
            ] {
                let mut replaced = vec![false; others.rows];
                for group in &others.groups {
                    for chunk in &group.chunks {
                        for sum in 0..chunk.raises.len() {
                            let (rows, _) = chunk.raises.terms(sum, 0);
                            assert!(rows.iter().all(|&row| !replaced[row as usize]));
                        }
                    }
                    group.to.iter().for_each(|&row| replaced[row as usize] = true);
                }
                assert!(others.groups.len() > 1);
            }
        }
    }

    #[test]
    fn chances_add_up_and_groups_cover_all_rows() {
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
