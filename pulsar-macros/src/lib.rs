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

/// Runs the program's `main`, async or not, as an actor, and becomes the arbiter.
///
/// `main` has no parameters. The only key is `crate = path`.
#[proc_macro_attribute]
pub fn main(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::main(attribute.into(), item.into()).into()
}

/// Runs an async test with a runtime of its own.
///
/// It takes `timeout = "60s"` and `crate = path`. Other attributes, such as `#[ignore]`, stay on the test.
#[proc_macro_attribute]
pub fn test(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::test(attribute.into(), item.into()).into()
}
