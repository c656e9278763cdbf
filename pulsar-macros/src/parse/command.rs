//! `#[command]` on a method of an `#[actor] impl`, and what every command's signature has in common.
//!
//! Names that collide are for `check`.

use syn::punctuated::Punctuated;
use syn::{Attribute, FnArg, ImplItemFn, Pat, PatType, Path, Receiver, ReceiverKind, Safety, Signature, Token};

use super::{reply, types, values};
use crate::ast::{Command, CommandOptions, Param};
use crate::attr;
use crate::errors::Errors;
use crate::names;

const OPTIONS: &[&str] = &["idempotent", "cancel"];

/// Reads a command of an impl; `None` where there is an error in it.
pub(crate) fn method(markers: &[Attribute], item: &ImplItemFn, actor: &Path, errors: &mut Errors) -> Option<Command> {
    let count = errors.count();
    let signature = &item.sig;
    let options = from_markers(markers, errors);
    plain(signature, "a command", errors);
    let mut inputs = signature.inputs.iter();
    match inputs.next() {
        Some(FnArg::Receiver(receiver)) => {
            self::receiver(receiver, errors);
        }
        _ => errors.at(&signature.ident, "a command is a method: write `&mut self` as its first parameter"),
    }
    let typed = typed(signature);
    let context = typed.first().is_some_and(|first| context(first, "Context<Self>", errors));
    let params = params(&typed[usize::from(context)..], Some(actor), "Context<Self>", errors);
    let reply = reply::parse(&signature.output, Some(actor), errors);
    let command = assemble(signature, &item.attrs, options, context, params, reply?);
    errors.clean_since(count).then_some(command)
}

/// Puts the parts together.
pub(crate) fn assemble(
    signature: &Signature,
    attributes: &[Attribute],
    options: CommandOptions,
    context: bool,
    params: Vec<Param>,
    reply: crate::ast::Reply,
) -> Command {
    use syn::ext::IdentExt;
    Command {
        name: signature.ident.clone(),
        text: signature.ident.unraw().to_string(),
        variant: names::variant(&signature.ident),
        cfgs: attr::cfgs(attributes),
        carried: attr::carried(attributes),
        docs: attr::docs(attributes),
        asynchronous: signature.asyncness.is_some(),
        context,
        params,
        reply,
        options,
    }
}

fn from_markers(markers: &[Attribute], errors: &mut Errors) -> CommandOptions {
    for again in &markers[1..] {
        errors.at(again, "`#[command]` is given twice: keep one");
    }
    let fix = "`#[command]`, or `#[command(idempotent)]`";
    let tokens = attr::arguments(&markers[0], fix, errors).unwrap_or_default();
    let options = options(tokens, errors);
    if let Some(krate) = &options.krate {
        errors.at(krate, "`crate` goes on the impl: write `#[actor(crate = path)]` there");
    }
    options
}

/// Reads what is between the parentheses of `#[command(..)]`.
pub(crate) fn options(tokens: proc_macro2::TokenStream, errors: &mut Errors) -> CommandOptions {
    let mut options = CommandOptions::default();
    for entry in attr::entries(tokens, errors) {
        match entry.name().as_str() {
            "idempotent" => {
                values::none(&entry, errors);
                options.idempotent = true;
            }
            "cancel" => {
                values::none(&entry, errors);
                options.cancel = Some(entry.key);
            }
            "crate" => options.krate = values::path(&entry, "path::to::pulsar", errors),
            name => {
                let suggestion = names::suggestion(name, OPTIONS, "the options are");
                errors.at(&entry.key, format!("unknown option `{name}` of a command{suggestion}"));
            }
        }
    }
    options
}

/// Reports what no command, hook or entry may be.
pub(crate) fn plain(signature: &Signature, what: &str, errors: &mut Errors) {
    if let Some(constness) = signature.constness {
        errors.at(constness, format!("{what} is not `const`: remove it"));
    }
    if let Safety::Unsafe(token) = &signature.safety {
        errors.at(token, format!("{what} is not `unsafe`: remove it, and use an `unsafe` block within"));
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, format!("{what} is not `extern`: remove it"));
    }
    if !signature.generics.params.is_empty() {
        errors.at(&signature.generics, format!("{what} has no generics: name the types"));
    } else if let Some(clause) = &signature.generics.where_clause {
        errors.at(clause, format!("{what} has no `where` clause: remove it"));
    }
    if let Some(variadic) = &signature.variadic {
        errors.at(variadic, format!("{what} has no `...`: name the parameters"));
    }
}

fn receiver(receiver: &Receiver, errors: &mut Errors) {
    let by_reference = match &receiver.kind {
        ReceiverKind::Reference(_, lifetime, _) => {
            if let Some(lifetime) = lifetime {
                errors.at(lifetime, "a command's receiver has no lifetime: write `&mut self`");
            }
            true
        }
        ReceiverKind::Typed(_, ty) => types::reference(ty).is_some_and(|(_, ty)| types::is(ty, "Self")),
        _ => false,
    };
    if !by_reference {
        errors.at(receiver, "a command borrows the actor: write `&mut self` or `&self`");
    }
}

/// The parameters that have a type.
pub(crate) fn typed(signature: &Signature) -> Vec<&PatType> {
    signature
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        })
        .collect()
}

/// Whether this is the context; a context that is not `&mut` is reported.
pub(crate) fn context(param: &PatType, fix: &str, errors: &mut Errors) -> bool {
    match types::reference(&param.ty) {
        Some((true, ty)) if types::is(ty, "Context") => {
            // Left out, the actor is any: right for an open command only.
            if fix != "Context" && types::last(ty).is_some_and(|segment| segment.arguments.is_empty()) {
                errors.at(&param.ty, format!("the context is that of this actor: write `cx: &mut {fix}`"));
            }
            true
        }
        Some((true, _)) => false,
        Some((false, ty)) if types::is(ty, "Context") => {
            errors.at(&param.ty, format!("the context is borrowed mutably: write `cx: &mut {fix}`"));
            true
        }
        None if types::is(&param.ty, "Context") => {
            errors.at(&param.ty, format!("the context is borrowed: write `cx: &mut {fix}`"));
            true
        }
        _ => false,
    }
}

/// Reads the parameters that travel.
pub(crate) fn params(typed: &[&PatType], actor: Option<&Path>, fix: &str, errors: &mut Errors) -> Vec<Param> {
    let mut params = Vec::new();
    for param in typed {
        let borrowed = types::reference(&param.ty).map_or(&*param.ty, |(_, ty)| ty);
        if types::is(borrowed, "Context") {
            errors.at(param, format!("the context comes once and before the other parameters: `cx: &mut {fix}`"));
            continue;
        }
        if let Some(cfg) = param.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
            errors.at(cfg, "a parameter is always there: put the `cfg` on the command");
        }
        let sound = types::owned(&param.ty, "a parameter", errors);
        match &*param.pat {
            Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
                if sound {
                    params.push(Param { name: pat.ident.clone(), ty: types::without_self(&param.ty, actor) });
                }
            }
            Pat::Wild(pat) => errors.at(pat, "a parameter has a name, the proxy shows it: write `_name`"),
            pat => errors.at(pat, "a parameter has a name: write one here and take it apart in the body"),
        }
    }
    params
}

/// The parameters of a function that takes none.
pub(crate) fn no_params(inputs: &Punctuated<FnArg, Token![,]>, message: &str, errors: &mut Errors) {
    if !inputs.is_empty() {
        errors.at(inputs, message);
    }
}
