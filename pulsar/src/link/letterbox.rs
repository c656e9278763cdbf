//! Messages from another process into the mailboxes of this one. Must not know what else arrives.

use std::sync::Arc;

use bytes::Bytes;

use super::{Link, drains};
use crate::address::Route;
use crate::concurrency::sys;
use crate::error::{Failure, Started};
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation};
use crate::mailbox::{AnyMailbox, EncodedCall, EncodedTells, Envelope, Origin, Refused};
use crate::message::{Header, Subject, Tells};
use crate::node::{Node, node};
use crate::reply::Reply;

/// What one connection delivers by.
#[derive(Default)]
pub(super) struct Letterbox {
    /// Whom the last message was for: the next mostly is, too.
    recent: Option<Recent>,
}

/// A mailbox of this process.
struct Recent {
    target: ActorId,
    incarnation: Incarnation,
    mailbox: Arc<dyn AnyMailbox>,
}

/// What has become of something that is not in a mailbox.
enum Undelivered<T> {
    /// Its incarnation does not live, or never did.
    Lost(T, Failure),
    /// Its sender sends more than it may.
    Overrun(T),
}

impl Letterbox {
    /// A message with whoever waits for its answer.
    pub(super) fn message(
        &mut self,
        link: &Arc<Link>,
        header: &Header,
        payload: Bytes,
        reply: Reply,
    ) -> Result<(), String> {
        let Some(node) = node() else { return Ok(()) };
        // Who asks over there is not to wait for a loop that has its own work.
        link.desk.come_home();
        let open = matches!(header.subject, Subject::Open | Subject::OpenTell);
        let content = EncodedCall { open, tag: header.tag, payload, peer: link.clone() };
        let deadline = header.deadline.and_then(sys::own_time);
        let envelope = Envelope { content, reply, sender: header.sender, deadline };
        let push = |mailbox: &dyn AnyMailbox, envelope| mailbox.push_encoded(envelope);
        match self.put(node, header.target, header.incarnation, envelope, push) {
            Ok(()) => Ok(()),
            Err(Undelivered::Lost(envelope, failure)) => {
                envelope.reply.fail(failure);
                Ok(())
            }
            Err(Undelivered::Overrun(envelope)) => {
                drop(envelope.reply.into_to());
                Err(beyond_window())
            }
        }
    }

    /// Messages that nobody waits for: what is lost of them, nobody hears.
    pub(super) fn tells(&mut self, link: &Arc<Link>, tells: Tells) -> Result<(), String> {
        let Some(node) = node() else { return Ok(()) };
        link.desk.come_home();
        let (target, incarnation) = (tells.target(), tells.incarnation());
        let origin = Origin { process: link.process, peer: link.clone() };
        let tells = Box::new(EncodedTells { tells, origin });
        let push = |mailbox: &dyn AnyMailbox, tells| mailbox.push_tells(tells);
        match self.put(node, target, incarnation, tells, push) {
            Ok(()) | Err(Undelivered::Lost(..)) => Ok(()),
            Err(Undelivered::Overrun(_)) => Err(beyond_window()),
        }
    }

    fn put<T>(
        &mut self,
        node: &Node,
        target: ActorId,
        incarnation: Incarnation,
        mut item: T,
        push: impl Fn(&dyn AnyMailbox, T) -> Result<(), Refused<T>>,
    ) -> Result<(), Undelivered<T>> {
        if let Some(recent) = self.recent.as_ref().filter(|it| it.target == target && it.incarnation == incarnation) {
            match push(&*recent.mailbox, item) {
                Ok(()) => return Ok(()),
                Err(Refused::Full(refused)) => return Err(Undelivered::Overrun(refused)),
                // It has ended: what has become of it is known elsewhere.
                Err(Refused::Closed(refused)) => item = refused,
            }
            self.recent = None;
        }
        let (mailbox, lives) = match find(node, target, incarnation) {
            Ok(found) => found,
            Err(failure) => return Err(Undelivered::Lost(item, failure)),
        };
        match push(&*mailbox, item) {
            Ok(()) => {}
            Err(Refused::Full(refused)) => return Err(Undelivered::Overrun(refused)),
            Err(Refused::Closed(refused)) => {
                return Err(Undelivered::Lost(refused, Failure::died(ExitReason::Unknown, Started::No)));
            }
        }
        if lives {
            self.recent = Some(Recent { target, incarnation, mailbox });
        }
        Ok(())
    }
}

/// The mailbox of an incarnation of this process, and whether that goes on living: one that drains takes what was on its way.
fn find(node: &Node, target: ActorId, incarnation: Incarnation) -> Result<(Arc<dyn AnyMailbox>, bool), Failure> {
    match node.known(target).map(|address| address.route()) {
        Some(Route::Local { mailbox, incarnation: lives }) if lives == incarnation => Ok((mailbox, true)),
        route => match (drains::mailbox(target, incarnation), route) {
            (Some(mailbox), _) => Ok((mailbox, false)),
            (None, Some(Route::Gone(reason))) => Err(Failure::died(reason, Started::No)),
            (None, Some(_)) => Err(Failure::died(ExitReason::Unknown, Started::No)),
            (None, None) => Err(Failure::UnknownActor { target: target.to_string() }),
        },
    }
}

fn beyond_window() -> String {
    "more messages than its window allows".into()
}
