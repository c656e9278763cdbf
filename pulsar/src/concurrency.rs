//! Where actors run: one contract, three kinds. A loop for each thread, task actors on any loop, thread actors and
//! process actors made by the arbiter.

pub(crate) mod event_loop;
pub(crate) mod executor;
pub(crate) mod fork_server;
pub(crate) mod manager;
pub(crate) mod process;
pub(crate) mod sys;
pub(crate) mod task;
pub(crate) mod task_loop;
pub(crate) mod thread;
mod timing;

pub use executor::{Executor, ExecutorError};
