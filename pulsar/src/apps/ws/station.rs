//! A loop's part of the rooms: the members that are on it, one subscription for all of them, and the hand that gives them what comes.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use super::{
    close::CloseCode,
    room::Slow,
    rooms::{News, rooms_members, rooms_news, rooms_subscribe},
    session::{TrySendError, WeakSender},
};
use crate::{api, error::AskError, id::ActorId, proxy::Proxy};

/// How long an answer may take to come that is held for 10 s where there is no news.
const ANSWER: Duration = Duration::from_secs(20);

/// The pause after a failure, which doubles.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);

thread_local! {
    /// Those of this loop. They end with it, as its sockets do.
    static STATIONS: RefCell<HashMap<Whom, Arc<Station>>> = RefCell::default();
    /// The rooms that were found from here.
    static FOUND: RefCell<HashMap<Whom, Proxy>> = RefCell::default();
}

/// Which rooms.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) enum Whom {
    Name(String),
    Id(ActorId),
}

impl Whom {
    /// Their proxy, which outlives restarts. One of a name is looked up again when nobody is behind it any more.
    pub(super) async fn find(&self) -> Result<Proxy, AskError> {
        let known = FOUND.with_borrow(|found| found.get(self).cloned());
        if let Some(proxy) = known.filter(Proxy::is_alive) {
            return Ok(proxy);
        }
        let proxy = match self {
            Self::Name(name) => api::find(name).await?,
            Self::Id(id) => api::find(*id).await?,
        };
        FOUND.with_borrow_mut(|found| found.insert(self.clone(), proxy.clone()));
        Ok(proxy)
    }
}

/// The members of one loop in the rooms of one actor.
pub(super) struct Station {
    rooms: Whom,
    here: Mutex<Here>,
    /// Members have come or gone.
    changed: Notify,
    /// The version that the rooms know.
    known: watch::Sender<u64>,
    runs: AtomicBool,
}

impl fmt::Debug for Station {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Station").field("rooms", &self.rooms).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Here {
    members: HashMap<String, HashMap<u64, (WeakSender, Slow)>>,
    last: u64,
    /// Rooms whose number of members the actor does not know yet.
    changed: BTreeSet<String>,
    /// Counts the changes.
    version: u64,
}

impl Here {
    fn count(&self, room: &str) -> u32 {
        self.members.get(room).map_or(0, |members| u32::try_from(members.len()).unwrap_or(u32::MAX))
    }

    fn change(&mut self, room: &str) -> u64 {
        self.changed.insert(room.into());
        self.version += 1;
        self.version
    }

    /// The version without it; nothing if it was not there.
    fn remove(&mut self, room: &str, number: u64) -> Option<u64> {
        let members = self.members.get_mut(room)?;
        members.remove(&number)?;
        if members.is_empty() {
            self.members.remove(room);
        }
        Some(self.change(room))
    }
}

impl Station {
    pub(super) fn of_this_loop(rooms: &Whom) -> Arc<Self> {
        let new = || Self {
            rooms: rooms.clone(),
            here: Mutex::default(),
            changed: Notify::new(),
            known: watch::Sender::new(0),
            runs: AtomicBool::new(false),
        };
        STATIONS.with_borrow_mut(|stations| stations.entry(rooms.clone()).or_insert_with(|| Arc::new(new())).clone())
    }

    fn here(&self) -> MutexGuard<'_, Here> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new member; its number, and the version with it.
    pub(super) fn add(self: &Arc<Self>, room: &str, sender: WeakSender, slow: Slow) -> (u64, u64) {
        let (number, version) = {
            let mut here = self.here();
            here.last += 1;
            let number = here.last;
            here.members.entry(room.into()).or_default().insert(number, (sender, slow));
            (number, here.change(room))
        };
        if self.runs.swap(true, Ordering::SeqCst) {
            self.changed.notify_one();
        } else {
            tokio::spawn(run(Running(self.clone())));
        }
        (number, version)
    }

    pub(super) fn remove(&self, room: &str, number: u64) -> Option<u64> {
        let version = self.here().remove(room, number)?;
        self.changed.notify_one();
        Some(version)
    }

    /// Until the rooms know of this version; false if that will not be.
    pub(super) async fn known(&self, version: u64) -> bool {
        self.known.subscribe().wait_for(|known| *known >= version).await.is_ok()
    }

    /// All members, or those of the rooms where they have changed; with the version.
    fn members(&self, all: bool) -> (Vec<(String, u32)>, u64) {
        let mut here = self.here();
        let mut changed = std::mem::take(&mut here.changed);
        if all {
            changed = here.members.keys().cloned().collect();
        }
        (
            changed.into_iter().map(|room| (here.count(&room), room)).map(|(count, room)| (room, count)).collect(),
            here.version,
        )
    }

    /// Gives the members what has come.
    fn deliver(&self, news: &News) {
        if news.missed > 0 {
            tracing::warn!(missed = news.missed, "this worker is too slow: messages for rooms were lost");
        }
        let mut gone = Vec::new();
        {
            let here = self.here();
            for (room, message) in &news.messages {
                for (number, (sender, slow)) in here.members.get(room).into_iter().flatten() {
                    match sender.try_send(message.clone()) {
                        Ok(()) => {}
                        Err(TrySendError::Full(_)) if *slow == Slow::Skip => {}
                        Err(TrySendError::Full(_)) => {
                            sender.close_soon(CloseCode::POLICY, "it reads too slowly for this room");
                            gone.push((room.clone(), *number));
                        }
                        Err(TrySendError::Closed(_)) => gone.push((room.clone(), *number)),
                    }
                }
            }
        }
        for (room, number) in gone {
            self.remove(&room, number);
        }
    }

    /// One subscription, from its begin to its end.
    async fn subscribed(&self) -> Result<(), AskError> {
        let rooms = self.rooms.find().await?;
        let (members, version) = self.members(true);
        let number = rooms.send(rooms_subscribe(members)).await?;
        self.known.send_replace(version);
        let mut after = 0;
        loop {
            let mut news = pin!(rooms.send(rooms_news(number, after)).timeout(ANSWER));
            let news = loop {
                let changed = pin!(self.changed.notified());
                match select(news.as_mut(), changed).await {
                    Either::Left((news, _)) => break news?,
                    Either::Right(_) => {
                        let (members, version) = self.members(false);
                        if !members.is_empty() && !rooms.send(rooms_members(number, members)).await? {
                            return Ok(());
                        }
                        self.known.send_replace(version);
                    }
                }
            };
            // Of a subscription that is not known any more: another is made.
            let Some(news) = news else { return Ok(()) };
            self.deliver(&news);
            after = after.max(news.last);
        }
    }
}

/// A station whose subscription is kept. When the loop ends so does this, and whoever joins on another one begins anew.
struct Running(Arc<Station>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.runs.store(false, Ordering::SeqCst);
    }
}

async fn run(running: Running) {
    let mut pause = PAUSE;
    loop {
        let began = tokio::time::Instant::now();
        if let Err(error) = running.0.subscribed().await {
            tracing::debug!(%error, "the rooms are not there");
        }
        if began.elapsed() > LONGEST {
            pause = PAUSE;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}
