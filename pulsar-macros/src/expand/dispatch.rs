//! From a message to the user's method and from what it returns to the reply.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{codec, site, site_at};
use crate::ast::{ActorImpl, Command, Failure};

/// `async fn dispatch`.
pub(crate) fn expand(actor: &ActorImpl, p: &TokenStream) -> TokenStream {
    let path = &actor.actor;
    let arms = actor.commands.iter().map(|command| {
        let (cfgs, variant, name) = (&command.cfgs, &command.variant, &command.name);
        let names: Vec<_> = command.params.iter().map(|param| &param.name).collect();
        let context = command.context.then(|| quote_spanned!(site()=> cx,));
        let call = quote_spanned!(site()=> <#path>::#name(self, #context #(#names),*));
        let context = quote_spanned!(site()=> cx);
        let answer = answer(command, &call, &context, p);
        quote_spanned!(site()=> #(#cfgs)* __Message::#variant { #(#names),* } => { #answer })
    });
    quote_spanned! {site()=>
        async fn dispatch(&mut self, cx: &mut #p::Context<Self>, message: __Message, reply: #p::Reply) {
            match message { #(#arms)* }
        }
    }
}

/// Calls the method and hands what it returns to `reply`.
pub(crate) fn answer(command: &Command, call: &TokenStream, context: &TokenStream, p: &TokenStream) -> TokenStream {
    let wire = codec::wire(codec::replies(command), p);
    let awaiting = command.asynchronous.then(|| quote_spanned!(site()=> .await));
    if command.options.cancel.is_some() {
        let hand = hand(command, context, p);
        return quote_spanned! {site()=>
            #wire
            let caller = reply.caller();
            match caller.until_gone(#call).await {
                ::core::option::Option::Some(out) => #hand,
                ::core::option::Option::None => reply.cancelled(),
            }
        };
    }
    let hand = hand(command, context, p);
    quote_spanned! {site()=>
        #wire
        let out = #call #awaiting;
        #hand
    }
}

fn hand(command: &Command, context: &TokenStream, p: &TokenStream) -> TokenStream {
    let value = &command.reply.value;
    match (&command.reply.failure, command.reply.deferred) {
        (Failure::Never, false) => quote_spanned!(site()=> reply.value::<#value>(out)),
        (Failure::Never, true) => quote_spanned!(site()=> reply.deferred(#context, out)),
        (Failure::Typed(error), false) => quote_spanned!(site()=> reply.result::<#value, #error>(out)),
        (Failure::Typed(_) | Failure::Text(_), true) => quote_spanned!(site()=> reply.deferred_result(#context, out)),
        (Failure::Text(whole), false) => {
            let from = quote_spanned!(site_at(whole)=> <#p::ErrorText as ::core::convert::From<_>>::from);
            quote_spanned!(site()=> reply.result::<#value, #p::ErrorText>(out.map_err(#from)))
        }
    }
}
