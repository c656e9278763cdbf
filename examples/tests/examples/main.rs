//! Runs the examples as their users do: for each kind of placement, with real processes, to the end.

mod counter;
mod crash;
mod greeter;
mod philosophers;
mod run;
mod site;
mod wordcount;
