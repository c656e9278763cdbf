//! The message enum, a variant a command, and its codec.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{codec, site};
use crate::ast::{ActorImpl, Command};

/// The enum and its `impl Message`.
pub(crate) fn expand(actor: &ActorImpl, p: &TokenStream) -> TokenStream {
    let variants = actor.commands.iter().map(|command| {
        let (cfgs, variant) = (&command.cfgs, &command.variant);
        let fields = command.params.iter().map(|param| {
            let (name, ty) = (&param.name, &param.ty);
            quote!(#name: #ty)
        });
        quote_spanned!(site()=> #(#cfgs)* #variant { #(#fields),* })
    });
    let tags = arms(actor, |command| {
        let text = &command.text;
        quote_spanned!(site()=> const { #p::tag(#text) })
    });
    let names = arms(actor, |command| {
        let text = &command.text;
        quote!(#text)
    });
    let encode = encode(actor, p);
    let decode = decode(actor, p);
    quote_spanned! {site()=>
        #[doc(hidden)]
        pub enum __Message {
            #(#variants),*
        }
        #[automatically_derived]
        impl #p::Message for __Message {
            fn tag(&self) -> #p::Tag {
                match *self { #tags }
            }
            fn name(&self) -> &'static str {
                match *self { #names }
            }
            #encode
            #decode
        }
    }
}

fn arms(actor: &ActorImpl, value: impl Fn(&Command) -> TokenStream) -> TokenStream {
    actor
        .commands
        .iter()
        .map(|command| {
            let (cfgs, variant, value) = (&command.cfgs, &command.variant, value(command));
            quote_spanned!(site()=> #(#cfgs)* __Message::#variant { .. } => #value,)
        })
        .collect()
}

fn encode(actor: &ActorImpl, p: &TokenStream) -> TokenStream {
    let arms = actor.commands.iter().map(|command| {
        let (cfgs, variant) = (&command.cfgs, &command.variant);
        let names: Vec<_> = command.params.iter().map(|param| &param.name).collect();
        let types: Vec<_> = command.params.iter().map(|param| &param.ty).collect();
        let wire = codec::wire(types.iter().copied(), p);
        quote_spanned! {site()=>
            #(#cfgs)*
            __Message::#variant { #(ref #names),* } => { #wire #(out.put::<#types>(#names)?;)* }
        }
    });
    quote_spanned! {site()=>
        fn encode(&self, out: &mut #p::Encoder<'_>) -> ::core::result::Result<(), #p::EncodeError> {
            match *self { #(#arms)* }
            ::core::result::Result::Ok(())
        }
    }
}

fn decode(actor: &ActorImpl, p: &TokenStream) -> TokenStream {
    let arms = actor.commands.iter().map(|command| {
        let (cfgs, variant, text) = (&command.cfgs, &command.variant, &command.text);
        let names: Vec<_> = command.params.iter().map(|param| &param.name).collect();
        let types: Vec<_> = command.params.iter().map(|param| &param.ty).collect();
        let wire = codec::wire(types.iter().copied(), p);
        quote_spanned! {site()=>
            #(#cfgs)*
            tag if tag == const { #p::tag(#text) } => {
                #wire
                ::core::result::Result::Ok(__Message::#variant { #(#names: input.take::<#types>()?),* })
            }
        }
    });
    quote_spanned! {site()=>
        fn decode(tag: #p::Tag, input: &mut #p::Decoder<'_>) -> ::core::result::Result<Self, #p::DecodeError> {
            match tag {
                #(#arms)*
                tag => ::core::result::Result::Err(#p::DecodeError::unknown_command(tag)),
            }
        }
    }
}
