//! Runs one incarnation of an actor, the same in every kind: start, handshake, messages, stop, exit reason.
//!
//! Must not know what loop it is on: its manager keeps the time and hears its notifications.

mod birth;
mod body;
mod control;
mod credits;
mod decode;
mod next;
mod scoped;

use std::any::TypeId;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, Instant};

use tracing::Span;

pub(crate) use birth::{BearFn, Birth, Born, Ended, bear, bear_with};
pub(crate) use body::live_beside;
pub(crate) use control::{now_millis, send as send_answer};

use credits::Credits;
pub(crate) use decode::decode_open;
use decode::{decode, decode_told, is_late, refuse, unwanted};
use next::{is_next_at_hand, next_control};
use scoped::{scope_of, span};

use crate::actor::{Actor, AnyActor, Context, Core, Message};
use crate::command::On;
use crate::error::{Error, Failure, Never};
use crate::exit::ExitReason;
use crate::id::State;
use crate::mailbox::{Body, Envelope, Item, Receiver};
use crate::message::{Decoder, Tag};
use crate::panics;
use crate::reply::{Reply, Slot, fail_orphans};
use crate::{host, scope, timers};

/// How many messages an actor handles before it lets the rest of its loop have a turn.
const TURN: u32 = 128;

/// After how many messages it looks at the clock, and at whatever else there is to do.
const LOOK: u32 = 8;

/// How long it handles them before it does, so that answers leave, heartbeats beat and other tasks go on.
const SLICE: Duration = Duration::from_millis(2);

/// Runs one incarnation: `life` is what it does from start to end, and panics in it are contained.
#[expect(clippy::manual_async_fn, reason = "an `async fn` has two places for what it is handed")]
fn run<M, F, L>(core: Rc<Core>, receiver: Rc<RefCell<Receiver<M>>>, life: F) -> impl Future<Output = ()>
where
    M: Send + 'static,
    F: FnOnce(Rc<Core>, Rc<RefCell<Receiver<M>>>) -> L,
    L: Future<Output = ExitReason>,
{
    async move {
        // Made here, where it stays: handed over it would have its place twice.
        let mut life = pin!(Some(life(core.clone(), receiver.clone())));
        let mut reason = poll_fn(|cx| {
            let Some(mut running) = life.as_mut().as_pin_mut() else { return Poll::Ready(ExitReason::Unknown) };
            scope::enter(&core, || {
                core.set_waker(cx.waker());
                let turn = core.manager.turn(&core);
                let polled = catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(cx)));
                core.manager.turned(turn);
                polled.unwrap_or_else(|payload| Poll::Ready(panics::reason(&*payload)))
            })
        })
        .await;

        // From here senders wait for the next incarnation, and what was owed is answered with the reason.
        core.state.set(State::Closed);
        core.address.lose(core.incarnation);
        core.manager.leaving(&core);
        core.begin_ending();
        let mut orphans = Vec::new();
        scope::enter(&core, || {
            // Destructors are the user's code too.
            let dropped = catch_unwind(AssertUnwindSafe(|| {
                life.set(None);
                orphans = core.finish();
            }));
            if let Err(payload) = dropped {
                reason = panics::reason(&*payload);
                orphans.extend(core.finish());
            }
        });
        // It is told to every process that asks: not at any length.
        let reason = reason.clipped();
        // Closed first: whoever hears of this end and sends again is not to meet the same incarnation.
        let lost = receiver.borrow_mut().close(&reason);
        fail_orphans(orphans, &reason);
        core.manager.ended(&core, Ended { reason, lost });
    }
}

/// The life of an actor of type `A`.
#[expect(clippy::manual_async_fn, reason = "an `async fn` has two places for what it is handed")]
fn live<A: Actor>(core: Rc<Core>, mailbox: Rc<RefCell<Receiver<A::Message>>>) -> impl Future<Output = ExitReason> {
    async move {
        let mut cx = Context::<A>::new(core.clone());
        let mut actor = {
            let mut input = Decoder::new(&core.specification);
            match A::decode(&mut input).and_then(|actor| input.finish().map(|()| actor)) {
                Ok(actor) => actor,
                Err(error) => return ExitReason::StartFailed(format!("its specification cannot be read: {error}")),
            }
        };
        let started = {
            let mut start = pin!(actor.hook_start(&mut cx));
            // `stop` and the built-in commands work before the actor is ready, too.
            beside(&core, &mailbox, |task| start.as_mut().poll(task)).await
        };
        match started {
            Some(Ok(())) => {}
            Some(Err(error)) => return ExitReason::StartFailed(error.to_string()),
            None => return core.stop_requested().unwrap_or(ExitReason::Shutdown),
        }
        core.state.set(State::Running);
        core.manager.notify(&core);

        let mut reason = serve(&mut actor, &mut cx, &core, &mailbox).await;

        core.state.set(State::Stopping);
        let stopped = {
            let mut limit = None;
            let mut stopping = pin!(actor.hook_stopping(&mut cx, &reason));
            let step = |task: &mut TaskContext<'_>| {
                if let Poll::Ready(stopped) = stopping.as_mut().poll(task) {
                    return Poll::Ready(stopped);
                }
                // One that ends by itself has nobody who would see that it does.
                let limit = limit.get_or_insert_with(|| time_out(core.params.shutdown));
                limit.poll(task.waker()).map(|_| Err(Error::msg("it took longer than `shutdown`")))
            };
            beside(&core, &mailbox, step).await
        };
        if let Some(Err(error)) = stopped {
            if reason.is_normal() && !matches!(reason, ExitReason::Shutdown) {
                reason = ExitReason::Error(format!("in `stopping`: {error}"));
            } else {
                tracing::warn!(actor = %core.name(), %error, "the `stopping` hook failed");
            }
        }
        reason
    }
}

/// A slot that fails when so much time has passed.
fn time_out(after: Duration) -> Arc<Slot<(), Never>> {
    let slot = Arc::new(Slot::new());
    let now = Instant::now();
    if let Some(deadline) = now.checked_add(after) {
        timers::fail_at(deadline, now, slot.clone());
    }
    slot
}

/// What the actor does next.
enum Next {
    /// The message that was put into the slot: a message is moved as seldom as can be.
    Message,
    Tick,
    End,
}

async fn serve<A: Actor>(
    actor: &mut A,
    cx: &mut Context<A>,
    core: &Rc<Core>,
    mailbox: &Rc<RefCell<Receiver<A::Message>>>,
) -> ExitReason {
    let mut credits = Credits::default();
    let mut turn = 0_u32;
    // When the turn began, or before that: the clock is looked at seldom, for that costs more than a message.
    let mut since = timers::before();
    let mut far = false;
    // Its messages take long: the clock is looked at for each.
    let mut slow = false;
    let mut slot: Option<Item<A::Message>> = None;
    loop {
        // Most of the time there is nothing to do but the next message, which is at hand.
        turn += 1;
        let look = slow || turn.is_multiple_of(LOOK) || (far && turn.is_power_of_two());
        let next = if !look && is_next_at_hand(core, mailbox, &mut slot) {
            Next::Message
        } else {
            poll_fn(|task| {
                core.poll_tasks(task);
                while let Some(item) = next_control(mailbox, None) {
                    control::answer(core, item, Some(&mut |info| actor.hook_on_info(info)));
                }
                if core.has_drained() {
                    core.stop(ExitReason::Shutdown);
                }
                if core.must_stop() {
                    return Poll::Ready(Next::End);
                }
                // Whoever came from another process is answered when the loop's turn comes.
                let look = slow || turn.is_multiple_of(LOOK) || (far && turn.is_power_of_two());
                let late = look && timers::now().saturating_duration_since(since) >= SLICE;
                slow = late || (slow && !turn.is_multiple_of(LOOK));
                if slow {
                    mailbox.borrow_mut().grant_room();
                }
                let tired = turn >= TURN || late;
                if !tired {
                    if mailbox.borrow_mut().poll_next(task.waker(), &mut slot) {
                        return Poll::Ready(Next::Message);
                    }
                } else {
                    host::give_way();
                    task.waker().wake_by_ref();
                }
                turn = 1;
                let tick = core.manager.poll_tick(core, task).map(|()| Next::Tick);
                since = timers::before();
                tick
            })
            .await
        };
        match next {
            Next::End => return core.stop_requested().unwrap_or(ExitReason::Shutdown),
            Next::Tick => {
                let done = {
                    let mut periodic = pin!(actor.hook_periodic_task(cx));
                    beside(core, mailbox, |task| periodic.as_mut().poll(task)).await
                };
                match done {
                    Some(Ok(())) => {}
                    Some(Err(error)) => return ExitReason::Error(format!("in `periodic_task`: {error}")),
                    None => return core.stop_requested().unwrap_or(ExitReason::Shutdown),
                }
            }
            Next::Message => {
                far = slot.as_ref().is_some_and(|item| matches!(item.body, Body::Encoded(_) | Body::Told));
                let Some(rest) = handle_now(actor, cx, core, mailbox, &mut slot, &mut credits) else { continue };
                if !handle(actor, cx, core, mailbox, rest).await {
                    return core.stop_requested().unwrap_or(ExitReason::Shutdown);
                }
            }
        }
    }
}

/// A message whose handler awaits something.
struct Rest<M> {
    body: Body<M>,
    reply: Reply,
    deadline: Option<Instant>,
    begun: Option<Tag>,
    span: Option<Span>,
    far: bool,
}

/// Handles one message, if that awaits nothing: most do not, and make no future. What does is handed back.
#[inline]
fn handle_now<A: Actor>(
    actor: &mut A,
    cx: &mut Context<A>,
    core: &Rc<Core>,
    mailbox: &Rc<RefCell<Receiver<A::Message>>>,
    slot: &mut Option<Item<A::Message>>,
    credits: &mut Credits,
) -> Option<Rest<A::Message>> {
    let Item { body, whence } = slot.take()?;
    let (body, (reply, sender, deadline)) = match body {
        Body::Encoded(envelope) => {
            let Envelope { content: call, reply, sender, deadline } = *envelope;
            // Given up, or expired on its way: what it says is not looked at.
            if is_late(core, &call, deadline, credits) || reply.gone() {
                return unwanted(core, reply);
            }
            match decode::<A>(&call) {
                Ok(body) => (body, (reply, sender, deadline)),
                Err(failure) => return refuse(core, reply, failure),
            }
        }
        Body::Told => match decode_told::<A>(core, &mut mailbox.borrow_mut(), credits)? {
            (sender, Ok(message)) => (Body::Typed(message), (Reply::none(), sender, None)),
            (_, Err(failure)) => return refuse(core, Reply::none(), failure),
        },
        body => (body, whence.open()),
    };
    if reply.gone() {
        return unwanted(core, reply);
    }
    core.sender.set(sender);
    let far = reply.is_far();
    let asked = !reply.is_tell();
    core.asked.set(asked);
    if asked {
        if reply.is_near() {
            core.owed_near(reply.owed());
        } else {
            core.owed_near(None);
            // It must end even if this thread does not come back.
            mailbox.borrow().set_owed(reply.owed());
        }
    }
    let begun = match body {
        Body::Typed(message) => {
            let begun = Some(core.record.recorder.begin(message.tag()));
            let span = span(core, message.name());
            let rest = scope_of(core, deadline, span.as_ref(), || actor.dispatch_now(cx, message, reply));
            if let Some((message, reply)) = rest {
                return Some(Rest { body: Body::Typed(message), reply, deadline, begun, span, far });
            }
            begun
        }
        Body::Open(call) if call.entry().answers(TypeId::of::<A>()) => {
            let begun = Some(core.record.recorder.begin(call.tag()));
            let span = span(core, call.entry().descriptor.name);
            return Some(Rest { body: Body::Open(call), reply, deadline, begun, span, far });
        }
        Body::Open(call) => {
            reply.fail(Failure::UnknownCommand { command: format!("`{}`", call.entry().name) });
            None
        }
        Body::Encoded(_) | Body::Tells(_) | Body::Told => None,
    };
    handled(core, mailbox, begun, far);
    None
}

/// Handles a message that awaits something. False if the handler was dropped for the actor to end at once.
async fn handle<A: Actor>(
    actor: &mut A,
    cx: &mut Context<A>,
    core: &Rc<Core>,
    mailbox: &Rc<RefCell<Receiver<A::Message>>>,
    rest: Rest<A::Message>,
) -> bool {
    let Rest { body, reply, deadline, begun, span, far } = rest;
    let done = match body {
        Body::Typed(message) => {
            let mut handler = pin!(actor.dispatch(cx, message, reply));
            let step =
                |task: &mut TaskContext<'_>| scope_of(core, deadline, span.as_ref(), || handler.as_mut().poll(task));
            beside(core, mailbox, step).await
        }
        Body::Open(call) => {
            let on = On::new(Some(actor), Context::<AnyActor>::new(core.clone()));
            let mut handler = call.run(on, reply);
            let step =
                |task: &mut TaskContext<'_>| scope_of(core, deadline, span.as_ref(), || handler.as_mut().poll(task));
            beside(core, mailbox, step).await
        }
        Body::Encoded(_) | Body::Tells(_) | Body::Told => Some(()),
    };
    match done {
        Some(()) => handled(core, mailbox, begun, far),
        None => {
            core.asked.set(false);
            core.count_handled(None);
        }
    }
    done.is_some()
}

/// A message has been dealt with.
#[inline]
fn handled<M: Send + 'static>(core: &Core, mailbox: &RefCell<Receiver<M>>, begun: Option<Tag>, far: bool) {
    core.asked.set(false);
    // One of this process that was answered may be kept until the next: failing it then does nothing.
    if far {
        mailbox.borrow().set_owed(None);
    }
    core.count_handled(begun);
}

/// Polls a step of the actor while its tasks go on, the control lane is answered and its loop's time is kept.
/// `None` if it was dropped, because the actor is to end at once.
fn beside<M: Send + 'static, R>(
    core: &Rc<Core>,
    mailbox: &Rc<RefCell<Receiver<M>>>,
    mut step: impl FnMut(&mut TaskContext<'_>) -> Poll<R>,
) -> impl Future<Output = Option<R>> {
    poll_fn(move |task| {
        if let Poll::Ready(done) = step(task) {
            return Poll::Ready(Some(done));
        }
        core.poll_tasks(task);
        while let Some(item) = next_control(mailbox, Some(task)) {
            control::answer(core, item, None);
        }
        if core.must_end_now() {
            // What the handler owed is answered with the reason of the end.
            core.begin_ending();
            return Poll::Ready(None);
        }
        // It lives, even while its handler waits; its periodic task has to wait, too.
        let _ = core.manager.poll_tick(core, task);
        Poll::Pending
    })
}
