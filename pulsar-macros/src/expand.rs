//! From the model of each item to what is emitted, one file a region.
//!
//! Everything goes through the runtime's `__private`, in absolute paths, and what is invented here bears the macro's
//! own hygiene, so that no name of the user's can be mistaken for it. No error is found here.

pub(crate) mod actor_impl;
pub(crate) mod actor_struct;
pub(crate) mod codec;
pub(crate) mod descriptor;
pub(crate) mod dispatch;
pub(crate) mod entry_point;
pub(crate) mod fallback;
pub(crate) mod hooks;
pub(crate) mod message;
pub(crate) mod methods;
pub(crate) mod open;
pub(crate) mod options;
pub(crate) mod params;
pub(crate) mod supervisor;

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::Path;
use syn::spanned::Spanned;

/// The door of the runtime.
pub(crate) fn door(krate: &Path) -> TokenStream {
    quote!(#krate::__private)
}

/// The span of what is invented here.
pub(crate) fn site() -> Span {
    Span::mixed_site()
}

/// The same, but errors point at the user's `tokens`.
pub(crate) fn site_at(tokens: &impl ToTokens) -> Span {
    tokens.span().resolved_at(Span::mixed_site())
}

/// All of `tokens` at one place, for an error in them to underline that.
pub(crate) fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = token {
                token = Group::new(group.delimiter(), respanned(group.stream(), span)).into();
            }
            token.set_span(span);
            token
        })
        .collect()
}
