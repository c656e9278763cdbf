//! The only door for generated code. Nothing here is stable.

pub use inventory;
pub use serde;

pub use crate::__any_actor as any_actor;
pub use crate::__counted as counted;
#[cfg(not(feature = "json"))]
pub use crate::__json_nothing as json_actor;
#[cfg(not(feature = "json"))]
pub use crate::__json_nothing as json_open;
pub use crate::__one_actor as one_actor;
pub use crate::__proxy_impls as proxy_impls;
pub use crate::__supervised_actor as supervised_actor;
pub use crate::__supervisor_proxy_impls as supervisor_proxy_impls;
pub use crate::actor::{
    Actor, ActorEntry, AnyActor, Context, HookOutcome, Info, Message, Options, Params, Restart, Routing, Specified,
};
#[cfg(feature = "app")]
pub use crate::app::{App, Speaks};
#[cfg(feature = "http")]
pub use crate::apps::http::make as make_http;
#[cfg(feature = "socket")]
pub use crate::apps::socket::{make as make_socket, make_datagrams as make_udp};
pub use crate::command::{CommandFor, Descriptor, On, OpenCommand, OpenEntry, Param};
#[cfg(feature = "json")]
pub use crate::command::{JsonCall, JsonCommand, JsonEntry, JsonOpen, JsonOpenEntry, JsonParams, ParamError};
#[cfg(feature = "app")]
pub use crate::config::Settings;
pub use crate::entry::{TestOptions, main, main_with, test};
pub use crate::error::{Error, ErrorText, Never};
pub use crate::exit::ExitReason;
pub use crate::id::Kind;
pub use crate::message::{DecodeError, Decoder, EncodeError, Encoder, Tag, tag};
pub use crate::proxy::Proxy;
pub use crate::reply::{Caller, Reply};
pub use crate::request::Request;
#[cfg(feature = "app")]
pub use crate::serve::{Hooks, Made, Making, ServiceEntry, decode_arguments, encode_arguments};
pub use crate::supervise::{AutoShutdown, GiveUp, Strategy};
pub use crate::supervisor::{
    Branch, ChildOptions, Placed, Planted, Supervised, SupervisorExt, SupervisorOptions, SupervisorProxy, element,
    placed,
};
pub use crate::wire::{assert_clone, assert_default, assert_wire};
#[cfg(feature = "json")]
pub use crate::{__json_actor as json_actor, __json_open as json_open};
