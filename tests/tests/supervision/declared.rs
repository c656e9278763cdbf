//! What `#[supervisor]` generates leads to the children that the struct declares, with what its keys say of them.

use pulsar::{
    command::{config_get, ping},
    prelude::*,
};
use pulsar_tests::{Log, append};

/// A child that says where it is, and writes down when it comes and goes.
#[actor(task)]
#[derive(Debug)]
struct Part {
    label: String,
    log: String,
}

#[actor]
impl Part {
    #[hook]
    fn start(&mut self) {
        append(&self.log, &format!("+{}", self.label));
    }

    #[hook]
    fn stopping(&mut self) {
        append(&self.log, &format!("-{}", self.label));
    }

    /// Who it is, and the number of its process.
    #[command]
    fn place(&self) -> (String, u32) {
        (self.label.clone(), std::process::id())
    }

    /// Asks through a whole supervisor's proxy that it was sent.
    #[command]
    async fn ask_all(&mut self, site: SiteProxy) -> Result<Vec<String>> {
        Ok(vec![
            site.cache().place().await?.0,
            site.group().first().place().await?.0,
            site.group().last().place().await?.0,
            site.id().to_string(),
        ])
    }
}

#[supervisor(strategy = one_for_all)]
struct Group {
    #[child]
    first: Part,
    #[cfg(not(unix))]
    #[child]
    missing: Part,
    #[child(process)]
    last: Part,
}

#[supervisor(strategy = rest_for_one, restarts = 3, within = "1m")]
struct Site {
    #[child(thread, mailbox = 7)]
    cache: Part,
    #[child(process, workers = 2)]
    api: Part,
    #[child(on_give_up = park)]
    group: Group,
    #[child(name = "plain")]
    named: Part,
}

fn site(log: &Log) -> Site {
    let part = |label: &str| Part::new(label, log.path());
    Site::new(part("cache"), part("api"), Group::new(part("first"), part("last")), part("named"))
}

#[pulsar::test]
async fn each_accessor_leads_to_its_child_and_the_keys_hold() -> Result<()> {
    let log = Log::new();
    let site = site(&log).named("site").spawn().await?;
    let here = std::process::id();
    assert_eq!(site.cache().place().await?, ("cache".into(), here));
    let (label, process) = site.api().place().await?;
    assert_eq!(label, "api");
    assert_ne!(process, here, "`process` goes before what the actor's own attribute says");
    assert_eq!(site.group().first().place().await?, ("first".into(), here));
    assert_eq!(site.group().last().place().await?.0, "last", "what `cfg` leaves out is not counted");
    assert_eq!(site.named().place().await?.0, "named");
    assert_eq!(site.cache().send(config_get("mailbox")).await?, "7");
    for name in ["site", "site.cache", "site.api", "site.api.1", "site.api.2", "site.group", "site.group.last", "plain"]
    {
        assert_eq!(send(name, ping()).await?, "pong", "{name}");
    }
    let children = site.which_children().await?;
    assert_eq!(
        children.iter().map(|child| child.name.as_str()).collect::<Vec<_>>(),
        ["cache", "api", "group", "named"]
    );
    Ok(())
}

#[pulsar::test]
async fn children_start_in_the_order_of_the_fields_and_stop_in_reverse() -> Result<()> {
    let log = Log::new();
    let site = site(&log).spawn().await?;
    assert_eq!(log.lines(), ["+cache", "+api", "+api", "+first", "+last", "+named"]);
    site.stop().await?;
    assert_eq!(log.lines()[6..], ["-named", "-last", "-first", "-api", "-api", "-cache"]);
    Ok(())
}

#[pulsar::test]
async fn a_supervisors_proxy_is_a_value_that_can_be_sent() -> Result<()> {
    let log = Log::new();
    let site = site(&log).named("site").spawn().await?;
    for kind in [Kind::Process, Kind::Thread, Kind::Task] {
        let other = Part::new("other", log.path()).on(kind).spawn().await?;
        let answers = other.ask_all(site.clone()).await?;
        assert_eq!(answers, ["cache", "first", "last", site.id().to_string().as_str()], "{kind}");
        other.stop().await?;
    }
    site.stop().await?;
    Ok(())
}

/// A supervisor of more children than values may be nested deep.
macro_rules! wide {
    ($($name:ident)*) => {
        #[supervisor]
        struct Wide {
            $(#[child] $name: Part,)*
        }

        fn wide(log: &Log) -> Wide {
            Wide::new($(Part::new(stringify!($name), log.path())),*)
        }
    };
}

wide! {
    c00 c01 c02 c03 c04 c05 c06 c07 c08 c09 c10 c11 c12 c13 c14 c15 c16 c17 c18 c19 c20 c21 c22 c23 c24 c25 c26 c27 c28 c29
    c30 c31 c32 c33 c34 c35 c36 c37 c38 c39 c40 c41 c42 c43 c44 c45 c46 c47 c48 c49 c50 c51 c52 c53 c54 c55 c56 c57 c58 c59
    c60 c61 c62 c63 c64 c65 c66 c67 c68 c69
}

/// Any actor asks the last of many.
#[command]
async fn ask_last(_: &mut Context, wide: WideProxy) -> Result<String> {
    Ok(wide.c69().place().await?.0)
}

#[pulsar::test]
async fn a_wide_supervisor_has_a_proxy_that_can_be_sent() -> Result<()> {
    let log = Log::new();
    let wide = wide(&log).spawn().await?;
    let other = Part::new("other", log.path()).on(Kind::Process).spawn().await?;
    assert_eq!(other.send(ask_last(wide.clone())).await?, "c69");
    assert_eq!(wide.count_children().await?.specs, 70);
    other.stop().await?;
    wide.stop().await?;
    Ok(())
}
