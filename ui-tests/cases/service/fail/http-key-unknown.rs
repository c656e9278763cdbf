#[pulsar::http(hook = hooks)]
fn site() -> pulsar::http::Router {
    pulsar::http::Router::new()
}

fn main() {}
