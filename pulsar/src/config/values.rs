//! Values out of text, and the words that refuse one.

use std::time::Duration;

use crate::duration;
use crate::id::Kind;

/// A whole number within bounds.
pub(super) fn number<N: TryFrom<u64>>(text: &str, least: u64, most: u64) -> Result<N, String> {
    let number = text.replace('_', "").parse::<u64>().ok().filter(|number| (least..=most).contains(number));
    number
        .and_then(|number| N::try_from(number).ok())
        .ok_or_else(|| format!("`{text}` is not a whole number from {least} to {most}"))
}

/// A duration; a bare number is of seconds.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<f64>() {
        let fits = (0.0..=1e9).contains(&seconds);
        return fits.then(|| Duration::from_secs_f64(seconds)).ok_or_else(|| {
            format!("`{text}` is no time: seconds from 0 to 1e9, or such as `500ms`, `30s`, `5m`, `1h`")
        });
    }
    duration::parse(text).map_err(|_| {
        format!("`{text}` is no time: write seconds, or a whole number and `ms`, `s`, `m` or `h`, such as `30s`")
    })
}

/// A time that is not nothing.
pub(super) fn some_time(text: &str) -> Result<Duration, String> {
    let time = time(text)?;
    if time.is_zero() { Err(format!("`{text}` is no time at all: more than 0")) } else { Ok(time) }
}

/// A size in bytes.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let wrong =
        || format!("`{text}` is no size: write bytes, or a whole number and `KiB`, `MiB` or `GiB`, such as `16MiB`");
    let shift = match unit.trim() {
        "" | "B" => 0,
        "KiB" | "K" | "k" => 10,
        "MiB" | "M" | "m" => 20,
        "GiB" | "G" | "g" => 30,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(1 << shift).ok_or_else(wrong)
}

/// As [`size`] reads it.
pub(super) fn show_size(bytes: u64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if bytes > 0 && bytes.trailing_zeros() >= shift {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    bytes.to_string()
}

/// Yes or no.
pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(format!("`{text}` is neither `true` nor `false`")),
    }
}

/// Where workers run. A task would share the loop of whoever spawned it.
pub(super) fn kind(text: &str) -> Result<Kind, String> {
    match text {
        "process" => Ok(Kind::Process),
        "thread" => Ok(Kind::Thread),
        _ => Err(format!("`{text}` is no place for workers: `process` or `thread`")),
    }
}

/// A name that processes, files and environment variables can bear.
pub(super) fn word(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.len() <= 64 && !text.contains(char::is_control);
    if fits {
        Ok(text.into())
    } else {
        Err(format!("`{}` is no name: 1 to 64 bytes that can be shown", text.escape_debug()))
    }
}
