//! `#[actor] impl`: the block itself, and which of its methods are commands and hooks.
//!
//! The methods' own signatures are read in `command` and `hook`.

use proc_macro2::TokenStream;
use syn::{Attribute, ImplItem, ItemImpl, Path, Type, TypePath};

use super::{command, hook, keys, types};
use crate::ast::{ActorImpl, Command, Hook};
use crate::attr;
use crate::errors::Errors;

/// Reads the impl of an actor; `Err` gives the block back where nothing can be made of it.
pub(crate) fn parse(
    attribute: TokenStream,
    mut item: ItemImpl,
    errors: &mut Errors,
) -> Result<ActorImpl, Box<ItemImpl>> {
    let krate = keys::of_impl(attribute, errors);
    let actor = block(&item, errors);
    let mut commands = Vec::new();
    let mut hooks = Vec::new();
    let path = actor.clone().unwrap_or_else(|| syn::parse_quote!(Self));
    for member in &mut item.items {
        let Some(attributes) = attributes(member) else { continue };
        let command = attr::take_markers(attributes, "command", &krate);
        let hook = attr::take_markers(attributes, "hook", &krate);
        for misplaced in attr::take_markers(attributes, "state", &krate) {
            errors.at(misplaced, "`#[state]` goes on a field of the `#[actor] struct`");
        }
        self::member(member, &command, &hook, &path, (&mut commands, &mut hooks), errors);
    }
    let cfgs = attr::cfgs(&item.attrs);
    match actor {
        Some(actor) => Ok(ActorImpl { krate, item, actor, commands, hooks, cfgs }),
        None => Err(Box::new(item)),
    }
}

fn member(
    member: &ImplItem,
    command: &[Attribute],
    hook: &[Attribute],
    actor: &Path,
    (commands, hooks): (&mut Vec<Command>, &mut Vec<Hook>),
    errors: &mut Errors,
) {
    match (member, command.first(), hook.first()) {
        (_, None, None) => {}
        (ImplItem::Fn(_), Some(_), Some(marker)) => {
            errors.at(marker, "a method is a hook or a command: keep one of `#[hook]` and `#[command]`");
        }
        (ImplItem::Fn(method), Some(_), None) => commands.extend(command::method(command, method, actor, errors)),
        (ImplItem::Fn(method), None, Some(_)) => hooks.extend(hook::parse(hook, method, errors)),
        (_, Some(marker), _) => errors.at(marker, "`#[command]` goes on a method"),
        (_, _, Some(marker)) => errors.at(marker, "`#[hook]` goes on a method"),
    }
}

fn attributes(member: &mut ImplItem) -> Option<&mut Vec<Attribute>> {
    match member {
        ImplItem::Fn(item) => Some(&mut item.attrs),
        ImplItem::Const(item) => Some(&mut item.attrs),
        ImplItem::Type(item) => Some(&mut item.attrs),
        ImplItem::Macro(item) => Some(&mut item.attrs),
        _ => None,
    }
}

fn block(item: &ItemImpl, errors: &mut Errors) -> Option<Path> {
    let count = errors.count();
    if let Some((path, _)) = &item.trait_ {
        errors
            .at(path, "`#[actor]` goes on the actor's own impl: remove it here, and write `#[actor] impl Type { .. }`");
    }
    if let Some(token) = item.unsafety {
        errors.at(token, "an actor's impl is not `unsafe`: remove it");
    }
    if !item.generics.params.is_empty() {
        errors.at(&item.generics, "an actor is one type, without generics: name the types, or make one actor for each");
    }
    let path = match &*item.self_ty {
        Type::Path(TypePath { qself: None, path, .. }) => Some(path),
        _ => None,
    };
    match path {
        None => errors.at(&item.self_ty, "`#[actor]` goes on the impl of a struct: write `impl Type { .. }`"),
        Some(path) if path.segments.iter().any(|segment| !segment.arguments.is_none()) => {
            if item.generics.params.is_empty() && types::last(&item.self_ty).is_some() {
                errors.at(path, "an actor is one type, without generics or lifetimes: name the struct alone");
            }
        }
        Some(_) => {}
    }
    path.filter(|_| errors.clean_since(count)).cloned()
}
