//! Counts as people write them: `1 actor`, `2 actors`. Knows no noun that takes more than an `s`.

/// So many of `what`.
pub(crate) fn count<N: TryInto<u64>>(n: N, what: &str) -> String {
    // What is no `u64` is not one, either.
    let n = n.try_into().unwrap_or(u64::MAX);
    if n == 1 { format!("{n} {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one() {
        assert_eq!(count(1_u32, "actor"), "1 actor");
        assert_eq!(count(0_u64, "actor"), "0 actors");
        assert_eq!(count(2_usize, "time"), "2 times");
    }
}
