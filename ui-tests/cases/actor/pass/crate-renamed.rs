//! Everything works where the crate has another name.

mod deep {
    pub use pulsar as renamed;
}

use deep::renamed::prelude::{Context, Info};

#[deep::renamed::actor(crate = deep::renamed)]
struct Counter {
    label: String,
}

#[deep::renamed::actor(crate = deep::renamed)]
impl Counter {
    #[hook]
    fn on_info(&self, _info: &mut Info) {}

    #[command]
    fn label(&self) -> String {
        self.label.clone()
    }

    #[renamed::command]
    fn twice(&self) -> String {
        self.label.repeat(2)
    }
}

#[deep::renamed::command(crate = deep::renamed)]
fn greet(_: &mut Context, name: String) -> String {
    name
}

fn main() {
    let _ = (Counter::new("a"), greet("b"));
}
