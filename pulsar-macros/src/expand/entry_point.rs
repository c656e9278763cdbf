//! `#[main]` and `#[test]`: the user's function within one that starts the runtime.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ReturnType, Visibility};

use super::{door, options, respanned, site};
use crate::ast::EntryPoint;
use crate::names;

/// The program's `main`.
pub(crate) fn main(entry: &EntryPoint) -> TokenStream {
    let p = door(&entry.krate);
    let (attributes, vis) = (&entry.item.attrs, &entry.item.vis);
    let inner = inner(entry);
    let run = if entry.item.sig.asyncness.is_some() {
        at_output(entry, quote!(#p::main(main)))
    } else {
        at_output(entry, quote!(#p::main(|| async move { main() })))
    };
    quote_spanned! {site()=>
        #(#attributes)*
        #vis fn main() -> ::std::process::ExitCode {
            #inner
            #run
        }
    }
}

/// A test.
pub(crate) fn test(entry: &EntryPoint) -> TokenStream {
    let p = door(&entry.krate);
    let (attributes, vis, name) = (&entry.item.attrs, &entry.item.vis, &entry.item.sig.ident);
    let inner = inner(entry);
    let own = format!("::{}", names::text(name));
    let timeout = entry.timeout.map(|time| {
        let time = options::duration(time);
        quote!(.timeout(#time))
    });
    let path = quote!(::core::concat!(::core::module_path!(), #own));
    let run = at_output(entry, quote!(#p::test(#path, #p::TestOptions::new() #timeout, #name)));
    quote_spanned! {site()=>
        #[::core::prelude::v1::test]
        #(#attributes)*
        #vis fn #name() {
            #inner
            #run
        }
    }
}

/// `tokens` where the user says what the function returns, for errors to point there.
fn at_output(entry: &EntryPoint, tokens: TokenStream) -> TokenStream {
    match &entry.item.sig.output {
        ReturnType::Type(_, ty) => respanned(tokens, ty.span()),
        ReturnType::Default => tokens,
    }
}

fn inner(entry: &EntryPoint) -> TokenStream {
    let mut item = entry.item.clone();
    item.attrs.clear();
    item.vis = Visibility::Inherited;
    quote!(#item)
}
