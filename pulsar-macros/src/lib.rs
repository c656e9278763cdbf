//! The attribute macros of pulsar.
//!
//! Use them through the `pulsar` crate, which re-exports them with examples: what they emit names that crate. They
//! report errors of use, and emit names and calls; all behaviour is in `pulsar`.
//!
//! An item passes through `parse`, `check` and `expand`, in the order that `pipeline` tells.

mod ast;
mod attr;
mod check;
mod errors;
mod expand;
mod names;
mod parse;
mod pipeline;
#[cfg(test)]
mod snapshots;

use proc_macro::TokenStream;

/// Makes an actor of a struct with named fields, and commands and hooks of its impl block.
///
/// It goes on both: on the struct, which is the actor's specification and its state, and on one impl block, also
/// when that is empty.
///
/// # On the struct
///
/// A field travels to where the actor runs and is decoded at each start. A field with `#[state]` does not: it is
/// made at each start, by `Default`, or by the expression of `#[state(expression)]`. Generated are the constructor
/// `new` with the fields that travel as parameters (`String` and `PathBuf` are taken as `impl Into`), the codec, and
/// a proxy with the actor's name and `Proxy` after it.
///
/// | Key | Meaning |
/// | --- | --- |
/// | `process`, `thread`, `task` | where it runs unless told otherwise |
/// | `name = "counter"` | the name it registers |
/// | `mailbox = 1024` | how many messages may wait |
/// | `timeout = "30s"` | how long it may give no sign of life |
/// | `start_timeout = "30s"` | how long it may take to start |
/// | `shutdown = "5s"` | how long it may take to stop |
/// | `restart = permanent` | or `transient`, `temporary` |
/// | `backoff = "100ms..30s"` | the shortest and the longest delay between restarts |
/// | `memory = "512MiB"`, `nofile = 1024`, `nice = 10` | limits of its process |
/// | `new = false` | no constructor is generated |
/// | `crate = path` | where `pulsar` is, if it is renamed |
///
/// Durations are whole numbers of `ms`, `s`, `m` or `h`; sizes of `B`, `KiB`, `MiB` or `GiB`.
///
/// # On the impl block
///
/// Its only key is `crate = path`. A method with `#[command]` becomes a method of the proxy: it takes `&mut self` or
/// `&self`, then the context if it wants it, `cx: &mut Context<Self>`, then parameters that are owned and
/// serializable. It may be async. It answers a value, a `Result`, or a `Deferred` of either; these are recognized by
/// the last segment of their path. `#[command(idempotent)]` is sent again to the next incarnation when the actor
/// died under it. `#[command(cancel)]` is dropped at an `await` when nobody waits for it any more.
///
/// A method with `#[hook]` is called by the runtime; its name says when: `start`, `stopping`, `periodic_task`,
/// `on_info`, `on_params`.
#[proc_macro_attribute]
pub fn actor(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::actor(attribute.into(), item.into()).into()
}

/// Makes an open command of a free function, or a command of a method in an `#[actor] impl`.
///
/// The first parameter of a free function says who answers: `cx: &mut Context` is any actor; `actor: &mut Counter` is
/// that one, and `cx: &mut Context<Counter>` may follow. The other parameters, and what it returns, are as those of
/// a method: see `#[actor]`. The function's name then makes the request, which any proxy can send.
///
/// It takes `idempotent`, `cancel`, and, on a free function, `crate = path`.
#[proc_macro_attribute]
pub fn command(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::command(attribute.into(), item.into()).into()
}

/// Marks a method of an `#[actor] impl` that the runtime calls; alone it is an error.
///
/// The method's own name says when it is called, and `#[hook]` takes nothing. See `#[actor]`.
#[proc_macro_attribute]
pub fn hook(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::hook(attribute.into(), item.into()).into()
}

/// Makes a supervisor of a struct with named fields, each of them a child.
///
/// Children start in the order of the fields, each when the one before is ready, and stop in reverse. A child is an
/// actor, another supervisor, or a `Spawn` of an actor. Generated are the constructor `new` with the children as
/// parameters, and a proxy with the supervisor's name and `Proxy` after it, which has a method for each child.
///
/// | Key | Default | Meaning |
/// | --- | --- | --- |
/// | `strategy = one_for_one` | it | who is started again with a child that died: it alone, `one_for_all`, or with `rest_for_one` it and those after it |
/// | `restarts = 5`, `within = "30s"` | these; a root 3 | how many restarts in how long are too many: then the supervisor ends, for its own to judge |
/// | `auto_shutdown = never` | it | or it ends when `any_significant` child, or when `all_significant` ones, have ended by themselves |
/// | `new = false` | | no constructor is generated |
/// | `crate = path` | `::pulsar` | where `pulsar` is, if it is renamed |
///
/// # On each field
///
/// `#[child]`, whose keys are said of this child and go before those of its own attribute. The field's documentation is that
/// of the proxy's method.
///
/// | Key | Meaning |
/// | --- | --- |
/// | `process`, `thread`, `task` | where it runs |
/// | `workers = 4` | it is a pool: so many of it, at least 1 |
/// | `routing = least_in_flight` | which worker of a pool gets a command; or `round_robin` |
/// | `max_messages = 100000`, `max_age = "1h"`, `max_memory = "300MiB"` | when a worker of a pool is replaced by a fresh one; the age is at least 1 s |
/// | `restart = permanent` | or `transient`, `temporary`: which ends are followed by a restart. Workers of a pool are permanent |
/// | `backoff = "100ms..30s"` | the shortest and the longest delay between restarts |
/// | `on_give_up = escalate` | what happens when it died too often: its supervisor ends; or `park`: it waits to be reset; or `retry`: it is tried on, slowly |
/// | `significant` | its own end counts for `auto_shutdown`; it is `transient` or `temporary` |
/// | `name`, `mailbox`, `timeout`, `start_timeout`, `shutdown`, `memory`, `nofile`, `nice` | as those of `#[actor]` |
///
/// Of a child that is a supervisor, only `name`, `restart`, `backoff`, `on_give_up` and `significant` can be said.
#[proc_macro_attribute]
pub fn supervisor(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::supervisor(attribute.into(), item.into()).into()
}

/// Marks a field of a `#[supervisor] struct` as a child; alone it is an error. See `#[supervisor]`.
#[proc_macro_attribute]
pub fn child(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::child(attribute.into(), item.into()).into()
}

/// Runs the program's `main`, async or not, as an actor, and becomes the arbiter.
///
/// `main` has no parameters. The keys are `setup = path`, a `fn()` that the master and each process actor call first, and
/// `crate = path`.
#[proc_macro_attribute]
pub fn main(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::main(attribute.into(), item.into()).into()
}

/// Runs an async test with a runtime of its own.
///
/// It takes `timeout = "60s"`, `setup = path` as `main` does, and `crate = path`. Other attributes, such as `#[ignore]`, stay on the test.
#[proc_macro_attribute]
pub fn test(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::test(attribute.into(), item.into()).into()
}

/// Makes an application of a function that makes what its workers serve over HTTP.
///
/// The function returns a `Router`, a `Site`, or a `Result` of one, and may be async. Each worker calls it, before it accepts. Its parameters
/// are owned and serializable, and travel there. The function's name then makes the application, an `App`, of these
/// parameters.
///
/// | Key | Meaning |
/// | --- | --- |
/// | `hooks = path` | a `fn() -> Hooks` that each worker calls |
/// | `crate = path` | where `pulsar` is, if it is renamed |
#[proc_macro_attribute]
pub fn http(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::service(ast::Serves::Http, attribute.into(), item.into()).into()
}

/// Makes an application of a function that serves one connection: `async fn echo(stream: Stream)`.
///
/// It may return a `Result`, whose error is logged. Further parameters are owned, serializable and `Clone`, travel to the workers, and are those of
/// the constructor that bears the function's name. The keys are those of `#[http]`.
#[proc_macro_attribute]
pub fn socket(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::service(ast::Serves::Socket, attribute.into(), item.into()).into()
}

/// Makes an application of a function that handles one datagram: `async fn echo(datagram: Datagram)`.
///
/// Otherwise as `#[socket]`.
#[proc_macro_attribute]
pub fn udp(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::service(ast::Serves::Udp, attribute.into(), item.into()).into()
}
