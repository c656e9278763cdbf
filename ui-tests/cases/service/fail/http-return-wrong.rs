#[pulsar::http]
fn site() -> String {
    String::new()
}

fn main() {}
