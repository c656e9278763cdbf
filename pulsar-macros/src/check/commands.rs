//! Rules of a command's name and options, and between the commands of one impl.

use proc_macro2::Ident;

use crate::ast::Command;
use crate::errors::Errors;
use crate::names;

/// Keeps the commands that may stand beside each other; names that are there twice go to `repeated`.
pub(crate) fn check(commands: Vec<Command>, repeated: &mut Vec<Ident>, errors: &mut Errors) -> Vec<Command> {
    let mut kept: Vec<Command> = Vec::new();
    for command in commands {
        let count = errors.count();
        options(&command, errors);
        reserved(&command, errors);
        for other in &kept {
            beside(&command, other, repeated, errors);
        }
        if errors.clean_since(count) {
            kept.push(command);
        }
    }
    kept
}

/// Rules between the options of one command and its signature.
pub(crate) fn options(command: &Command, errors: &mut Errors) {
    let Some(cancel) = &command.options.cancel else { return };
    if command.reply.deferred {
        errors.at(cancel, "`cancel` drops the handler and a deferred reply outlives it: remove one of them");
    } else if !command.asynchronous {
        errors.at(cancel, "`cancel` drops the handler at an `await`: write `async fn`, or remove `cancel`");
    }
}

fn reserved(command: &Command, errors: &mut Errors) {
    if names::RESERVED.contains(&command.text.as_str()) {
        errors.at(
            &command.name,
            format!(
                "`{}` is a method of every proxy, which the command would hide: give it another name",
                command.text
            ),
        );
    }
}

fn beside(command: &Command, other: &Command, repeated: &mut Vec<Ident>, errors: &mut Errors) {
    if !command.cfgs.is_empty() && !other.cfgs.is_empty() {
        return;
    }
    let (name, earlier) = (&command.text, &other.text);
    if name == earlier {
        repeated.push(command.name.clone());
        errors.at(&command.name, format!("there is a command `{name}` already: give this one another name"));
    } else if command.variant == other.variant {
        errors.at(&command.name, format!("`{name}` and `{earlier}` are too alike: give this one another name"));
    } else if names::tag(name) == names::tag(earlier) {
        errors.at(
            &command.name,
            format!("`{name}` and `{earlier}` have the same tag on the wire: give this one another name"),
        );
    }
}
