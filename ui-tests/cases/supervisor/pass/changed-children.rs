//! Children that were changed before they are planted, and a supervisor that is put together at run time.

use pulsar::{Spawn, prelude::*};

#[actor]
struct Cache {}

#[actor]
impl Cache {
    #[command]
    fn hits(&self) -> u64 {
        0
    }
}

#[supervisor]
struct Site {
    #[child(thread, workers = 2)]
    cache: Spawn<Cache>,
    #[child(restart = transient, on_give_up = park)]
    jobs: Supervisor,
}

async fn used(site: &SiteProxy) -> Result<()> {
    site.cache().hits().await?;
    site.jobs().start_child("one", Cache::new()).await?;
    println!("{:?} {}", site.id(), site.clone() == *site);
    Ok(())
}

/// It can be sent in a message.
#[command]
async fn look(_: &mut Context, site: SiteProxy) -> String {
    site.name()
}

fn main() {
    let jobs = Supervisor::new(Strategy::OneForAll).child("first", Cache::new());
    let _ = Site::new(Cache::new().named("cache"), jobs).named("site").spawn();
    let _ = used;
    let _ = look;
}
