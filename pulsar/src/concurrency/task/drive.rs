//! What wakes a keeper: the time of its machine, the heartbeats of its actors, the orders of other threads.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::Keeper;
use crate::actor::Core;
use crate::exit::ExitReason;
use crate::id::ActorId;
use crate::supervise::Event;
use crate::timers;

/// A loop that comes back this late was held up: none of its tasks could have said that it lives.
const LATE: Duration = Duration::from_secs(1);

impl Keeper {
    /// Keeps the machine's time, and hears other threads.
    pub(crate) async fn drive(self: Rc<Self>) {
        let mut sleep = pin!(tokio::time::sleep(Duration::ZERO));
        poll_fn(|cx| {
            loop {
                // The loop was blocked for too long: what waited for them was failed meanwhile.
                for (id, incarnation) in self.watch.take_lost() {
                    self.with_core(id, |core| {
                        if core.incarnation == incarnation {
                            core.stop(ExitReason::Hung);
                            core.end_now();
                        }
                    });
                }
                self.orders.take(cx.waker()).into_iter().for_each(|request| self.obey(request));
                while let Some((at, id)) = self.pulses.take(timers::now()) {
                    if self.is_due(id, at) {
                        self.with_core(id, Core::wake);
                    }
                }
                *self.driver.borrow_mut() = Some(cx.waker().clone());
                let timer = self.machine.borrow().next_timer();
                let timer_at = timer.and_then(|timer| self.origin.checked_add(timer));
                let next = timer_at.into_iter().chain(self.pulses.next()).min();
                self.armed.set(next);
                let Some(next) = next else { return Poll::<()>::Pending };
                sleep.as_mut().reset(next.into());
                if Future::poll(sleep.as_mut(), cx).is_pending() {
                    return Poll::Pending;
                }
                let Some(timer) = timer.filter(|&timer| timer <= self.origin.elapsed()) else { continue };
                if self.origin.elapsed().saturating_sub(timer) > LATE {
                    self.handle(Event::Grace);
                }
                self.handle(Event::Tick);
            }
        })
        .await;
    }

    /// Has the driver look at that time, if it would look later.
    pub(super) fn look_at(&self, at: Option<Instant>) {
        if at.is_some_and(|at| self.armed.get().is_none_or(|armed| at < armed))
            && let Some(waker) = self.driver.borrow_mut().take()
        {
            waker.wake();
        }
    }

    /// Whether an actor's heartbeat is due; if so, it has been heard.
    pub(super) fn poll_pulse(&self, core: &Core) -> Poll<()> {
        // The loop's timers stand still while a handler holds the loop: a period may have gone by all the same.
        let beat = match core.due.get() {
            Some(due) if timers::lately(&core.seen) < due => return Poll::Pending,
            due => due.is_some(),
        };
        let period = core.heartbeat.get();
        let next = timers::now().checked_add(period);
        core.due.set(next);
        if let Some(next) = next {
            self.pulses.add(period, next, core.id, |at, id| self.is_due(id, at));
            self.look_at(Some(next));
        }
        if !beat {
            return Poll::Pending;
        }
        self.handle(Event::Beat { id: core.id, incarnation: core.incarnation });
        Poll::Ready(())
    }

    /// Whether an actor waits for that heartbeat: it has not ended, and its period is not another.
    fn is_due(&self, id: ActorId, at: Instant) -> bool {
        let children = self.children.borrow();
        children.get(&id).and_then(|child| child.core.as_ref()).is_some_and(|core| core.due.get() == Some(at))
    }
}
