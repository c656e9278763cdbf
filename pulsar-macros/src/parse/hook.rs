//! `#[hook]` on a method of an `#[actor] impl`: which hook it is and whether it has that hook's signature.
//!
//! That there are not two of a kind is for `check`.

use syn::{Attribute, FnArg, ImplItemFn, Meta, Receiver, ReceiverKind, ReturnType, Signature};

use super::{command, types};
use crate::ast::{Hook, HookKind, Reason};
use crate::attr;
use crate::errors::Errors;
use crate::names;

const HOOKS: &[&str] = &["start", "stopping", "periodic_task", "on_info", "on_params"];

impl HookKind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "start" => Self::Start,
            "stopping" => Self::Stopping,
            "periodic_task" => Self::PeriodicTask,
            "on_info" => Self::OnInfo,
            "on_params" => Self::OnParams,
            _ => return None,
        })
    }

    /// As one writes it.
    fn form(self) -> &'static str {
        match self {
            Self::Start => "async fn start(&mut self, cx: &mut Context<Self>) -> Result<()>",
            Self::Stopping => "async fn stopping(&mut self, cx: &mut Context<Self>, reason: &ExitReason) -> Result<()>",
            Self::PeriodicTask => "async fn periodic_task(&mut self, cx: &mut Context<Self>) -> Result<()>",
            Self::OnInfo => "fn on_info(&self, info: &mut Info)",
            Self::OnParams => "fn on_params(params: &mut Params) -> Result<()>",
        }
    }
}

/// Reads a hook; `None` where there is an error in it.
pub(crate) fn parse(markers: &[Attribute], item: &ImplItemFn, errors: &mut Errors) -> Option<Hook> {
    let count = errors.count();
    for again in &markers[1..] {
        errors.at(again, "`#[hook]` is given twice: keep one");
    }
    if !matches!(markers[0].meta, Meta::Path(_)) {
        errors.at(&markers[0], "`#[hook]` takes nothing: the method's own name says which hook it is");
    }
    let signature = &item.sig;
    let name = signature.ident.to_string();
    let Some(kind) = HookKind::of(&name) else {
        let suggestion = names::suggestion(&name, HOOKS, "the hooks are");
        errors.at(&signature.ident, format!("unknown hook `{name}`{suggestion}"));
        return None;
    };
    command::plain(signature, "a hook", errors);
    receiver(kind, signature, errors);
    if kind.synchronous()
        && let Some(asyncness) = signature.asyncness
    {
        errors.at(asyncness, format!("`{name}` is not async: write `{}`", kind.form()));
    }
    let (context, reason) = params(kind, signature, errors);
    let output = output(kind, signature, errors);
    errors.clean_since(count).then(|| Hook {
        kind,
        name: signature.ident.clone(),
        cfgs: attr::cfgs(&item.attrs),
        asynchronous: signature.asyncness.is_some(),
        context,
        reason,
        output,
    })
}

impl HookKind {
    fn synchronous(self) -> bool {
        matches!(self, Self::OnInfo | Self::OnParams)
    }
}

fn receiver(kind: HookKind, signature: &Signature, errors: &mut Errors) {
    let form = kind.form();
    let receiver = match signature.inputs.first() {
        Some(FnArg::Receiver(receiver)) => Some(receiver),
        _ => None,
    };
    match (kind, receiver) {
        (HookKind::OnParams, Some(receiver)) => {
            errors.at(receiver, format!("`on_params` runs before the actor is there: write `{form}`"));
        }
        (HookKind::OnParams, None) => {}
        (HookKind::OnInfo, Some(receiver)) if borrows(receiver) == Some(false) => {}
        (HookKind::OnInfo, Some(receiver)) => {
            errors.at(receiver, format!("`on_info` only looks: write `{form}`"));
        }
        (_, Some(receiver)) if borrows(receiver).is_some() => {}
        (_, Some(receiver)) => errors.at(receiver, format!("a hook borrows the actor: write `{form}`")),
        (_, None) => errors.at(&signature.ident, format!("`{}` is a method: write `{form}`", signature.ident)),
    }
}

/// Whether a receiver by reference is `mut`; `None` for one by value.
fn borrows(receiver: &Receiver) -> Option<bool> {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => Some(mutability.is_some()),
        ReceiverKind::Typed(_, ty) => {
            types::reference(ty).filter(|(_, ty)| types::is(ty, "Self")).map(|(mutable, _)| mutable)
        }
        _ => None,
    }
}

fn params(kind: HookKind, signature: &Signature, errors: &mut Errors) -> (bool, Option<Reason>) {
    let form = kind.form();
    let typed = command::typed(signature);
    let mut rest = &typed[..];
    let mut context = false;
    let mut reason = None;
    if let HookKind::OnInfo | HookKind::OnParams = kind {
        let wanted = if kind == HookKind::OnInfo { "Info" } else { "Params" };
        match rest.split_first() {
            Some((first, more))
                if types::reference(&first.ty).is_some_and(|(mutable, ty)| mutable && types::is(ty, wanted)) =>
            {
                rest = more;
            }
            Some((first, more)) => {
                errors.at(&first.ty, format!("the parameter is `&mut {wanted}`: write `{form}`"));
                rest = more;
            }
            None => errors.at(&signature.ident, format!("`&mut {wanted}` is missing: write `{form}`")),
        }
    } else {
        if let Some((first, more)) = rest.split_first()
            && command::context(first, "Context<Self>", errors)
        {
            context = true;
            rest = more;
        }
        if let (HookKind::Stopping, Some((first, more))) = (kind, rest.split_first()) {
            let (ty, how) = match types::reference(&first.ty) {
                Some((_, ty)) => (ty, Reason::Borrowed),
                None => (&*first.ty, Reason::Owned),
            };
            if types::is(ty, "ExitReason") {
                reason = Some(how);
                rest = more;
            }
        }
    }
    for extra in rest {
        errors.at(extra, format!("the hook has no such parameter: write `{form}`"));
    }
    (context, reason)
}

fn output(kind: HookKind, signature: &Signature, errors: &mut Errors) -> Option<syn::Type> {
    let ReturnType::Type(_, ty) = &signature.output else { return None };
    if kind == HookKind::OnInfo {
        let unit = matches!(&**ty, syn::Type::Tuple(tuple) if tuple.elems.is_empty());
        if !unit {
            errors.at(ty, format!("`on_info` returns nothing: write `{}`", kind.form()));
        }
        return None;
    }
    Some((**ty).clone())
}
