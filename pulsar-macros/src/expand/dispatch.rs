//! From a message to the user's method and from what it returns to the reply.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;

use super::{codec, respanned, site, site_at};
use crate::ast::{ActorImpl, Command, Failure};

/// `fn dispatch_now` of the commands that await nothing, and `async fn dispatch` of those that do. Where there are none of one sort,
/// that is the trait's own.
pub(crate) fn expand(actor: &ActorImpl, p: &TokenStream) -> TokenStream {
    let (later, now): (Vec<_>, Vec<_>) = actor.commands.iter().partition(|command| command.asynchronous);
    let arms = |commands: &[&Command], done: Option<TokenStream>| {
        let arms = commands.iter().map(|command| arm(actor, command, done.as_ref(), p));
        quote!(#(#arms)*)
    };
    let dispatch_now = (!now.is_empty()).then(|| {
        let arms = arms(&now, Some(quote_spanned!(site()=> ; ::core::option::Option::None)));
        let rest = (!later.is_empty())
            .then(|| quote_spanned!(site()=> message => ::core::option::Option::Some((message, reply)),));
        quote_spanned! {site()=>
            fn dispatch_now(
                &mut self,
                cx: &mut #p::Context<Self>,
                message: __Message,
                reply: #p::Reply,
            ) -> ::core::option::Option<(__Message, #p::Reply)> {
                match message { #arms #rest }
            }
        }
    });
    let dispatch = (!later.is_empty()).then(|| {
        let arms = arms(&later, None);
        let rest = (!now.is_empty()).then(|| quote_spanned!(site()=> _ => {}));
        quote_spanned! {site()=>
            async fn dispatch(&mut self, cx: &mut #p::Context<Self>, message: __Message, reply: #p::Reply) {
                match message { #arms #rest }
            }
        }
    });
    quote!(#dispatch_now #dispatch)
}

/// One command: its parameters out of the message, its method, and what that returns to the reply. `done` comes after.
fn arm(actor: &ActorImpl, command: &Command, done: Option<&TokenStream>, p: &TokenStream) -> TokenStream {
    let path = &actor.actor;
    let (cfgs, variant, name) = (&command.cfgs, &command.variant, &command.name);
    let names: Vec<_> = command.params.iter().map(|param| &param.name).collect();
    let context = command.context.then(|| quote_spanned!(site()=> cx,));
    let call = quote_spanned!(site()=> <#path>::#name(self, #context #(#names),*));
    let context = quote_spanned!(site()=> cx);
    let wire = codec::wire(codec::replies(command), p);
    let answer = answer(command, &call, p, |out| hand(command, &out, &context, p));
    quote_spanned!(site()=> #(#cfgs)* __Message::#variant { #(#names),* } => { #wire #answer #done })
}

/// Calls the user's function and hands what it returns over, by what `hand` makes of the name of that.
pub(crate) fn answer(
    command: &Command,
    call: &TokenStream,
    p: &TokenStream,
    hand: impl Fn(TokenStream) -> TokenStream,
) -> TokenStream {
    let hand = match &command.reply.failure {
        Failure::Text(whole) => hand(as_text(whole, p)),
        _ => hand(quote_spanned!(site()=> out)),
    };
    if command.options.cancel.is_some() {
        return quote_spanned! {site()=>
            let caller = reply.caller();
            match caller.until_gone(#call).await {
                ::core::option::Option::Some(out) => #hand,
                ::core::option::Option::None => reply.cancelled(),
            }
        };
    }
    let awaiting = command.asynchronous.then(|| quote_spanned!(site()=> .await));
    quote_spanned! {site()=>
        let out = #call #awaiting;
        #hand
    }
}

/// Hands `out` over as the kind of reply that it is.
pub(crate) fn hand(command: &Command, out: &TokenStream, context: &TokenStream, p: &TokenStream) -> TokenStream {
    let value = &command.reply.value;
    match (&command.reply.failure, command.reply.deferred) {
        (Failure::Never, false) => quote_spanned!(site()=> reply.value::<#value>(#out)),
        (Failure::Never, true) => quote_spanned!(site()=> reply.deferred(#context, #out)),
        (Failure::Typed(error), false) => quote_spanned!(site()=> reply.result::<#value, #error>(#out)),
        (Failure::Text(_), false) => quote_spanned!(site()=> reply.result::<#value, #p::ErrorText>(#out)),
        (_, true) => quote_spanned!(site()=> reply.deferred_result(#context, #out)),
    }
}

/// `out` with the error as text, which is what travels of it; `whole` is the user's `Result<T>`.
fn as_text(whole: &Type, p: &TokenStream) -> TokenStream {
    let error = Ident::new("error", site_at(whole));
    let into = quote!(<#p::ErrorText as ::core::convert::From<_>>::from(#error));
    let into = respanned(into, site_at(whole));
    quote_spanned! {site()=>
        match out {
            ::core::result::Result::Ok(out) => ::core::result::Result::Ok(out),
            ::core::result::Result::Err(#error) => ::core::result::Result::Err(#into),
        }
    }
}
