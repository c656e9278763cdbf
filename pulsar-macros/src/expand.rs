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
pub(crate) mod json;
pub(crate) mod message;
pub(crate) mod methods;
pub(crate) mod open;
pub(crate) mod options;
pub(crate) mod params;
pub(crate) mod service;
pub(crate) mod supervisor;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Path};

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

/// An item that there can be one of for each type: where `#[actor]` is on a second impl block, or on that of a supervisor, the first
/// thing that the compiler says is this name. No attribute sees what another one is on.
pub(crate) fn only_one(cfgs: &[Attribute], name: &str, at: &impl ToTokens) -> TokenStream {
    let says = format!("{name}_takes_actor_on_one_impl_block_and_on_none_if_it_is_a_supervisor");
    let says = Ident::new(&says, site_at(at));
    quote_spanned! {site_at(at)=>
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(dead_code, non_camel_case_types)]
        enum #says {}
    }
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
