//! The actor behind rooms: who has members in which room, and what is on its way to them. Knows of workers, not of their sockets.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use super::message::Message;
use crate::{Context, Deferred, Info, actor, command};

/// How long a worker's question is kept where there is no news.
const HELD: Duration = Duration::from_secs(10);

/// A worker that has asked nothing for so long is gone. One that dies while it waits for news is known to be at once.
const FORGOTTEN: Duration = Duration::from_secs(30);

/// What may wait for one worker, in bytes and in messages. Then the oldest goes.
const WAITING: usize = 16 << 20;
const MESSAGES: usize = 16 << 10;

/// What a worker is given at once, in bytes, or one message.
const AT_ONCE: usize = 1 << 20;

/// The rooms of a program, an actor: who joins one anywhere hears what is [published](super::Room::publish) to it anywhere.
///
/// It is a thread of the master unless told otherwise: each worker has a link to the master anyhow, so a message goes to the rooms and
/// from there to a worker without a third process, and it runs no code of users that could fail. One message goes once to each
/// worker which has members in the room, and the worker gives it to them.
///
/// | What dies | What happens |
/// | --- | --- |
/// | a worker | its members are counted no longer, at once or within 30 s; nobody else notices |
/// | this actor | it is restarted, and workers tell it of their members anew, within a moment; what it had not handed to them yet is lost, and to publish fails meanwhile |
/// | its process, with the program | all of it |
///
/// A message reaches each member at most once, and those of one publisher in order. For a worker that does not keep up, 16 MiB
/// or 16,384 messages wait; then the oldest are lost, with a warning in its log. For a socket that does not keep up, see [`Slow`](super::Slow).
///
/// ```no_run
/// use pulsar::{prelude::*, ws};
///
/// #[pulsar::main]
/// async fn main() -> Result<()> {
///     // Then `ws::room("rooms", "lobby")` is a room, in every process of the program.
///     let rooms = ws::Rooms::new().named("rooms").spawn().await?;
///     rooms.publish("lobby", ws::Message::from("good morning")).await?;
///     Ok(())
/// }
/// ```
#[actor(thread, crate = crate)]
#[derive(Debug)]
pub struct Rooms {
    #[state]
    hub: Rc<RefCell<Hub>>,
}

#[actor(crate = crate)]
impl Rooms {
    #[hook]
    fn start(&mut self, cx: &mut Context<Self>) {
        // Numbers of another incarnation mean nothing in this one.
        self.hub.borrow_mut().last = u64::from(cx.incarnation()) << 32;
    }

    #[hook]
    fn periodic_task(&mut self) {
        self.hub.borrow_mut().stations.retain(|_, station| station.heard.elapsed() < FORGOTTEN);
    }

    #[hook]
    fn on_info(&self, info: &mut Info) {
        let hub = self.hub.borrow();
        info.insert("workers", hub.stations.len());
        info.insert("members", hub.stations.values().flat_map(|station| station.members.values()).sum::<u32>());
        info.insert("published", hub.published);
    }

    /// Sends a message to all members of a room, wherever they are. Returns how many there were.
    #[command]
    fn publish(&mut self, room: String, message: Message) -> u32 {
        self.hub.borrow_mut().publish(room, message)
    }

    /// How many members a room has.
    #[command]
    fn count(&mut self, room: String) -> u32 {
        self.hub.borrow().count(&room)
    }

    /// The rooms that have members, with how many.
    #[command]
    fn list(&mut self) -> Vec<(String, u32)> {
        self.hub.borrow().list()
    }
}

/// Publishes, for whoever has no typed proxy.
#[command(crate = crate)]
pub(super) fn rooms_publish(rooms: &mut Rooms, room: String, message: Message) -> u32 {
    rooms.publish(room, message)
}

/// How many members a room has.
#[command(crate = crate)]
pub(super) fn rooms_count(rooms: &mut Rooms, room: String) -> u32 {
    rooms.count(room)
}

/// A worker makes itself known, with the members that it has. Returns its number.
#[command(crate = crate)]
pub(super) fn rooms_subscribe(rooms: &mut Rooms, members: Vec<(String, u32)>) -> u64 {
    let mut hub = rooms.hub.borrow_mut();
    hub.last += 1;
    let number = hub.last;
    hub.stations.insert(number, Station::new(members));
    number
}

/// A worker says how many members these rooms have now; false if it is not known here.
#[command(crate = crate)]
pub(super) fn rooms_members(rooms: &mut Rooms, station: u64, members: Vec<(String, u32)>) -> bool {
    let mut hub = rooms.hub.borrow_mut();
    let Some(station) = hub.stations.get_mut(&station) else { return false };
    station.set(members);
    true
}

/// A worker asks for what came after the message of this number, and waits if there is nothing; `None` if it is not known here.
#[command(crate = crate)]
pub(super) fn rooms_news(
    rooms: &mut Rooms,
    cx: &mut Context<Rooms>,
    station: u64,
    after: u64,
) -> Deferred<Option<News>> {
    let hub = rooms.hub.clone();
    let gone = cx.cancelled();
    let ring = hub.borrow_mut().stations.get_mut(&station).map(|station| {
        station.heard = Instant::now();
        station.forget_until(after);
        station.ring.clone()
    });
    cx.defer(async move {
        let ring = ring?;
        let news = async {
            loop {
                let ringing = ring.notified();
                let news = hub.borrow_mut().stations.get_mut(&station)?.news();
                if news.is_some() {
                    break news;
                }
                ringing.await;
            }
        };
        let news = pin!(news);
        let (held, gone) = (pin!(sleep(HELD)), pin!(gone));
        let over = select(held, gone);
        match select(news, over).await {
            Either::Left((news, _)) => news,
            Either::Right((Either::Left(_), _)) => Some(News::default()),
            Either::Right((Either::Right(_), _)) => {
                // Its process has ended, or it has given up on us: then it makes itself known again.
                hub.borrow_mut().stations.remove(&station);
                None
            }
        }
    })
}

/// What a worker is given.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct News {
    /// The number of the last of them; 0 if there is none.
    pub(super) last: u64,
    /// How many were lost before them.
    pub(super) missed: u64,
    /// Each with its room.
    pub(super) messages: Vec<(String, Message)>,
}

/// All that is known.
#[derive(Debug, Default)]
struct Hub {
    stations: HashMap<u64, Station>,
    /// The last number that was given.
    last: u64,
    published: u64,
}

impl Hub {
    fn publish(&mut self, room: String, message: Message) -> u32 {
        self.published += 1;
        let post = Arc::new((room, message));
        let mut reached = 0_u32;
        for station in self.stations.values_mut() {
            if let Some(members) = station.members.get(&post.0) {
                reached = reached.saturating_add(*members);
                station.push(post.clone());
            }
        }
        reached
    }

    fn count(&self, room: &str) -> u32 {
        self.stations.values().filter_map(|station| station.members.get(room)).sum()
    }

    fn list(&self) -> Vec<(String, u32)> {
        let mut rooms = BTreeMap::<_, u32>::new();
        for (room, members) in self.stations.values().flat_map(|station| &station.members) {
            *rooms.entry(room.clone()).or_default() += members;
        }
        rooms.into_iter().collect()
    }
}

/// A worker, as it is known here.
#[derive(Debug)]
struct Station {
    members: HashMap<String, u32>,
    waiting: VecDeque<(u64, Arc<(String, Message)>)>,
    bytes: usize,
    last: u64,
    missed: u64,
    ring: Rc<Notify>,
    heard: Instant,
}

impl Station {
    fn new(members: Vec<(String, u32)>) -> Self {
        let mut station = Self {
            members: HashMap::new(),
            waiting: VecDeque::new(),
            bytes: 0,
            last: 0,
            missed: 0,
            ring: Rc::default(),
            heard: Instant::now(),
        };
        station.set(members);
        station
    }

    fn set(&mut self, members: Vec<(String, u32)>) {
        for (room, count) in members {
            if count == 0 {
                self.members.remove(&room);
            } else {
                self.members.insert(room, count);
            }
        }
    }

    fn push(&mut self, post: Arc<(String, Message)>) {
        self.last += 1;
        self.bytes += weight(&post);
        self.waiting.push_back((self.last, post));
        while self.waiting.len() > 1 && (self.bytes > WAITING || self.waiting.len() > MESSAGES) {
            self.pop();
            self.missed += 1;
        }
        self.ring.notify_one();
    }

    fn pop(&mut self) {
        if let Some((_, post)) = self.waiting.pop_front() {
            self.bytes -= weight(&post);
        }
    }

    /// It has got these.
    fn forget_until(&mut self, number: u64) {
        while self.waiting.front().is_some_and(|(first, _)| *first <= number) {
            self.pop();
        }
    }

    /// What waits, as much as goes at once. It is kept until the worker asks for what comes behind it.
    fn news(&mut self) -> Option<News> {
        let mut news = News::default();
        let mut bytes = 0;
        for (number, post) in &self.waiting {
            bytes += weight(post);
            if news.last > 0 && bytes > AT_ONCE {
                break;
            }
            news.last = *number;
            news.messages.push((**post).clone());
        }
        news.missed = std::mem::take(&mut self.missed);
        (news.last > 0).then_some(news)
    }
}

fn weight(post: &(String, Message)) -> usize {
    post.0.len() + post.1.len() + 64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(bytes: usize) -> Arc<(String, Message)> {
        Arc::new(("room".into(), Message::binary(vec![0; bytes])))
    }

    #[test]
    fn what_was_given_is_kept_until_it_is_known_to_have_come() {
        let mut station = Station::new(vec![("room".into(), 1)]);
        assert!(station.news().is_none());
        (0..3).for_each(|_| station.push(post(1)));
        assert_eq!(station.news().map(|news| (news.last, news.messages.len())), Some((3, 3)));
        station.forget_until(2);
        assert_eq!(station.news().map(|news| (news.last, news.messages.len())), Some((3, 1)));
        station.forget_until(3);
        assert!(station.news().is_none());
        assert_eq!(station.bytes, 0);
    }

    #[test]
    fn the_oldest_goes_where_there_is_too_much() {
        let mut station = Station::new(Vec::new());
        (0..40).for_each(|_| station.push(post(1 << 20)));
        let news = station.news().unwrap();
        assert_eq!((news.last, news.messages.len(), news.missed), (26, 1, 25), "as much as goes at once");
        (0..MESSAGES * 2).for_each(|_| station.push(post(0)));
        assert!(station.waiting.len() <= MESSAGES && station.bytes <= WAITING);
    }

    #[test]
    fn rooms_without_members_are_forgotten() {
        let mut hub = Hub::default();
        hub.stations.insert(1, Station::new(vec![("a".into(), 2), ("b".into(), 1)]));
        hub.stations.insert(2, Station::new(vec![("a".into(), 3)]));
        assert_eq!((hub.count("a"), hub.count("c")), (5, 0));
        assert_eq!(hub.publish("a".into(), "x".into()), 5);
        assert_eq!(hub.publish("c".into(), "x".into()), 0);
        hub.stations.get_mut(&1).unwrap().set(vec![("a".into(), 0), ("b".into(), 2)]);
        assert_eq!(hub.list(), [("a".to_string(), 3), ("b".to_string(), 2)]);
        assert_eq!(hub.stations[&1].members.len(), 1);
    }
}
