//! Rules between the parts of one item; each part alone is right already.

pub(crate) mod commands;
pub(crate) mod hooks;
pub(crate) mod keys;
pub(crate) mod supervisor;
