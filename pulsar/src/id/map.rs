//! Maps by the id of an actor: looked into for each spawn and each end. Must not know what is in them.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

use super::ActorId;

/// What is known of actors, by their ids.
pub(crate) type IdMap<V> = HashMap<ActorId, V, Mixed>;

/// Mixes an id with a number that only this process knows: ids come from other processes, too, and are not to collide on purpose.
/// The standard library's hasher takes ten times as long over a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mixed(u64);

impl Default for Mixed {
    fn default() -> Self {
        static SECRET: OnceLock<u64> = OnceLock::new();
        Self(*SECRET.get_or_init(|| RandomState::new().hash_one(0_u64)))
    }
}

impl Mixed {
    /// For ids that nobody else chooses.
    pub(crate) const fn known() -> Self {
        Self(0)
    }
}

impl BuildHasher for Mixed {
    type Hasher = Mixer;

    fn build_hasher(&self) -> Mixer {
        Mixer(self.0)
    }
}

/// A multiplication to twice the width, folded.
#[derive(Debug)]
pub(crate) struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the halves are folded")]
    fn write_u64(&mut self, number: u64) {
        let wide = u128::from(number ^ self.0) * u128::from(0x9e37_79b9_7f4a_7c15_u64);
        self.0 = (wide as u64) ^ ((wide >> 64) as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_found_and_ids_spread() {
        let mut map = IdMap::default();
        let ids = || (0..100).flat_map(|home| (0..100).map(move |serial| ActorId::new(home, serial)));
        for (at, id) in ids().enumerate() {
            map.insert(id, at);
        }
        assert!(ids().enumerate().all(|(at, id)| map.get(&id) == Some(&at)));
        // Neither the lower nor the upper bits of like ids are alike.
        for shift in [0, 57] {
            let mut counts = [0_u32; 128];
            ids().for_each(|id| counts[(Mixed::default().hash_one(id) >> shift) as usize & 127] += 1);
            assert!(counts.iter().all(|&count| count < 1000), "{counts:?}");
        }
    }
}
