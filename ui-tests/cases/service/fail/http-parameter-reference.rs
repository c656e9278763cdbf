#[pulsar::http]
fn site(greeting: &str) -> pulsar::http::Router {
    pulsar::http::Router::new()
}

fn main() {}
