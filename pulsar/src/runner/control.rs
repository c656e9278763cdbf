//! The control lane: the built-in commands, answered beside whatever the actor is doing.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde::Serialize;

use super::decode_open;
use crate::actor::{AnyActor, Context, Core, Info, MIN_TIMEOUT, NoMessage, Params};
use crate::command::{ConfigError, Internal, On, OpenCall, Verb};
use crate::error::Failure;
use crate::mailbox::{Body, ControlItem, Envelope, Item, Origin, Receiver};
use crate::message::encode;
use crate::reply::Reply;
use crate::{duration, exit, spawner};

/// A heartbeat that is more frequent costs more than it tells.
const MIN_HEARTBEAT: Duration = Duration::from_millis(10);

/// Answers one built-in command. `on_info` is the actor's own part of `info`, where the actor is free to give it.
pub(super) fn answer(core: &Rc<Core>, item: ControlItem, on_info: Option<&mut dyn FnMut(&mut Info)>) {
    let ControlItem { verb, reply, process, .. } = item;
    match verb {
        Verb::Ping => send(reply, &Ok::<_, ()>("pong")),
        Verb::Echo(bytes) => reply.encoded(Ok(bytes)),
        Verb::Info => send(reply, &Ok::<_, ()>(info(core, on_info))),
        Verb::ConfigGet(key) => send(reply, &config_get(core, &key)),
        Verb::ConfigSet(key, value) => send(reply, &config_set(core, &key, &value)),
        Verb::Run { tag, payload } => match decode_open(tag, &payload) {
            Ok(call) => run_without_actor(core, call, reply),
            Err(failure) => reply.fail(failure),
        },
        Verb::Unencodable(text) => reply.fail(Failure::Unencodable(text)),
        Verb::Notify => send(reply, &Ok::<_, ()>(now_millis())),
        Verb::Stop => {
            send(reply, &Ok::<_, ()>(()));
            core.manager.stop_requested(core);
            core.stop(exit::ExitReason::Shutdown);
        }
        Verb::Spawn(request) => core.spawn(async move {
            let spawned = spawner::spawn(*request).await;
            send(reply, &spawned.map(|address| address.id()));
        }),
        Verb::KillActor(_) => {
            reply.fail(Failure::UnknownCommand { command: "`kill_actor`, which only the arbiter answers".into() });
        }
        // Only a manager ends an actor: this process itself, or the master.
        Verb::Internal(Internal::End { reason, now }) if process.is_none_or(|process| process == 0) => {
            core.stop(reason);
            if now {
                core.end_now();
            }
            send(reply, &Ok::<_, ()>(()));
        }
        Verb::Internal(Internal::Drain) if process.is_none_or(|process| process == 0) => core.drain(),
        Verb::Internal(Internal::Left { process: other }) if process.is_none() => core.manager.left(other),
        Verb::Internal(_) => reply.fail(Failure::Protocol("a message between managers reached an actor".into())),
    }
}

/// What reaches `main`'s mailbox: it has no commands of its own.
pub(super) fn open_or_refuse(core: &Rc<Core>, mailbox: &RefCell<Receiver<NoMessage>>, item: Item<NoMessage>) {
    match item.body {
        Body::Typed(never) => match never {},
        Body::Open(call) => run_without_actor(core, *call, item.whence.open().0),
        Body::Encoded(envelope) => {
            let Envelope { content: call, reply, .. } = *envelope;
            call.peer.taken(core.id, core.incarnation, 1);
            if !call.open {
                return reply.fail(Failure::UnknownCommand { command: format!("with tag {:#010x}", call.tag) });
            }
            match decode_open(call.tag, &call.payload) {
                Ok(open) => run_without_actor(core, open, reply),
                Err(failure) => reply.fail(failure),
            }
        }
        Body::Told => {
            let taken = |origin: &Origin, _, _, _: &[u8]| origin.peer.taken(core.id, core.incarnation, 1);
            let _ = mailbox.borrow_mut().next_told(taken);
        }
        // The receiver hands these out one by one.
        Body::Tells(_) => {}
    }
}

/// Answers with a value, or a built-in command's own error.
pub(crate) fn send<T: Serialize, E: Serialize>(reply: Reply, answer: &Result<T, E>) {
    let encoded: Result<Result<Bytes, Bytes>, _> = match answer {
        Ok(value) => encode(value).map(Ok),
        Err(error) => encode(error).map(Err),
    };
    match encoded {
        Ok(answer) => reply.encoded(answer),
        Err(error) => reply.fail(Failure::Unencodable(error.to_string())),
    }
}

/// Milliseconds since 1970, for people; nothing is decided by it.
pub(crate) fn now_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn info(core: &Rc<Core>, on_info: Option<&mut dyn FnMut(&mut Info)>) -> Info {
    if let Some(on_info) = on_info {
        let mut info = core.info();
        info.extra.clear();
        on_info(&mut info);
        core.show(info.extra);
    }
    Info { system: core.manager.system(), last_crash: core.record.last_crash.clone(), ..core.info() }
}

fn config_get(core: &Core, key: &str) -> Result<String, ConfigError> {
    let params = &core.params;
    Ok(match key {
        "timeout" => duration::show(core.timeout.get()),
        "heartbeat" => duration::show(core.heartbeat.get()),
        "shutdown" => duration::show(params.shutdown),
        "start_timeout" => duration::show(params.start_timeout),
        "mailbox" => params.mailbox.to_string(),
        "restart" => params.restart.to_string(),
        other => match core.extra().borrow().get(other) {
            Some(value) => value.clone(),
            None => return Err(no_setting(other)),
        },
    })
}

fn config_set(core: &Rc<Core>, key: &str, value: &str) -> Result<(), ConfigError> {
    let length = || duration::parse(value).map_err(|error| ConfigError::new(format!("`{key}`: {error}")));
    match key {
        "timeout" => {
            let timeout = length()?;
            if timeout < MIN_TIMEOUT {
                return Err(ConfigError::new(format!("`timeout` must be at least {}", duration::show(MIN_TIMEOUT))));
            }
            core.timeout.set(timeout);
            core.set_heartbeat(Params::heartbeat(core.timeout.get()));
            core.manager.timeout_changed(core);
        }
        "heartbeat" => {
            let heartbeat = length()?;
            if heartbeat < MIN_HEARTBEAT {
                return Err(ConfigError::new(format!(
                    "`heartbeat` must be at least {}",
                    duration::show(MIN_HEARTBEAT)
                )));
            }
            core.set_heartbeat(heartbeat);
        }
        "shutdown" | "start_timeout" | "mailbox" | "restart" => {
            return Err(ConfigError::new(format!("`{key}` cannot be changed while the actor runs")));
        }
        other => {
            core.extra().borrow_mut().insert(other.to_string(), value.to_string());
        }
    }
    Ok(())
}

fn no_setting(key: &str) -> ConfigError {
    ConfigError::new(format!(
        "there is no setting `{key}`: `timeout`, `heartbeat`, `shutdown`, `start_timeout`, `mailbox`, `restart`, or a key of `extra`"
    ))
}

/// Answers an open command that any actor answers, without an actor.
fn run_without_actor(core: &Rc<Core>, call: OpenCall, reply: Reply) {
    if !call.entry().is_for_any() {
        reply.fail(Failure::UnknownCommand { command: format!("`{}`", call.entry().name) });
        return;
    }
    let context = Context::<AnyActor>::new(core.clone());
    core.spawn_answer(async move { call.run(On::new(None, context), reply).await });
}
