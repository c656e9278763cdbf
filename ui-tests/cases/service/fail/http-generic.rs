#[pulsar::http]
fn site<T>(of: T) -> pulsar::http::Router {
    pulsar::http::Router::new()
}

fn main() {}
