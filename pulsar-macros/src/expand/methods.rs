//! The proxy's methods, one a command, with its documentation.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Path;

use super::{codec, params, site};
use crate::ast::{ActorImpl, Command, Failure};
use crate::attr;
use crate::names;

/// `impl CounterProxy`.
pub(crate) fn expand(actor: &ActorImpl, p: &TokenStream) -> TokenStream {
    let proxy = proxy(actor);
    let methods = actor.commands.iter().map(|command| method(actor, command, p));
    quote_spanned! {site()=>
        impl #proxy { #(#methods)* }
    }
}

/// The path of the proxy's type, which stands beside the actor's.
pub(crate) fn proxy(actor: &ActorImpl) -> Path {
    let mut proxy = actor.actor.clone();
    if let Some(last) = proxy.segments.last_mut() {
        last.ident = names::proxy(&last.ident);
    }
    proxy
}

fn method(actor: &ActorImpl, command: &Command, p: &TokenStream) -> TokenStream {
    let (path, name, carried) = (&actor.actor, &command.name, &command.carried);
    let docs = attr::docs_or(carried, &format!("Asks for `{}`.", command.text));
    let declared = command.params.iter().map(|param| params::declared(&param.name, &param.ty));
    let value = &command.reply.value;
    let error = match &command.reply.failure {
        Failure::Never => None,
        Failure::Typed(error) => Some(quote!(, #error)),
        Failure::Text(_) => Some(quote!(, #p::ErrorText)),
    };
    let body = if command.options.idempotent { again(command, p) } else { once(command, p) };
    quote_spanned! {site()=>
        #(#carried)*
        #docs
        #[allow(dead_code, clippy::too_many_arguments)]
        pub fn #name(&self, #(#declared),*) -> #p::Request<'_, #path, #value #error> {
            #body
        }
    }
}

fn once(command: &Command, p: &TokenStream) -> TokenStream {
    let variant = &command.variant;
    let fields = command.params.iter().map(|param| params::field(&param.name, &param.ty));
    quote_spanned!(site()=> #p::Request::new(self, __Message::#variant { #(#fields),* }))
}

/// The request and how to make it again, should the actor die under it.
fn again(command: &Command, p: &TokenStream) -> TokenStream {
    let variant = &command.variant;
    let into = command.params.iter().filter(|param| params::converts(&param.ty)).map(|param| {
        let (name, ty) = (&param.name, &param.ty);
        quote_spanned!(site()=> let #name: #ty = ::core::convert::Into::into(#name);)
    });
    let cloneable = command.params.iter().map(|param| codec::assert("assert_clone", &param.ty, p));
    let names: Vec<_> = command.params.iter().map(|param| &param.name).collect();
    let types: Vec<_> = command.params.iter().map(|param| &param.ty).collect();
    let message = quote_spanned! {site()=>
        __Message::#variant { #(#names: <#types as ::core::clone::Clone>::clone(&#names)),* }
    };
    quote_spanned! {site()=>
        #(#cloneable)*
        #(#into)*
        #p::Request::new(self, #message).again(move || #message)
    }
}
