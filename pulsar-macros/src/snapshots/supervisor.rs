//! What `#[supervisor]` emits.

use quote::quote;

use super::compare;
use crate::pipeline;

#[test]
fn supervisor_minimal() {
    let item = quote! {
        struct Site {
            #[child]
            cache: Cache,
            #[child]
            jobs: jobs::Jobs,
        }
    };
    compare(
        "supervisor_minimal",
        [
            pipeline::supervisor(quote!(), item),
            pipeline::supervisor(
                quote!(new = false, crate = renamed),
                quote!(
                    struct Empty {}
                ),
            ),
        ],
    );
}

#[test]
fn supervisor_keys() {
    let keys = quote!(strategy = rest_for_one, restarts = 3, within = "1m", auto_shutdown = any_significant);
    let item = quote! {
        pub struct Site {
            #[child(thread, name = "cache", mailbox = 10, timeout = "1m", start_timeout = "5s", shutdown = "500ms")]
            cache: Cache,
            #[child(
                process, workers = 4, routing = round_robin, max_messages = 1000, max_age = "1h", max_memory = "300MiB",
                memory = "512MiB", nofile = 256, nice = 5
            )]
            api: Api,
            #[child(restart = transient, backoff = "1s..1m", on_give_up = park, significant)]
            importer: Importer,
        }
    };
    compare("supervisor_keys", [pipeline::supervisor(keys, item)]);
}

#[test]
fn supervisor_attributes() {
    let item = quote! {
        /// Everything.
        #[cfg(unix)]
        #[derive(Debug)]
        pub(crate) struct Site {
            /// Keeps what was asked for last.
            #[child]
            pub cache: Cache,
            #[cfg(feature = "api")]
            #[cfg(not(test))]
            #[child(task)]
            api: Api,
            #[deprecated(note = "ask `jobs`")]
            #[pulsar::child]
            r#async: Spawn<Asynchronous>,
        }
    };
    compare("supervisor_attributes", [pipeline::supervisor(quote!(), item)]);
}

#[test]
fn supervisor_erroneous() {
    let item = quote! {
        struct Site {
            #[child(worker = 4)]
            cache: &'static Cache,
            #[state]
            stop: Api,
        }
    };
    let tuple = quote!(
        struct Pair(#[child] Cache, Api);
    );
    let generic = quote! {
        struct Any<T> { #[child] one: T }
    };
    compare(
        "supervisor_erroneous",
        [
            pipeline::supervisor(quote!(strategy = one_for_two), item),
            pipeline::supervisor(quote!(), tuple),
            pipeline::supervisor(quote!(), generic),
        ],
    );
}
