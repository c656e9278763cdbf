//! What keeps actors alive, and what ends them: restarts, limits, stops, signals, and the death of the master.

mod awake;
mod crashes;
mod declared;
mod delivery;
mod forks;
mod lengths;
mod master;
mod orphans;
mod output;
mod resources;
mod restarts;
mod service;
mod signals;
mod standstill;
mod stops;
mod storms;
mod victim;
