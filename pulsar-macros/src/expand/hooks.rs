//! The hooks the user wrote, called from the trait's own.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{respanned, site};
use crate::ast::{ActorImpl, Hook, HookKind, Reason};

/// The hooks of the `Actor` impl.
pub(crate) fn expand(actor: &ActorImpl, p: &TokenStream) -> TokenStream {
    actor.hooks.iter().map(|hook| self::hook(actor, hook, p)).collect()
}

fn hook(actor: &ActorImpl, hook: &Hook, p: &TokenStream) -> TokenStream {
    let (path, name, cfgs) = (&actor.actor, &hook.name, &hook.cfgs);
    let context = hook.context.then(|| quote_spanned!(site()=> cx,));
    let reason = hook.reason.map(|reason| match reason {
        Reason::Borrowed => quote_spanned!(site()=> reason,),
        Reason::Owned => quote_spanned!(site()=> ::core::clone::Clone::clone(reason),),
    });
    let awaiting = hook.asynchronous.then(|| quote_spanned!(site()=> .await));
    let at = hook.output.as_ref().map_or_else(site, Spanned::span);
    let out = Ident::new("__out", at);
    let into = respanned(quote!(#p::HookOutcome::into_outcome(#out)), at);
    let outcome = |call: TokenStream| {
        quote_spanned! {site()=>
            let #out = #call #awaiting;
            #into
        }
    };
    let result = quote_spanned!(site()=> ::core::result::Result<(), #p::Error>);
    let emitted = match hook.kind {
        HookKind::Start => {
            let body = outcome(quote_spanned!(site()=> <#path>::#name(self, #context)));
            quote_spanned!(site()=> async fn hook_start(&mut self, cx: &mut #p::Context<Self>) -> #result { #body })
        }
        HookKind::PeriodicTask => {
            let body = outcome(quote_spanned!(site()=> <#path>::#name(self, #context)));
            quote_spanned!(site()=> async fn hook_periodic_task(&mut self, cx: &mut #p::Context<Self>) -> #result { #body })
        }
        HookKind::Stopping => {
            let body = outcome(quote_spanned!(site()=> <#path>::#name(self, #context #reason)));
            quote_spanned! {site()=>
                async fn hook_stopping(&mut self, cx: &mut #p::Context<Self>, reason: &#p::ExitReason) -> #result { #body }
            }
        }
        HookKind::OnInfo => quote_spanned! {site()=>
            fn hook_on_info(&self, info: &mut #p::Info) { <#path>::#name(self, info) }
        },
        HookKind::OnParams => {
            let body = outcome(quote_spanned!(site()=> <#path>::#name(params)));
            quote_spanned!(site()=> fn hook_on_params(params: &mut #p::Params) -> #result { #body })
        }
    };
    quote! {
        #(#cfgs)*
        #emitted
    }
}
