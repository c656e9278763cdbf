//! `#[main]` and `#[test]`: the functions a program and a test start with.
//!
//! It knows nothing of actors.

use proc_macro2::TokenStream;
use syn::{ItemFn, Path};

use super::{command, keys, values};
use crate::ast::EntryPoint;
use crate::attr;
use crate::errors::Errors;
use crate::names;

/// Reads `#[main]`; `Err` gives the function back.
pub(crate) fn main(attribute: TokenStream, item: ItemFn, errors: &mut Errors) -> Result<EntryPoint, Box<ItemFn>> {
    let keys = keys(attribute, &["setup", "crate"], errors);
    let count = errors.count();
    command::plain(&item.sig, "`main`", errors);
    if item.sig.ident != "main" {
        errors.at(&item.sig.ident, "`#[pulsar::main]` goes on the program's `main`: write `async fn main()`");
    }
    command::no_params(&item.sig.inputs, "`main` has no parameters: read `std::env::args()` in its body", errors);
    if errors.clean_since(count) { Ok(keys.of(item)) } else { Err(Box::new(item)) }
}

/// Reads `#[test]`; `Err` gives the function back.
pub(crate) fn test(attribute: TokenStream, item: ItemFn, errors: &mut Errors) -> Result<EntryPoint, Box<ItemFn>> {
    let keys = keys(attribute, &["timeout", "setup", "crate"], errors);
    let count = errors.count();
    command::plain(&item.sig, "a test", errors);
    if item.sig.asyncness.is_none() {
        errors.at(
            item.sig.fn_token,
            "a test of pulsar is async: write `async fn`, or `#[test]` alone for one that is not",
        );
    }
    if let Some(again) = item.attrs.iter().find(|attribute| attribute.path().is_ident("test")) {
        errors.at(again, "`#[pulsar::test]` makes it a test: remove `#[test]`");
    }
    command::no_params(&item.sig.inputs, "a test has no parameters: remove them", errors);
    if errors.clean_since(count) { Ok(keys.of(item)) } else { Err(Box::new(item)) }
}

struct Keys {
    krate: Path,
    timeout: Option<u64>,
    setup: Option<Path>,
}

impl Keys {
    fn of(self, item: ItemFn) -> EntryPoint {
        EntryPoint { krate: self.krate, item, timeout: self.timeout, setup: self.setup }
    }
}

/// Reads those of the keys that are `known`.
fn keys(attribute: TokenStream, known: &[&str], errors: &mut Errors) -> Keys {
    let mut keys = Keys { krate: super::default_crate(), timeout: None, setup: None };
    for entry in attr::entries(attribute, errors) {
        match entry.name().as_str() {
            name if !known.contains(&name) => {
                let suggestion = names::suggestion(name, known, "the keys are");
                errors.at(&entry.key, format!("unknown key `{name}`{suggestion}"));
            }
            "timeout" => {
                keys.timeout = values::duration(&entry, errors);
                if keys.timeout == Some(0) {
                    errors.at(&entry.value, "a test needs some time: write `timeout = \"60s\"`");
                }
            }
            "setup" => keys.setup = values::path(&entry, "path::to::function", errors),
            _ => keys.krate = keys::of_crate(&entry, keys.krate, errors),
        }
    }
    keys
}
