//! `#[supervisor] struct`: the constructor, the branch of the tree that it plants, and the proxy with its accessors.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::{door, only_one, options, respanned, site, site_at};
use crate::ast::{Child, Supervisor, SupervisorKeys};
use crate::{attr, names};

/// Keys that only an actor has.
const OF_ACTORS: [&str; 15] = [
    "process",
    "thread",
    "task",
    "workers",
    "routing",
    "mailbox",
    "timeout",
    "start_timeout",
    "shutdown",
    "memory",
    "nofile",
    "nice",
    "max_messages",
    "max_age",
    "max_memory",
];

/// Everything but the struct itself.
pub(crate) fn expand(supervisor: &Supervisor) -> TokenStream {
    let p = door(&supervisor.krate);
    let constructor = constructor(supervisor);
    let proxy = proxy(supervisor, &p);
    let supervised = supervised(supervisor, &p);
    let name = &supervisor.item.ident;
    let only_one = only_one(&supervisor.cfgs, &name.unraw().to_string(), name);
    quote! {
        #only_one
        #constructor
        #proxy
        #supervised
    }
}

fn constructor(supervisor: &Supervisor) -> TokenStream {
    if !supervisor.keys.constructor || !matches!(supervisor.item.fields, syn::Fields::Named(_)) {
        return TokenStream::new();
    }
    let (cfgs, vis, name) = (&supervisor.cfgs, &supervisor.item.vis, &supervisor.item.ident);
    let docs = format!("A `{name}` with these children, to be spawned.");
    let parameters = supervisor.children.iter().map(|child| {
        let (cfgs, name, ty) = (&child.cfgs, &child.name, &child.ty);
        quote!(#(#cfgs)* #name: #ty)
    });
    let fields = supervisor.children.iter().map(|child| {
        let (cfgs, name) = (&child.cfgs, &child.name);
        quote!(#(#cfgs)* #name)
    });
    quote_spanned! {site()=>
        #(#cfgs)*
        impl #name {
            #[doc = #docs]
            #[allow(dead_code, deprecated, clippy::too_many_arguments, clippy::new_without_default)]
            #vis fn new(#(#parameters),*) -> Self {
                Self { #(#fields),* }
            }
        }
    }
}

fn proxy(supervisor: &Supervisor, p: &TokenStream) -> TokenStream {
    let (cfgs, vis, name) = (&supervisor.cfgs, &supervisor.item.vis, &supervisor.item.ident);
    let proxy = names::proxy(name);
    let docs = format!(
        "The typed proxy of the supervisor [`{name}`]: a method for each child, and what every supervisor answers. \
         Cheap to clone, and a value that can be sent in a message."
    );
    let fields = sound(supervisor).map(|child| {
        let (cfgs, field, ty) = (&child.cfgs, &child.name, proxy_of(child, p));
        quote!(#(#cfgs)* #field: #ty)
    });
    let accessors = sound(supervisor).map(|child| {
        let (carried, field, ty) = (&child.carried, &child.name, proxy_of(child, p));
        let docs = attr::docs_or(carried, &format!("The proxy of the child `{}`.", field.unraw()));
        quote_spanned! {site()=>
            #(#carried)*
            #docs
            #[allow(dead_code)]
            #vis fn #field(&self) -> &#ty {
                &self.#field
            }
        }
    });
    let bounds = bounds(supervisor, p);
    let names = sound(supervisor).map(|child| {
        let (cfgs, name) = (&child.cfgs, &child.name);
        quote!(, #(#cfgs)* #name)
    });
    quote_spanned! {site()=>
        #(#cfgs)*
        #[doc = #docs]
        #vis struct #proxy where #bounds {
            __supervisor: #p::SupervisorProxy,
            #(#fields,)*
        }
        #(#cfgs)*
        #[allow(private_interfaces)]
        impl #proxy where #bounds {
            #(#accessors)*
        }
        #(#cfgs)*
        #p::supervisor_proxy_impls!([#bounds] #proxy, #name, __supervisor #(#names)*);
    }
}

fn supervised(supervisor: &Supervisor, p: &TokenStream) -> TokenStream {
    let (cfgs, name) = (&supervisor.cfgs, &supervisor.item.ident);
    let proxy = names::proxy(name);
    let bounds = bounds(supervisor, p);
    let options = supervisor_options(&supervisor.keys, p);
    let planted = sound(supervisor).map(|child| {
        let (cfgs, field, ty) = (&child.cfgs, &child.name, &child.ty);
        let text = field.unraw().to_string();
        let options = child_options(child, p);
        let branch = quote_spanned!(site_at(ty)=> #p::Supervised::into_branch);
        quote_spanned! {site()=>
            #(#cfgs)*
            let branch = branch.child(#text, #branch(self.#field), #options);
        }
    });
    let fields = sound(supervisor).enumerate().map(|(position, child)| {
        let (cfgs, field, ty) = (&child.cfgs, &child.name, &child.ty);
        let position = self::position(supervisor, position);
        quote_spanned!(site()=> #(#cfgs)* #field: planted.child::<#ty>(#position))
    });
    let placed = sound(supervisor).flat_map(|child| placed(child, p)).map(|placed| quote!(#(#cfgs)* #placed));
    quote_spanned! {site()=>
        #(#cfgs)*
        #[automatically_derived]
        #[allow(deprecated, private_interfaces, unused_variables)]
        impl #p::Supervised for #name where #bounds {
            type Proxy = #proxy;
            fn into_branch(self) -> #p::Branch {
                let branch = #p::Branch::supervisor(#options);
                #(#planted)*
                branch
            }
            fn proxy(planted: &#p::Planted) -> #proxy {
                #proxy {
                    __supervisor: planted.supervisor(),
                    #(#fields,)*
                }
            }
        }
        #(#cfgs)*
        #[automatically_derived]
        impl #p::SupervisorExt for #name where #bounds {}
        #(#placed)*
    }
}

fn supervisor_options(keys: &SupervisorKeys, p: &TokenStream) -> TokenStream {
    let strategy = keys.strategy.map(|word| variant(word, "strategy", "Strategy", p));
    let restarts = keys.restarts.map(|count| quote!(.restarts(#count)));
    let within = keys.within.map(options::duration).map(|time| quote!(.within(#time)));
    let shutdown = keys
        .auto_shutdown
        .as_ref()
        .and_then(|(word, _)| *word)
        .map(|word| variant(word, "auto_shutdown", "AutoShutdown", p));
    quote_spanned!(site()=> #p::SupervisorOptions::new() #strategy #restarts #within #shutdown)
}

fn child_options(child: &Child, p: &TokenStream) -> TokenStream {
    let keys = &child.keys;
    let own = options::calls(&keys.own, p);
    let workers = keys.workers.map(|count| quote!(.workers(#count)));
    let routing = keys.routing.map(|word| variant(word, "routing", "Routing", p));
    let give_up = keys.on_give_up.map(|word| variant(word, "on_give_up", "GiveUp", p));
    let significant = keys.significant.then(|| quote!(.significant()));
    let messages = keys.max_messages.map(|count| quote!(.max_messages(#count)));
    let age = keys.max_age.map(options::duration).map(|time| quote!(.max_age(#time)));
    let memory = keys.max_memory.map(|bytes| quote!(.max_memory(#bytes)));
    quote_spanned! {site()=>
        #p::ChildOptions::new() #own #workers #routing #give_up #significant #messages #age #memory
    }
}

/// `.strategy(Strategy::OneForOne)`.
fn variant(word: &str, method: &str, enumeration: &str, p: &TokenStream) -> TokenStream {
    let ident = |text: &str| Ident::new(text, site());
    let (method, enumeration, variant) = (ident(method), ident(enumeration), names::variant(&ident(word)));
    quote!(.#method(#p::#enumeration::#variant))
}

/// Which child it is, counted without those that `cfg` leaves out.
fn position(supervisor: &Supervisor, position: usize) -> TokenStream {
    let before: Vec<&Child> = sound(supervisor).take(position).collect();
    let always = before.iter().filter(|child| child.cfgs.is_empty()).count();
    let sometimes = before.iter().filter(|child| !child.cfgs.is_empty()).map(|child| {
        let conditions = child.cfgs.iter().filter_map(|cfg| cfg.parse_args::<TokenStream>().ok());
        quote!(+ ::core::cfg!(all(#(#conditions),*)) as usize)
    });
    quote!(#always #(#sometimes)*)
}

/// That the child is an actor, asked where a key says what only an actor has.
fn placed<'a>(child: &'a Child, p: &'a TokenStream) -> impl Iterator<Item = TokenStream> + 'a {
    let (cfgs, ty) = (&child.cfgs, &child.ty);
    let keys = child.keys.given.iter().filter(|key| OF_ACTORS.iter().any(|name| key.unraw() == name));
    keys.map(move |key| {
        let ty = respanned(quote!(#ty), key.span());
        let asked = quote_spanned!(site_at(key)=> #p::placed::<#ty>());
        quote!(#(#cfgs)* const _: fn() = || #asked;)
    })
}

/// `Cache: Supervised`, on everything emitted: what is within takes it for granted, so that a child that cannot be
/// supervised is one error and not one for each mention. A bound cannot have a `cfg`.
fn bounds(supervisor: &Supervisor, p: &TokenStream) -> TokenStream {
    let mut types: Vec<&syn::Type> = Vec::new();
    for child in sound(supervisor).filter(|child| child.cfgs.is_empty()) {
        if !types.contains(&&child.ty) {
            types.push(&child.ty);
        }
    }
    let bounds = types.into_iter().map(|ty| {
        let supervised = respanned(quote!(: #p::Supervised), ty.span());
        quote!(#ty #supervised)
    });
    quote!(#(#bounds),*)
}

/// `<Cache as Supervised>::Proxy`.
fn proxy_of(child: &Child, p: &TokenStream) -> TokenStream {
    let ty = &child.ty;
    quote_spanned!(site_at(ty)=> <#ty as #p::Supervised>::Proxy)
}

fn sound(supervisor: &Supervisor) -> impl Iterator<Item = &Child> {
    supervisor.children.iter().filter(|child| child.sound)
}
