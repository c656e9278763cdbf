//! `#[http]`, `#[socket]` and `#[udp]`: functions that make, or are, what the workers of an application serve.
//!
//! It knows what their parameters may be; not what is done with what they return, which the compiler checks.

use proc_macro2::TokenStream;
use syn::{FnArg, Item, ItemFn, Path};

use super::{command, keys, types, values};
use crate::ast::{Serves, Service};
use crate::attr;
use crate::errors::Errors;
use crate::names;

/// Reads one; `Err` gives the function back.
pub(crate) fn parse(
    serves: Serves,
    attribute: TokenStream,
    item: ItemFn,
    errors: &mut Errors,
) -> Result<Service, Box<ItemFn>> {
    let count = errors.count();
    let keys = keys(attribute, errors);
    let signature = &item.sig;
    let what = format!("a service of `#[pulsar::{}]`", serves.name());
    command::plain(signature, &what, errors);
    if let Some(receiver @ FnArg::Receiver(_)) = signature.inputs.first() {
        errors.at(receiver, format!("{what} is a free function: it runs in its workers, where there is no `self`"));
        return Err(Box::new(item));
    }
    let typed = command::typed(signature);
    let first = serves.first();
    let own = usize::from(first.is_some());
    if let Some(first) = first {
        let fits = typed.first().is_some_and(|param| types::is(&param.ty, first));
        if !fits {
            let fix = format!("{what} takes what it serves first: write `{}: {first}`", first.to_lowercase());
            match typed.first() {
                Some(param) => errors.at(&param.ty, fix),
                None => errors.at(&signature.ident, fix),
            }
        }
        if signature.asyncness.is_none() {
            errors.at(signature.fn_token, format!("{what} is async: write `async fn`"));
        }
    }
    let params = command::params(typed.get(own..).unwrap_or_default(), None, "Context", errors);
    if errors.clean_since(count) {
        let Keys { krate, hooks } = keys;
        Ok(Service { krate, item, serves, params, hooks })
    } else {
        Err(Box::new(item))
    }
}

/// What it was put on, when it is not a function.
pub(crate) fn misplaced(serves: Serves, item: &Item, errors: &mut Errors) {
    errors.at(item, format!("`#[pulsar::{}]` goes on a free function: {}", serves.name(), serves.example()));
}

struct Keys {
    krate: Path,
    hooks: Option<Path>,
}

fn keys(attribute: TokenStream, errors: &mut Errors) -> Keys {
    let mut keys = Keys { krate: super::default_crate(), hooks: None };
    for entry in attr::entries(attribute, errors) {
        match entry.name().as_str() {
            "hooks" => keys.hooks = values::path(&entry, "path::to::function", errors),
            "crate" => keys.krate = keys::of_crate(&entry, keys.krate, errors),
            name => {
                let suggestion = names::suggestion(name, &["hooks", "crate"], "the keys are");
                errors.at(&entry.key, format!("unknown key `{name}`{suggestion}"));
            }
        }
    }
    keys
}
