//! What keeps actors alive, and what ends them: restarts, limits, stops, signals, and the death of the master.

mod lengths;
mod master;
mod restarts;
mod stops;
mod storms;
