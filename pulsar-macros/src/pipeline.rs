//! The order of the phases for each attribute: parse, check, expand, and the errors of all three at the end.
//!
//! The user's item is emitted in every case, so that an editor and the rest of the program still see it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Item, ItemFn};

use crate::ast::{ActorImpl, Serves};
use crate::errors::Errors;
use crate::{check, expand, parse};

/// `#[actor]`.
pub(crate) fn actor(attribute: TokenStream, tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let emitted = match syn::parse2(tokens.clone()) {
        Ok(Item::Struct(item)) => {
            let actor = parse::actor_struct::parse(attribute, item, &mut errors);
            check::keys::check(&actor.keys, &mut errors);
            let item = &actor.item;
            let generated =
                if item.generics.params.is_empty() { expand::actor_struct::expand(&actor) } else { TokenStream::new() };
            quote!(#item #generated)
        }
        Ok(Item::Impl(item)) => match parse::actor_impl::parse(attribute, item, &mut errors) {
            Ok(actor) => checked(actor, &mut errors),
            Err(item) => quote!(#item),
        },
        Ok(item) => {
            parse::actor_struct::misplaced(&item, &mut errors);
            tokens
        }
        Err(error) => unread(tokens, error, &mut errors),
    };
    with_errors(emitted, errors)
}

fn checked(actor: ActorImpl, errors: &mut Errors) -> TokenStream {
    let mut repeated = Vec::new();
    let commands = check::commands::check(actor.commands, &mut repeated, errors);
    let hooks = check::hooks::check(actor.hooks, &mut repeated, errors);
    let mut item = actor.item;
    expand::fallback::without_repeated(&mut item, &repeated);
    let actor = ActorImpl { item, commands, hooks, ..actor };
    let (item, generated) = (&actor.item, expand::actor_impl::expand(&actor));
    quote!(#item #generated)
}

/// `#[supervisor]`.
pub(crate) fn supervisor(attribute: TokenStream, tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let emitted = match syn::parse2(tokens.clone()) {
        Ok(Item::Struct(item)) => {
            let supervisor = parse::supervisor::parse(attribute, item, &mut errors);
            check::supervisor::check(&supervisor, &mut errors);
            let item = &supervisor.item;
            let generated = if item.generics.params.is_empty() {
                expand::supervisor::expand(&supervisor)
            } else {
                TokenStream::new()
            };
            quote!(#item #generated)
        }
        Ok(item) => {
            parse::supervisor::misplaced(&item, &mut errors);
            tokens
        }
        Err(error) => unread(tokens, error, &mut errors),
    };
    with_errors(emitted, errors)
}

/// `#[child]`, which never stands alone.
pub(crate) fn child(_: TokenStream, tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    errors.at(first(&tokens), "`#[child]` goes on a field of a struct, and needs `#[supervisor]` on the struct");
    with_errors(tokens, errors)
}

/// `#[command]` on a free function.
pub(crate) fn command(attribute: TokenStream, tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let emitted = match function(tokens.clone()) {
        Ok(item) => match parse::open::parse(attribute, item, &mut errors) {
            Ok(open) => {
                check::commands::options(&open.command, &mut errors);
                expand::open::expand(&open)
            }
            Err(item) => quote!(#item),
        },
        Err(Unfit::Item(item)) => {
            parse::open::misplaced(&item, &mut errors);
            tokens
        }
        Err(Unfit::Method) => {
            errors.at(first(&tokens), "`#[command]` on a method needs `#[actor]` on the impl block");
            tokens
        }
        Err(Unfit::Unread(error)) => unread(tokens, error, &mut errors),
    };
    with_errors(emitted, errors)
}

/// `#[hook]`, which never stands alone.
pub(crate) fn hook(_: TokenStream, tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let needs = "`#[hook]` goes on a method and needs `#[actor]` on the impl block";
    match function(tokens.clone()) {
        Ok(item) => errors.at(&item.sig.ident, needs),
        Err(_) => errors.at(first(&tokens), needs),
    }
    with_errors(tokens, errors)
}

/// `#[main]`.
pub(crate) fn main(attribute: TokenStream, tokens: TokenStream) -> TokenStream {
    entry_point(attribute, tokens, "main", parse::entry_point::main, expand::entry_point::main)
}

/// `#[test]`.
pub(crate) fn test(attribute: TokenStream, tokens: TokenStream) -> TokenStream {
    entry_point(attribute, tokens, "test", parse::entry_point::test, expand::entry_point::test)
}

type Parse = fn(TokenStream, ItemFn, &mut Errors) -> Result<crate::ast::EntryPoint, Box<ItemFn>>;
type Expand = fn(&crate::ast::EntryPoint) -> TokenStream;

fn entry_point(attribute: TokenStream, tokens: TokenStream, name: &str, parse: Parse, expand: Expand) -> TokenStream {
    let mut errors = Errors::default();
    let emitted = match function(tokens.clone()) {
        Ok(item) => match parse(attribute, item, &mut errors) {
            Ok(entry) => expand(&entry),
            Err(item) => expand::fallback::entry_point(name, *item),
        },
        Err(Unfit::Unread(error)) => unread(tokens, error, &mut errors),
        Err(_) => {
            errors.at(first(&tokens), format!("`#[pulsar::{name}]` goes on a function"));
            tokens
        }
    };
    with_errors(emitted, errors)
}

/// `#[http]`, `#[socket]` and `#[udp]`.
pub(crate) fn service(serves: Serves, attribute: TokenStream, tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let emitted = match function(tokens.clone()) {
        Ok(item) => match parse::service::parse(serves, attribute, item, &mut errors) {
            Ok(service) => expand::service::expand(&service),
            Err(item) => quote!(#[allow(dead_code)] #item),
        },
        Err(Unfit::Item(item)) => {
            parse::service::misplaced(serves, &item, &mut errors);
            tokens
        }
        Err(Unfit::Method) => {
            let says = format!("`#[pulsar::{}]` goes on a free function: {}", serves.name(), serves.example());
            errors.at(first(&tokens), says);
            tokens
        }
        Err(Unfit::Unread(error)) => unread(tokens, error, &mut errors),
    };
    with_errors(emitted, errors)
}

enum Unfit {
    Item(Box<Item>),
    Method,
    Unread(syn::Error),
}

fn function(tokens: TokenStream) -> Result<ItemFn, Unfit> {
    match syn::parse2(tokens.clone()) {
        Ok(Item::Fn(item)) => Ok(item),
        Ok(Item::Verbatim(_)) => Err(Unfit::Method),
        Ok(item) => Err(Unfit::Item(Box::new(item))),
        Err(error) => match syn::parse2::<ItemFn>(tokens.clone()) {
            Ok(item) => Ok(item),
            Err(_) if syn::parse2::<syn::TraitItemFn>(tokens).is_ok() => Err(Unfit::Method),
            Err(_) => Err(Unfit::Unread(error)),
        },
    }
}

fn first(tokens: &TokenStream) -> TokenStream {
    tokens.clone().into_iter().take(1).collect()
}

fn unread(tokens: TokenStream, error: syn::Error, errors: &mut Errors) -> TokenStream {
    errors.push(error);
    tokens
}

fn with_errors(emitted: TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    quote!(#emitted #errors)
}
