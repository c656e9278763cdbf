//! Runs the examples as their users do: for each kind of placement, with real processes, to the end.

mod calculator;
mod chat;
mod counter;
mod crash;
mod echo;
mod graph;
mod greeter;
mod hello;
mod httpbin;
mod pages;
mod philosophers;
mod proxy;
mod raw;
mod run;
mod served;
mod site;
mod wordcount;
