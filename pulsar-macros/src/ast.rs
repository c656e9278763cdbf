//! The model of each item, made by `parse`, read by `check` and `expand`, never changed in between.
//!
//! It keeps the user's own tokens, so that what is generated points back at them.

use proc_macro2::{Ident, Span};
use syn::{Attribute, Expr, ItemFn, ItemImpl, ItemStruct, Path, Type};

/// `#[actor] struct`.
pub(crate) struct ActorStruct {
    pub(crate) krate: Path,
    /// The struct without the markers.
    pub(crate) item: ItemStruct,
    pub(crate) keys: Keys,
    /// Empty where the struct itself is wrong (`sound` is false then).
    pub(crate) fields: Vec<Field>,
    /// Whether the codec can be generated.
    pub(crate) sound: bool,
    pub(crate) cfgs: Vec<Attribute>,
}

/// A field of an actor.
pub(crate) struct Field {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) role: Role,
}

/// What a field is for.
pub(crate) enum Role {
    /// It travels.
    Specification,
    /// It is made anew at each start, by the expression or by `Default`.
    State(Option<Expr>),
}

/// The keys of `#[actor(..)]`, those that were given and are right.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) kind: Option<(Kind, Span)>,
    pub(crate) constructor: bool,
    pub(crate) name: Option<String>,
    pub(crate) mailbox: Option<u32>,
    pub(crate) timeout: Option<u64>,
    pub(crate) start_timeout: Option<u64>,
    pub(crate) shutdown: Option<u64>,
    pub(crate) restart: Option<&'static str>,
    pub(crate) backoff: Option<(u64, u64)>,
    pub(crate) memory: Option<(u64, Ident)>,
    pub(crate) nofile: Option<(u64, Ident)>,
    pub(crate) nice: Option<(i32, Ident)>,
}

/// Where an actor lives unless told otherwise.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Process,
    Thread,
    Task,
}

/// `#[actor] impl`.
pub(crate) struct ActorImpl {
    pub(crate) krate: Path,
    /// The impl without the markers.
    pub(crate) item: ItemImpl,
    /// The type of the impl.
    pub(crate) actor: Path,
    pub(crate) commands: Vec<Command>,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) cfgs: Vec<Attribute>,
}

/// A command, of an impl or free.
pub(crate) struct Command {
    pub(crate) name: Ident,
    /// As it is called by name.
    pub(crate) text: String,
    pub(crate) variant: Ident,
    pub(crate) cfgs: Vec<Attribute>,
    /// `cfg`, `doc` and `deprecated`.
    pub(crate) carried: Vec<Attribute>,
    pub(crate) docs: String,
    pub(crate) asynchronous: bool,
    /// Whether it takes `&mut Context`.
    pub(crate) context: bool,
    pub(crate) params: Vec<Param>,
    pub(crate) reply: Reply,
    pub(crate) options: CommandOptions,
}

/// What `#[command(..)]` says.
#[derive(Default)]
pub(crate) struct CommandOptions {
    pub(crate) krate: Option<Path>,
    pub(crate) idempotent: bool,
    pub(crate) cancel: Option<Ident>,
}

/// A parameter that travels.
pub(crate) struct Param {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

/// What a command answers.
pub(crate) struct Reply {
    pub(crate) value: Type,
    pub(crate) failure: Failure,
    pub(crate) deferred: bool,
}

/// How a command fails.
pub(crate) enum Failure {
    /// It does not.
    Never,
    /// `Result<T, E>`.
    Typed(Box<Type>),
    /// `Result<T>`, whose error travels as text; the user's whole type, to point at.
    Text(Box<Type>),
}

/// A hook of an impl.
pub(crate) struct Hook {
    pub(crate) kind: HookKind,
    pub(crate) name: Ident,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) asynchronous: bool,
    pub(crate) context: bool,
    pub(crate) reason: Option<Reason>,
    /// The type it returns, to point at.
    pub(crate) output: Option<Type>,
}

/// How `stopping` takes the reason.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Borrowed,
    Owned,
}

/// Which hook it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum HookKind {
    Start,
    Stopping,
    PeriodicTask,
    OnInfo,
    OnParams,
}

/// A free `#[command] fn`.
pub(crate) struct OpenCommand {
    pub(crate) krate: Path,
    /// The function without the markers.
    pub(crate) item: ItemFn,
    pub(crate) command: Command,
    pub(crate) target: Target,
}

/// Which actors answer an open command.
pub(crate) enum Target {
    Any,
    One(Box<Type>),
}

/// `#[supervisor] struct`.
pub(crate) struct Supervisor {
    pub(crate) krate: Path,
    /// The struct without the markers.
    pub(crate) item: ItemStruct,
    pub(crate) keys: SupervisorKeys,
    /// In the order they start in. Empty where the struct has no named fields.
    pub(crate) children: Vec<Child>,
    pub(crate) cfgs: Vec<Attribute>,
}

/// The keys of `#[supervisor(..)]`, those that were given and are right.
#[derive(Default)]
pub(crate) struct SupervisorKeys {
    pub(crate) constructor: bool,
    pub(crate) strategy: Option<&'static str>,
    pub(crate) restarts: Option<u32>,
    pub(crate) within: Option<u64>,
    /// With the key, to point at, also where the word is wrong.
    pub(crate) auto_shutdown: Option<(Option<&'static str>, Ident)>,
}

/// A child of a supervisor: a field.
pub(crate) struct Child {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) cfgs: Vec<Attribute>,
    /// `cfg`, `doc` and `deprecated`.
    pub(crate) carried: Vec<Attribute>,
    pub(crate) keys: ChildKeys,
    /// Whether it can be generated.
    pub(crate) sound: bool,
}

/// The keys of `#[child(..)]`, those that are right.
#[derive(Default)]
pub(crate) struct ChildKeys {
    /// All that were given, also those whose value is wrong.
    pub(crate) given: Vec<Ident>,
    /// Those that an actor's attribute has as well.
    pub(crate) own: Keys,
    pub(crate) workers: Option<u32>,
    pub(crate) routing: Option<&'static str>,
    pub(crate) on_give_up: Option<&'static str>,
    pub(crate) significant: bool,
    pub(crate) max_messages: Option<u64>,
    pub(crate) max_age: Option<u64>,
    pub(crate) max_memory: Option<u64>,
}

/// `#[main]` and `#[test]`.
pub(crate) struct EntryPoint {
    pub(crate) krate: Path,
    pub(crate) item: ItemFn,
    pub(crate) timeout: Option<u64>,
    /// What the master and each process actor call first.
    pub(crate) setup: Option<Path>,
}

/// What a service speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serves {
    Http,
    Socket,
    Udp,
}

impl Serves {
    /// The attribute.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Socket => "socket",
            Self::Udp => "udp",
        }
    }

    /// What the runtime calls it.
    pub(crate) fn variant(self) -> &'static str {
        match self {
            Self::Http => "Http",
            Self::Socket => "Streams",
            Self::Udp => "Datagrams",
        }
    }

    /// What its function takes first.
    pub(crate) fn first(self) -> Option<&'static str> {
        match self {
            Self::Http => None,
            Self::Socket => Some("Stream"),
            Self::Udp => Some("Datagram"),
        }
    }

    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Http => "`fn site() -> Router`",
            Self::Socket => "`async fn echo(stream: Stream)`",
            Self::Udp => "`async fn echo(datagram: Datagram)`",
        }
    }
}

/// `#[http]`, `#[socket]` and `#[udp]`.
pub(crate) struct Service {
    pub(crate) krate: Path,
    pub(crate) item: ItemFn,
    pub(crate) serves: Serves,
    /// Those that travel.
    pub(crate) params: Vec<Param>,
    /// What makes the hooks of its workers.
    pub(crate) hooks: Option<Path>,
}
