//! `#[actor] struct`: its shape, its fields and their `#[state]`.
//!
//! It knows nothing of commands.

use proc_macro2::TokenStream;
use syn::{Attribute, Expr, Fields, Item, ItemStruct, Path};

use super::{keys, types};
use crate::ast::{ActorStruct, Field, Role};
use crate::attr;
use crate::errors::Errors;

/// Reads the struct of an actor.
pub(crate) fn parse(attribute: TokenStream, mut item: ItemStruct, errors: &mut Errors) -> ActorStruct {
    let (krate, keys) = keys::actor(attribute, errors);
    let count = errors.count();
    if item.generics.type_params().next().is_some() || item.generics.const_params().next().is_some() {
        errors.at(&item.generics, "an actor is one type, without generics: name the types, or make one actor for each");
    } else if !item.generics.params.is_empty() {
        errors.at(&item.generics, "an actor owns what it holds: remove the lifetimes");
    }
    if item.generics.where_clause.is_some() && item.generics.params.is_empty() {
        errors.at(&item.generics.where_clause, "an actor has no `where` clause: remove it");
    }
    let fields = fields(&mut item, &krate, errors);
    let sound = errors.clean_since(count);
    let cfgs = attr::cfgs(&item.attrs);
    ActorStruct { krate, item, keys, fields, sound, cfgs }
}

/// What `#[actor]` was put on, when it is neither a struct nor an impl.
pub(crate) fn misplaced(item: &Item, errors: &mut Errors) {
    let goes = "`#[actor]` goes on a struct with named fields and on its impl block";
    match item {
        Item::Enum(item) => errors.at(item.enum_token, format!("{goes}: put the enum in a field")),
        Item::Union(item) => errors.at(item.union_token, format!("{goes}, not on a union")),
        Item::Trait(item) => errors.at(item.trait_token, format!("{goes}, not on a trait")),
        Item::Fn(item) => {
            errors.at(item.sig.fn_token, format!("{goes}; for a function that actors answer, write `#[command]`"));
        }
        Item::Mod(item) => errors.at(item.mod_token, format!("{goes}, not on a module")),
        item => errors.at(item, goes),
    }
}

fn fields(item: &mut ItemStruct, krate: &Path, errors: &mut Errors) -> Vec<Field> {
    if let Fields::Unnamed(unnamed) = &item.fields {
        errors.at(unnamed, "an actor's fields have names: write `{ name: Type }`, they are the parameters of `new`");
    }
    let named = matches!(item.fields, Fields::Named(_));
    let mut found = Vec::new();
    for field in &mut item.fields {
        let role = role(&mut field.attrs, krate, errors);
        for marker in ["command", "hook"] {
            for misplaced in attr::take_markers(&mut field.attrs, marker, krate) {
                errors.at(misplaced, format!("`#[{marker}]` goes on a method of the `#[actor] impl`, not on a field"));
            }
        }
        if let (true, Some(name)) = (named, &field.ident) {
            if matches!(role, Role::Specification) {
                types::owned(&field.ty, "a specification", errors);
            }
            let cfgs = attr::cfgs(&field.attrs);
            found.push(Field { name: name.clone(), ty: field.ty.clone(), cfgs, role });
        }
    }
    found
}

fn role(attributes: &mut Vec<Attribute>, krate: &Path, errors: &mut Errors) -> Role {
    let mut markers = attr::take_markers(attributes, "state", krate).into_iter();
    let Some(marker) = markers.next() else { return Role::Specification };
    for again in markers {
        errors.at(again, "`#[state]` is given twice: keep one");
    }
    let fix = "`#[state]`, or `#[state(expression)]` for the value it starts with";
    let listed = matches!(marker.meta, syn::Meta::List(_));
    let Some(tokens) = attr::arguments(&marker, fix, errors) else { return Role::State(None) };
    if !listed {
        return Role::State(None);
    }
    match syn::parse2::<Expr>(tokens) {
        Ok(expression) => Role::State(Some(expression)),
        Err(_) => {
            errors.at(marker, format!("write {fix}"));
            Role::State(None)
        }
    }
}
