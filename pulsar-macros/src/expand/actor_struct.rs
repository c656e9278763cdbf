//! `#[actor] struct`: the constructor, the proxy's type, the specification and its codec.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{codec, door, options, params, respanned, site};
use crate::ast::{ActorStruct, Field, Role};
use crate::names;

/// Everything but the struct itself.
pub(crate) fn expand(actor: &ActorStruct) -> TokenStream {
    let p = door(&actor.krate);
    let constructor = constructor(actor, &p);
    let proxy = proxy(actor, &p);
    let specified = specified(actor, &p);
    quote! {
        #constructor
        #proxy
        #specified
    }
}

/// The proxy's type, which is there even where the specification is wrong.
pub(crate) fn proxy(actor: &ActorStruct, p: &TokenStream) -> TokenStream {
    let (cfgs, vis, name) = (&actor.cfgs, &actor.item.vis, &actor.item.ident);
    let proxy = names::proxy(name);
    let untyped = respanned(quote!(#p::Proxy<#name>), name.span());
    let docs = format!("The typed proxy of [`{name}`]: cheap to clone, and a value that can be sent in a message.");
    quote_spanned! {site()=>
        #(#cfgs)*
        #[doc = #docs]
        #vis struct #proxy(#[doc(hidden)] pub #untyped);
    }
}

fn constructor(actor: &ActorStruct, p: &TokenStream) -> TokenStream {
    if !constructed(actor) {
        return TokenStream::new();
    }
    let (cfgs, vis, name) = (&actor.cfgs, &actor.item.vis, &actor.item.ident);
    let docs = format!("A `{name}` with this specification, to be spawned.");
    let parameters = specification(actor).map(|field| {
        let (cfgs, declared) = (&field.cfgs, params::declared(&field.name, &field.ty));
        quote!(#(#cfgs)* #declared)
    });
    let fields = fields(actor, |field| params::field(&field.name, &field.ty));
    let asked = assertions(actor, p);
    quote_spanned! {site()=>
        #(#cfgs)*
        impl #name {
            #[doc = #docs]
            #[allow(dead_code, clippy::too_many_arguments, clippy::new_without_default)]
            #vis fn new(#(#parameters),*) -> Self {
                #asked
                Self { #(#fields),* }
            }
        }
    }
}

fn constructed(actor: &ActorStruct) -> bool {
    actor.keys.constructor && actor.sound
}

fn specified(actor: &ActorStruct, p: &TokenStream) -> TokenStream {
    let (cfgs, name) = (&actor.cfgs, &actor.item.ident);
    let own = format!("::{}", names::text(name));
    let text: Vec<String> =
        specification(actor).map(|field| format!("{}: {}", field.name, names::text(&field.ty))).collect();
    let text = text.join(", ");
    let options = options::options(&actor.keys, p);
    let constructor = constructed(actor).then(|| {
        quote!(
            const CONSTRUCTOR: bool = true;
        )
    });
    let (encode, decode) = if actor.sound { codec(actor, p) } else { super::fallback::codec() };
    quote_spanned! {site()=>
        #(#cfgs)*
        #[automatically_derived]
        impl #p::Specified for #name {
            const NAME: &'static str = ::core::concat!(::core::module_path!(), #own);
            const SPECIFICATION: &'static str = #text;
            const OPTIONS: #p::Options = #options;
            #constructor
            #[allow(unused_variables)]
            fn encode(&self, out: &mut #p::Encoder<'_>) -> ::core::result::Result<(), #p::EncodeError> {
                #encode
            }
            #[allow(unused_variables)]
            fn decode(input: &mut #p::Decoder<'_>) -> ::core::result::Result<Self, #p::DecodeError> {
                #decode
            }
        }
    }
}

fn codec(actor: &ActorStruct, p: &TokenStream) -> (TokenStream, TokenStream) {
    let put = specification(actor).map(|field| {
        let (cfgs, name, ty) = (&field.cfgs, &field.name, &field.ty);
        quote_spanned!(site()=> #(#cfgs)* out.put::<#ty>(&self.#name)?;)
    });
    let taken = fields(actor, |field| {
        let (name, ty) = (&field.name, &field.ty);
        quote_spanned!(site()=> #name: input.take::<#ty>()?)
    });
    let asked = assertions(actor, p);
    let encode = quote_spanned! {site()=>
        #asked
        #(#put)*
        ::core::result::Result::Ok(())
    };
    let decode = quote_spanned! {site()=>
        #asked
        ::core::result::Result::Ok(Self { #(#taken),* })
    };
    (encode, decode)
}

/// The fields of a literal: those of the specification as told, the state's anew.
fn fields(actor: &ActorStruct, specification: impl Fn(&Field) -> TokenStream) -> Vec<TokenStream> {
    actor
        .fields
        .iter()
        .map(|field| {
            let (cfgs, name, ty) = (&field.cfgs, &field.name, &field.ty);
            let value = match &field.role {
                Role::Specification => specification(field),
                Role::State(Some(expression)) => quote!(#name: #expression),
                Role::State(None) => quote!(#name: <#ty as ::core::default::Default>::default()),
            };
            quote!(#(#cfgs)* #value)
        })
        .collect()
}

/// What is asked of the fields' types: that the specification travels, that the state can be made.
fn assertions(actor: &ActorStruct, p: &TokenStream) -> TokenStream {
    actor
        .fields
        .iter()
        .map(|field| {
            let cfgs = &field.cfgs;
            let assertion = match &field.role {
                Role::Specification => codec::assert("assert_wire", &field.ty, p),
                Role::State(None) => codec::assert("assert_default", &field.ty, p),
                Role::State(Some(_)) => return TokenStream::new(),
            };
            quote!(#(#cfgs)* #assertion)
        })
        .collect()
}

fn specification(actor: &ActorStruct) -> impl Iterator<Item = &Field> {
    actor.fields.iter().filter(|field| matches!(field.role, Role::Specification))
}
