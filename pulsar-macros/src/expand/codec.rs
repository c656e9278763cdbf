//! What is asked of the types that travel, each asked on the user's own type.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;

use super::{site, site_at};
use crate::ast::{Command, Failure};

/// `assert_wire` for each type, where a body uses it: one message for each, in the same place.
pub(crate) fn wire<'a>(types: impl IntoIterator<Item = &'a Type>, p: &TokenStream) -> TokenStream {
    types
        .into_iter()
        .map(|ty| {
            let call = quote_spanned!(site_at(ty)=> assert_wire);
            quote!(#p::#call::<#ty>();)
        })
        .collect()
}

/// The types of a command that travel.
pub(crate) fn types(command: &Command) -> impl Iterator<Item = &Type> {
    command.params.iter().map(|param| &param.ty).chain(replies(command))
}

/// The types a command answers with.
pub(crate) fn replies(command: &Command) -> impl Iterator<Item = &Type> {
    let error = match &command.reply.failure {
        Failure::Typed(error) => Some(&**error),
        Failure::Never | Failure::Text(_) => None,
    };
    let value = Some(&command.reply.value).filter(|ty| !is_unit(ty));
    value.into_iter().chain(error)
}

/// A constant that holds the assertions alone.
pub(crate) fn constant(assertions: &TokenStream) -> TokenStream {
    if assertions.is_empty() {
        return TokenStream::new();
    }
    quote_spanned! {site()=>
        const _: fn() = || { #assertions };
    }
}

fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}
