//! JSON-RPC 2.0: the specification's own examples, what is answered to calls of all kinds, and what comes of bytes that are none.

mod calls;
mod client;
mod hostile;
mod http;
mod server;
mod sockets;
mod spec;

use pulsar::prelude::*;
use pulsar::rpc::Rpc;

/// What is answered to a text, as text.
async fn answer(rpc: &Rpc, text: impl AsRef<[u8]>) -> Option<String> {
    rpc.handle(text.as_ref()).await.map(|answer| String::from_utf8(answer.to_vec()).expect("an answer is text"))
}

/// What the specification's examples call.
#[actor]
struct Examples {
    #[state]
    heard: Vec<String>,
}

#[actor]
impl Examples {
    #[command]
    fn subtract(&mut self, minuend: i64, subtrahend: i64) -> i64 {
        minuend.wrapping_sub(subtrahend)
    }

    #[command]
    fn sum(&mut self, a: i64, b: i64, c: i64) -> i64 {
        a.wrapping_add(b).wrapping_add(c)
    }

    #[command]
    fn update(&mut self, a: i64, b: i64, c: i64, d: i64, e: i64) {
        self.heard.push(format!("update {a} {b} {c} {d} {e}"));
    }

    #[command]
    fn notify_hello(&mut self, n: i64) {
        self.heard.push(format!("hello {n}"));
    }

    #[command]
    fn notify_sum(&mut self, a: i64, b: i64, c: i64) {
        self.heard.push(format!("sum {a} {b} {c}"));
    }

    #[command]
    fn get_data(&mut self) -> (String, i64) {
        ("hello".into(), 5)
    }

    #[command]
    fn heard(&mut self) -> Vec<String> {
        std::mem::take(&mut self.heard)
    }
}

/// The examples' actor, of which the commands are called by their own names.
async fn examples() -> Result<Rpc> {
    let examples = Examples::new().on(Kind::Thread).spawn().await?;
    Ok(Rpc::new().mount("", &examples))
}
