//! What stands in for a part that is wrong, so that the error is the only one reported.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Generics, ImplItem, ItemFn, ItemImpl, ReturnType, parse_quote};

use super::site;

/// The bodies of a codec that never runs, for the program does not compile.
pub(crate) fn codec() -> (TokenStream, TokenStream) {
    let body = quote_spanned!(site()=> ::core::unreachable!());
    (body.clone(), body)
}

/// Leaves out the second method of a name that was reported, for the compiler would report it again.
pub(crate) fn without_repeated(item: &mut ItemImpl, repeated: &[Ident]) {
    let mut seen: Vec<Ident> = Vec::new();
    item.items.retain(|member| {
        let ImplItem::Fn(method) = member else { return true };
        let name = &method.sig.ident;
        if !repeated.contains(name) {
            return true;
        }
        let first = !seen.contains(name);
        seen.push(name.clone());
        first
    });
}

/// An entry that is wrong: a `main` that is still there, a test that is only a function.
pub(crate) fn entry_point(name: &str, mut item: ItemFn) -> TokenStream {
    if name == "main" && item.sig.ident == "main" {
        item.sig.asyncness = None;
        item.sig.inputs.clear();
        item.sig.generics = Generics::default();
        item.sig.output = ReturnType::Default;
        *item.block = parse_quote!({});
    }
    quote!(#[allow(dead_code)] #item)
}
