//! An actor in a module, with types only that module sees, and one inside a function.

mod inner {
    use pulsar::prelude::*;

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Secret(u64);

    #[actor]
    pub struct Counter {
        secret: u64,
    }

    #[actor]
    impl Counter {
        #[command]
        fn keep(&mut self, secret: Secret) {
            self.secret = secret.0;
        }
    }
}

fn main() {
    use pulsar::prelude::*;

    #[actor]
    struct Local {
        n: u8,
    }

    #[actor]
    impl Local {
        #[command]
        fn n(&self) -> u8 {
            self.n
        }
    }

    #[command]
    fn within(_: &mut Context) {}

    let _ = (inner::Counter::new(1), Local::new(2), within());
}
