//! Actors in their own processes, threads or tasks, from one attribute, kept alive by a supervisor.

mod exit;
mod id;
pub mod message;
pub mod supervise;

pub use exit::ExitReason;
pub use id::{ActorId, Incarnation, Kind, ParseActorIdError, ParseKindError, State};
