//! `#[actor] impl`: the regions together, in a constant of their own.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ImplItem;
use syn::ext::IdentExt;

use super::{descriptor, dispatch, door, hooks, json, message, methods, only_one, respanned, site};
use crate::ast::ActorImpl;
use crate::attr;

/// Everything but the impl itself.
pub(crate) fn expand(actor: &ActorImpl) -> TokenStream {
    let p = door(&actor.krate);
    let (cfgs, path) = (&actor.cfgs, &actor.actor);
    let proxy = methods::proxy(actor);
    let message = message::expand(actor, &p);
    let descriptors = actor.commands.iter().map(|command| {
        let (cfgs, text) = (&command.cfgs, &command.text);
        let descriptor = descriptor::descriptor(command, &quote_spanned!(site()=> #p::tag(#text)), &p);
        quote!(#(#cfgs)* #descriptor)
    });
    let dispatch = dispatch::expand(actor, &p);
    let hooks = hooks::expand(actor, &p);
    let methods = methods::expand(actor, &p);
    let json = json::actor(actor, &p);
    let constructor = constructor(actor, &p);
    let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.unraw().to_string()).collect();
    let only_one = only_one(cfgs, &segments.join("_"), path);
    quote_spanned! {site()=>
        #only_one
        #(#cfgs)*
        #[allow(
            deprecated,
            missing_debug_implementations,
            non_local_definitions,
            private_interfaces,
            unreachable_code,
            unreachable_patterns,
            unused_variables,
            clippy::unused_unit,
            clippy::let_unit_value
        )]
        const _: () = {
            #message
            #[automatically_derived]
            impl #p::Actor for #path {
                type Message = __Message;
                type Proxy = #proxy;
                const COMMANDS: &'static [#p::Descriptor] = &[#(#descriptors),*];
                #dispatch
                #hooks
            }
            #methods
            type __Proxy = #proxy;
            #p::proxy_impls!(__Proxy, #path);
            #p::supervised_actor!(#path);
            #p::inventory::submit! { #p::ActorEntry::of::<#path>() }
            #json
            #constructor
        };
    }
}

/// Says what to write where the block has a `new` beside the generated one: the compiler only says that there are two.
fn constructor(actor: &ActorImpl, p: &TokenStream) -> Option<TokenStream> {
    let new = actor.item.items.iter().find_map(|member| match member {
        ImplItem::Fn(method) if method.sig.ident == "new" => Some(method),
        _ => None,
    })?;
    let (cfgs, path) = (attr::cfgs(&new.attrs), &actor.actor);
    let text = "`#[actor]` makes a `new` of its own: write `#[actor(new = false)]` on the struct, or give this one another name";
    let asserted = quote!(::core::assert!(!<#path as #p::Specified>::CONSTRUCTOR, #text));
    let asserted = respanned(asserted, new.sig.ident.span().resolved_at(site()));
    Some(quote!(#(#cfgs)* const _: () = #asserted;))
}
