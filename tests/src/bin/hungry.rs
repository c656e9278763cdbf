//! A program whose actor uses more memory than it may, and that prints what became of it.
//!
//! ```text
//! hungry resident | eat
//! ```

use std::hint::black_box;
use std::time::Duration;

use pulsar::prelude::*;
use pulsar_tests::SOON;

#[actor(restart = temporary)]
struct Hungry {}

#[actor]
impl Hungry {
    /// Uses the stack, which no limit of data memory bounds; needs one of 256 MiB.
    #[command]
    fn deepen(&mut self) -> u64 {
        fn deeper(left: u64) -> u64 {
            let page = black_box([left; 512]);
            if left == 0 { 0 } else { deeper(left - 1) + page[7] }
        }
        deeper(10_000)
    }

    #[command]
    async fn rest(&mut self) {
        tokio::time::sleep(SOON).await;
    }

    /// Takes memory until somebody does something about it.
    #[command]
    fn eat(&mut self) -> usize {
        let mut eaten = Vec::new();
        while eaten.len() < 4096 {
            eaten.push(black_box(vec![1_u8; 1 << 20]));
        }
        eaten.len()
    }
}

#[pulsar::main]
async fn main() -> Result<()> {
    let resident = std::env::args().nth(1).as_deref() == Some("resident");
    let hungry = Hungry::new().named("hungry").with(|params| {
        params.timeout = Duration::from_secs(3);
        params.limits.memory = resident.then_some(32 << 20);
    });
    let hungry = hungry.spawn().await?;
    if resident {
        hungry.deepen().timeout(SOON).await?;
        println!("{:?}", hungry.rest().timeout(SOON).await);
    } else {
        println!("{:?}", hungry.eat().timeout(SOON).await);
    }
    Ok(())
}
