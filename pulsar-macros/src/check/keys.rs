//! Rules between the keys of `#[actor(..)]`.

use proc_macro2::Ident;

use crate::ast::{Keys, Kind};
use crate::errors::Errors;

/// Limits bind a process, so only a process actor has them.
pub(crate) fn check(keys: &Keys, errors: &mut Errors) {
    let kind = match keys.kind {
        Some((Kind::Thread, _)) => "thread",
        Some((Kind::Task, _)) => "task",
        _ => return,
    };
    let limits: [Option<&Ident>; 3] = [
        keys.memory.as_ref().map(|(_, key)| key),
        keys.nofile.as_ref().map(|(_, key)| key),
        keys.nice.as_ref().map(|(_, key)| key),
    ];
    for key in limits.into_iter().flatten() {
        errors.at(
            key,
            format!("`{key}` is a limit of a process and this is a {kind}: write `process`, or remove `{key}`"),
        );
    }
}
