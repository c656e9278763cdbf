//! What is Linux's alone, and all the `unsafe` there is. Another Unix is one more file.

mod child;
mod fork;
mod lifeline;
mod linux;
mod orphans;
mod service;
mod signals;
mod socket;
mod surroundings;
#[cfg(feature = "app")]
mod user;
mod words;

pub(crate) use child::{ChildHandle, Marker, Role, adopt, spawn_self, take_marker, wrapper};
pub(crate) use fork::{Forked, Forker, TITLE_ROOM, replace_environment, warm_up};
pub(crate) use lifeline::{end_group, tie, tie_alone};
pub(crate) use linux::{
    OomKills, apply_limits, build_id, build_of, cores, monotonic, name_process, open_binary, own_time, shared_time,
    usage,
};
pub(crate) use orphans::{adopts_orphans, dead_children, reap_stranger};
pub(crate) use service::{NotifySocket, SERVICE_VARIABLES, take_inherited};
#[cfg(feature = "app")]
pub(crate) use signals::leave_terminal;
pub(crate) use signals::{TTIN, TTOU, hear_signals, ignores_hangup, lost_terminal, note_terminal};
pub(crate) use socket::{receive, send, watch};
pub(crate) use surroundings::{Status, Surroundings, directory};
#[cfg(feature = "app")]
pub(crate) use user::become_user;
pub(crate) use words::{make_words, map_words, read_words};
