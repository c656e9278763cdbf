//! What the attributes emit, compared to the committed files of `snapshots/`.
//!
//! `PULSAR_BLESS=1 cargo test -p pulsar-macros` overwrites them; read the difference before committing it.

mod supervisor;

use std::path::Path;
use std::{env, fs};

use proc_macro2::TokenStream;
use quote::quote;

use crate::pipeline;

fn compare(name: &str, expansions: impl IntoIterator<Item = TokenStream>) {
    let tokens: TokenStream = expansions.into_iter().collect();
    let file: syn::File = syn::parse2(tokens).expect("what is emitted is a file of items");
    let emitted = prettyplease::unparse(&file);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(name).with_extension("rs");
    if env::var_os("PULSAR_BLESS").is_some() {
        fs::write(&path, &emitted).expect("the snapshot is written");
        return;
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == emitted,
        "snapshots/{name}.rs is not what is emitted now:\n\n{emitted}\n\n\
         If that is meant: PULSAR_BLESS=1 cargo test -p pulsar-macros"
    );
}

#[test]
fn actor_minimal() {
    compare(
        "actor_minimal",
        [
            pipeline::actor(
                quote!(),
                quote!(
                    struct Quiet;
                ),
            ),
            pipeline::actor(quote!(), quote!(impl Quiet {})),
        ],
    );
}

#[test]
fn actor_keys() {
    let keys = quote! {
        task, name = "counter", mailbox = 10, timeout = "30s", start_timeout = "1m", shutdown = "500ms",
        restart = transient, backoff = "100ms..30s", new = false
    };
    let limits = quote!(process, memory = "512MiB", nofile = 1024, nice = -5, crate = crate::renamed);
    let item = quote!(
        pub(crate) struct Counter {
            start: u64,
        }
    );
    compare(
        "actor_keys",
        [
            pipeline::actor(keys, item),
            pipeline::actor(
                limits,
                quote!(
                    struct Limited;
                ),
            ),
        ],
    );
}

#[test]
fn actor_state() {
    let item = quote! {
        /// Counts.
        #[derive(Debug)]
        #[cfg(unix)]
        pub struct Counter {
            /// Where it starts.
            pub start: u64,
            label: String,
            #[cfg(feature = "files")]
            path: std::path::PathBuf,
            #[state]
            total: Vec<u64>,
            #[state(Rc::new(Cell::new(1)))]
            shared: Rc<Cell<u64>>,
        }
    };
    compare("actor_state", [pipeline::actor(quote!(thread), item)]);
}

#[test]
fn impl_replies() {
    let item = quote! {
        impl Counter {
            /// Adds `n` and
            /// returns the new total.
            #[command]
            fn add(&mut self, n: u64) -> u64 { self.total += n; self.total }
            #[command]
            pub fn total(&self) -> u64 { self.total }
            #[command]
            fn clear(&mut self) { self.total = 0; }
            #[command]
            async fn divide(&mut self, cx: &mut Context<Self>, by: u64) -> Result<u64, DivideError> { cx.x(by) }
            #[command]
            fn load(&mut self, path: PathBuf, name: String) -> Result<()> { todo(path, name) }
            #[command]
            fn later(&mut self, cx: &mut Context<Self>) -> Deferred<u64> { cx.defer(async { 1 }) }
            #[command]
            async fn later_still(&mut self, cx: &mut Context<Self>) -> Deferred<Result<u64, Failed>> { cx.defer() }
            #[command]
            fn merge(&mut self, other: Vec<Self>) -> Option<Self> { None }
            fn helper(&self) {}
        }
    };
    compare("impl_replies", [pipeline::actor(quote!(), item)]);
}

#[test]
fn impl_hooks() {
    let item = quote! {
        impl Counter {
            #[hook]
            async fn start(&mut self, cx: &mut Context<Self>) -> Result<()> { Ok(()) }
            #[hook]
            fn stopping(&mut self, reason: ExitReason) {}
            #[cfg(unix)]
            #[hook]
            async fn periodic_task(&mut self) {}
            #[hook]
            fn on_info(&self, info: &mut Info) {}
            #[hook]
            fn on_params(params: &mut Params) -> Result<()> { Ok(()) }
        }
    };
    compare("impl_hooks", [pipeline::actor(quote!(), item)]);
}

#[test]
fn impl_idempotent() {
    let item = quote! {
        impl Store {
            #[command(idempotent)]
            fn put(&mut self, key: String, value: Vec<u8>) -> bool { true }
        }
    };
    compare("impl_idempotent", [pipeline::actor(quote!(), item)]);
}

#[test]
fn impl_cancel() {
    let item = quote! {
        impl Store {
            #[command(cancel)]
            async fn slow(&mut self, cx: &mut Context<Self>, n: u64) -> Result<u64, Failed> { wait(n).await }
        }
    };
    compare("impl_cancel", [pipeline::actor(quote!(), item)]);
}

#[test]
fn impl_attributes() {
    let item = quote! {
        #[cfg(unix)]
        impl Store {
            #[cfg(feature = "new")]
            #[command]
            fn get(&mut self, key: u8) -> u8 { key }
            #[cfg(not(feature = "new"))]
            #[command]
            fn get(&mut self, key: u8) -> u16 { 0 }
            #[deprecated(note = "call `get`")]
            #[inline]
            #[command]
            fn fetch(&mut self, r#type: u8) -> u8 { r#type }
        }
    };
    compare("impl_attributes", [pipeline::actor(quote!(crate = renamed), item)]);
}

#[test]
fn open_any() {
    let item = quote! {
        /// Greets whoever is told.
        pub async fn greet(cx: &mut Context, name: String, times: u8) -> String { name }
    };
    let bare = quote!(
        fn nothing(_: &mut Context) {}
    );
    compare("open_any", [pipeline::command(quote!(), item), pipeline::command(quote!(), bare)]);
}

#[test]
fn open_one() {
    let item = quote! {
        #[deprecated]
        fn peek(actor: &mut Counter) -> u64 { actor.total }
    };
    let context = quote! {
        async fn wait(actor: &mut Counter, cx: &mut Context<Counter>, n: u64) -> Result<u64> { Ok(n) }
    };
    compare("open_one", [pipeline::command(quote!(), item), pipeline::command(quote!(idempotent, cancel), context)]);
}

#[test]
fn entry_main() {
    let item = quote! {
        async fn main() -> Result<()> { run().await }
    };
    let sync = quote! {
        #[allow(unused)]
        fn main() { run(); }
    };
    compare("entry_main", [pipeline::main(quote!(), item)]);
    compare("entry_main_sync", [pipeline::main(quote!(crate = renamed), sync)]);
}

#[test]
fn entry_test() {
    let item = quote! {
        #[ignore]
        async fn counts() -> Result<()> { Ok(()) }
    };
    compare("entry_test", [pipeline::test(quote!(timeout = "60s"), item)]);
}

#[test]
fn entry_setup() {
    let main = quote! {
        async fn main() -> Result<()> { run().await }
    };
    let test = quote! {
        async fn setup() {}
    };
    compare(
        "entry_setup",
        [pipeline::main(quote!(setup = set_up), main), pipeline::test(quote!(setup = Telemetry::set_up), test)],
    );
}

#[test]
fn erroneous() {
    let item = quote! {
        pub struct Counter {
            label: &'static str,
            #[state = 1]
            total: u64,
        }
    };
    let block = quote! {
        impl Counter {
            #[command]
            fn add(&mut self, n: u64) -> u64 { n }
            #[command]
            fn add(&mut self, n: u64) -> u64 { n }
            #[command]
            fn name(&mut self, name: &str) {}
            #[hook]
            fn strat(&mut self) {}
        }
    };
    compare("erroneous", [pipeline::actor(quote!(mailbx = 1, timeout = 30), item), pipeline::actor(quote!(), block)]);
}

#[test]
fn a_renamed_crate_leaves_no_other_name() {
    let krate = quote!(crate = renamed);
    let block = quote! {
        impl A {
            #[hook] fn start(&mut self) {}
            #[command(idempotent)] fn b(&self, c: String) -> Result<u8> { Ok(1) }
        }
    };
    let emitted = [
        pipeline::actor(
            krate.clone(),
            quote!(
                struct A {
                    b: String,
                    #[state]
                    c: u8,
                }
            ),
        ),
        pipeline::actor(krate.clone(), block),
        pipeline::command(
            krate.clone(),
            quote!(
                fn c(cx: &mut Context, d: u8) -> Result<u8> {
                    Ok(d)
                }
            ),
        ),
        pipeline::main(
            krate.clone(),
            quote!(
                async fn main() {}
            ),
        ),
        pipeline::supervisor(
            krate.clone(),
            quote!(
                struct A {
                    #[child(thread, on_give_up = park)]
                    b: B,
                }
            ),
        ),
        pipeline::test(
            krate,
            quote!(
                async fn main() {}
            ),
        ),
    ];
    for tokens in emitted {
        assert!(!tokens.to_string().contains("pulsar"), "{tokens}");
    }
}

/// Whatever is under the attribute, an expansion and not a panic.
#[test]
fn nothing_panics() {
    let lists = [
        "",
        "=",
        ",",
        "process process",
        "name",
        "mailbox = ",
        "crate = 1",
        "restart = (",
        "1",
        "a(b)",
        "timeout = \"\"",
    ];
    let items = [
        "",
        "struct",
        "struct A(u8);",
        "struct A<'a>;",
        "enum A {}",
        "impl A",
        "impl A { #[command] fn f(); }",
        "impl A { #[command] fn _self(self: u8, (a, b): &mut dyn X, ...) -> ! {} }",
        "impl [u8] {}",
        "fn f(self) {}",
        "fn f();",
        "fn f(cx: &mut Context<>) {}",
        "impl A { #[hook(1)] fn on_info() {} #[hook] fn start(a: &Context) -> &u8 {} }",
        "impl A { #[command = 1] const X: u8 = 1; #[hook] type X = u8; }",
        "struct A { #[state()] a: u8, #[state(] b: u8 }",
        "struct A { #[child()] a: u8, #[child = 1] b: u8, #[child(workers = , max_age)] #[child] r#fn: dyn X }",
        "struct A { #[cfg] #[child(thread, task, significant = 1)] #[cfg(all(a, b))] a: [u8; 4] }",
        "impl A { #[command] fn __(&self, &a: &[u8], _: _) -> Result<> {} }",
    ];
    for list in lists {
        for item in items {
            let (Ok(list), Ok(item)) = (list.parse::<TokenStream>(), item.parse::<TokenStream>()) else { continue };
            for attribute in [
                pipeline::actor,
                pipeline::child,
                pipeline::command,
                pipeline::hook,
                pipeline::main,
                pipeline::supervisor,
                pipeline::test,
            ] {
                let _ = attribute(list.clone(), item.clone());
            }
        }
    }
}
