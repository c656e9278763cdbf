//! The table: medians over rounds, how far they spread, and what of the goals is reached. Knows no system but by name.

use crate::runner::Figures;
use crate::systems::PEERS;
use crate::table::{Goal, Measure, Row};

/// Prints it as Markdown.
pub fn print(rows: &[&Row], figures: &Figures, rounds: usize) {
    println!("| Workload | pulsar | Goal | | Floors | Peers |\n| --- | ---: | --- | --- | --- | --- |");
    for row in rows {
        let medians = Medians { row, figures };
        let mut goals = row.goals.iter().map(|goal| medians.judge(*goal));
        let (goal, result) = goals.next().unwrap_or_default();
        let others = |is_peer: bool| medians.others(is_peer);
        let own = medians.show(medians.own(), row.shown);
        println!("| {} | {own} | {goal} | {result} | {} | {} |", row.title, others(false), others(true));
        for (goal, result) in goals {
            println!("| | | {goal} | {result} | | |");
        }
    }
    println!("\nMedians of {rounds} rounds; in brackets how far apart the slowest and the fastest were.");
}

struct Medians<'a> {
    row: &'a Row,
    figures: &'a Figures,
}

impl Medians<'_> {
    fn own(&self) -> &'static str {
        self.row.systems.first().copied().unwrap_or_default()
    }

    fn values(&self, system: &str, measure: Measure) -> Vec<f64> {
        let of_row = self.figures.iter().find(|((row, name), _)| *row == self.row.name && *name == system);
        let mut values: Vec<_> =
            of_row.into_iter().flat_map(|(_, all)| all).filter_map(|one| measure.of(one)).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    fn median(&self, system: &str, measure: Measure) -> Option<f64> {
        let values = self.values(system, measure);
        values.get(values.len() / 2).copied()
    }

    fn show(&self, system: &str, measure: Measure) -> String {
        let values = self.values(system, measure);
        let (Some(first), Some(last), Some(median)) = (values.first(), values.last(), values.get(values.len() / 2))
        else {
            return "–".to_string();
        };
        format!("{} ({:.0} %)", measure.show(*median), (last - first) / median * 100.0)
    }

    /// All but pulsar, the fastest first.
    fn others(&self, is_peer: bool) -> String {
        let others =
            self.row.systems.iter().filter(|system| **system != self.own() && PEERS.contains(system) == is_peer);
        let mut others: Vec<_> =
            others.filter_map(|system| Some((self.median(system, self.row.shown)?, *system))).collect();
        others.sort_by(|one, other| one.0.total_cmp(&other.0));
        let shown: Vec<_> =
            others.iter().map(|(_, system)| format!("{system} {}", self.show(system, self.row.shown))).collect();
        if shown.is_empty() { "–".to_string() } else { shown.join(", ") }
    }

    /// The goal in words, and what became of it.
    fn judge(&self, goal: Goal) -> (String, String) {
        let measure = self.row.shown;
        let own = self.median(self.own(), measure);
        let peers = self.row.systems.iter().filter(|system| PEERS.contains(system));
        let best = peers.filter_map(|peer| self.median(peer, measure)).min_by(f64::total_cmp);
        let of = |system: &str| Some(self.median(system, measure)? / own?);
        let (words, ratio, is_reached) = match goal {
            Goal::FasterThanPeers(times) => {
                let ratio = best.zip(own).map(|(best, own)| best / own);
                (format!("≥ {times} × the best peer"), ratio, ratio.map(|ratio| ratio >= times))
            }
            Goal::FasterThan(times, system) => {
                let ratio = of(system);
                (format!("≥ {times} × {system}"), ratio, ratio.map(|ratio| ratio >= times))
            }
            Goal::Within(times, system) => {
                let ratio = of(system).map(|ratio| 1.0 / ratio);
                (format!("≤ {times} of {system}"), ratio, ratio.map(|ratio| ratio <= times))
            }
            Goal::WithinPeers(times) => {
                let ratio = best.zip(own).map(|(best, own)| own / best);
                (format!("≤ {times} of the best peer"), ratio, ratio.map(|ratio| ratio <= times))
            }
            Goal::AtMost(measure, most) => {
                let own = self.median(self.own(), measure);
                let shown = own.filter(|_| measure != self.row.shown).map(|own| format!("{} ", measure.show(own)));
                let is_reached = own.map(|own| own <= most);
                let result = format!("{}{}", shown.unwrap_or_default(), verdict(is_reached));
                return (format!("≤ {}", measure.show(most)), result);
            }
        };
        let ratio = ratio.map(|ratio| format!("{ratio:.2} ")).unwrap_or_default();
        (words, format!("{ratio}{}", verdict(is_reached)))
    }
}

fn verdict(is_reached: Option<bool>) -> &'static str {
    match is_reached {
        Some(true) => "yes",
        Some(false) => "**no**",
        None => "not measured",
    }
}
