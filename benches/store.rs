//! What a link costs beside a bare insert into the same kind of file: each is one commit with one sync.
//!
//! The two take turns, so that both see the same disk. Run it with `cargo bench --bench store`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::error::Error;
use std::time::Duration;

use scanstation::edge::clock;
use scanstation::edge::store::{ImportPolicy, Store, Writer};
use scanstation::pipeline::catalog::{Catalog, Model};
use scanstation::pipeline::ident::{CustomerId, NotificationId};
use scanstation::pipeline::link::{LinkAnswer, NewLink};
use scanstation::pipeline::order::{Order, OrderLine};
use scanstation::pipeline::time::{SIMULATED_START, Timestamp};

const LINKS: u32 = 2000;
const MODEL: &str = include_str!("../models/aircon-l3.toml");

fn main() -> Result<(), Box<dyn Error>> {
    let (catalog, _faults) = Catalog::load([("aircon-l3.toml", MODEL)]);
    let model = catalog.models().first().ok_or("no model")?;
    let home = tempfile::tempdir()?;
    let mut store = Store::open(&home.path().join("station.db"))?;
    let now = SIMULATED_START;
    let orders: Vec<Order> = (1..=LINKS).map(|n| order(model, n)).collect::<Result<_, _>>()?;
    store.import(&orders, ImportPolicy::AllOrNothing, now)?;
    let bare = rusqlite::Connection::open(home.path().join("bare.db"))?;
    bare.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE links (dsn TEXT NOT NULL) STRICT",
    )?;

    let (mut links, mut inserts) = (Vec::new(), Vec::new());
    for (n, order) in (1..).zip(&orders) {
        let new = link(model, order, n, now)?;
        let start = clock::instant();
        bare.prepare_cached("INSERT INTO links VALUES (?1)")?.execute([new.dsn.as_str()])?;
        inserts.push(start.elapsed());
        let start = clock::instant();
        let answer = store.link(&new, "pack-3")?;
        links.push(start.elapsed());
        if !matches!(answer, LinkAnswer::Linked(_)) {
            return Err(format!("{answer:?}").into());
        }
    }
    let (link, insert) = (figures("link", links), figures("bare insert", inserts));
    println!("a link is {:.2} bare inserts (p50)", link.as_secs_f64() / insert.as_secs_f64());
    through_the_writer(store)
}

/// A question and its answer over the writer's channel, without anything to write.
fn through_the_writer(store: Store) -> Result<(), Box<dyn Error>> {
    let writer = Writer::start(store)?;
    let handle = writer.handle();
    let mut calls = Vec::new();
    for _ in 0..LINKS {
        let start = clock::instant();
        handle.call(|store| store.counts())?;
        calls.push(start.elapsed());
    }
    figures("counts over the writer", calls);
    Ok(())
}

/// Prints the distribution and gives the median.
fn figures(what: &str, mut times: Vec<Duration>) -> Duration {
    times.sort();
    let at = |share: usize| times.get(times.len() * share / 1000).copied().unwrap_or_default();
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    let (p50, p99) = (at(500), at(990));
    println!("{what}: p50 {:.0} us, p99 {:.0} us, max {:.0} us", us(p50), us(p99), us(at(999)));
    p50
}

fn order(model: &Model, n: u32) -> Result<Order, Box<dyn Error>> {
    let product = model.products.first().ok_or("no product")?;
    Ok(Order {
        order_id: format!("112-{n:07}-0000001").parse()?,
        version: 1,
        codes: vec![format!("SP{n:08}").parse()?],
        marketplace: "amazon.com".parse()?,
        directed_customer_id: Some("amzn1.account.AHEXAMPLE0001".parse()?),
        pre_registered: true,
        cancelled: false,
        lines: vec![OrderLine {
            line: 1,
            asin: product.asin.clone(),
            quantity: 1,
            scan: true,
            directed_customer_id: None,
            slot_asins: std::collections::BTreeMap::new(),
        }],
    })
}

fn link(model: &Model, order: &Order, n: u32, now: Timestamp) -> Result<NewLink, Box<dyn Error>> {
    let line = order.lines.first().ok_or("no line")?;
    let customer: CustomerId = "amzn1.account.AHEXAMPLE0001".parse()?;
    let mut entropy = [0; 10];
    entropy[..4].copy_from_slice(&n.to_be_bytes());
    Ok(NewLink {
        dsn: model.serial_from_text(&format!("601KL{n:07}")).ok_or("no serial")?,
        order_id: order.order_id.clone(),
        order_version: order.version,
        line: line.line,
        unit: 1,
        asin: line.asin.clone(),
        model_id: model.model_id.clone(),
        topic_arn: model.topic_arn.clone(),
        lwa_client_id: model.lwa_client_id.clone(),
        directed_customer_id: customer,
        notification_id: NotificationId::new(u64::from(n), &entropy),
        catalog: "sha256:9f3c".to_owned(),
        linked_at: now,
    })
}
