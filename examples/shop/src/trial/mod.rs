//! The trial: a minute of customers and faults, with or without the attributes.

pub mod audit;
pub mod chart;
pub mod faults;
pub mod load;
pub mod report;
pub mod schedule;
pub mod states;
#[path = "../../../llm_gateway/svg.rs"]
mod svg;
pub mod upstream;
pub mod world;

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::time::Instant;

use crate::naked::Naked;
use crate::service::Service;
use audit::Audit;
use load::Outcome;
use schedule::Schedule;
use states::States;
use world::World;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shop {
    Protected,
    Naked,
}

pub struct Setup {
    pub seed: u64,
    pub port: u16,
    pub settings: &'static Path,
    pub metrics: PrometheusHandle,
}

/// The observations of one run.
pub struct Run {
    pub shop: Shop,
    pub outcomes: Vec<Outcome>,
    /// When the model was called, from the start of the run.
    pub model_calls: Vec<Duration>,
    pub states: States,
    pub audit: Audit,
}

enum Running {
    Protected(Service),
    Naked(Naked),
}

impl Running {
    async fn start(shop: Shop, world: &World, setup: &Setup) -> Result<Self, Box<dyn Error>> {
        let addresses = world.addresses();
        Ok(match shop {
            Shop::Protected => {
                Self::Protected(Service::start(&addresses, setup.settings, setup.metrics.clone(), setup.port).await?)
            }
            Shop::Naked => Self::Naked(Naked::start(&addresses).await?),
        })
    }

    fn address(&self) -> SocketAddr {
        match self {
            Self::Protected(service) => service.address,
            Self::Naked(naked) => naked.address,
        }
    }

    async fn stop(self) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Protected(service) => service.stop().await?,
            Self::Naked(naked) => naked.stop(),
        }
        Ok(())
    }
}

/// Starts everything, injects faults while customers use it, and checks the database afterwards.
pub async fn run(shop: Shop, schedule: &Schedule, setup: &Setup) -> Result<Run, Box<dyn Error>> {
    let mut world = World::start(setup.seed).await?;
    let service = Running::start(shop, &world, setup).await?;
    println!("{shop:?} shop: http://{}", service.address());
    if shop == Shop::Protected {
        println!("  dashboard: http://{0}/internal/resilience  metrics: http://{0}/metrics", service.address());
    }
    let customers = load::plan(setup.seed, schedule.length);
    // The first requests find cold connections, which is not what the trial is about.
    load::warm_up(service.address()).await?;

    let start = Instant::now();
    world.upstream.begin();
    let mut states = States::default();
    let visits = load::send(customers, service.address(), start);
    let minute = async { tokio::try_join!(visits, faults::inject(&mut world, schedule, start)) };
    let (outcomes, ()) = tokio::select! {
        done = minute => done?,
        never = states.watch(start) => match never {},
    };
    let model_calls = world.upstream.calls();
    let audit = Audit::of(&world, &outcomes).await?;
    service.stop().await?;
    Ok(Run { shop, outcomes, model_calls, states, audit })
}
