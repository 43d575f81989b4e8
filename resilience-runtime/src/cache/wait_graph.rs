//! Tracks loads that wait for other loads: two loads that ask for each other's keys must not wait.

use std::num::NonZeroU64;
use std::sync::Mutex;

use crate::sync::lock;

/// Only the body of a load that asks a cache for a key in flight adds an edge.
static EDGES: Mutex<Vec<WaitEdge>> = Mutex::new(Vec::new());

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct WaitEdge {
    waiting: NonZeroU64,
    awaited: NonZeroU64,
}

/// The edges of one waiting caller. Dropping it removes them.
#[derive(Debug)]
pub struct WaitEdges(Vec<WaitEdge>);

impl WaitEdges {
    /// Returns `None` if the edges from `leading` to `awaited` would close a cycle.
    pub fn add(leading: &[NonZeroU64], awaited: NonZeroU64) -> Option<Self> {
        if leading.is_empty() {
            return Some(Self(Vec::new()));
        }
        let mut edges = lock(&EDGES);
        let mut reached = vec![awaited];
        let mut next = 0;
        while let Some(load) = reached.get(next).copied() {
            if leading.contains(&load) {
                return None;
            }
            let further = edges.iter().filter(|edge| edge.waiting == load).map(|edge| edge.awaited);
            let further: Vec<NonZeroU64> = further.filter(|load| !reached.contains(load)).collect();
            reached.extend(further);
            next += 1;
        }
        let own: Vec<WaitEdge> = leading.iter().map(|&waiting| WaitEdge { waiting, awaited }).collect();
        edges.extend(&own);
        Some(Self(own))
    }
}

impl Drop for WaitEdges {
    fn drop(&mut self) {
        if self.0.is_empty() {
            return;
        }
        let mut edges = lock(&EDGES);
        for own in &self.0 {
            if let Some(index) = edges.iter().position(|edge| edge == own) {
                edges.swap_remove(index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Ids that no other test uses: all tests of this process share the graph.
    const ONE: NonZeroU64 = NonZeroU64::MAX;
    const TWO: NonZeroU64 = NonZeroU64::new(u64::MAX - 1).unwrap();
    const THREE: NonZeroU64 = NonZeroU64::new(u64::MAX - 2).unwrap();

    #[test]
    fn a_cycle_over_several_loads_is_rejected_until_an_edge_is_dropped() {
        let (first, second) = (WaitEdges::add(&[ONE], TWO), WaitEdges::add(&[TWO], THREE));
        assert!(first.is_some() && second.is_some());
        assert!(WaitEdges::add(&[THREE], ONE).is_none());
        assert!(WaitEdges::add(&[THREE], THREE).is_none(), "a load does not wait for itself");
        drop(second);
        assert!(WaitEdges::add(&[THREE], ONE).is_some());
    }
}
