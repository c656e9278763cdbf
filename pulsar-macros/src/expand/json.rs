//! What the JSON bridge is told of commands: names and types, handed to a macro of the runtime's that makes something of them
//! only where its feature `json` is on. Must not know what it makes.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{codec, site};
use crate::ast::{ActorImpl, Command, Failure};

/// Of the commands of an actor.
pub(crate) fn actor(actor: &ActorImpl, p: &TokenStream) -> TokenStream {
    let path = &actor.actor;
    let commands = actor.commands.iter().map(|command| {
        let (cfgs, variant, params) = (&command.cfgs, &command.variant, params(command, p));
        let (value, error) = (&command.reply.value, error(command, p));
        let wire = codec::wire(codec::replies(command), p);
        quote_spanned!(site()=> { #(#cfgs)* #variant #params { #wire } #value, #error })
    });
    quote_spanned!(site()=> #p::json_actor!(#path, __Message, #(#commands)*);)
}

/// Of an open command.
pub(crate) fn open(command: &Command, p: &TokenStream) -> TokenStream {
    let (name, params) = (&command.name, params(command, p));
    let (value, error) = (&command.reply.value, error(command, p));
    let wire = codec::wire(codec::replies(command), p);
    quote_spanned!(site()=> #p::json_open!(#name #params { #wire } #value, #error);)
}

/// What is asked of their types, and `n: u64,` for each; their names are in the descriptor.
fn params(command: &Command, p: &TokenStream) -> TokenStream {
    let wire = codec::wire(command.params.iter().map(|param| &param.ty), p);
    let params = command.params.iter().map(|param| {
        let (name, ty) = (&param.name, &param.ty);
        quote!(#name: #ty,)
    });
    quote!({ #wire } { #(#params)* })
}

fn error(command: &Command, p: &TokenStream) -> TokenStream {
    match &command.reply.failure {
        Failure::Never => quote_spanned!(site()=> #p::Never),
        Failure::Typed(error) => quote!(#error),
        Failure::Text(_) => quote_spanned!(site()=> #p::ErrorText),
    }
}
