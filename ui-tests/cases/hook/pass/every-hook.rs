//! Every hook in its longest form, and in a short one.

use pulsar::prelude::*;

#[actor]
struct Long;

#[actor]
impl Long {
    #[hook]
    async fn start(&mut self, _cx: &mut Context<Self>) -> Result<()> {
        Ok(())
    }
    #[hook]
    async fn stopping(&mut self, _cx: &mut Context<Self>, _reason: &ExitReason) -> Result<()> {
        Ok(())
    }
    #[hook]
    async fn periodic_task(&mut self, _cx: &mut Context<Self>) -> Result<()> {
        Ok(())
    }
    #[hook]
    fn on_info(&self, _info: &mut Info) {}
    #[hook]
    fn on_params(_params: &mut Params) -> Result<()> {
        Ok(())
    }
}

#[actor]
struct Short;

#[actor]
impl Short {
    #[hook]
    fn start(&self) {}
    #[hook]
    fn stopping(&mut self, _reason: ExitReason) {}
    #[hook]
    async fn periodic_task(&mut self) -> std::io::Result<()> {
        Ok(())
    }
    #[hook]
    fn on_params(_: &mut Params) {}
}

fn main() {}
