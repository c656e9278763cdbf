//! Commands called by name, with JSON: what comes of it, and what is said of calls that are none.

use std::collections::BTreeMap;
use std::time::Duration;

use pulsar::{AskError, CallError, Started, prelude::*};
use pulsar_tests::{Log, SOON, actors::Probe, for_each_kind, until};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Has commands of all shapes.
#[actor]
struct Shapes {
    #[state]
    notes: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Debug, Serialize, Deserialize)]
enum Trouble {
    Negative { of: i64 },
    Other,
}

#[actor]
impl Shapes {
    /// Adds two numbers.
    ///
    /// Both of them.
    #[command]
    fn add(&mut self, a: u64, b: u64) -> u64 {
        a.wrapping_add(b)
    }

    #[command]
    fn nothing(&mut self) {}

    #[command]
    fn greet(&mut self, name: String, greeting: Option<String>) -> String {
        format!("{} {name}", greeting.unwrap_or_else(|| "Hello".into()))
    }

    #[command]
    async fn mirror(&mut self, point: Point, names: BTreeMap<String, Vec<u8>>) -> (Point, BTreeMap<String, Vec<u8>>) {
        (Point { x: point.y, y: point.x }, names)
    }

    #[command]
    fn root(&mut self, of: i64) -> Result<i64, Trouble> {
        match of {
            0 => Err(Trouble::Other),
            of if of < 0 => Err(Trouble::Negative { of }),
            of => Ok(of.isqrt()),
        }
    }

    #[command]
    fn text_error(&mut self) -> Result<()> {
        Err(Error::msg("the disk is full"))
    }

    #[command]
    fn later(&mut self, cx: &mut Context<Self>, r#type: String) -> Deferred<Result<String, Trouble>> {
        cx.defer(async move { Ok(r#type) })
    }

    #[command]
    fn huge(&mut self, n: u128) -> u128 {
        n
    }

    #[command]
    fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    #[command]
    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    #[command]
    fn burst(&mut self) {
        panic!("burst, as asked")
    }

    /// Dies on each first try.
    #[command(idempotent)]
    fn second_try(&mut self, path: String) -> u64 {
        pulsar_tests::append(&path, "tried");
        let tries = std::fs::read_to_string(&path).unwrap_or_default().lines().count() as u64;
        assert!(tries > 1, "the first try");
        tries
    }

    #[command]
    async fn rest(&mut self, millis: u64) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    /// Calls another, of which only the name is known.
    #[command]
    async fn call_other(&mut self, name: String, command: String, n: u64) -> Result<String> {
        Ok(find(name).await?.call(command, json!([n])).await?.to_string())
    }
}

/// Any actor knows its name.
#[command]
fn json_name(cx: &mut Context, suffix: String) -> String {
    cx.name() + &suffix
}

/// Only these have shapes.
#[command]
fn json_shape(shapes: &mut Shapes, sides: u8) -> Result<usize, u8> {
    if sides < 3 { Err(sides) } else { Ok(shapes.notes.len()) }
}

async fn shapes(kind: Kind) -> Result<Proxy> {
    Shapes::new().named("shapes").on(kind).spawn().await?;
    Ok(find("shapes").await?)
}

async fn params_error(proxy: &Proxy, command: &str, params: Value) -> (String, Option<String>) {
    match proxy.call(command, params.clone()).await {
        Err(CallError::Params(error)) => (error.to_string(), error.parameter().map(Into::into)),
        other => panic!("{command} {params}: {other:?}"),
    }
}

for_each_kind! {
    async fn what_is_known_by_name_only_is_called_by_name(kind: Kind) -> Result<()> {
        let shapes = shapes(kind).await?;
        assert_eq!(shapes.call("add", json!([1, 2])).await?, json!(3));
        assert_eq!(shapes.call("add", json!({"b": 40, "a": 2})).await?, json!(42));
        assert_eq!(shapes.call("nothing", Value::Null).await?, Value::Null);
        assert_eq!(shapes.call("nothing", json!([])).await?, Value::Null);
        assert_eq!(shapes.call("nothing", json!({})).await?, Value::Null);
        assert_eq!(shapes.call("greet", json!({"name": "Ada"})).await?, json!("Hello Ada"));
        assert_eq!(shapes.call("greet", json!(["Ada"])).await?, json!("Hello Ada"));
        assert_eq!(shapes.call("greet", json!(["Ada", "Ciao"])).await?, json!("Ciao Ada"));
        let mirrored = shapes.call("mirror", json!([{"x": 1, "y": -2}, {"é": [1, 255]}])).await?;
        assert_eq!(mirrored, json!([{"x": -2, "y": 1}, {"é": [1, 255]}]));
        assert_eq!(shapes.call("later", json!({"type": "raw"})).await?, json!("raw"));
        assert_eq!(shapes.call("add", json!([u64::MAX, 2])).await?, json!(1));
        assert_eq!(shapes.call("huge", json!([7])).await?, json!(7));
        Ok(())
    }

    async fn errors_name_the_parameter(kind: Kind) -> Result<()> {
        let shapes = shapes(kind).await?;
        for (command, params, text, parameter) in [
            ("add", json!(["x", 2]), r#"parameter `a` of `add`: invalid type: string "x", expected u64"#, Some("a")),
            ("add", json!({"a": 1, "b": -2}), "parameter `b` of `add`: invalid value: integer `-2`, expected u64", Some("b")),
            ("add", json!([1]), "parameter `b` of `add` is missing", Some("b")),
            ("add", json!({"b": 1}), "parameter `a` of `add` is missing", Some("a")),
            ("add", Value::Null, "parameter `a` of `add` is missing", Some("a")),
            ("add", json!([1, 2, 3]), "`add` takes 2 parameters, not 3", None),
            ("add", json!({"a": 1, "b": 2, "c": 3}), "`add` has no parameter `c`: it takes `a`, `b`", Some("c")),
            ("nothing", json!([1]), "`nothing` takes 0 parameters, not 1", None),
            ("nothing", json!({"a": 1}), "`nothing` has no parameter `a`: it takes none", Some("a")),
            ("add", json!(5), "the parameters of `add` are an array or an object", None),
            ("add", json!("[1, 2]"), "the parameters of `add` are an array or an object", None),
            ("mirror", json!([{"x": 1}, {}]), "parameter `point` of `mirror`: missing field `y`", Some("point")),
            ("later", json!([]), "parameter `type` of `later` is missing", Some("type")),
        ] {
            assert_eq!(params_error(&shapes, command, params).await, (text.to_string(), parameter.map(str::to_string)));
        }
        let (text, _) = params_error(&shapes, "add", json!({"é".repeat(10_000): 1})).await;
        assert!(text.len() < 1000, "{}", text.len());
        let (text, _) = params_error(&shapes, "add", json!(["é".repeat(10_000), 1])).await;
        assert!(text.len() < 1000, "{}", text.len());
        Ok(())
    }

    async fn a_commands_own_error_is_json_and_no_delivery_error(kind: Kind) -> Result<()> {
        let shapes = shapes(kind).await?;
        assert_eq!(shapes.call("root", json!([49])).await, Ok(json!(7)));
        assert_eq!(shapes.call("root", json!([-1])).await, Err(CallError::Command(json!({"Negative": {"of": -1}}))));
        assert_eq!(shapes.call("root", json!([0])).await, Err(CallError::Command(json!("Other"))));
        let stumbled = shapes.call("text_error", Value::Null).await;
        assert_eq!(stumbled, Err(CallError::Command(json!("the disk is full"))));
        match shapes.call("burst", Value::Null).await {
            Err(CallError::Ask(AskError::ActorDied { started, .. })) => {
                assert!(started == Started::Yes || kind == Kind::Process, "{started:?}");
            }
            other => panic!("{other:?}"),
        }
        match shapes.call("rest", json!([20_000])).timeout(Duration::from_millis(50)).await {
            Err(CallError::Ask(AskError::Timeout { .. })) => {}
            other => panic!("{other:?}"),
        }
        shapes.stop().await?;
        match shapes.call("add", json!([1, 2])).await {
            Err(CallError::Ask(AskError::ActorDied { .. })) => {}
            other => panic!("{other:?}"),
        }
        Ok(())
    }

    async fn what_there_is_not_is_said(kind: Kind) -> Result<()> {
        let shapes = shapes(kind).await?;
        let unknown = |command: &str| CallError::UnknownCommand { actor: "shapes".into(), command: command.into() };
        for command in ["ad", "", "add ", "ping", "stop", "shapes.add", "Add"] {
            assert_eq!(shapes.call(command, Value::Null).await, Err(unknown(command)));
            assert_eq!(shapes.call(command, Value::Null).tell().await, Err(unknown(command)));
        }
        Ok(())
    }

    async fn open_commands_are_called_by_name(kind: Kind) -> Result<()> {
        let shapes = shapes(kind).await?;
        assert_eq!(shapes.call("json_name", json!({"suffix": "!"})).await?, json!("shapes!"));
        assert_eq!(shapes.call("json::json_name", json!(["?"])).await?, json!("shapes?"));
        assert_eq!(shapes.call("json_shape", json!([3])).await?, json!(0));
        assert_eq!(shapes.call("json_shape", json!([2])).await, Err(CallError::Command(json!(2))));
        // Another actor answers the first only.
        let probe = Probe::new().on(kind).spawn().await?;
        assert!(probe.call("json_name", json!(["!"])).await.is_ok());
        assert!(matches!(probe.call("json_shape", json!([3])).await, Err(CallError::UnknownCommand { .. })));
        Ok(())
    }

    async fn commands_are_listed(kind: Kind) -> Result<()> {
        let commands = shapes(kind).await?.commands().await?;
        let names: Vec<_> = commands.iter().map(|command| command.name).collect();
        assert_eq!(names[..4], ["add", "nothing", "greet", "mirror"]);
        assert!(names.ends_with(&["json_name", "json_shape"]) || names.contains(&"json_shape"), "{names:?}");
        assert_eq!(commands[0].doc, "Adds two numbers.\n\nBoth of them.");
        assert_eq!(commands[0].params[1].name, "b");
        Ok(())
    }

    async fn what_is_told_is_handled_and_not_answered(kind: Kind) -> Result<()> {
        let shapes = shapes(kind).await?;
        shapes.call("note", json!(["one"])).tell().await?;
        shapes.call("note", json!({"text": "two"})).tell().await?;
        assert_eq!(shapes.call("notes", Value::Null).await?, json!(["one", "two"]));
        Ok(())
    }

    async fn an_idempotent_command_is_called_again(kind: Kind) -> Result<()> {
        let shapes = shapes(kind).await?;
        let log = Log::new();
        assert_eq!(shapes.call("second_try", json!([log.path()])).timeout(SOON).await?, json!(2));
        Ok(())
    }

    async fn it_is_called_from_any_process(kind: Kind) -> Result<()> {
        let shapes = shapes(kind).await?;
        Shapes::new().named("others").on(Kind::Process).spawn().await?;
        let others = find("others").await?;
        // From another process, from this one, and from the arbiter's there is no difference.
        assert_eq!(others.call("call_other", json!(["shapes", "root", 81])).await?, json!("9"));
        Probe::new().named("probe").on(kind).spawn().await?;
        assert_eq!(others.call("call_other", json!(["probe", "add", 4])).await?, json!("4"));
        assert_eq!(shapes.call("call_other", json!(["others", "root", 64])).await?, json!("8"));
        Ok(())
    }

    async fn one_of_a_pool_is_called(kind: Kind) -> Result<()> {
        // Tasks make no pools.
        let kind = if kind == Kind::Task { Kind::Thread } else { kind };
        let pool = Probe::new().named("pool").on(kind).workers(3).spawn().await?;
        let found = find("pool").await?;
        for proxy in [pool.untyped(), found] {
            let mut places = std::collections::BTreeSet::new();
            for _ in 0..30 {
                places.insert(proxy.call("place", Value::Null).await?.to_string());
            }
            assert!(!places.is_empty());
            assert_eq!(proxy.commands().await?.first().map(|command| command.name), Some("add"));
        }
        let keyed = pool.by_key("ada");
        let first = keyed.call("add", json!([1])).await?;
        assert_eq!(keyed.call("add", json!([1])).await?.as_u64(), first.as_u64().map(|n| n + 1));
        Ok(())
    }

    async fn it_is_called_again_after_a_restart(kind: Kind) -> Result<()> {
        let shapes = shapes(kind).await?;
        shapes.call("burst", Value::Null).tell().await?;
        until("it answers again", SOON, async || shapes.call("notes", Value::Null).await == Ok(json!([]))).await;
        Ok(())
    }
}

#[pulsar::test]
async fn what_is_no_actor_of_the_users_has_no_commands_of_its_own() -> Result<()> {
    let arbiter = find("arbiter").await?;
    assert!(matches!(arbiter.call("add", json!([1])).await, Err(CallError::UnknownCommand { .. })));
    assert!(matches!(find("nobody").await, Err(AskError::UnknownActor { .. })));
    Ok(())
}
