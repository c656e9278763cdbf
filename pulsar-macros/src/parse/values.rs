//! The values of keys: durations, sizes, numbers, words. Each says what to write instead.
//!
//! It knows no key by name.

use std::fmt::Display;
use std::str::FromStr;

use proc_macro2::Ident;
use syn::{Expr, ExprLit, ExprUnary, Lit, Path, UnOp};

use crate::attr::{self, Entry};
use crate::errors::Errors;
use crate::names;

/// `"30s"` as milliseconds.
pub(crate) fn duration(entry: &Entry, errors: &mut Errors) -> Option<u64> {
    let value = present(entry, "\"30s\"", errors)?;
    let Some(text) = attr::string(value) else {
        let written = names::text(value);
        let fix = if milliseconds(&written).is_ok() {
            format!("\"{written}\"")
        } else if written.parse::<u64>().is_ok() {
            format!("\"{written}s\"")
        } else {
            "\"30s\"".to_owned()
        };
        errors.at(value, format!("a duration is a text with its unit: write `{} = {fix}`", entry.name()));
        return None;
    };
    milliseconds(&text).map_err(|problem| errors.at(value, problem)).ok()
}

/// `"100ms..30s"` as two numbers of milliseconds.
pub(crate) fn range(entry: &Entry, errors: &mut Errors) -> Option<(u64, u64)> {
    let value = present(entry, "\"100ms..30s\"", errors)?;
    let form = "write the shortest and the longest delay, as in `backoff = \"100ms..30s\"`";
    let Some(text) = attr::string(value) else {
        errors.at(value, form);
        return None;
    };
    let Some((least, most)) = text.split_once("..") else {
        errors.at(value, form);
        return None;
    };
    let mut read = |part: &str| milliseconds(part.trim()).map_err(|problem| errors.at(value, problem)).ok();
    let (least, most) = (read(least), read(most));
    Some((least?, most?))
}

/// `"512MiB"` as bytes.
pub(crate) fn size(entry: &Entry, errors: &mut Errors) -> Option<u64> {
    let value = present(entry, "\"512MiB\"", errors)?;
    let Some(text) = attr::string(value) else {
        errors.at(value, format!("a size is a text with its unit: write `{} = \"512MiB\"`", entry.name()));
        return None;
    };
    bytes(&text).map_err(|problem| errors.at(value, problem)).ok()
}

/// A text between quotes.
pub(crate) fn text(entry: &Entry, example: &str, errors: &mut Errors) -> Option<String> {
    let value = present(entry, example, errors)?;
    let text = attr::string(value);
    if text.is_none() {
        errors.at(value, format!("expected a text: write `{} = {example}`", entry.name()));
    }
    text
}

/// A whole number from `least` to `most`.
pub(crate) fn number<N>(entry: &Entry, example: &str, least: N, most: N, errors: &mut Errors) -> Option<N>
where
    N: FromStr + Display + PartialOrd,
{
    let value = present(entry, example, errors)?;
    let Some(digits) = digits(value) else {
        errors.at(value, format!("expected a whole number: write `{} = {example}`", entry.name()));
        return None;
    };
    match digits.parse::<N>() {
        Ok(number) if number >= least && number <= most => Some(number),
        // A negative number is no `u32` at all.
        read if digits.starts_with('-') && read.is_err() || read.as_ref().is_ok_and(|number| *number < least) => {
            errors.at(value, format!("`{0}` is at least {least}: write `{0} = {example}`", entry.name()));
            None
        }
        _ => {
            errors.at(value, format!("`{0}` is at most {most}: write `{0} = {example}`", entry.name()));
            None
        }
    }
}

/// One of some words.
pub(crate) fn word(entry: &Entry, words: &[&'static str], errors: &mut Errors) -> Option<&'static str> {
    let value = present(entry, words[0], errors)?;
    let key = entry.name();
    let written = match value {
        Expr::Path(path) => path.path.get_ident().map(Ident::to_string),
        _ => attr::string(value),
    };
    let known = written.as_deref().and_then(|written| words.iter().find(|word| **word == written));
    match (known, value) {
        (Some(word), Expr::Path(_)) => return Some(word),
        (Some(word), _) => errors.at(value, format!("write `{key} = {word}`, without quotes")),
        (None, _) => {
            let written = written.unwrap_or_else(|| names::text(value));
            let suggestion = names::suggestion(&written, words, "there are");
            errors.at(value, format!("`{key}` cannot be `{written}`{suggestion}"));
        }
    }
    None
}

/// `true` or `false`.
pub(crate) fn truth(entry: &Entry, errors: &mut Errors) -> Option<bool> {
    let value = present(entry, "false", errors)?;
    if let Expr::Lit(ExprLit { lit: Lit::Bool(truth), .. }) = value {
        return Some(truth.value);
    }
    errors.at(value, format!("expected `true` or `false`: write `{} = false`", entry.name()));
    None
}

/// The path of a crate, or of a function.
pub(crate) fn path(entry: &Entry, example: &str, errors: &mut Errors) -> Option<Path> {
    let value = present(entry, example, errors)?;
    if let Expr::Path(path) = value
        && path.qself.is_none()
    {
        return Some(path.path.clone());
    }
    let (without, written) = match value {
        Expr::Call(call) => ("parentheses", names::text(&call.func)),
        _ => ("quotes", attr::string(value).unwrap_or_default()),
    };
    let meant = if syn::parse_str::<Path>(&written).is_ok() { written.as_str() } else { example };
    errors.at(value, format!("expected a path, without {without}: write `{} = {meant}`", entry.name()));
    None
}

/// Complains of a value where there must be none.
pub(crate) fn none(entry: &Entry, errors: &mut Errors) {
    if let Some(value) = &entry.value {
        errors.at(value, format!("`{0}` takes no value: write `{0}`", entry.name()));
    }
}

fn present<'a>(entry: &'a Entry, example: &str, errors: &mut Errors) -> Option<&'a Expr> {
    if entry.value.is_none() {
        errors.at(&entry.key, format!("`{0}` takes a value: write `{0} = {example}`", entry.name()));
    }
    entry.value.as_ref()
}

fn digits(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) if int.suffix().is_empty() => {
            Some(int.base10_digits().to_owned())
        }
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => digits(expr).map(|digits| format!("-{digits}")),
        Expr::Group(group) => digits(&group.expr),
        _ => None,
    }
}

fn milliseconds(text: &str) -> Result<u64, String> {
    let (digits, unit) = split(text);
    let scale: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ if !digits.is_empty() && unit.starts_with('.') => return Err(fraction(digits, unit)),
        "" if !digits.is_empty() => return Err(format!("a duration has a unit: write `\"{digits}s\"`")),
        _ => {
            return Err(format!(
                "`{text}` is no duration: write a whole number and `ms`, `s`, `m` or `h`, as in `\"30s\"`"
            ));
        }
    };
    let count: u64 = digits.parse().map_err(|_| {
        format!("`{text}` is no duration: write a whole number and `ms`, `s`, `m` or `h`, as in `\"30s\"`")
    })?;
    count.checked_mul(scale).ok_or_else(|| format!("`{text}` is too long a duration"))
}

fn fraction(digits: &str, rest: &str) -> String {
    let (decimals, unit) = split(&rest[1..]);
    let smaller = match unit {
        "s" => Some((1000, "ms")),
        "m" => Some((60, "s")),
        "h" => Some((60, "m")),
        _ => None,
    };
    if let (Some((scale, unit)), Ok(whole), Ok(part), Ok(places)) =
        (smaller, digits.parse::<u32>(), decimals.parse::<u32>(), u32::try_from(decimals.len()))
        && let Some(power) = 10_u64.checked_pow(places)
        && (u64::from(part) * scale).is_multiple_of(power)
    {
        let count = u64::from(whole) * scale + u64::from(part) * scale / power;
        return format!("a duration is a whole number: write `\"{count}{unit}\"`");
    }
    "a duration is a whole number of `ms`, `s`, `m` or `h`, as in `\"1500ms\"`".to_owned()
}

fn bytes(text: &str) -> Result<u64, String> {
    let (digits, unit) = split(text);
    let shift = match unit {
        "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        "" if !digits.is_empty() => {
            return Err(format!("a size has a unit: write `\"{digits}MiB\"`, or `B`, `KiB`, `GiB`"));
        }
        _ if !digits.is_empty() && unit.len() <= 3 && unit.starts_with(['K', 'k', 'M', 'm', 'G', 'g']) => {
            return Err(format!("sizes are in powers of two: write `\"{digits}{}iB\"`", unit[..1].to_uppercase()));
        }
        _ => {
            return Err(format!(
                "`{text}` is no size: write a whole number and `B`, `KiB`, `MiB` or `GiB`, as in `\"512MiB\"`"
            ));
        }
    };
    let count: u64 = digits
        .parse()
        .map_err(|_| format!("`{text}` is no size: write a whole number and its unit, as in `\"512MiB\"`"))?;
    count.checked_mul(1 << shift).filter(|size| *size > 0).ok_or_else(|| format!("`{text}` is out of range"))
}

fn split(text: &str) -> (&str, &str) {
    let end = text.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(milliseconds("100ms"), Ok(100));
        assert_eq!(milliseconds("5m"), Ok(300_000));
        assert!(milliseconds("1.5s").unwrap_err().contains("`\"1500ms\"`"));
        assert!(milliseconds("0.1ms").is_err());
        assert!(milliseconds("1.99999999999999999999999s").is_err());
        assert!(milliseconds("30").unwrap_err().contains("`\"30s\"`"));
        assert!(milliseconds("").is_err());
        assert!(milliseconds("s").is_err());
        assert!(milliseconds("99999999999999999h").is_err());
    }

    #[test]
    fn sizes() {
        assert_eq!(bytes("512MiB"), Ok(512 << 20));
        assert!(bytes("512MB").unwrap_err().contains("`\"512MiB\"`"));
        assert!(bytes("512").unwrap_err().contains("`\"512MiB\"`"));
        assert!(bytes("0B").is_err());
        assert!(bytes("é").is_err());
        assert!(bytes("99999999999999GiB").is_err());
    }
}
