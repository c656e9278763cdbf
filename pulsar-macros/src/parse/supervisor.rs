//! `#[supervisor] struct`: its shape, its keys, its fields and their `#[child]`.
//!
//! Whether the keys agree with each other is for `check`.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::{Attribute, Fields, Item, ItemStruct, Path};

use super::{keys, types, values};
use crate::ast::{Child, ChildKeys, Supervisor, SupervisorKeys};
use crate::attr;
use crate::errors::Errors;
use crate::names;

const KEYS: &[&str] = &["strategy", "restarts", "within", "auto_shutdown", "new", "crate"];

/// The keys of `#[child(..)]`.
pub(crate) const CHILD_KEYS: &[&str] = &[
    "process",
    "thread",
    "task",
    "workers",
    "routing",
    "name",
    "mailbox",
    "timeout",
    "start_timeout",
    "shutdown",
    "restart",
    "backoff",
    "memory",
    "nofile",
    "nice",
    "on_give_up",
    "significant",
    "max_messages",
    "max_age",
    "max_memory",
];

const STRATEGIES: &[&str] = &["one_for_one", "one_for_all", "rest_for_one"];

const AUTO_SHUTDOWNS: &[&str] = &["never", "any_significant", "all_significant"];

const GIVE_UPS: &[&str] = &["escalate", "park", "retry"];

const ROUTINGS: &[&str] = &["least_in_flight", "round_robin"];

/// Reads the struct of a supervisor.
pub(crate) fn parse(attribute: TokenStream, mut item: ItemStruct, errors: &mut Errors) -> Supervisor {
    let (krate, keys) = supervisor_keys(attribute, errors);
    if !item.generics.params.is_empty() {
        errors.at(
            &item.generics,
            "a supervisor is one type, without generics: name its children's types, or make one supervisor for each",
        );
    } else if item.generics.where_clause.is_some() {
        errors.at(&item.generics.where_clause, "a supervisor has no `where` clause: remove it");
    }
    let children = children(&mut item, &krate, errors);
    let cfgs = attr::cfgs(&item.attrs);
    Supervisor { krate, item, keys, children, cfgs }
}

/// What `#[supervisor]` was put on, when it is no struct.
pub(crate) fn misplaced(item: &Item, errors: &mut Errors) {
    let goes = "`#[supervisor]` goes on a struct with named fields";
    match item {
        Item::Enum(item) => errors.at(item.enum_token, format!("{goes}, each of them a child, not on an enum")),
        Item::Union(item) => errors.at(item.union_token, format!("{goes}, each of them a child, not on a union")),
        Item::Impl(item) => {
            errors.at(item.impl_token, format!("{goes}; it needs no impl block: its children answer the commands"));
        }
        Item::Fn(item) => errors.at(item.sig.fn_token, format!("{goes}, each of them a child, not on a function")),
        Item::Mod(item) => errors.at(item.mod_token, format!("{goes}, each of them a child, not on a module")),
        item => errors.at(item, goes),
    }
}

fn supervisor_keys(tokens: TokenStream, errors: &mut Errors) -> (Path, SupervisorKeys) {
    let mut krate = super::default_crate();
    let mut keys = SupervisorKeys { constructor: true, ..SupervisorKeys::default() };
    for entry in attr::entries(tokens, errors) {
        match entry.name().as_str() {
            "strategy" => keys.strategy = values::word(&entry, STRATEGIES, errors),
            "restarts" => keys.restarts = values::number(&entry, "5", 0, u32::MAX, errors),
            "within" => {
                keys.within = values::duration(&entry, errors).filter(|time| keys::least(&entry, *time, 1, errors));
            }
            "auto_shutdown" => {
                keys.auto_shutdown = Some((values::word(&entry, AUTO_SHUTDOWNS, errors), entry.key));
            }
            "new" => keys.constructor = values::truth(&entry, errors).unwrap_or(true),
            "crate" => krate = keys::of_crate(&entry, krate, errors),
            name if STRATEGIES.contains(&name) => errors.at(&entry.key, format!("write `strategy = {name}`")),
            name if CHILD_KEYS.contains(&name) => {
                errors.at(&entry.key, format!("`{name}` is said of a child: write `#[child({name} ..)]` on its field"));
            }
            name => keys::unknown(&entry, name, KEYS, errors),
        }
    }
    (krate, keys)
}

fn children(item: &mut ItemStruct, krate: &Path, errors: &mut Errors) -> Vec<Child> {
    let named = matches!(item.fields, Fields::Named(_));
    match &item.fields {
        Fields::Named(_) => {}
        Fields::Unnamed(fields) => {
            errors.at(fields, "a supervisor's children have names: write `{ #[child] name: Type }`");
        }
        Fields::Unit => {
            let name = &item.ident;
            errors.at(name, format!("a supervisor has fields: write `struct {name} {{ #[child] name: Type }}`"));
        }
    }
    let mut found = Vec::new();
    for field in &mut item.fields {
        let markers = attr::take_markers(&mut field.attrs, "child", krate);
        let misplaced = misplaced_markers(&mut field.attrs, krate, errors);
        let (true, Some(name)) = (named, &field.ident) else { continue };
        if markers.is_empty() && !misplaced {
            errors.at(name, format!("every field of a supervisor is a child: write `#[child]` on `{name}`"));
        }
        self::named(name, errors);
        found.push(Child {
            name: name.clone(),
            ty: field.ty.clone(),
            cfgs: attr::cfgs(&field.attrs),
            carried: attr::carried(&field.attrs),
            keys: child_keys(&markers, errors),
            sound: types::owned(&field.ty, "a child", errors),
        });
    }
    found
}

/// Reports what belongs on an actor; whether there was any.
fn misplaced_markers(attributes: &mut Vec<Attribute>, krate: &Path, errors: &mut Errors) -> bool {
    let mut any = false;
    for (marker, instead) in [
        ("state", "a supervisor has children and no state: write `#[child]`, and give the state to an actor"),
        ("command", "`#[command]` goes on a method of an `#[actor] impl`; a child is marked `#[child]`"),
        ("hook", "`#[hook]` goes on a method of an `#[actor] impl`; a child is marked `#[child]`"),
    ] {
        for misplaced in attr::take_markers(attributes, marker, krate) {
            errors.at(misplaced, instead);
            any = true;
        }
    }
    any
}

fn named(name: &Ident, errors: &mut Errors) {
    let text = name.unraw().to_string();
    if !text.is_ascii() {
        errors.at(name, "a child is called as its field, by ASCII letters, digits and `_`: rename the field");
    }
    if names::SUPERVISOR_RESERVED.contains(&text.as_str()) {
        errors.at(
            name,
            format!(
                "`{text}` is a method of every supervisor's proxy, which that of this child would hide: rename the field"
            ),
        );
    }
}

fn child_keys(markers: &[Attribute], errors: &mut Errors) -> ChildKeys {
    let mut keys = ChildKeys::default();
    let Some((marker, others)) = markers.split_first() else { return keys };
    for again in others {
        errors.at(again, "`#[child]` is given twice: keep one, with the keys of both");
    }
    let tokens = attr::arguments(marker, "`#[child]`, or `#[child(key = value)]`", errors).unwrap_or_default();
    for entry in attr::entries(tokens, errors) {
        match entry.name().as_str() {
            "workers" => keys.workers = values::number(&entry, "4", 1, u32::MAX, errors),
            "routing" => keys.routing = values::word(&entry, ROUTINGS, errors),
            "on_give_up" => keys.on_give_up = values::word(&entry, GIVE_UPS, errors),
            "significant" => {
                values::none(&entry, errors);
                keys.significant = true;
            }
            "max_messages" => keys.max_messages = values::number(&entry, "100000", 1, u64::MAX, errors),
            "max_age" => {
                keys.max_age = values::duration(&entry, errors).filter(|time| keys::least(&entry, *time, 1000, errors));
            }
            "max_memory" => keys.max_memory = values::size(&entry, errors),
            "crate" | "new" | "strategy" | "restarts" | "within" | "auto_shutdown" => {
                let name = entry.name();
                errors.at(&entry.key, format!("`{name}` is said of the supervisor: write `#[supervisor({name} ..)]`"));
            }
            name if !keys::own(&entry, &mut keys.own, errors) => keys::unknown(&entry, name, CHILD_KEYS, errors),
            _ => {}
        }
        keys.given.push(entry.key);
    }
    keys
}
