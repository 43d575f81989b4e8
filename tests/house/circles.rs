//! Finds circles of rooms, and the arrows that close them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use crate::arrows::{self, Arrows, Reference};
use crate::source::Crate;

/// Rooms each of which leads to all the others.
pub struct Circle {
    pub rooms: Vec<String>,
    closing: Vec<ClosingArrow>,
}

/// An arrow that leads back against the order which the fewest references contradict.
struct ClosingArrow {
    from: String,
    to: String,
    references: Vec<String>,
    /// One reference for each arrow of the shortest way from `to` to `from`.
    way: Vec<String>,
}

pub fn of(house: &Crate) -> Vec<Circle> {
    among(&house.rooms().collect(), &arrows::of(house))
}

fn among(rooms: &BTreeSet<&str>, arrows: &Arrows) -> Vec<Circle> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        rooms.iter().map(|room| (*room, reached_from(arrows, room))).collect();
    let mut circles: BTreeSet<Vec<&str>> = BTreeSet::new();
    for room in rooms {
        let circle: Vec<&str> = reached[room].iter().copied().filter(|other| reached[other].contains(room)).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().map(|rooms| Circle::new(&rooms, arrows)).collect()
}

fn reached_from<'a>(arrows: &'a Arrows, start: &'a str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(room) = open.pop() {
        open.extend(targets(arrows, room).filter(|target| reached.insert(*target)));
    }
    reached
}

fn targets<'a>(arrows: &'a Arrows, room: &str) -> impl Iterator<Item = &'a str> {
    arrows.keys().filter(move |(from, _)| from == room).map(|(_, to)| to.as_str())
}

impl Circle {
    fn new(rooms: &[&str], arrows: &Arrows) -> Self {
        let order = order_of_fewest_contradictions(rooms, arrows);
        let place = |room: &str| order.iter().position(|it| *it == room);
        let closing = arrows
            .iter()
            .filter(|((from, to), _)| matches!((place(from), place(to)), (Some(from), Some(to)) if from < to))
            .map(|((from, to), references)| ClosingArrow {
                from: from.clone(),
                to: to.clone(),
                references: references.iter().map(Reference::to_string).collect(),
                way: shortest_way(arrows, to, from),
            })
            .collect();
        Self { rooms: rooms.iter().map(|room| (*room).to_owned()).collect(), closing }
    }
}

/// Puts the rooms in an order, lowest first, where a room should only name those before it.
fn order_of_fewest_contradictions<'a>(rooms: &[&'a str], arrows: &Arrows) -> Vec<&'a str> {
    let weight = |from: &str, to: &str| arrows.get(&(from.to_owned(), to.to_owned())).map_or(0, Vec::len);
    let weights: BTreeMap<(&str, &str), usize> =
        rooms.iter().flat_map(|from| rooms.iter().map(|to| ((*from, *to), weight(from, to)))).collect();
    let contradictions = |order: &[&'a str]| -> usize {
        (0..order.len())
            .flat_map(|low| (low + 1..order.len()).map(move |high| (low, high)))
            .map(|(low, high)| weights[&(order[low], order[high])])
            .sum()
    };
    let mut best = rooms.to_vec();
    let mut fewest = contradictions(&best);
    loop {
        let before = fewest;
        for from in 0..best.len() {
            for to in 0..best.len() {
                let mut order = best.clone();
                let room = order.remove(from);
                order.insert(to, room);
                let count = contradictions(&order);
                if count < fewest {
                    (best, fewest) = (order, count);
                }
            }
        }
        if fewest == before {
            return best;
        }
    }
}

fn shortest_way(arrows: &Arrows, start: &str, end: &str) -> Vec<String> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(room) = open.pop_front() {
        for target in targets(arrows, room) {
            if target != start && !came_from.contains_key(target) {
                came_from.insert(target, room);
                open.push_back(target);
            }
        }
    }
    let mut way = Vec::new();
    let mut room = end;
    while room != start {
        let from = came_from[room];
        let reference = &arrows[&(from.to_owned(), room.to_owned())][0];
        way.insert(0, format!("{from} -> {room}  {reference}"));
        room = from;
    }
    way
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}`", self.location, self.path)
    }
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "   circle of {}: {}", self.rooms.len(), self.rooms.join(", "))?;
        for arrow in &self.closing {
            writeln!(f, "      closed by {} -> {}", arrow.from, arrow.to)?;
            for reference in &arrow.references {
                writeln!(f, "         {reference}")?;
            }
            for step in &arrow.way {
                writeln!(f, "         back: {step}")?;
            }
        }
        Ok(())
    }
}

#[test]
fn the_report_names_the_arrow_that_closes_a_circle() {
    let arrow = |from: &str, to: &str, lines: &[usize]| {
        let reference = |line| Reference { location: format!("{from}.rs:{line}"), path: format!("crate::{to}") };
        ((from.to_owned(), to.to_owned()), lines.iter().map(reference).collect())
    };
    let arrows = Arrows::from([
        arrow("gate", "event", &[1, 2]),
        arrow("event", "time", &[3, 4]),
        arrow("time", "gate", &[5]),
        arrow("gate", "error", &[6]),
    ]);
    let circles = among(&BTreeSet::from(["error", "event", "gate", "time"]), &arrows);
    let report: String = circles.iter().map(Circle::to_string).collect();
    assert_eq!(
        report.lines().map(str::trim).collect::<Vec<_>>(),
        [
            "circle of 3: event, gate, time",
            "closed by time -> gate",
            "time.rs:5: `crate::gate`",
            "back: gate -> event  gate.rs:1: `crate::event`",
            "back: event -> time  event.rs:3: `crate::time`",
        ]
    );
}
