struct Site;

impl Site {
    #[pulsar::http]
    fn site(&self) -> pulsar::http::Router {
        pulsar::http::Router::new()
    }
}

fn main() {}
