impl Counter {
    async fn start(&mut self, cx: &mut Context<Self>) -> Result<()> {
        Ok(())
    }
    fn stopping(&mut self, reason: ExitReason) {}
    #[cfg(unix)]
    async fn periodic_task(&mut self) {}
    fn on_info(&self, info: &mut Info) {}
    fn on_params(params: &mut Params) -> Result<()> {
        Ok(())
    }
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types)]
enum Counter_takes_actor_on_one_impl_block_and_on_none_if_it_is_a_supervisor {}
#[allow(
    deprecated,
    missing_debug_implementations,
    non_local_definitions,
    private_interfaces,
    unreachable_code,
    unreachable_patterns,
    unused_variables,
    clippy::unused_unit,
    clippy::let_unit_value
)]
const _: () = {
    #[doc(hidden)]
    pub enum __Message {}
    #[automatically_derived]
    impl ::pulsar::__private::Message for __Message {
        fn tag(&self) -> ::pulsar::__private::Tag {
            match *self {}
        }
        fn name(&self) -> &'static str {
            match *self {}
        }
        fn encode(
            &self,
            out: &mut ::pulsar::__private::Encoder<'_>,
        ) -> ::core::result::Result<(), ::pulsar::__private::EncodeError> {
            match *self {}
            ::core::result::Result::Ok(())
        }
        fn decode(
            tag: ::pulsar::__private::Tag,
            input: &mut ::pulsar::__private::Decoder<'_>,
        ) -> ::core::result::Result<Self, ::pulsar::__private::DecodeError> {
            match tag {
                tag => {
                    ::core::result::Result::Err(
                        ::pulsar::__private::DecodeError::unknown_command(tag),
                    )
                }
            }
        }
    }
    #[automatically_derived]
    impl ::pulsar::__private::Actor for Counter {
        type Message = __Message;
        type Proxy = CounterProxy;
        const COMMANDS: &'static [::pulsar::__private::Descriptor] = &[];
        async fn hook_start(
            &mut self,
            cx: &mut ::pulsar::__private::Context<Self>,
        ) -> ::core::result::Result<(), ::pulsar::__private::Error> {
            let __out = <Counter>::start(self, cx).await;
            ::pulsar::__private::HookOutcome::into_outcome(__out)
        }
        async fn hook_stopping(
            &mut self,
            cx: &mut ::pulsar::__private::Context<Self>,
            reason: &::pulsar::__private::ExitReason,
        ) -> ::core::result::Result<(), ::pulsar::__private::Error> {
            let __out = <Counter>::stopping(self, ::core::clone::Clone::clone(reason));
            ::pulsar::__private::HookOutcome::into_outcome(__out)
        }
        #[cfg(unix)]
        async fn hook_periodic_task(
            &mut self,
            cx: &mut ::pulsar::__private::Context<Self>,
        ) -> ::core::result::Result<(), ::pulsar::__private::Error> {
            let __out = <Counter>::periodic_task(self).await;
            ::pulsar::__private::HookOutcome::into_outcome(__out)
        }
        fn hook_on_info(&self, info: &mut ::pulsar::__private::Info) {
            <Counter>::on_info(self, info)
        }
        fn hook_on_params(
            params: &mut ::pulsar::__private::Params,
        ) -> ::core::result::Result<(), ::pulsar::__private::Error> {
            let __out = <Counter>::on_params(params);
            ::pulsar::__private::HookOutcome::into_outcome(__out)
        }
    }
    impl CounterProxy {}
    type __Proxy = CounterProxy;
    ::pulsar::__private::proxy_impls!(__Proxy, Counter);
    ::pulsar::__private::supervised_actor!(Counter);
    ::pulsar::__private::inventory::submit! {
        ::pulsar::__private::ActorEntry::of:: < Counter > ()
    }
    ::pulsar::__private::json_actor!(Counter, __Message,);
};
