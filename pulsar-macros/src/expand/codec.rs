//! What is asked of the types that travel, each asked on the user's own type.
//!
//! A body that uses such a type asks first: the compiler then reports the one requirement at the one place, however
//! many bodies there are, and not every call in them.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Type;

use super::site_at;
use crate::ast::{Command, Failure};

/// `assert_wire` for each type.
pub(crate) fn wire<'a>(types: impl IntoIterator<Item = &'a Type>, p: &TokenStream) -> TokenStream {
    types.into_iter().map(|ty| assert("assert_wire", ty, p)).collect()
}

/// One assertion of the runtime's, asked on `ty`.
pub(crate) fn assert(assertion: &str, ty: &Type, p: &TokenStream) -> TokenStream {
    let assertion = format_ident!("{assertion}", span = site_at(ty));
    quote!(#p::#assertion::<#ty>();)
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

fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}
