//! The user's own `String`, `Result`, `Option`, `Message` and variants named as the prelude's are left alone.

#[derive(serde::Serialize, serde::Deserialize)]
pub struct String;

impl From<&str> for String {
    fn from(_: &str) -> Self {
        Self
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Message;

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Option;

pub type Result<T, E> = core::result::Result<T, E>;

pub trait Interloper {
    fn dispatch(&self) {}
    fn hook_start(&self) {}
    fn into_outcome(self)
    where
        Self: Sized,
    {
    }
}

impl<T> Interloper for T {}

#[allow(dead_code)]
enum Shadow {
    Ok,
    Err,
    Some,
    None,
}

#[allow(unused_imports)]
use Shadow::*;

#[pulsar::actor]
pub struct Sly {
    out: String,
    input: Message,
    tag: Option,
}

#[pulsar::actor]
impl Sly {
    #[pulsar::hook]
    fn start(&mut self) {
        let _ = (&self.out, &self.input, &self.tag);
    }

    #[pulsar::command]
    fn swap(&mut self, out: String, input: Message, reply: Option) -> Result<String, Message> {
        self.input = input;
        self.tag = reply;
        core::result::Result::Ok(std::mem::replace(&mut self.out, out))
    }

    #[pulsar::command]
    fn dispatch(&mut self, message: u8, cx: u8, caller: u8) -> u8 {
        message + cx + caller
    }

    #[pulsar::command(idempotent)]
    fn again(&mut self, again: u8, this: u8) -> u8 {
        again + this
    }
}

#[pulsar::command]
fn plain(_: &mut pulsar::Context, on: u8, reply: Message, out: Option, input: String) {
    let _ = (on, reply, out, input);
}

fn main() {
    let _ = Sly::new("", Message, Option);
    let _ = plain(1, Message, Option, "");
}
