//! What a program that declares actors needs: `use pulsar::prelude::*;`.
//!
//! The verbs (`ping`, `echo`, `stop`, ..) are in [`command`](mod@crate::command), not here.

pub use crate::{
    ActorExt, ActorId, AskError, AutoShutdown, Context, Deferred, Error, ExitReason, GiveUp, Info, Kind, Params, Proxy,
    Restart, Result, Routing, SpawnError, Strategy, Supervised, Supervisor, SupervisorExt, SupervisorProxy, actor,
    arbiter, child, command, current, find, hook, send, supervisor,
};
