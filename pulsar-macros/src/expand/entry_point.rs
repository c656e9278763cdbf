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
    let body = match entry.item.sig.asyncness {
        Some(_) => quote!(main),
        None => quote!(|| async move { main() }),
    };
    let (setup, run) = match setup(entry) {
        Some(setup) => (Some(setup), quote!(#p::main_with(__setup, #body))),
        None => (None, quote!(#p::main(#body))),
    };
    let run = at_output(entry, run);
    quote_spanned! {site()=>
        #(#attributes)*
        #vis fn main() -> ::std::process::ExitCode {
            #inner
            #setup
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
    let setup = setup(entry);
    let calls = setup.as_ref().map(|_| quote!(.setup(__setup)));
    let path = quote!(::core::concat!(::core::module_path!(), #own));
    let run = at_output(entry, quote!(#p::test(#path, #p::TestOptions::new() #timeout #calls, #name)));
    quote_spanned! {site()=>
        #[::core::prelude::v1::test]
        #(#attributes)*
        #vis fn #name() {
            #inner
            #setup
            #run
        }
    }
}

/// The user's function by the name `__setup`, where one is given; an error underlines its path.
fn setup(entry: &EntryPoint) -> Option<TokenStream> {
    let path = entry.setup.as_ref()?;
    let function = respanned(quote!(fn()), path.span());
    Some(quote!(let __setup: #function = #path;))
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
