//! What is Linux's alone, and all the `unsafe` there is. Another Unix is one more file.

mod lifeline;
mod linux;
mod orphans;
mod service;
mod signals;
mod socket;
mod words;

pub(crate) use lifeline::end_group;
pub(crate) use linux::{
    Adopted, ChildHandle, adopt, apply_limits, build_id, build_of, cores, monotonic, name_process, oom_kills,
    open_binary, spawn_self, take_marker, usage,
};
pub(crate) use orphans::{adopts_orphans, dead_children, reap_stranger};
pub(crate) use service::{NotifySocket, take_inherited};
pub(crate) use signals::{TTIN, TTOU, has_terminal, hear_signals, ignores_hangup};
pub(crate) use socket::{receive, send, watch};
pub(crate) use words::{make_words, map_words, read_words};
