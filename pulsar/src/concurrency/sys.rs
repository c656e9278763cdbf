//! What is Linux's alone, and all the `unsafe` there is. Another Unix is one more file.

mod linux;

pub(crate) use linux::{
    Adopted, ChildHandle, adopt, apply_limits, build_id, monotonic, receive, send, spawn_self, take_marker, usage,
};
