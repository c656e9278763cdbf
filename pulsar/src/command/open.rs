//! Open commands: free functions that any actor, or any of one type, answers. Found by tag in the registry.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;

use tracing::Level;

use crate::actor::{Actor, AnyActor, Context};
use crate::message::{DecodeError, Decoder, EncodeError, Encoder, Tag};
use crate::reply::Reply;
use crate::report;

/// What is known of a command besides its code.
///
/// ```
/// use pulsar::message::tag;
/// use pulsar::command::{Descriptor, Param};
///
/// let add = Descriptor {
///     name: "add",
///     params: &[Param { name: "n", ty: "u64" }],
///     returns: "u64",
///     error: None,
///     doc: "Adds `n`.",
///     idempotent: false,
///     tag: tag("add"),
/// };
/// assert_eq!(add.params[0].ty, "u64");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Its name.
    pub name: &'static str,
    /// Its parameters, in order.
    pub params: &'static [Param],
    /// The type of its answer.
    pub returns: &'static str,
    /// The type of its own error; `None` where it has none.
    pub error: Option<&'static str>,
    /// Its documentation.
    pub doc: &'static str,
    /// Whether it is sent again to the next incarnation when its actor died under it.
    pub idempotent: bool,
    /// The number that names it on the wire.
    pub tag: Tag,
}

/// One parameter of a command.
///
/// ```
/// let param = pulsar::command::Param { name: "n", ty: "u64" };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// Its type, as it was written.
    pub ty: &'static str,
}

/// The request that a free `#[command] fn` makes. Implemented by the macro.
///
/// ```
/// use pulsar::command::OpenCommand;
///
/// /// Greets.
/// #[pulsar::command]
/// fn greet(cx: &mut pulsar::Context, name: String) -> String {
///     format!("Hello {name}, I am {}", cx.name())
/// }
///
/// fn doc_of<C: OpenCommand>(_: &C) -> &'static str {
///     C::DESCRIPTOR.doc
/// }
/// # fn main() {
/// assert_eq!(doc_of(&greet("Ada")), "Greets.");
/// # }
/// ```
pub trait OpenCommand: Sized + Send + 'static {
    /// Its full name, path included.
    const NAME: &'static str;
    /// What is known of it.
    const DESCRIPTOR: Descriptor;
    /// The actor that answers it, or [`AnyActor`].
    type Target: 'static;
    /// What it answers.
    type Reply: Send + 'static;
    /// Its own error.
    type Error: Send + 'static;
    /// Appends the parameters.
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError>;
    /// Takes the parameters.
    fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError>;
    /// Runs it.
    fn run(self, on: On<'_>, reply: Reply) -> impl Future<Output = ()>;
}

/// Says that actors of type `A` answer a command. Implemented by the macro.
///
/// What any actor answers is for all; what one type answers is for its proxy, and for one of which the type is not known.
///
/// ```compile_fail,E0277
/// use pulsar::prelude::*;
/// # #[actor] struct Cat {} #[actor] impl Cat {} #[actor] struct Dog {} #[actor] impl Dog {}
/// #[command]
/// fn purr(cat: &mut Cat) {}
///
/// fn wrong(dog: &DogProxy) {
///     let _ = dog.send(purr()); // a dog does not
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{A}` does not answer the command `{Self}`",
    label = "its function takes another actor as its first parameter"
)]
pub trait CommandFor<A> {}

/// What an open command runs on.
pub struct On<'a> {
    actor: Option<&'a mut dyn Any>,
    any: Context<AnyActor>,
    typed: Option<Box<dyn Any>>,
}

impl fmt::Debug for On<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("On").field("actor", &self.actor.is_some()).finish_non_exhaustive()
    }
}

impl<'a> On<'a> {
    pub(crate) fn new(actor: Option<&'a mut dyn Any>, any: Context<AnyActor>) -> Self {
        Self { actor, any, typed: None }
    }

    /// The context.
    pub fn context(&mut self) -> &mut Context<AnyActor> {
        &mut self.any
    }

    /// The actor.
    ///
    /// # Panics
    ///
    /// Never from a message: that the actor is of type `A` was checked when the command was found.
    pub fn actor<A: Actor>(&mut self) -> &mut A {
        self.both::<A>().0
    }

    /// The actor and its context.
    ///
    /// # Panics
    ///
    /// As [`actor`](Self::actor).
    pub fn both<A: Actor>(&mut self) -> (&mut A, &mut Context<A>) {
        let context = self.any.retyped::<A>();
        let typed = self.typed.insert(Box::new(context));
        let actor = self.actor.as_deref_mut().and_then(<dyn Any>::downcast_mut::<A>);
        match (actor, typed.downcast_mut::<Context<A>>()) {
            (Some(actor), Some(context)) => (actor, context),
            _ => unreachable!("the registry checks the type of the actor before it runs a command on it"),
        }
    }
}

type Value = Box<dyn Any + Send>;
type Running<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// The registration of one open command.
pub struct OpenEntry {
    pub(crate) name: &'static str,
    pub(crate) descriptor: Descriptor,
    target: fn() -> TypeId,
    encode: fn(&dyn Any, &mut Encoder<'_>) -> Result<(), EncodeError>,
    run: for<'a> fn(Value, On<'a>, Reply) -> Running<'a>,
    decode: fn(&[u8]) -> Result<Value, DecodeError>,
}

impl fmt::Debug for OpenEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpenEntry").field(&self.name).finish()
    }
}

inventory::collect!(OpenEntry);

impl OpenEntry {
    /// The entry of the command `C`.
    pub const fn of<C: OpenCommand>() -> Self {
        Self {
            name: C::NAME,
            descriptor: C::DESCRIPTOR,
            target: TypeId::of::<C::Target>,
            encode: |value, out| match value.downcast_ref::<C>() {
                Some(value) => value.encode(out),
                None => Ok(()),
            },
            run: |value, on, reply| match value.downcast::<C>() {
                Ok(value) => Box::pin((*value).run(on, reply)),
                Err(_) => Box::pin(async move { drop(reply) }),
            },
            decode: |bytes| {
                let mut input = Decoder::new(bytes);
                let value = C::decode(&mut input)?;
                input.finish()?;
                Ok(Box::new(value))
            },
        }
    }

    /// Whether the actor type behind `actor` answers it.
    pub(crate) fn answers(&self, actor: TypeId) -> bool {
        let target = (self.target)();
        target == TypeId::of::<AnyActor>() || target == actor
    }

    /// Whether any actor answers it.
    pub(crate) fn is_for_any(&self) -> bool {
        (self.target)() == TypeId::of::<AnyActor>()
    }
}

/// An open command with its parameters.
pub(crate) struct OpenCall {
    entry: &'static OpenEntry,
    value: Value,
}

impl OpenCall {
    pub(crate) fn new<C: OpenCommand>(command: C) -> Self {
        Self { entry: const { &OpenEntry::of::<C>() }, value: Box::new(command) }
    }

    pub(crate) fn decode(entry: &'static OpenEntry, bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self { entry, value: (entry.decode)(bytes)? })
    }

    pub(crate) fn entry(&self) -> &'static OpenEntry {
        self.entry
    }

    pub(crate) fn tag(&self) -> Tag {
        self.entry.descriptor.tag
    }

    pub(crate) fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        (self.entry.encode)(&*self.value, out)
    }

    pub(crate) fn run<'a>(self, on: On<'a>, reply: Reply) -> Running<'a> {
        (self.entry.run)(self.value, on, reply)
    }
}

/// The open command with this tag, if its crate is linked. Of two with one tag, none is found.
pub(crate) fn find_open(tag: Tag) -> Option<&'static OpenEntry> {
    static BY_TAG: OnceLock<HashMap<Tag, Option<&'static OpenEntry>>> = OnceLock::new();
    let by_tag = BY_TAG.get_or_init(|| {
        let mut by_tag = HashMap::new();
        for entry in inventory::iter::<OpenEntry> {
            by_tag
                .entry(entry.descriptor.tag)
                .and_modify(|known: &mut Option<&OpenEntry>| {
                    let text = format!("two open commands have the tag of `{}`: rename one of them", entry.name);
                    report::note(Level::ERROR, text);
                    *known = None;
                })
                .or_insert(Some(entry));
        }
        by_tag
    });
    by_tag.get(&tag).copied().flatten()
}

/// Says that any actor answers a command.
#[doc(hidden)]
#[macro_export]
macro_rules! __any_actor {
    ($command:ident) => {
        impl<A: $crate::__private::Actor> $crate::__private::CommandFor<A> for $command {}
    };
}

/// Says that one type of actor answers a command.
#[doc(hidden)]
#[macro_export]
macro_rules! __one_actor {
    ($command:ident, $actor:ty) => {
        impl $crate::__private::CommandFor<$actor> for $command {}
        impl $crate::__private::CommandFor<$crate::__private::AnyActor> for $command {}
    };
}

/// Without the feature `json` commands have no bridge.
#[cfg(not(feature = "json"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __json_nothing {
    ($($any:tt)*) => {};
}
