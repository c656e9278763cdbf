//! The metadata of an actor: only the keys that were given.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::site;
use crate::ast::{Keys, Kind};

/// `Options::new().kind(..)…`.
pub(crate) fn options(keys: &Keys, p: &TokenStream) -> TokenStream {
    let calls = calls(keys, p);
    quote_spanned!(site()=> #p::Options::new() #calls)
}

/// The calls alone, `.kind(..)…`, which a child's options have as well.
pub(crate) fn calls(keys: &Keys, p: &TokenStream) -> TokenStream {
    let kind = keys.kind.map(|(kind, span)| {
        let kind = match kind {
            Kind::Process => quote_spanned!(span=> Process),
            Kind::Thread => quote_spanned!(span=> Thread),
            Kind::Task => quote_spanned!(span=> Task),
        };
        quote!(.kind(#p::Kind::#kind))
    });
    let restart = keys.restart.map(|restart| match restart {
        "permanent" => quote!(.restart(#p::Restart::Permanent)),
        "transient" => quote!(.restart(#p::Restart::Transient)),
        _ => quote!(.restart(#p::Restart::Temporary)),
    });
    let name = keys.name.as_ref().map(|name| quote!(.name(#name)));
    let mailbox = keys.mailbox.map(|room| quote!(.mailbox(#room)));
    let timeout = keys.timeout.map(duration).map(|time| quote!(.timeout(#time)));
    let start_timeout = keys.start_timeout.map(duration).map(|time| quote!(.start_timeout(#time)));
    let shutdown = keys.shutdown.map(duration).map(|time| quote!(.shutdown(#time)));
    let backoff = keys.backoff.map(|(least, most)| (duration(least), duration(most)));
    let backoff = backoff.map(|(least, most)| quote!(.backoff(#least, #most)));
    let memory = keys.memory.as_ref().map(|(bytes, _)| quote!(.memory(#bytes)));
    let nofile = keys.nofile.as_ref().map(|(count, _)| quote!(.nofile(#count)));
    let nice = keys.nice.as_ref().map(|(level, _)| quote!(.nice(#level)));
    quote_spanned! {site()=>
        #kind #name #mailbox #timeout #start_timeout #shutdown #restart #backoff #memory #nofile #nice
    }
}

/// A duration as a constant.
pub(crate) fn duration(milliseconds: u64) -> TokenStream {
    quote!(::core::time::Duration::from_millis(#milliseconds))
}
