//! The descriptor of a command: what a shell, or a peer of another build, knows of it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::site;
use crate::ast::{Command, Failure};
use crate::names;

/// `Descriptor { .. }`; `tag` is the constant that tells it apart.
pub(crate) fn descriptor(command: &Command, tag: &TokenStream, p: &TokenStream) -> TokenStream {
    let (name, doc, idempotent) = (&command.text, &command.docs, command.options.idempotent);
    let params = command.params.iter().map(|param| {
        let (name, ty) = (param.name.to_string(), names::text(&param.ty));
        let name = name.trim_start_matches("r#");
        quote_spanned!(site()=> #p::Param { name: #name, ty: #ty })
    });
    let returns = names::text(&command.reply.value);
    let error = match &command.reply.failure {
        Failure::Never => quote!(::core::option::Option::None),
        Failure::Typed(error) => {
            let error = names::text(error);
            quote!(::core::option::Option::Some(#error))
        }
        Failure::Text(_) => quote!(::core::option::Option::Some("Error")),
    };
    quote_spanned! {site()=>
        #p::Descriptor {
            name: #name,
            params: &[#(#params),*],
            returns: #returns,
            error: #error,
            doc: #doc,
            idempotent: #idempotent,
            tag: #tag,
        }
    }
}
