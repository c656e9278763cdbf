//! The attribute macros of pulsar.
