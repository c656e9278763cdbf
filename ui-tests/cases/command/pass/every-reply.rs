//! Every form of reply, and parameters by name of what the expansion uses.

use std::path::PathBuf;

use pulsar::prelude::*;

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Failed;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn unit(&mut self) {}
    #[command]
    fn value(&self) -> u64 {
        self.total
    }
    #[command]
    fn changed(&mut self, mut n: u64) -> u64 {
        n += 1;
        n
    }
    #[command]
    async fn result(&mut self, _cx: &mut Context<Self>, n: u64) -> Result<u64, Failed> {
        if n == 0 { Err(Failed) } else { Ok(n) }
    }
    #[command]
    fn text(&mut self, path: PathBuf, name: String) -> Result<()> {
        let _ = (path, name);
        Ok(())
    }
    #[command]
    fn later(&mut self, cx: &mut Context<Self>) -> Deferred<u64> {
        cx.defer(async { 1 })
    }
    #[command]
    async fn later_result(&mut self, cx: &mut Context<Self>) -> Deferred<std::result::Result<u64, Failed>> {
        cx.defer(async { Err(Failed) })
    }
    #[command(cancel)]
    async fn cancellable(&mut self, n: u64) -> Result<u64> {
        Ok(n)
    }
    #[command(idempotent)]
    fn put(&mut self, key: String, value: Vec<u8>) -> bool {
        key.len() == value.len()
    }
    #[command]
    fn r#type(&mut self, r#in: u8) -> u8 {
        r#in
    }
}

fn main() {
    let _ = |counter: CounterProxy| {
        let _ = counter.text("a", "b");
        let _ = counter.put("a", vec![1]);
        let _ = counter.r#type(1);
    };
}
