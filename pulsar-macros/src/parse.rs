//! From tokens to the model of each item; every error of form is found here.
//!
//! It looks at one thing at a time; rules between things are for `check`.

pub(crate) mod actor_impl;
pub(crate) mod actor_struct;
pub(crate) mod command;
pub(crate) mod entry_point;
pub(crate) mod hook;
pub(crate) mod keys;
pub(crate) mod open;
pub(crate) mod reply;
pub(crate) mod service;
pub(crate) mod supervisor;
pub(crate) mod types;
pub(crate) mod values;

use syn::{Path, parse_quote};

/// Where the runtime is unless `crate = path` says otherwise.
pub(crate) fn default_crate() -> Path {
    parse_quote!(::pulsar)
}
