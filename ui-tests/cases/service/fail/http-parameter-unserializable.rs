struct Settings;

#[pulsar::http]
fn site(settings: Settings) -> pulsar::http::Router {
    pulsar::http::Router::new()
}

fn main() {}
