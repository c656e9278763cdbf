//! `#[main]` and `#[test]`: the user's function within one that starts the runtime.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Visibility;

use super::{door, options, site};
use crate::ast::EntryPoint;
use crate::names;

/// The program's `main`.
pub(crate) fn main(entry: &EntryPoint) -> TokenStream {
    let p = door(&entry.krate);
    let (attributes, vis) = (&entry.item.attrs, &entry.item.vis);
    let inner = inner(entry);
    let run = if entry.item.sig.asyncness.is_some() {
        quote_spanned!(site()=> #p::main(main))
    } else {
        quote_spanned!(site()=> #p::main(|| async move { main() }))
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
    quote_spanned! {site()=>
        #[::core::prelude::v1::test]
        #(#attributes)*
        #vis fn #name() {
            #inner
            #p::test(::core::concat!(::core::module_path!(), #own), #p::TestOptions::new() #timeout, #name)
        }
    }
}

fn inner(entry: &EntryPoint) -> TokenStream {
    let mut item = entry.item.clone();
    item.attrs.clear();
    item.vis = Visibility::Inherited;
    quote!(#item)
}
