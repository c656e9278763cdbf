//! A supervisor in a module, with children only that module sees, and one inside a function.

mod inner {
    use pulsar::prelude::*;

    #[actor]
    struct Secret {}

    #[actor]
    impl Secret {
        #[command]
        fn reveal(&self) -> u8 {
            1
        }
    }

    #[supervisor]
    struct Group {
        #[child]
        secret: Secret,
    }

    #[supervisor]
    pub struct Site {
        #[child]
        secret: Secret,
        #[child]
        group: Group,
    }

    impl Site {
        pub fn made() -> Self {
            Self::new(Secret::new(), Group::new(Secret::new()))
        }
    }

    pub fn asked(site: &SiteProxy) {
        let _ = site.secret().reveal();
        let _ = site.group().secret().reveal();
    }
}

fn main() {
    use pulsar::prelude::*;

    #[actor]
    struct Local {}

    #[actor]
    impl Local {}

    #[supervisor]
    struct Site {
        #[child]
        local: Local,
        #[child]
        site: inner::Site,
    }

    let _ = Site::new(Local::new(), inner::Site::made());
    let _ = inner::asked;
}
