//! Durations as people write them: `100ms`, `30s`, `5m`, `1h`.

use std::time::Duration;

/// The duration that `text` says.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let wrong = || format!("`{text}` is no duration: write a whole number and `ms`, `s`, `m` or `h`, such as `30s`");
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let millis = match unit {
        "ms" => Some(number),
        "s" => number.checked_mul(1000),
        "m" => number.checked_mul(60_000),
        "h" => number.checked_mul(3_600_000),
        _ => return Err(wrong()),
    };
    millis.map(Duration::from_millis).ok_or_else(wrong)
}

/// How long something takes from now on.
pub(crate) fn until_then(duration: Duration) -> String {
    if duration.as_millis() == 0 { "at once".to_string() } else { format!("in {}", show(duration)) }
}

/// As [`parse`] reads it.
pub(crate) fn show(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis.is_multiple_of(1000) { format!("{}s", millis / 1000) } else { format!("{millis}ms") }
}
