//! A proxy is a value: it goes into specifications, parameters and replies.

use pulsar::prelude::*;

#[actor]
struct Player {
    friend: Option<PlayerProxy>,
}

#[actor]
impl Player {
    #[command]
    fn meet(&mut self, friend: PlayerProxy) -> Option<PlayerProxy> {
        self.friend.replace(friend)
    }

    #[command]
    fn merge(&mut self, others: Vec<(String, PlayerProxy)>) -> usize {
        others.len()
    }
}

fn main() {
    let _ = Player::new(None);
}
