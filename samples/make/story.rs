//! The story that the pictures tell, one after another, to one station.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Value, json};

use crate::stage::Stage;

/// What the samples show, in the order of their names.
#[derive(Debug)]
pub(crate) struct Story {
    /// Pictures and sequences.
    pub(crate) entries: Vec<Entry>,
    /// What no picture can show: the lines of `steps.jsonl`.
    pub(crate) steps: Vec<Value>,
    orders: Vec<Value>,
    // Steps that are to be taken before the next entry.
    waiting: Vec<Value>,
}

/// A picture or a sequence.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its name without ending: four digits.
    pub(crate) name: String,
    /// What is seen.
    pub(crate) show: Show,
    /// The order it is about.
    pub(crate) order_id: Option<String>,
    /// The decisions it causes, in order.
    pub(crate) verdicts: &'static [&'static str],
}

/// What is seen.
#[derive(Debug)]
pub(crate) enum Show {
    /// One picture, with its file's ending.
    Still(&'static str, Box<Stage>),
    /// Frames with their times in milliseconds.
    Sequence(Vec<(u64, Stage)>),
}

impl Entry {
    /// Its frames, if it is a sequence.
    pub(crate) fn frames(&self) -> &[(u64, Stage)] {
        match &self.show {
            Show::Still(..) => &[],
            Show::Sequence(frames) => frames,
        }
    }

    /// The picture files it consists of, in `folder`.
    pub(crate) fn pictures(&self, folder: &Path) -> Vec<PathBuf> {
        match &self.show {
            Show::Still(ending, _) => vec![folder.join(format!("{}.{ending}", self.name))],
            Show::Sequence(frames) => (1..=frames.len())
                .map(|n| folder.join(&self.name).join(format!("{n:06}.jpg")))
                .collect(),
        }
    }

    /// Its file's or folder's name.
    pub(crate) fn file(&self) -> String {
        match &self.show {
            Show::Still(ending, _) => format!("{}.{ending}", self.name),
            Show::Sequence(_) => self.name.clone(),
        }
    }
}

impl Story {
    /// The story of no pictures in the world of the orders in `file`.
    pub(crate) fn new(file: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
        let orders = text.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
        Ok(Self { entries: Vec::new(), steps: Vec::new(), orders, waiting: Vec::new() })
    }

    /// Order number `n`, from 1 on.
    pub(crate) fn order(&self, n: usize) -> anyhow::Result<&Value> {
        self.orders.get(n.wrapping_sub(1)).with_context(|| format!("no order {n}"))
    }

    /// The id of order `n`.
    pub(crate) fn order_id(&self, n: usize) -> anyhow::Result<String> {
        let id = self.order(n)?["order_id"].as_str();
        Ok(id.with_context(|| format!("no id of order {n}"))?.to_owned())
    }

    /// The code of order `n`'s shipment.
    pub(crate) fn shipment(&self, n: usize) -> anyhow::Result<String> {
        self.call_up(n, 0)
    }

    /// The licence plate of order `n`'s tote.
    pub(crate) fn plate(&self, n: usize) -> anyhow::Result<String> {
        self.call_up(n, 1)
    }

    fn call_up(&self, n: usize, which: usize) -> anyhow::Result<String> {
        let code = self.order(n)?["codes"][which].as_str();
        Ok(code.with_context(|| format!("no code {which} of order {n}"))?.to_owned())
    }

    /// The next picture, in a JPEG file: it is about order `n` and causes `verdicts`.
    pub(crate) fn still(
        &mut self,
        stage: Stage,
        n: usize,
        verdicts: &'static [&'static str],
    ) -> anyhow::Result<()> {
        let order_id = self.order_id(n)?;
        self.add(Show::Still("jpg", Box::new(stage)), Some(order_id), verdicts);
        Ok(())
    }

    /// The next picture, small, in a file with `ending`: it calls up order `n` and causes `verdicts`.
    pub(crate) fn small(
        &mut self,
        ending: &'static str,
        stage: Stage,
        n: usize,
        verdicts: &'static [&'static str],
    ) -> anyhow::Result<()> {
        let order_id = self.order_id(n)?;
        self.add(Show::Still(ending, Box::new(stage.small())), Some(order_id), verdicts);
        Ok(())
    }

    /// The next picture, which is about no order.
    pub(crate) fn aside(
        &mut self,
        ending: &'static str,
        stage: Stage,
        verdicts: &'static [&'static str],
    ) {
        let stage = if ending == "jpg" { stage } else { stage.small() };
        self.add(Show::Still(ending, Box::new(stage)), None, verdicts);
    }

    /// The next sequence, about order `n`.
    pub(crate) fn sequence(
        &mut self,
        frames: Vec<(u64, Stage)>,
        n: usize,
        verdicts: &'static [&'static str],
    ) -> anyhow::Result<()> {
        let order_id = self.order_id(n)?;
        self.add(Show::Sequence(frames), Some(order_id), verdicts);
        Ok(())
    }

    fn add(&mut self, show: Show, order_id: Option<String>, verdicts: &'static [&'static str]) {
        let name = format!("{:04}", self.entries.len() + 1);
        let entry = Entry { name, show, order_id, verdicts };
        for mut step in self.waiting.drain(..) {
            step["before"] = json!(entry.file());
            self.steps.push(step);
        }
        self.entries.push(entry);
    }

    /// What happens before the next picture; `step` has all but `before`.
    pub(crate) fn step(&mut self, step: Value) {
        self.waiting.push(step);
    }
}
