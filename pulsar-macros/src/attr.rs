//! Attributes as they are written: lists of keys, the inert markers, and those that carry over to generated items.
//!
//! It knows the grammar; which keys exist and what they mean is for `parse`.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Path, Token, token};

use crate::errors::Errors;
use crate::names;

/// One `key` or `key = value` of a list.
pub(crate) struct Entry {
    pub(crate) key: Ident,
    pub(crate) value: Option<Expr>,
}

impl Entry {
    /// The key as text.
    pub(crate) fn name(&self) -> String {
        self.key.unraw().to_string()
    }
}

impl ToTokens for Entry {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.key.to_tokens(tokens);
        self.value.to_tokens(tokens);
    }
}

/// Reads a list of keys; what cannot be read is reported and skipped, the rest is returned.
/// A second entry of the same key is reported and left out.
pub(crate) fn entries(tokens: TokenStream, errors: &mut Errors) -> Vec<Entry> {
    let parser = |input: ParseStream<'_>| {
        let mut found: Vec<Entry> = Vec::new();
        while !input.is_empty() {
            match entry(input) {
                Ok(entry) if found.iter().any(|other| other.name() == entry.name()) => {
                    errors.at(&entry.key, format!("`{}` is given twice: keep one", entry.name()));
                }
                Ok(entry) => found.push(entry),
                Err(error) => {
                    errors.push(error);
                    while !input.is_empty() && !input.peek(Token![,]) {
                        input.parse::<TokenTree>()?;
                    }
                }
            }
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(found)
    };
    parser.parse2(tokens).unwrap_or_else(|error| {
        errors.push(error);
        Vec::new()
    })
}

fn entry(input: ParseStream<'_>) -> syn::Result<Entry> {
    let Ok(key) = input.call(Ident::parse_any) else {
        return Err(input.error("expected a key, as in `mailbox = 1024`, or a word, as in `thread`"));
    };
    let mut value = None;
    if input.peek(token::Paren) {
        let group: Group = input.parse()?;
        let value = names::text(group.stream());
        return Err(syn::Error::new_spanned(&key, format!("write `{key} = {value}`, without parentheses")));
    }
    if input.peek(Token![=]) {
        let equals: Token![=] = input.parse()?;
        if input.is_empty() || input.peek(Token![,]) {
            return Err(syn::Error::new_spanned(equals, format!("a value is missing: write `{key} = value`")));
        }
        value = Some(input.parse()?);
    }
    if !input.is_empty() && !input.peek(Token![,]) {
        return Err(input.error("expected a comma between two keys"));
    }
    Ok(Entry { key, value })
}

/// The text of a string literal, with the literal.
pub(crate) fn string(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        Expr::Group(group) => string(&group.expr),
        _ => None,
    }
}

/// Whether this is our inert marker `name`: alone, or under `pulsar::` or the crate's other name.
pub(crate) fn is_marker(attribute: &Attribute, name: &str, krate: &Path) -> bool {
    let path = attribute.path();
    if path.is_ident(name) {
        return true;
    }
    let Some(last) = path.segments.last() else { return false };
    let under = path.segments.iter().rev().nth(1).map(|segment| segment.ident.to_string());
    let known = krate.segments.last().map(|segment| segment.ident.to_string());
    last.ident == name && path.segments.len() <= krate.segments.len().max(1) + 1 && under.is_some() && under == known
}

/// Takes the markers `name` out of `attributes`.
pub(crate) fn take_markers(attributes: &mut Vec<Attribute>, name: &str, krate: &Path) -> Vec<Attribute> {
    attributes.extract_if(.., |attribute| is_marker(attribute, name, krate)).collect()
}

/// What is between the parentheses of a marker; `#[marker = value]` is an error.
pub(crate) fn arguments(marker: &Attribute, fix: &str, errors: &mut Errors) -> Option<TokenStream> {
    match &marker.meta {
        Meta::Path(_) => Some(TokenStream::new()),
        Meta::List(list) => Some(list.tokens.clone()),
        Meta::NameValue(_) => {
            errors.at(marker, format!("write {fix}"));
            None
        }
    }
}

/// The attributes under which an item exists.
pub(crate) fn cfgs(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect()
}

/// What a generated method takes over from the command: `cfg`, `doc` and `deprecated`.
pub(crate) fn carried(attributes: &[Attribute]) -> Vec<Attribute> {
    let keeps = |path: &Path| ["cfg", "doc", "deprecated"].iter().any(|name| path.is_ident(name));
    attributes
        .iter()
        .filter(|attribute| {
            keeps(attribute.path())
                || attribute.path().is_ident("cfg_attr")
                    && attribute
                        .parse_args_with(syn::punctuated::Punctuated::<Meta, Token![,]>::parse_terminated)
                        .is_ok_and(|metas| metas.iter().skip(1).all(|meta| keeps(meta.path())))
        })
        .cloned()
        .collect()
}

/// The text of the doc comment.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(meta) if meta.path.is_ident("doc") => string(&meta.value),
            _ => None,
        })
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned())
        .collect();
    lines.join("\n").trim().to_owned()
}

/// A doc comment for a generated item, where the user wrote none.
pub(crate) fn docs_or(attributes: &[Attribute], otherwise: &str) -> TokenStream {
    if attributes.iter().any(|attribute| attribute.path().is_ident("doc")) {
        TokenStream::new()
    } else {
        quote!(#[doc = #otherwise])
    }
}
