//! What a program that declares actors needs: `use pulsar::prelude::*;`.
//!
//! The verbs (`ping`, `echo`, `stop`, ..) are in [`command`](mod@crate::command), not here.

pub use crate::{
    ActorExt, ActorId, AskError, Context, Deferred, Error, ExitReason, Info, Kind, Params, Proxy, Restart, Result,
    SpawnError, actor, arbiter, command, current, find, hook, send,
};
