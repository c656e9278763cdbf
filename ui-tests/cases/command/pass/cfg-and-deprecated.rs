//! A command that is not there brings nothing of its own, and deprecation is the caller's concern.

#![deny(warnings)]

use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[cfg(any())]
    #[command]
    fn gone(&mut self, _what: DoesNotExist) -> NeitherDoesThis {}

    #[cfg(any())]
    #[hook]
    fn start(&mut self) -> NorThis {}

    #[cfg(unix)]
    #[command]
    fn either(&mut self) -> u8 {
        1
    }

    #[cfg(not(unix))]
    #[command]
    fn either(&mut self) -> u16 {
        1
    }

    #[deprecated(note = "call `total`")]
    #[command]
    fn sum(&self) -> u64 {
        self.total
    }
}

#[cfg(any())]
#[command]
fn never(_: &mut Context, _what: DoesNotExist) {}

#[deprecated]
#[command]
fn old(_: &mut Context) {}

fn main() {
    #[allow(deprecated)]
    let _ = (old(), |counter: CounterProxy| drop(counter.sum()));
}
