//! Rules between the hooks of one impl.

use proc_macro2::Ident;

use crate::ast::Hook;
use crate::errors::Errors;

/// Keeps one hook of each kind; the names of the others go to `repeated`.
pub(crate) fn check(hooks: Vec<Hook>, repeated: &mut Vec<Ident>, errors: &mut Errors) -> Vec<Hook> {
    let mut kept: Vec<Hook> = Vec::new();
    for hook in hooks {
        let twice = kept.iter().any(|other| other.kind == hook.kind && (other.cfgs.is_empty() || hook.cfgs.is_empty()));
        if twice {
            errors.at(&hook.name, format!("there is a hook `{}` already: keep one", hook.name));
            repeated.push(hook.name);
        } else {
            kept.push(hook);
        }
    }
    kept
}
