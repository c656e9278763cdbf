//! What a command answers: a value, a `Result`, a `Deferred`.
//!
//! `Result` and `Deferred` are recognized by their last path segment.

use syn::{Path, ReturnType, Type, parse_quote};

use super::types;
use crate::ast::{Failure, Reply};
use crate::errors::Errors;
use crate::names;

/// Reads the return type of a command.
pub(crate) fn parse(output: &ReturnType, actor: Option<&Path>, errors: &mut Errors) -> Option<Reply> {
    let ReturnType::Type(_, ty) = output else {
        return Some(Reply { value: parse_quote!(()), failure: Failure::Never, deferred: false });
    };
    let count = errors.count();
    let (inner, deferred) = deferred(ty, errors);
    if let Type::Never(_) = inner {
        errors.at(inner, "a command replies: to end the actor, call `cx.stop()` and return `()`");
    }
    let reply = match types::last(inner) {
        Some(segment) if segment.ident == "Result" => match types::arguments(segment).as_slice() {
            [value, error] => {
                nested(value, errors);
                types::owned(value, "a reply", errors);
                types::owned(error, "an error", errors);
                let error = types::without_self(error, actor);
                Some((types::without_self(value, actor), Failure::Typed(Box::new(error))))
            }
            [_] if deferred => {
                errors.at(inner, "a deferred result says its error: write `Deferred<Result<T, E>>`");
                None
            }
            [value] if foreign(inner) => {
                errors.at(
                    inner,
                    format!(
                        "the error of `{}` does not travel: write `Result<{1}>`, pulsar's own, or `Result<{1}, E>`",
                        names::text(inner),
                        names::text(value)
                    ),
                );
                None
            }
            [value] => {
                nested(value, errors);
                types::owned(value, "a reply", errors);
                Some((types::without_self(value, actor), Failure::Text(Box::new(inner.clone()))))
            }
            _ => {
                errors.at(inner, "a command's result says what it holds: write `Result<(), E>` or `Result<T, E>`");
                None
            }
        },
        _ => {
            types::owned(inner, "a reply", errors);
            Some((types::without_self(inner, actor), Failure::Never))
        }
    };
    let (value, failure) = reply?;
    errors.clean_since(count).then_some(Reply { value, failure, deferred })
}

fn deferred<'a>(ty: &'a Type, errors: &mut Errors) -> (&'a Type, bool) {
    match types::last(ty) {
        Some(segment) if segment.ident == "Deferred" => match types::arguments(segment).as_slice() {
            [inner] => (inner, true),
            _ => {
                errors.at(ty, "a deferred reply says its type: write `Deferred<T>`");
                (ty, false)
            }
        },
        _ => (ty, false),
    }
}

fn nested(value: &Type, errors: &mut Errors) {
    if types::is(value, "Deferred") {
        errors.at(value, "`Deferred` goes outside: write `Deferred<Result<T, E>>`");
    }
}

/// Whether it is the `Result` of a module of `std` that has one.
fn foreign(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let module = path.path.segments.iter().rev().nth(1);
    module.is_some_and(|module| ["io", "fmt", "thread"].iter().any(|name| module.ident == name))
}
