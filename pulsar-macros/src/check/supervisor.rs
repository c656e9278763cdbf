//! Rules between the keys of one `#[child(..)]`, and between those of the children and the supervisor's.

use proc_macro2::Ident;
use syn::ext::IdentExt;

use super::keys;
use crate::ast::{ChildKeys, Supervisor};
use crate::errors::Errors;
use crate::parse::supervisor::CHILD_KEYS;

/// Keys that say something of a pool.
const OF_POOLS: [&str; 4] = ["routing", "max_messages", "max_age", "max_memory"];

/// Checks a whole supervisor.
pub(crate) fn check(supervisor: &Supervisor, errors: &mut Errors) {
    let mut significant = false;
    let shutdown = supervisor.keys.auto_shutdown.as_ref().filter(|(word, _)| *word != Some("never"));
    for child in &supervisor.children {
        keys::check(&child.keys.own, errors);
        pool(&child.keys, errors);
        if let Some(key) = given(&child.keys, "significant") {
            significant = true;
            self::significant(&child.keys, key, shutdown.is_some(), errors);
        }
    }
    if let (Some((Some(word), key)), false) = (shutdown, significant) {
        errors.at(
            key,
            format!("`{word}` never happens, for no child is significant: mark one `#[child(significant, restart = transient)]`"),
        );
    }
}

fn pool(keys: &ChildKeys, errors: &mut Errors) {
    let Some(workers) = given(keys, "workers") else {
        // A key that nobody knows may have been meant for it.
        if keys.given.iter().any(|key| !CHILD_KEYS.iter().any(|known| key.unraw() == known)) {
            return;
        }
        for key in keys.given.iter().filter(|key| OF_POOLS.iter().any(|name| key.unraw() == name)) {
            errors.at(key, format!("`{key}` is said of a pool: add `workers = 4` (or 1), or remove `{key}`"));
        }
        return;
    };
    if let (Some("transient" | "temporary"), Some(key)) = (keys.own.restart, given(keys, "restart")) {
        errors.at(key, format!("the workers of a pool are permanent: remove `restart`, or `{workers}`"));
    }
}

fn significant(keys: &ChildKeys, key: &Ident, heeded: bool, errors: &mut Errors) {
    if !heeded {
        errors.at(
            key,
            "nothing heeds `significant` here: write `#[supervisor(auto_shutdown = any_significant)]`, or remove it",
        );
    }
    if given(keys, "workers").is_some() {
        errors.at(key, "a pool is always started again, so its end shuts nothing down: remove `significant`");
    } else if !matches!(
        (keys.own.restart, given(keys, "restart")),
        (None, Some(_)) | (Some("transient" | "temporary"), _)
    ) {
        errors.at(
            key,
            "a permanent child is always started again, so its end shuts nothing down: add `restart = transient`, \
             or remove `significant`",
        );
    }
}

fn given<'a>(keys: &'a ChildKeys, name: &str) -> Option<&'a Ident> {
    keys.given.iter().find(|key| key.unraw() == name)
}
