//! What every actor does, tested in each kind: in its own process, in a thread, as a task.

mod births;
mod cases;
mod context;
mod deadlines;
mod errors;
mod hooks;
mod isolation;
mod links;
mod mailbox;
mod setup;
mod tasks;
