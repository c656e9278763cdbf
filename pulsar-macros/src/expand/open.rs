//! An open command: the request's type, the constructor that bears the function's name, and how it runs.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Visibility;

use super::{codec, descriptor, dispatch, door, json, params, site};
use crate::ast::{Failure, OpenCommand, Target};
use crate::attr;

/// Everything; the user's function is within.
pub(crate) fn expand(open: &OpenCommand) -> TokenStream {
    let p = door(&open.krate);
    let command = &open.command;
    let (name, cfgs) = (&command.name, &command.cfgs);
    let request = request(open);
    let constructor = constructor(open);
    let run = implementation(open, &p);
    let json = json::open(command, &p);
    let answered = match &open.target {
        Target::Any => quote_spanned!(site()=> #p::any_actor!(#name);),
        Target::One(actor) => quote_spanned!(site()=> #p::one_actor!(#name, #actor);),
    };
    quote_spanned! {site()=>
        #request
        #constructor
        #(#cfgs)*
        #[allow(non_local_definitions)]
        const _: () = {
            #run
            #answered
            #p::inventory::submit! { #p::OpenEntry::of::<#name>() }
            #json
        };
    }
}

fn request(open: &OpenCommand) -> TokenStream {
    let command = &open.command;
    let (name, vis, cfgs, text) = (&command.name, &open.item.vis, &command.cfgs, &command.text);
    let docs = format!("The request of [`{text}()`], made by that function.");
    let fields = command.params.iter().map(|param| {
        let (name, ty) = (&param.name, &param.ty);
        quote!(#name: #ty)
    });
    quote_spanned! {site()=>
        #(#cfgs)*
        #[doc = #docs]
        #[allow(non_camel_case_types)]
        #vis struct #name { #(#fields),* }
        #(#cfgs)*
        #[automatically_derived]
        impl ::core::fmt::Debug for #name {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                formatter.write_str(#text)
            }
        }
    }
}

fn constructor(open: &OpenCommand) -> TokenStream {
    let command = &open.command;
    let (name, vis, carried) = (&command.name, &open.item.vis, &command.carried);
    let docs = attr::docs_or(carried, &format!("The request `{}`, to be sent to an actor.", command.text));
    let declared = command.params.iter().map(|param| params::declared(&param.name, &param.ty));
    let fields = command.params.iter().map(|param| params::field(&param.name, &param.ty));
    quote_spanned! {site()=>
        #(#carried)*
        #docs
        #[allow(dead_code, clippy::too_many_arguments)]
        #vis fn #name(#(#declared),*) -> #name {
            #name { #(#fields),* }
        }
    }
}

fn implementation(open: &OpenCommand, p: &TokenStream) -> TokenStream {
    let command = &open.command;
    let name = &command.name;
    let own = format!("::{}", command.text);
    let full = quote_spanned!(site()=> ::core::concat!(::core::module_path!(), #own));
    let descriptor = descriptor::descriptor(command, &quote_spanned!(site()=> #p::tag(#full)), p);
    let target = match &open.target {
        Target::Any => quote_spanned!(site()=> #p::AnyActor),
        Target::One(actor) => quote!(#actor),
    };
    let value = &command.reply.value;
    let error = match &command.reply.failure {
        Failure::Never => quote_spanned!(site()=> #p::Never),
        Failure::Typed(error) => quote!(#error),
        Failure::Text(_) => quote_spanned!(site()=> #p::ErrorText),
    };
    let names: Vec<_> = command.params.iter().map(|param| &param.name).collect();
    let types: Vec<_> = command.params.iter().map(|param| &param.ty).collect();
    let wire = codec::wire(types.iter().copied(), p);
    let run = run(open, p);
    quote_spanned! {site()=>
        #[automatically_derived]
        impl #p::OpenCommand for #name {
            const NAME: &'static str = #full;
            const DESCRIPTOR: #p::Descriptor = #descriptor;
            type Target = #target;
            type Reply = #value;
            type Error = #error;
            #[allow(unused_variables)]
            fn encode(&self, out: &mut #p::Encoder<'_>) -> ::core::result::Result<(), #p::EncodeError> {
                #wire
                #(out.put::<#types>(&self.#names)?;)*
                ::core::result::Result::Ok(())
            }
            #[allow(unused_variables)]
            fn decode(input: &mut #p::Decoder<'_>) -> ::core::result::Result<Self, #p::DecodeError> {
                #wire
                ::core::result::Result::Ok(Self { #(#names: input.take::<#types>()?),* })
            }
            #run
        }
    }
}

fn run(open: &OpenCommand, p: &TokenStream) -> TokenStream {
    let command = &open.command;
    let name = &command.name;
    let mut function = open.item.clone();
    function.vis = Visibility::Inherited;
    function.attrs.retain(|attribute| !attribute.path().is_ident("deprecated") && !attribute.path().is_ident("cfg"));
    let names = command.params.iter().map(|param| &param.name);
    let arguments = quote_spanned!(site()=> #(self.#names),*);
    let (start, call, context) = match &open.target {
        Target::Any => {
            let call = quote_spanned!(site()=> #name(on.context(), #arguments));
            (TokenStream::new(), call, quote_spanned!(site()=> on.context()))
        }
        Target::One(actor) if command.context || command.reply.deferred => {
            let context = command.context.then(|| quote_spanned!(site()=> cx,));
            let start = quote_spanned!(site()=> let (actor, cx) = on.both::<#actor>(););
            (start, quote_spanned!(site()=> #name(actor, #context #arguments)), quote_spanned!(site()=> cx))
        }
        Target::One(actor) => {
            let call = quote_spanned!(site()=> #name(on.actor::<#actor>(), #arguments));
            (TokenStream::new(), call, TokenStream::new())
        }
    };
    let wire = codec::wire(codec::replies(command), p);
    let answer = dispatch::answer(command, &call, p, |out| dispatch::hand(command, &out, &context, p));
    quote_spanned! {site()=>
        #[allow(unused_mut, clippy::let_unit_value)]
        async fn run(self, mut on: #p::On<'_>, reply: #p::Reply) {
            #function
            #wire
            #start
            #answer
        }
    }
}
