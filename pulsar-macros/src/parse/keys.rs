//! The keys of `#[actor(..)]`: their names and the form of their values.
//!
//! Whether they agree with each other is for `check`.

use proc_macro2::TokenStream;
use syn::Path;

use super::values;
use crate::ast::{Keys, Kind};
use crate::attr::{self, Entry};
use crate::errors::Errors;
use crate::names;

const KEYS: &[&str] = &[
    "process",
    "thread",
    "task",
    "name",
    "mailbox",
    "timeout",
    "start_timeout",
    "shutdown",
    "restart",
    "backoff",
    "memory",
    "nofile",
    "nice",
    "new",
    "crate",
];

const RESTARTS: &[&str] = &["permanent", "transient", "temporary"];

/// Reads the keys of an actor's struct.
pub(crate) fn actor(tokens: TokenStream, errors: &mut Errors) -> (Path, Keys) {
    let mut krate = super::default_crate();
    let mut keys = Keys { constructor: true, ..Keys::default() };
    for entry in attr::entries(tokens, errors) {
        match entry.name().as_str() {
            "new" => keys.constructor = values::truth(&entry, errors).unwrap_or(true),
            "crate" => krate = of_crate(&entry, krate, errors),
            name if !own(&entry, &mut keys, errors) => unknown(&entry, name, KEYS, errors),
            _ => {}
        }
    }
    (krate, keys)
}

/// Reads a key that an actor's attribute has, and a child's: false if it is none.
pub(crate) fn own(entry: &Entry, keys: &mut Keys, errors: &mut Errors) -> bool {
    match entry.name().as_str() {
        "process" => kind(entry, Kind::Process, keys, errors),
        "thread" => kind(entry, Kind::Thread, keys, errors),
        "task" => kind(entry, Kind::Task, keys, errors),
        "name" => keys.name = values::text(entry, "\"counter\"", errors).filter(|name| valid(entry, name, errors)),
        "mailbox" => keys.mailbox = values::number(entry, "1024", 1, u32::MAX, errors),
        "timeout" => keys.timeout = values::duration(entry, errors).filter(|time| least(entry, *time, 1000, errors)),
        "start_timeout" => {
            keys.start_timeout = values::duration(entry, errors).filter(|time| least(entry, *time, 1, errors));
        }
        "shutdown" => keys.shutdown = values::duration(entry, errors),
        "restart" => keys.restart = values::word(entry, RESTARTS, errors),
        "backoff" => keys.backoff = values::range(entry, errors).filter(|range| ordered(entry, *range, errors)),
        "memory" => keys.memory = values::size(entry, errors).map(|size| (size, entry.key.clone())),
        "nofile" => {
            keys.nofile = values::number(entry, "1024", 1, u64::MAX, errors).map(|count| (count, entry.key.clone()));
        }
        "nice" => keys.nice = values::number(entry, "10", -20, 19, errors).map(|level| (level, entry.key.clone())),
        "kind" => errors.at(entry, "the kind is a word of its own: write `process`, `thread` or `task`"),
        _ => return false,
    }
    true
}

/// Reports a key that is not among the `known` ones.
pub(crate) fn unknown(entry: &Entry, name: &str, known: &[&str], errors: &mut Errors) {
    errors.at(&entry.key, format!("unknown key `{name}`{}", names::suggestion(name, known, "the keys are")));
}

/// Reads the keys of an actor's impl, where only `crate` may stand.
pub(crate) fn of_impl(tokens: TokenStream, errors: &mut Errors) -> Path {
    only_crate(tokens, errors, |name| {
        if KEYS.contains(&name) {
            format!("`{name}` goes on the struct: write `#[actor({name} ..)]` there and `#[actor]` on the impl")
        } else {
            format!("unknown key `{name}`; the impl takes none but `crate`, the others go on the struct")
        }
    })
}

/// Reads a list that holds `crate = path` at most.
pub(crate) fn only_crate(tokens: TokenStream, errors: &mut Errors, otherwise: impl Fn(&str) -> String) -> Path {
    let mut krate = super::default_crate();
    for entry in attr::entries(tokens, errors) {
        match entry.name().as_str() {
            "crate" => krate = of_crate(&entry, krate, errors),
            name => errors.at(&entry.key, otherwise(name)),
        }
    }
    krate
}

/// The path of `crate = path`.
pub(crate) fn of_crate(entry: &Entry, otherwise: Path, errors: &mut Errors) -> Path {
    values::path(entry, "path::to::pulsar", errors).unwrap_or(otherwise)
}

fn kind(entry: &Entry, kind: Kind, keys: &mut Keys, errors: &mut Errors) {
    values::none(entry, errors);
    if keys.kind.is_some() {
        errors.at(&entry.key, "an actor has one kind: keep one of `process`, `thread` and `task`");
    } else {
        keys.kind = Some((kind, entry.key.span()));
    }
}

fn valid(entry: &Entry, name: &str, errors: &mut Errors) -> bool {
    let problem = match name {
        "" => "a name is not empty: leave `name` out for an actor without one".to_owned(),
        "arbiter" | "monitor" | "main" => format!("`{name}` is pulsar's own: give the actor another name"),
        _ if !name.chars().all(|char| char.is_ascii_alphanumeric() || "_.-".contains(char)) => {
            "a name is made of ASCII letters, digits, `_`, `.` and `-`".to_owned()
        }
        _ => return true,
    };
    errors.at(&entry.value, problem);
    false
}

/// Whether a duration, in milliseconds, is long enough: a second or a millisecond.
pub(crate) fn least(entry: &Entry, time: u64, least: u64, errors: &mut Errors) -> bool {
    if time < least {
        let text = if least == 1000 { "1s" } else { "1ms" };
        errors.at(&entry.value, format!("`{}` is at least `\"{text}\"`", entry.name()));
    }
    time >= least
}

fn ordered(entry: &Entry, (shortest, longest): (u64, u64), errors: &mut Errors) -> bool {
    if shortest > longest {
        errors.at(&entry.value, "the shortest delay comes first, as in `backoff = \"100ms..30s\"`");
    }
    shortest <= longest
}
