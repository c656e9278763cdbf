use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

struct Site;

#[supervisor]
impl Site {}

fn main() {}
