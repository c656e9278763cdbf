//! The functions that need no proxy in hand: who is running, who bears a name, and sending to either.

use std::sync::Arc;

use crate::actor::{AnyActor, Context, Core};
use crate::address::Address;
use crate::command::{BuiltIn, Command, Found, Internal, Verb};
use crate::error::{AskError, Failure};
use crate::id::ActorId;
use crate::node::{Node, node};
use crate::proxy::Proxy;
use crate::request::{AnyRequest, Content, Request};
use crate::scope;
use crate::tree::Tree;

/// The actor that is running on this thread: `main`, an actor whose handler, hook or local task is being polled, or none.
///
/// Set at each poll, so it is also right behind an `await`. On a thread of an [`Executor`](crate::Executor), and on any
/// other that the program started, there is none.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// if let Some(actor) = current() {
///     println!("I am {}", actor.name());
/// }
/// ```
pub fn current() -> Option<Context> {
    scope::core().map(Context::new)
}

/// The arbiter of this program.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc() -> Result<()> {
/// assert!(arbiter().is_running());
/// println!("{} actors", arbiter().info().await?.children.len());
/// # Ok(()) }
/// ```
pub fn arbiter() -> Arbiter {
    Arbiter(match node() {
        Some(node) => Proxy::from_address(node.arbiter().clone()),
        None => Proxy::from_address(Address::new(ActorId::ARBITER, None, crate::address::Route::Unknown)),
    })
}

/// Tells the service manager that the program is ready (`READY=1`), if there is one and it was not told before.
///
/// Most programs need not call it: see [as a service](crate#as-a-service). From the master process only: `main`, and thread
/// and task actors in it. Returns when it was sent, or could not be; a service manager is not waited for.
///
/// # Errors
///
/// [`AskError`]: there is no arbiter, or this is not the master process.
///
/// # Cancel safety
///
/// Dropped before it was polled it does nothing, after that it is done all the same.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc() -> Result<()> {
/// // Everything is there: whoever waits for this service may start.
/// pulsar::ready().await?;
/// # Ok(()) }
/// ```
pub async fn ready() -> Result<(), AskError> {
    arbiter().0.built_in(BuiltIn::<()>::new(Verb::Internal(Internal::ServiceReady))).await
}

/// The proxy of the arbiter: a [`Proxy`] that can also say whether there is one.
///
/// Stopping it ([`Proxy::stop`]) is to end the program.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc() -> Result<()> {
/// println!("up for {:?}", arbiter().info().await?.actor.uptime);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Arbiter(Proxy);

impl Arbiter {
    /// Whether this process is part of a running program.
    ///
    /// ```
    /// # use pulsar::prelude::*;
    /// assert!(!arbiter().is_running()); // nothing was begun with `#[pulsar::main]`
    /// ```
    pub fn is_running(&self) -> bool {
        node().is_some() && self.0.is_alive()
    }

    /// Ends the program with this exit code: the body of `main` is dropped, then every actor is stopped, the youngest first.
    /// From the master process only: `main`, and thread and task actors in it.
    ///
    /// Returns when the arbiter has been told, not when it is done. The first code stands.
    ///
    /// # Errors
    ///
    /// [`AskError`]: there is no arbiter.
    ///
    /// # Cancel safety
    ///
    /// Once polled, the program ends all the same.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc() -> Result<()> {
    /// arbiter().shutdown(3).await?;
    /// # Ok(()) }
    /// ```
    pub async fn shutdown(&self, code: u8) -> Result<(), AskError> {
        self.0.built_in(BuiltIn::<()>::new(Verb::Internal(Internal::Shutdown { code }))).tell().await
    }
}

impl std::ops::Deref for Arbiter {
    type Target = Proxy;

    fn deref(&self) -> &Proxy {
        &self.0
    }
}

/// The supervision tree of this program, as it is now.
///
/// # Errors
///
/// [`AskError`]: there is no arbiter.
///
/// # Cancel safety
///
/// Nothing is changed by it; ask again.
///
/// ```no_run
/// # async fn doc() -> pulsar::Result<()> {
/// println!("{}", pulsar::tree().await?);
/// # Ok(()) }
/// ```
pub async fn tree() -> Result<Tree, AskError> {
    tree_of(None).await
}

/// The part of it that is under `root`.
pub(crate) async fn tree_of(root: Option<ActorId>) -> Result<Tree, AskError> {
    let Some(node) = node() else { return Err(Failure::NotRunning) };
    let arbiter = Proxy::<AnyActor>::from_address(node.arbiter().clone());
    arbiter.built_in(BuiltIn::new(Verb::Internal(Internal::Tree(root)))).await
}

/// Whom to send to: a name, an id, or a proxy.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # use pulsar::command::ping;
/// # async fn doc(counter: Proxy) -> Result<()> {
/// send("counter", ping()).await?;
/// send(counter.id(), ping()).await?;
/// send(&counter, ping()).await?;
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` addresses no actor",
    label = "give a name (`\"counter\"`), an `ActorId`, or a proxy"
)]
pub trait Target {
    #[doc(hidden)]
    fn into_address(self) -> Addressee;
}

/// A target that may have to be looked up.
#[doc(hidden)]
#[derive(Debug)]
pub struct Addressee(Kind);

#[derive(Debug)]
enum Kind {
    Known(Arc<Address>),
    Name(String),
    Nowhere,
}

impl Target for &str {
    fn into_address(self) -> Addressee {
        self.to_string().into_address()
    }
}

impl Target for String {
    fn into_address(self) -> Addressee {
        Addressee(match node() {
            None => Kind::Nowhere,
            Some(node) if self == "arbiter" => Kind::Known(node.arbiter().clone()),
            Some(node) if self == "monitor" => Kind::Known(node.address(manager())),
            // The master knows all names.
            Some(node) if node.is_master() => match node.named(&self) {
                Some(id) => Kind::Known(node.address(id)),
                None => Kind::Name(self),
            },
            Some(_) => Kind::Name(self),
        })
    }
}

impl Target for &String {
    fn into_address(self) -> Addressee {
        self.clone().into_address()
    }
}

impl Target for ActorId {
    fn into_address(self) -> Addressee {
        Addressee(node().map_or(Kind::Nowhere, |node| Kind::Known(node.address(self))))
    }
}

impl<A: crate::actor::Actor> Target for &Proxy<A> {
    fn into_address(self) -> Addressee {
        Addressee(Kind::Known(self.address().clone()))
    }
}

/// The sender's own manager.
fn manager() -> ActorId {
    scope::core().map_or(ActorId::ARBITER, |core: std::rc::Rc<Core>| core.manager.address())
}

/// Sends a command to an actor known by name (unique in the program), by id, as `"arbiter"`, or as `"monitor"`: the
/// sender's own manager.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc() -> Result<()> {
/// assert_eq!(send("counter", pulsar::command::ping()).await?, "pong");
/// # Ok(()) }
/// ```
///
/// The request is as any other: 5 s unless told otherwise, `tell` and the rest. That the actor answers this command is
/// known only when it is asked.
///
/// # Errors
///
/// As of any [`Request`]; [`AskError::UnknownActor`] where nobody bears the name, [`AskError::UnknownCommand`] where the
/// actor does not answer the command.
pub fn send<C: Command>(target: impl Target, command: C) -> AnyRequest<C::Reply, C::Error> {
    let content = Content::from(command.into_payload().0);
    match target.into_address().0 {
        Kind::Known(address) => Request::<AnyActor, _, _>::owned(Ok(Proxy::from_address(address)), content),
        Kind::Nowhere => Request::<AnyActor, _, _>::owned(Err(Failure::NotRunning), content),
        Kind::Name(name) => Request::lookup(lookup(name), content),
    }
}

/// The proxy of the actor that bears a name. Its type is not known: use it with open and built-in commands.
///
/// # Errors
///
/// [`AskError::UnknownActor`] where nobody does.
///
/// # Cancel safety
///
/// Nothing is changed by it; ask again.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc() -> Result<()> {
/// let counter = find("counter").await?;
/// # Ok(()) }
/// ```
pub async fn find(target: impl Target) -> Result<Proxy, AskError> {
    match target.into_address().0 {
        Kind::Known(address) => Ok(Proxy::from_address(address)),
        Kind::Nowhere => Err(AskError::NotRunning),
        Kind::Name(name) => lookup(name).await.map(Proxy::from_address),
    }
}

async fn lookup(name: String) -> Result<Arc<Address>, Failure> {
    let Some(node) = node() else { return Err(Failure::NotRunning) };
    if node.is_master() {
        let id = node.named(&name).ok_or(Failure::UnknownActor { target: name })?;
        return Ok(node.address(id));
    }
    ask_arbiter(node, name).await
}

async fn ask_arbiter(node: &'static Node, name: String) -> Result<Arc<Address>, Failure> {
    let arbiter = Proxy::<AnyActor>::from_address(node.arbiter().clone());
    let question = Verb::Internal(Internal::Lookup(name.clone()));
    let found = arbiter.built_in(BuiltIn::<Found>::new(question)).await?;
    found.map(|id| node.address(id)).ok_or(Failure::UnknownActor { target: name })
}
