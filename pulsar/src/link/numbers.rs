//! Tables by the numbers of requests. They are hashed with a secret: those of the other end are its own choice.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

/// A table by numbers.
pub(super) type Numbered<T> = HashMap<u64, T, Secret>;

/// The secret of one table.
#[derive(Clone)]
pub(super) struct Secret(u64);

impl Default for Secret {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0))
    }
}

impl BuildHasher for Secret {
    type Hasher = Mix;

    fn build_hasher(&self) -> Mix {
        Mix(self.0)
    }
}

/// Odd, and without a pattern: of the golden ratio.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Multiplies and folds: enough for numbers, at a tenth of what hashing texts costs.
pub(super) struct Mix(u64);

impl Hasher for Mix {
    fn write_u64(&mut self, number: u64) {
        let wide = u128::from(self.0 ^ number) * u128::from(ODD);
        let [low, high] = [wide as u64, (wide >> 64) as u64];
        self.0 = low ^ high;
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(byte.into()));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_lie_apart() {
        let secret = Secret::default();
        let mut low: Vec<u64> = (0..1 << 12).map(|number| secret.hash_one(number as u64) & 0xffff).collect();
        let mut high: Vec<u64> = (0..1 << 12).map(|number| secret.hash_one(number as u64 * 4096) >> 48).collect();
        for hashes in [&mut low, &mut high] {
            hashes.sort_unstable();
            hashes.dedup();
            assert!(hashes.len() > 3600, "{} different of 4096", hashes.len());
        }
    }
}
