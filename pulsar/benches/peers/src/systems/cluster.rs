//! ractor_cluster, over a Unix socket.

use std::os::unix::net::UnixStream as StdStream;
use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, pg};
use ractor_cluster::node::NodeServerMessage;
use ractor_cluster::{BoxRead, BoxWrite, ClusterBidiStream, NodeServer, RactorClusterMessage};
use tokio::net::UnixStream;

use crate::child::{self, Other};
use crate::job::{Figure, Job, Shape};
use crate::loops;
use crate::measure::{self, Ask, BULK, FRAME, Tell};

const GROUP: &str = "peers";

pub fn run(job: Job) -> Option<Figure> {
    let other = Other::start("ractor_cluster", job.place.there()).ok()?;
    loops::on_loop(async {
        let _server = join(other.stream(), false).await;
        let far = Far(found().await);
        Some(match job.shape {
            Shape::FarAsk => measure::asks(&far, job.count, true).await,
            Shape::FarInFlight => measure::in_flight(&far, job.count).await,
            Shape::FarTell => measure::tells(far, job.count).await,
            Shape::FarBulk => measure::tells(Bulk(far), job.count).await,
            _ => return None,
        })
    })
}

pub fn child(socket: StdStream) -> std::io::Result<()> {
    loops::on_loop(async {
        let (counter, _) = Actor::spawn(None, Counter, ()).await.expect("it starts");
        pg::join(GROUP.into(), vec![counter.get_cell()]);
        let _server = join(child::stream(socket), true).await;
        std::future::pending::<()>().await;
        Ok(())
    })
}

/// A node of this process, connected with the other's.
async fn join(stream: UnixStream, is_server: bool) -> ActorRef<NodeServerMessage> {
    let name = if is_server { "there" } else { "here" };
    let server = NodeServer::new(0, "cookie".into(), name.into(), "localhost".into(), None, None);
    let (server, _) = Actor::spawn(None, server, ()).await.expect("it starts");
    let stream = Box::new(Stream(stream));
    let _ = server.cast(NodeServerMessage::ConnectionOpenedExternal { stream, is_server });
    server
}

/// The counter of the other process, once this one has heard of it.
async fn found() -> ActorRef<Message> {
    loop {
        if let Some(cell) = pg::get_members(&GROUP.into()).into_iter().next() {
            return cell.into();
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

struct Stream(UnixStream);

impl ClusterBidiStream for Stream {
    fn split(self: Box<Self>) -> (BoxRead, BoxWrite) {
        let (reader, writer) = self.0.into_split();
        (Box::new(reader), Box::new(writer))
    }
}

struct Counter;

#[derive(RactorClusterMessage)]
enum Message {
    Add(Vec<u8>),
    #[rpc]
    Next(Vec<u8>, RpcReplyPort<Vec<u8>>),
    #[rpc]
    Sum(RpcReplyPort<u64>),
}

impl Actor for Counter {
    type Msg = Message;
    type State = u64;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<u64, ActorProcessingErr> {
        Ok(0)
    }

    async fn handle(&self, _: ActorRef<Message>, message: Message, sum: &mut u64) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Add(frame) if frame.len() == FRAME => *sum += measure::number(&frame),
            Message::Add(_) => *sum += 1,
            Message::Next(frame, reply) => drop(reply.send(measure::frame(measure::number(&frame) + 1).to_vec())),
            Message::Sum(reply) => drop(reply.send(*sum)),
        }
        Ok(())
    }
}

#[derive(Clone)]
struct Far(ActorRef<Message>);

impl Tell for Far {
    async fn tell(&self, n: u64) {
        let _ = self.0.cast(Message::Add(measure::frame(n).to_vec()));
    }

    async fn sum(self, _: u64) -> u64 {
        self.0.call(Message::Sum, None).await.expect("it is there").expect("the sum comes")
    }
}

impl Ask for Far {
    async fn ask(&self, n: u64) -> u64 {
        let frame = measure::frame(n).to_vec();
        let answer = self.0.call(|reply| Message::Next(frame, reply), None).await;
        measure::number(&answer.expect("it is there").expect("an answer"))
    }
}

#[derive(Clone)]
struct Bulk(Far);

impl Tell for Bulk {
    async fn tell(&self, _: u64) {
        let _ = self.0.0.cast(Message::Add(vec![7; BULK]));
    }

    async fn sum(self, expected: u64) -> u64 {
        self.0.sum(expected).await
    }
}
