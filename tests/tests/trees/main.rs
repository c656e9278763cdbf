//! Trees and pools as their users see them, in real processes, threads and tasks.

mod dynamic;
mod escalation;
mod events;
mod hung;
mod pools;
mod races;
mod recycling;
mod reload;
mod routing;
mod start_stop;
mod strategies;
mod view;
