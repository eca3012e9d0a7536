//! Philox4x32-10, the counter-based generator behind every random bit (Salmon, Moraes, Dror and
//! Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).

/// Multiplier of the first and third counter word.
pub const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
/// What is added to the key words after every round.
pub const KEY_STEPS: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
/// Rounds of the full-strength variant.
pub const ROUNDS: usize = 10;

/// The key words of every round.
#[must_use]
pub fn key_schedule(key: [u32; 2]) -> [[u32; 2]; ROUNDS] {
    let mut keys = [key; ROUNDS];
    for round in 1..ROUNDS {
        for word in 0..2 {
            keys[round][word] = keys[round - 1][word].wrapping_add(KEY_STEPS[word]);
        }
    }
    keys
}

/// Four random words, a pure function of counter and key.
///
/// ```
/// use bucket_brigade_core::random::philox::philox4x32_10;
/// assert_eq!(philox4x32_10([0; 4], [0; 2]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
/// ```
#[must_use]
pub fn philox4x32_10(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let mut c = counter;
    for k in key_schedule(key) {
        let p0 = u64::from(MULTIPLIERS[0]) * u64::from(c[0]);
        let p1 = u64::from(MULTIPLIERS[1]) * u64::from(c[2]);
        c = [
            (p1 >> 32) as u32 ^ c[1] ^ k[0],
            p1 as u32,
            (p0 >> 32) as u32 ^ c[3] ^ k[1],
            p0 as u32,
        ];
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counter, key and output words of the published answers, from the file every implementation reads.
    fn known_answers() -> Vec<[u32; 10]> {
        include_str!("../../../tests/witnesses/philox_known_answers.txt")
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
            .map(|line| {
                let words: Vec<u32> = line
                    .split_whitespace()
                    .map(|word| u32::from_str_radix(word, 16).expect("a hexadecimal word"))
                    .collect();
                words.try_into().expect("ten words a line")
            })
            .collect()
    }

    #[test]
    fn known_answers_hold() {
        let answers = known_answers();
        assert!(answers.len() >= 3);
        for a in answers {
            let out = philox4x32_10([a[0], a[1], a[2], a[3]], [a[4], a[5]]);
            assert_eq!(out, [a[6], a[7], a[8], a[9]]);
        }
    }
}
