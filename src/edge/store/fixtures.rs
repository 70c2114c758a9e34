//! Orders, links and a store of them for tests.

use std::collections::BTreeMap;

use super::{ImportAnswer, ImportPolicy, Store};
use crate::pipeline::ident::{Dsn, NotificationId, OrderId};
use crate::pipeline::link::NewLink;
use crate::pipeline::order::{Order, OrderLine};
use crate::pipeline::time::{SIMULATED_START, Timestamp};

/// `seconds` after the start of simulated time.
pub(crate) fn at(seconds: i64) -> Timestamp {
    SIMULATED_START.plus(seconds * 1000)
}

/// The id of order `n`.
pub(crate) fn order_id(n: u32) -> OrderId {
    format!("112-{n:07}-0000001").parse().unwrap()
}

/// Order `n`: one line of `quantity` coffee machines.
pub(crate) fn order(n: u32, quantity: u32) -> Order {
    Order {
        order_id: order_id(n),
        version: 1,
        codes: vec![format!("SP{n:08}").parse().unwrap(), format!("LPN{n}").parse().unwrap()],
        marketplace: "amazon.com".parse().unwrap(),
        directed_customer_id: Some("amzn1.account.AHEXAMPLE0001".parse().unwrap()),
        pre_registered: true,
        cancelled: false,
        lines: vec![OrderLine {
            line: 1,
            asin: "B0EXAMPL01".parse().unwrap(),
            quantity,
            scan: true,
            directed_customer_id: None,
            slot_asins: BTreeMap::from([("beans".to_owned(), "B0EXAMPL91".parse().unwrap())]),
        }],
    }
}

/// A link of `dsn` to `unit` of order `n`; its notification id is made of all three.
pub(crate) fn new_link(dsn: &str, n: u32, unit: u32) -> NewLink {
    let mut entropy = [0_u8; 10];
    for (i, byte) in dsn.bytes().chain(n.to_be_bytes()).chain(unit.to_be_bytes()).enumerate() {
        entropy[i % 10] = entropy[i % 10].wrapping_mul(31).wrapping_add(byte);
    }
    NewLink {
        dsn: Dsn::matched(dsn),
        order_id: order_id(n),
        order_version: 1,
        line: 1,
        unit,
        asin: "B0EXAMPL01".parse().unwrap(),
        model_id: "COFFEE-K2".parse().unwrap(),
        topic_arn: "arn:aws:sns:us-east-1:000000000000:coffee".parse().unwrap(),
        lwa_client_id: "amzn1.application-oa2-client.example0001".parse().unwrap(),
        directed_customer_id: "amzn1.account.AHEXAMPLE0001".parse().unwrap(),
        notification_id: NotificationId::new(u64::from(n), &entropy),
        catalog: "sha256:9f3c".to_owned(),
        linked_at: at(1),
    }
}

/// A store with order 1 of two units and order 2 of one.
pub(crate) fn store() -> Store {
    let mut store = Store::in_memory().unwrap();
    let orders = [order(1, 2), order(2, 1)];
    let answers = store.import(&orders, ImportPolicy::AllOrNothing, at(0)).unwrap();
    assert_eq!(answers, [ImportAnswer::New, ImportAnswer::New]);
    store
}
