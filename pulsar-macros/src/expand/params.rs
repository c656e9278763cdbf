//! Parameters of generated functions: `String` and `PathBuf` are taken as `impl Into`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;

use super::site;
use crate::parse::types;

/// `name: T`, or `name: impl Into<T>`.
pub(crate) fn declared(name: &Ident, ty: &Type) -> TokenStream {
    if converts(ty) {
        quote_spanned!(site()=> #name: impl ::core::convert::Into<#ty>)
    } else {
        quote_spanned!(site()=> #name: #ty)
    }
}

/// The field made of that parameter.
pub(crate) fn field(name: &Ident, ty: &Type) -> TokenStream {
    if converts(ty) { quote_spanned!(site()=> #name: ::core::convert::Into::into(#name)) } else { quote!(#name) }
}

/// Whether `T` is taken as `impl Into<T>`.
pub(crate) fn converts(ty: &Type) -> bool {
    types::is(ty, "String") || types::is(ty, "PathBuf")
}
