//! The sink: every error of one item, gathered, and reported in one compile.
//!
//! It knows no rule and no wording of its own.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;

/// The errors found so far in one item.
#[derive(Debug, Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Adds an error that underlines `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.0.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error that was made elsewhere.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    /// How many there are, to tell later whether a part was clean.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was added since there were `count`.
    pub(crate) fn clean_since(&self, count: usize) -> bool {
        self.0.len() == count
    }

    /// One `compile_error!` for each.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.into_iter().map(|error| error.to_compile_error()).collect()
    }
}
