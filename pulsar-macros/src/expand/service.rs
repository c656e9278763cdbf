//! A service: the constructor of its application, and the registration by which a worker finds the function.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Visibility;
use syn::spanned::Spanned;

use super::{codec, door, params, respanned, site};
use crate::ast::{Serves, Service};
use crate::attr;
use crate::names;

/// Everything; the user's function is within.
pub(crate) fn expand(service: &Service) -> TokenStream {
    let p = door(&service.krate);
    let item = &service.item;
    let (name, vis) = (&item.sig.ident, &item.vis);
    let text = names::text(name);
    let (carried, docs) = (attr::carried(&item.attrs), attr::docs(&item.attrs));
    let own = format!("::{text}");
    let path = quote_spanned!(site()=> ::core::concat!(::core::module_path!(), #own));
    let serves = format_ident!("{}", service.serves.variant());
    let declared = service.params.iter().map(|param| params::declared(&param.name, &param.ty));
    let puts = service.params.iter().map(|param| {
        let (name, ty) = (&param.name, &param.ty);
        let value = params::field(name, ty);
        // Shorthand of a field is a value as well.
        let value = if params::converts(ty) {
            quote_spanned!(site()=> ::core::convert::Into::<#ty>::into(#name))
        } else {
            value
        };
        quote_spanned!(site()=> out.put::<#ty>(&#value)?;)
    });
    let types: Vec<_> = service.params.iter().map(|param| &param.ty).collect();
    let wire = codec::wire(types.iter().copied(), &p);
    let made = made(service, &p);
    quote_spanned! {site()=>
        #(#carried)*
        #[allow(clippy::too_many_arguments)]
        #vis fn #name(#(#declared),*) -> #p::App {
            #made
            #wire
            #[allow(unused_variables)]
            let arguments = #p::encode_arguments(|out| {
                #(#puts)*
                ::core::result::Result::Ok(())
            });
            #p::App::of(#p::Speaks::#serves, #text, #path, #docs, arguments)
        }
    }
}

/// The user's function, how a worker calls it, and where it is found.
fn made(service: &Service, p: &TokenStream) -> TokenStream {
    let mut function = service.item.clone();
    function.vis = Visibility::Inherited;
    function.attrs.retain(|attribute| {
        !attribute.path().is_ident("doc")
            && !attribute.path().is_ident("cfg")
            && !attribute.path().is_ident("deprecated")
    });
    let name = &function.sig.ident;
    let own = format!("::{}", names::text(name));
    let names: Vec<_> = service.params.iter().map(|param| &param.name).collect();
    let types: Vec<_> = service.params.iter().map(|param| &param.ty).collect();
    let hooks = match &service.hooks {
        Some(path) => quote!(#path()),
        None => quote_spanned!(site()=> #p::Hooks::new()),
    };
    let awaited = function.sig.asyncness.map(|_| quote!(.await));
    let make = format_ident!("make_{}", service.serves.name());
    let served = match service.serves {
        Serves::Http => quote_spanned!(site()=> #name(#(#names),*) #awaited),
        Serves::Socket | Serves::Udp => quote_spanned! {site()=>
            move |served| #name(served, #(::core::clone::Clone::clone(&#names)),*)
        },
    };
    let make = quote_spanned!(site()=> #p::#make(served, settings, hooks).await);
    // What is returned is what is wrong where it cannot be served.
    let make = match &service.item.sig.output {
        syn::ReturnType::Type(_, ty) => respanned(make, ty.span().resolved_at(site())),
        syn::ReturnType::Default => make,
    };
    let wire = codec::wire(types.iter().copied(), p);
    // In a block of its own: a name of the user's own may be that of this function.
    quote_spanned! {site()=>
        const _: () = {
        #function
        #[allow(unused_variables, clippy::let_unit_value)]
        fn make(arguments: &[u8], settings: #p::Settings) -> #p::Making {
            #wire
            let arguments = #p::decode_arguments(arguments, |input| {
                ::core::result::Result::Ok((#(input.take::<#types>()?,)*))
            });
            ::std::boxed::Box::pin(async move {
                let (#(#names,)*) = arguments?;
                let hooks = #hooks;
                let served = #served;
                #make
            })
        }
        #p::inventory::submit! { #p::ServiceEntry::new(::core::concat!(::core::module_path!(), #own), make) }
        };
    }
}
