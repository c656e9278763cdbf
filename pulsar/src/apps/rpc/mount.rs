//! What is mounted: an actor under a name, and the calls of its commands. Must not know requests and answers.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::value::RawValue;
use tracing::warn;

use super::answer::{ErrorKind, Fault};
use crate::api::find;
use crate::command::{Descriptor, JsonEntry, Manner};
use crate::error::{AskError, Started};
use crate::proxy::{Callee, Proxy, Refusal};
use crate::sync::{Mutex, lock};

/// An actor, and what of it is served.
#[derive(Debug)]
pub(super) struct Mounted {
    target: Target,
    /// The commands that are served; all of its own, where it is not said.
    only: Option<Vec<Cow<'static, str>>>,
}

#[derive(Debug)]
enum Target {
    Proxy(Callee),
    /// Who bears this name, and who was found last.
    Name(String, Mutex<Option<Callee>>),
}

impl Mounted {
    pub(super) fn proxy(callee: Callee, only: Option<Vec<Cow<'static, str>>>) -> Self {
        Self { target: Target::Proxy(callee), only }
    }

    pub(super) fn name(name: String) -> Self {
        Self { target: Target::Name(name, Mutex::new(None)), only: None }
    }

    fn serves(&self, command: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.iter().any(|one| one == command))
    }

    async fn callee(&self) -> Result<Callee, AskError> {
        match &self.target {
            Target::Proxy(callee) => Ok(callee.clone()),
            Target::Name(name, last) => {
                if let Some(callee) = lock(last).clone() {
                    return Ok(callee);
                }
                let found = Callee::of(&find(name).await?);
                *lock(last) = Some(found.clone());
                Ok(found)
            }
        }
    }

    /// Forgets who bore the name, if that is gone; true if another may bear it now.
    fn forget(&self, gone: &Proxy) -> bool {
        let Target::Name(_, last) = &self.target else { return false };
        let mut last = lock(last);
        if gone.address().is_gone() && last.as_ref().is_some_and(|callee| callee.proxy == *gone) {
            *last = None;
            return true;
        }
        false
    }

    /// Calls a command. `texts` says whether an error that is only a text is passed on.
    pub(super) async fn call(
        &self,
        command: &str,
        params: Option<&RawValue>,
        manner: Manner,
        texts: bool,
    ) -> Result<Option<Box<RawValue>>, Fault> {
        if !self.serves(command) {
            return Err(ErrorKind::MethodNotFound.into());
        }
        let params = || params.map_or_else(|| RawValue::NULL.to_owned(), RawValue::to_owned);
        let mut callee = self.callee().await.map_err(|error| fault(command, &error))?;
        let mut outcome = callee.call(command, params(), manner, false).await;
        // It had not begun: whoever has the name now has it for the first time.
        if let Err(Refusal::Ask(AskError::ActorDied { started: Started::No, .. })) = &outcome
            && self.forget(&callee.proxy)
        {
            callee = self.callee().await.map_err(|error| fault(command, &error))?;
            outcome = callee.call(command, params(), manner, false).await;
        }
        match outcome {
            Ok(value) => Ok(value),
            Err(Refusal::UnknownCommand) => Err(ErrorKind::MethodNotFound.into()),
            Err(Refusal::Params(error)) => Err(Fault::params(&error)),
            Err(Refusal::Command { error, text: false }) => Err(Fault { kind: ErrorKind::Command, data: Some(error) }),
            Err(Refusal::Command { error, text: true }) if texts => {
                Err(Fault { kind: ErrorKind::Command, data: Some(error) })
            }
            Err(Refusal::Command { error, text: true }) => {
                warn!(target: "pulsar::rpc", command, error = error.get(), "a command failed");
                Err(ErrorKind::Command.into())
            }
            Err(Refusal::Ask(error)) => Err(fault(command, &error)),
        }
    }

    /// The commands that are served, as far as the actor's type can be told now.
    pub(super) async fn commands(&self, timeout: Duration) -> Result<Vec<&'static Descriptor>, AskError> {
        let actor = self.callee().await?.actor(Some(timeout)).await?;
        let all = actor.map_or(&[][..], JsonEntry::descriptors);
        Ok(all.iter().filter(|descriptor| self.serves(descriptor.name)).collect())
    }
}

/// What is said of a failure; what is not said of it goes to the log.
fn fault(command: &str, error: &AskError) -> Fault {
    let fault = Fault::from(error);
    if fault.kind == ErrorKind::Internal {
        warn!(target: "pulsar::rpc", command, %error, "a call failed");
    }
    fault
}
