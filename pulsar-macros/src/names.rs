//! Names and texts: the nearest right name, the variant of a command, its tag, how a type reads.
//!
//! Pure functions of text and tokens; no rule about items lives here.

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;

/// Names of the proxy's own, which a command would hide.
pub(crate) const RESERVED: &[&str] = &[
    "stop", "info", "send", "id", "name", "kind", "ping", "echo", "config", "is_alive", "kill", "clone", "by_key",
    "each", "request", "new", "eq", "fmt", "hash", "deref", "into", "from", "as_proxy", "untyped", "tell", "wait",
    "reset", "scale", "call", "commands",
];

/// Names of a supervisor's proxy, which the accessor of a child would hide.
pub(crate) const SUPERVISOR_RESERVED: &[&str] = &[
    "id",
    "name",
    "stop",
    "kill",
    "reset",
    "info",
    "ping",
    "tree",
    "wait",
    "start_child",
    "stop_child",
    "restart_child",
    "reset_child",
    "delete_child",
    "which_children",
    "count_children",
    "child",
    "new",
    "clone",
    "fmt",
    "deref",
];

/// ", did you mean `x`?" or, when nothing is near, the list of what there is.
pub(crate) fn suggestion(name: &str, known: &[&str], they_are: &str) -> String {
    match nearest(name, known) {
        Some(near) => format!(": did you mean `{near}`?"),
        None => format!("; {they_are} {}", list(known)),
    }
}

/// The names between backquotes, with commas.
pub(crate) fn list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let wanted = name.to_lowercase().replace('-', "_");
    let far = (wanted.chars().count() / 3).max(1) + 1;
    known
        .iter()
        .map(|candidate| (distance(&wanted, candidate), *candidate))
        .filter(|(distance, candidate)| {
            *distance <= far && *distance < candidate.len()
                || wanted.len() > 3 && (candidate.contains(&wanted) || wanted.contains(candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = corner + usize::from(a != *b);
            corner = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(corner + 1);
        }
    }
    row[right.len()]
}

/// `divide_by` becomes `DivideBy`.
pub(crate) fn variant(command: &Ident) -> Ident {
    let mut camel = String::new();
    for part in command.unraw().to_string().split('_') {
        let mut chars = part.chars();
        if let Some(first) = chars.next() {
            camel.extend(first.to_uppercase());
            camel.push_str(chars.as_str());
        }
    }
    if camel.is_empty() || camel == "Self" || camel.starts_with(|first: char| !first.is_alphabetic()) {
        camel.insert_str(0, "Command");
    }
    Ident::new(&camel, command.span())
}

/// `Counter` becomes `CounterProxy`.
pub(crate) fn proxy(actor: &Ident) -> Ident {
    format_ident!("{}Proxy", actor.unraw(), span = actor.span())
}

/// The tag a command bears on the wire: FNV-1a of its name, as `pulsar::__private::tag` computes it.
pub(crate) fn tag(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The text of a type as one would write it: `Vec<(u64, String)>`.
pub(crate) fn text(tokens: impl ToTokens) -> String {
    let mut text = String::new();
    write(&mut text, tokens.into_token_stream());
    text
}

fn write(text: &mut String, tokens: TokenStream) {
    let mut joint = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write(text, group.stream());
                text.push_str(close);
                joint = false;
            }
            TokenTree::Punct(punct) => {
                let spaced = matches!(punct.as_char(), '=' | '+') || punct.as_char() == '-' && !joint;
                if spaced && !joint {
                    text.push(' ');
                }
                text.push(punct.as_char());
                let arrow = joint && punct.as_char() == '>' && text.ends_with("->");
                joint = punct.spacing() == Spacing::Joint;
                if !joint && (spaced || arrow || matches!(punct.as_char(), ',' | ';')) {
                    text.push(' ');
                }
            }
            word => {
                if text.ends_with(|last: char| last.is_alphanumeric() || last == '_') {
                    text.push(' ');
                }
                text.push_str(&word.to_string());
                joint = false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ident(name: &str) -> Ident {
        syn::parse_str::<Ident>(name)
            .unwrap_or_else(|_| Ident::new_raw(name.trim_start_matches("r#"), proc_macro2::Span::call_site()))
    }

    #[test]
    fn the_nearest_name_is_suggested_and_a_far_one_is_not() {
        assert_eq!(nearest("mailbx", &["mailbox", "memory"]), Some("mailbox"));
        assert_eq!(nearest("stop", &["start", "stopping", "on_info"]), Some("stopping"));
        assert_eq!(nearest("colour", &["mailbox", "memory"]), None);
        assert_eq!(suggestion("zzzzzz", &["a", "b"], "the keys are"), "; the keys are `a` and `b`");
    }

    #[test]
    fn variants_are_always_identifiers() {
        for (name, expected) in [
            ("add", "Add"),
            ("divide_by", "DivideBy"),
            ("_1", "Command1"),
            ("__", "Command"),
            ("self_", "CommandSelf"),
            ("r#type", "Type"),
        ] {
            assert_eq!(variant(&ident(name)).to_string(), expected);
        }
    }

    #[test]
    fn types_read_as_they_are_written() {
        for written in [
            "Vec<(u64, String)>",
            "[u8; 4]",
            "a::B<C, D>",
            "Box<dyn Fn(u8) -> u8 + Send>",
            "&mut T",
            "()",
            "Cow<'static, str>",
        ] {
            let ty: syn::Type = syn::parse_str(written).unwrap();
            assert_eq!(text(&ty), written);
        }
    }

    #[test]
    fn the_tag_is_fnv_1a() {
        assert_eq!(tag(""), 0x811c_9dc5);
        assert_eq!(tag("a"), 0xe40c_292c);
    }
}
