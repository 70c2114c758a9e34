//! The verdict: what is in view, held against the open order and the catalogue.

use serde_json::{Value, json};

use crate::pipeline::catalog::{Catalog, Model};
use crate::pipeline::ident::{Asin, Dsn, ModelId, OrderId};
use crate::pipeline::meaning::Serial;
use crate::pipeline::order::{OrderLine, Packing};
use crate::pipeline::payload::SecretClass;
use crate::pipeline::time::Timestamp;
use crate::pipeline::view::Track;

/// Every outcome there is (contracts: verdicts; operator flow E1 to E30).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The device is linked, on disk.
    Linked,
    /// E8: this box was linked before, as this unit.
    AlreadyDone {
        /// The unit.
        unit: u32,
    },
    /// E9: unit n's box again, while another unit is wanted.
    SameBox {
        /// The unit it is linked as.
        unit: u32,
    },
    /// E4: the serial is another model's.
    WrongModel {
        /// What the order wants; `None` where it wants no device.
        expected: Option<ModelId>,
        /// What the box is.
        found: ModelId,
    },
    /// E5: the product code on the box is another ASIN's.
    WrongVariant {
        /// What the label says.
        label_asin: Asin,
        /// What the order wants.
        order_asin: Asin,
    },
    /// E6: it has the form of the model's serials and does not match.
    NotASerial {
        /// Where it stops matching, in bytes.
        position: usize,
        /// What was read.
        text: String,
    },
    /// E7: no serial rule on file for the ordered product.
    NoRule,
    /// E10: another order has the device.
    Taken {
        /// That order.
        order_id: OrderId,
        /// The station that linked it.
        station: String,
        /// When.
        at: Timestamp,
    },
    /// E11: the device came back once.
    Returned {
        /// From that order.
        order_id: OrderId,
        /// When.
        at: Timestamp,
    },
    /// E12: the customer asked for no replenishment: no link, no event.
    NotPreregistered,
    /// E13: the order is cancelled.
    Cancelled,
    /// E13: the order is another version than was called up.
    Changed,
    /// Every unit of the order is linked.
    OrderComplete,
    /// E15: two devices in view.
    TwoBoxes,
    /// More than one line, or more than one code, could be meant.
    Ambiguous {
        /// What could not be told apart: `lines`, `serials` or `orders`.
        between: &'static str,
    },
    /// E27: a code that holds a secret.
    Secret {
        /// Its kind.
        class: SecretClass,
        /// Characters; the text itself is nowhere kept.
        length: usize,
    },
    /// No order has the code.
    UnknownOrder,
    /// E18: a serial with no order called up yet.
    NoOrder,
    /// E1: a box with no serial in view.
    NoSerial,
    /// E2: readings went on differing.
    Unreadable,
    /// E3: two readings of one spot differ.
    Checking,
}

impl Verdict {
    /// Whether somebody may want to see the frames of it later: something was wrong with the box or its label.
    pub fn is_exception(&self) -> bool {
        !matches!(
            self,
            Self::Linked
                | Self::AlreadyDone { .. }
                | Self::NotPreregistered
                | Self::Cancelled
                | Self::Changed
                | Self::OrderComplete
                | Self::UnknownOrder
                | Self::NoOrder
                | Self::Checking
        )
    }

    /// Its name in every line we write.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::AlreadyDone { .. } => "already_done",
            Self::SameBox { .. } => "same_box",
            Self::WrongModel { .. } => "wrong_model",
            Self::WrongVariant { .. } => "wrong_variant",
            Self::NotASerial { .. } => "not_a_serial",
            Self::NoRule => "no_rule",
            Self::Taken { .. } => "taken",
            Self::Returned { .. } => "returned",
            Self::NotPreregistered => "not_preregistered",
            Self::Cancelled => "cancelled",
            Self::Changed => "changed",
            Self::OrderComplete => "order_complete",
            Self::TwoBoxes => "two_boxes",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Secret { .. } => "secret",
            Self::UnknownOrder => "unknown_order",
            Self::NoOrder => "no_order",
            Self::NoSerial => "no_serial",
            Self::Unreadable => "unreadable",
            Self::Checking => "checking",
        }
    }

    /// Its `detail` in every line we write (contracts 4).
    pub fn detail(&self) -> Value {
        match self {
            Self::AlreadyDone { unit } | Self::SameBox { unit } => json!({"unit": unit}),
            Self::WrongModel { expected, found } => json!({"expected": expected, "found": found}),
            Self::WrongVariant { label_asin, order_asin } => {
                json!({"label_asin": label_asin, "order_asin": order_asin})
            }
            Self::NotASerial { position, .. } => json!({"position": position}),
            Self::Taken { order_id, station, at } => {
                json!({"order_id": order_id, "station": station, "at": at})
            }
            Self::Returned { order_id, at } => json!({"order_id": order_id, "at": at}),
            Self::Ambiguous { between } => json!({"between": between}),
            Self::Secret { class, length } => json!({"class": class, "length": length}),
            Self::Linked
            | Self::NoRule
            | Self::NotPreregistered
            | Self::Cancelled
            | Self::Changed
            | Self::OrderComplete
            | Self::TwoBoxes
            | Self::UnknownOrder
            | Self::NoOrder
            | Self::NoSerial
            | Self::Unreadable
            | Self::Checking => json!({}),
        }
    }
}

/// A device and the unit of the order that it fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// The device.
    pub dsn: Dsn,
    /// The order's line.
    pub line: u32,
    /// The lowest free unit of it.
    pub unit: u32,
}

/// What the agreed symbols of one view come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It may be linked.
    Fits(Fit),
    /// It may not, and why; the serial that it is about, where one is.
    Refused(Verdict, Option<Dsn>),
}

/// Judges the agreed `tracks` of a view against the open order.
///
/// `serials` are those of them that state a serial, at least one; `products` those that stand for products on file.
pub fn judge(
    serials: &[&Track],
    products: &[&Track],
    packing: &Packing,
    catalog: &Catalog,
) -> Judgement {
    let order = &packing.order;
    let lines: Vec<Wanted<'_>> = wanted(packing, catalog);
    let serials = match one_box(serials, &lines) {
        Ok(serials) => serials,
        Err(verdict) => return Judgement::Refused(verdict, None),
    };
    let claims: Vec<&Serial> = serials.iter().flat_map(|track| &track.meaning.serials).collect();
    let Some(first) = claims.first() else { return Judgement::Refused(Verdict::NoSerial, None) };
    let refused = |verdict| Judgement::Refused(verdict, Some(first.dsn.clone()));
    if order.cancelled {
        return refused(Verdict::Cancelled);
    }
    if !order.pre_registered {
        return refused(Verdict::NotPreregistered);
    }
    let fitting: Vec<(&Wanted<'_>, &Serial)> = lines
        .iter()
        .filter_map(|line| Some((line, *claims.iter().find(|claim| line.takes(claim))?)))
        .collect();
    if fitting.is_empty() {
        return refused(no_line_fits(&lines, first));
    }
    match by_product(fitting, products, catalog) {
        Ok(fitting) => choose(&fitting, packing),
        Err(verdict) => refused(verdict),
    }
}

/// A scan line with its model, where that is still on file.
struct Wanted<'a> {
    line: &'a OrderLine,
    model: Option<&'a Model>,
    unit: Option<u32>,
    customer: Option<&'a crate::pipeline::ident::CustomerId>,
}

impl Wanted<'_> {
    fn takes(&self, serial: &Serial) -> bool {
        self.model.is_some_and(|model| model.model_id == serial.model_id)
    }

    fn has_rule(&self) -> bool {
        self.model.is_some_and(|model| model.serial.pattern.is_some())
    }
}

fn wanted<'a>(packing: &'a Packing, catalog: &'a Catalog) -> Vec<Wanted<'a>> {
    let wanted = |line: &'a OrderLine| Wanted {
        line,
        model: catalog.model_of(&line.asin),
        unit: packing.next_unit(line),
        customer: packing.order.customer(line),
    };
    packing.order.scan_lines().map(wanted).collect()
}

/// Whether no line of the order has a rule by which anything could be linked (E7, decision 9).
pub fn has_no_rule(packing: &Packing, catalog: &Catalog) -> bool {
    let lines = wanted(packing, catalog);
    !lines.is_empty() && !lines.iter().any(Wanted::has_rule)
}

/// The tracks that state the one device in view, or why there is not just one (decision 5).
fn one_box<'a>(serials: &[&'a Track], lines: &[Wanted<'_>]) -> Result<Vec<&'a Track>, Verdict> {
    let fits = |track: &Track| {
        track.meaning.serials.iter().any(|serial| lines.iter().any(|line| line.takes(serial)))
    };
    let mut kept: Vec<&Track> = serials.to_vec();
    for (i, a) in serials.iter().enumerate() {
        for b in serials.get(i + 1..).unwrap_or_default() {
            if !a.differs(b) {
                continue;
            }
            match (a.same_label(b), fits(a), fits(b)) {
                (true, true, true) => return Err(Verdict::Ambiguous { between: "serials" }),
                // One label, one of its codes is the line's: the other is none of our business.
                (true, true, false) => kept.retain(|track| !std::ptr::eq(*track, *b)),
                (true, false, true) => kept.retain(|track| !std::ptr::eq(*track, *a)),
                (true, false, false) | (false, ..) => return Err(Verdict::TwoBoxes),
            }
        }
    }
    Ok(kept)
}

fn no_line_fits(lines: &[Wanted<'_>], found: &Serial) -> Verdict {
    if lines.is_empty() {
        return Verdict::OrderComplete;
    }
    if !lines.iter().any(Wanted::has_rule) {
        return Verdict::NoRule;
    }
    let open = lines.iter().find(|line| line.unit.is_some()).or_else(|| lines.first());
    Verdict::WrongModel {
        expected: open.and_then(|line| line.model).map(|model| model.model_id.clone()),
        found: found.model_id.clone(),
    }
}

/// The lines that every product code in view allows; each disagreement is named (decision 6, E5).
fn by_product<'a, 'b>(
    fitting: Vec<(&'a Wanted<'b>, &'a Serial)>,
    products: &[&Track],
    catalog: &Catalog,
) -> Result<Vec<(&'a Wanted<'b>, &'a Serial)>, Verdict> {
    for (i, a) in products.iter().enumerate() {
        let others = products.get(i + 1..).unwrap_or_default();
        if others.iter().any(|b| a.meaning.asins.is_disjoint(&b.meaning.asins)) {
            return Err(Verdict::TwoBoxes);
        }
    }
    let allows =
        |line: &Wanted<'_>| products.iter().all(|p| p.meaning.asins.contains(&line.line.asin));
    let disagreement = fitting.first().and_then(|(line, _)| {
        let label = products.iter().flat_map(|p| p.meaning.asins.iter()).next()?;
        Some(disagreement(line, label, catalog))
    });
    let allowed: Vec<_> = fitting.into_iter().filter(|(line, _)| allows(line)).collect();
    match disagreement {
        Some(verdict) if allowed.is_empty() => Err(verdict),
        _ => Ok(allowed),
    }
}

fn disagreement(line: &Wanted<'_>, label: &Asin, catalog: &Catalog) -> Verdict {
    let (ordered, labelled) = (line.model, catalog.model_of(label));
    match (ordered, labelled) {
        (Some(ordered), Some(labelled)) if ordered.model_id != labelled.model_id => {
            Verdict::WrongModel {
                expected: Some(ordered.model_id.clone()),
                found: labelled.model_id.clone(),
            }
        }
        _ => {
            Verdict::WrongVariant { label_asin: label.clone(), order_asin: line.line.asin.clone() }
        }
    }
}

fn choose(fitting: &[(&Wanted<'_>, &Serial)], packing: &Packing) -> Judgement {
    let open: Vec<_> = fitting.iter().filter(|(line, _)| line.unit.is_some()).collect();
    let refused = |verdict, dsn: &Dsn| Judgement::Refused(verdict, Some(dsn.clone()));
    if let Some(link) = fitting.iter().find_map(|(_, serial)| packing.link_of(&serial.dsn)) {
        let unit = link.unit;
        let verdict =
            if open.is_empty() { Verdict::AlreadyDone { unit } } else { Verdict::SameBox { unit } };
        return refused(verdict, &link.dsn);
    }
    match open.as_slice() {
        [] => match fitting.first() {
            Some((_, serial)) => refused(Verdict::OrderComplete, &serial.dsn),
            None => Judgement::Refused(Verdict::OrderComplete, None),
        },
        [(first, serial), others @ ..] => {
            // Lines of one product for one customer are the same to the event: they fill in order.
            let same = |(line, _): &&&(&Wanted<'_>, &Serial)| {
                line.line.asin == first.line.asin && line.customer == first.customer
            };
            if !others.iter().all(|other| same(&other)) {
                return refused(Verdict::Ambiguous { between: "lines" }, &serial.dsn);
            }
            match first.unit {
                Some(unit) => {
                    Judgement::Fits(Fit { dsn: serial.dsn.clone(), line: first.line.line, unit })
                }
                None => refused(Verdict::OrderComplete, &serial.dsn),
            }
        }
    }
}
