//! When to start, restart, stop and give up: a pure state machine over trees of children.
//!
//! Owns the decisions of supervision. Must not know tokio, clocks, processes or signals' numbers beyond their
//! names: events and the time go in, actions come out, and a shell performs them. That is what lets its rules
//! be tested in virtual time with random histories.
//!
//! ```
//! use std::time::Duration;
//! use pulsar::supervise::{Action, Event, Machine, Policy};
//! # let id = "0.7".parse().unwrap();
//! let mut machine = Machine::new(1);
//! let mut actions = Vec::new();
//! machine.handle(Duration::ZERO, Event::Add { id, parent: None, policy: Policy::default() }, &mut actions);
//! assert_eq!(actions, [Action::Start { id, incarnation: 1 }]);
//! assert_eq!(machine.next_timer(), Some(Duration::from_secs(30))); // it has to be ready by then
//! ```

mod backoff;
mod budget;
mod child;
mod end;
mod event;
mod group;
mod life;
mod machine;
mod orders;
mod policy;
mod pool;
mod team;
mod timers;
mod turn;

pub use backoff::Backoff;
pub use budget::Intensity;
pub use child::{Child, Phase};
pub use event::{Action, Event};
pub use machine::Machine;
pub use policy::{AutoShutdown, Due, GiveUp, GroupPolicy, Policy, PoolPolicy, Recycle, Restart, Strategy};
