//! `#[command]` on a free function: an open command and the actors that answer it.
//!
//! It knows nothing of impl blocks, but tells who put it in one where to go.

use proc_macro2::TokenStream;
use syn::{FnArg, Item, ItemFn, PatType, Type};

use super::{command, reply, types};
use crate::ast::{CommandOptions, OpenCommand, Target};
use crate::attr;
use crate::errors::Errors;

const FIRST: &str = "an open command's first parameter says who answers: write `cx: &mut Context` for any actor, \
                     or `actor: &mut Counter` for one";

/// Reads an open command; `Err` gives the function back where nothing can be made of it.
pub(crate) fn parse(attribute: TokenStream, item: ItemFn, errors: &mut Errors) -> Result<OpenCommand, Box<ItemFn>> {
    let count = errors.count();
    let options = command::options(attribute, errors);
    let krate = options.krate.clone().unwrap_or_else(super::default_crate);
    let signature = &item.sig;
    if matches!(signature.inputs.first(), Some(FnArg::Receiver(_))) || types::mentions_self(signature) {
        errors.at(&signature.ident, "`#[command]` on a method needs `#[actor]` on the impl block");
        return Err(Box::new(item));
    }
    for marker in item.attrs.iter().filter(|attribute| attr::is_marker(attribute, "hook", &krate)) {
        errors.at(marker, "`#[hook]` goes on a method of an `#[actor] impl`, not on an open command");
    }
    command::plain(signature, "a command", errors);
    let typed = command::typed(signature);
    let target = match typed.first() {
        Some(first) => target(first, errors),
        None => {
            errors.at(&signature.ident, FIRST);
            None
        }
    };
    let rest = typed.get(1..).unwrap_or_default();
    let (context, fix) = match &target {
        Some(Target::One(ty)) => {
            let fix = format!("Context<{}>", crate::names::text(ty));
            (rest.first().is_some_and(|second| command::context(second, &fix, errors)), fix)
        }
        _ => (false, "Context".to_owned()),
    };
    let params = command::params(rest.get(usize::from(context)..).unwrap_or_default(), None, &fix, errors);
    let reply = reply::parse(&signature.output, None, errors);
    let (Some(target), Some(reply), true) = (target, reply, errors.clean_since(count)) else {
        return Err(Box::new(item));
    };
    let options = CommandOptions { krate: None, ..options };
    let command = command::assemble(signature, &item.attrs, options, context, params, reply);
    Ok(OpenCommand { krate, item, command, target })
}

/// What `#[command]` was put on, when it is not a function.
pub(crate) fn misplaced(item: &Item, errors: &mut Errors) {
    let goes = "`#[command]` goes on a function, or on a method of an `#[actor] impl`";
    match item {
        Item::Struct(item) => errors.at(item.struct_token, goes),
        Item::Enum(item) => errors.at(item.enum_token, goes),
        Item::Impl(item) => errors.at(item.impl_token, format!("{goes}; on the impl itself write `#[actor]`")),
        item => errors.at(item, goes),
    }
}

fn target(first: &PatType, errors: &mut Errors) -> Option<Target> {
    match types::reference(&first.ty) {
        Some((true, ty)) if types::is(ty, "Context") => {
            let one = types::last(ty).map(types::arguments).unwrap_or_default();
            if let Some(actor) = one.first().filter(|actor| !types::is(actor, "AnyActor")) {
                let actor = crate::names::text(actor);
                errors.at(
                    &first.ty,
                    format!("write `&mut Context` for any actor, or `actor: &mut {actor}` first for that one"),
                );
                return None;
            }
            Some(Target::Any)
        }
        Some((true, ty @ Type::Path(_))) => {
            let generic = types::last(ty).is_none_or(|segment| !segment.arguments.is_none());
            if generic {
                errors.at(ty, FIRST);
            }
            (!generic).then(|| Target::One(Box::new(ty.clone())))
        }
        None if types::is(&first.ty, "Context") => {
            errors.at(&first.ty, "the context is borrowed mutably: write `&mut Context`");
            None
        }
        Some((false, ty @ Type::Path(_))) if !types::is(ty, "str") => {
            let ty = crate::names::text(ty);
            errors.at(&first.ty, format!("the first parameter is borrowed mutably: write `&mut {ty}`"));
            None
        }
        _ => {
            errors.at(&first.ty, FIRST);
            None
        }
    }
}
