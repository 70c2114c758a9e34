//! The boxes of the models: each with the codes that a maker prints on it.

use crate::face::{Face, Row, Stuff};
use crate::labels::{Carton, bare, foreign, shipping, shown, text};
use crate::zint::{self, Role, Spec};

/// The device of the allow list.
pub(crate) const TEST_DEVICE: Carton =
    Carton { stuff: Stuff::Cardboard, brand: "TEST DEVICE", product: "DRS_Test_Device, one unit" };
/// The ink jet printer.
pub(crate) const PRINTER: Carton =
    Carton { stuff: Stuff::Coated, brand: "PAPERLAKE P4", product: "ink jet printer, four inks" };
/// The laser printer.
pub(crate) const LASER: Carton =
    Carton { stuff: Stuff::Cardboard, brand: "TONERFELD P9", product: "Farblaserdrucker" };
/// The washing machine.
pub(crate) const WASHER: Carton =
    Carton { stuff: Stuff::Cardboard, brand: "BRIGHTDRUM W1", product: "washing machine 8 kg" };
/// The dishwasher.
pub(crate) const DISHWASHER: Carton =
    Carton { stuff: Stuff::Cardboard, brand: "KLARWERK D6", product: "Geschirrspueler 60 cm" };
/// The coffee machine.
pub(crate) const COFFEE: Carton =
    Carton { stuff: Stuff::Coated, brand: "MORNING K2", product: "coffee machine, bean to cup" };
/// The air purifier.
pub(crate) const PURIFIER: Carton =
    Carton { stuff: Stuff::Coated, brand: "CLEARROOM A5", product: "air purifier 40 m2" };
/// The robot vacuum.
pub(crate) const VACUUM: Carton =
    Carton { stuff: Stuff::Coated, brand: "ROUNDABOUT V8", product: "robot vacuum" };
/// The speaker.
pub(crate) const SPEAKER: Carton =
    Carton { stuff: Stuff::Coated, brand: "HEARSAY E3", product: "voice speaker" };
/// The refrigerator.
pub(crate) const FRIDGE: Carton =
    Carton { stuff: Stuff::Cardboard, brand: "NORTHSHELF F7", product: "refrigerator 300 l" };
/// The air conditioner.
pub(crate) const AIRCON: Carton =
    Carton { stuff: Stuff::Cardboard, brand: "SUZUKAZE L3", product: "air conditioner 2.2 kW" };
/// The pet feeder.
pub(crate) const FEEDER: Carton =
    Carton { stuff: Stuff::Cardboard, brand: "GOODBOWL N1", product: "pet feeder 4 l" };
/// The water softener.
pub(crate) const SOFTENER: Carton =
    Carton { stuff: Stuff::Cardboard, brand: "SOFTWELL S2", product: "water softener" };

/// A serial in a symbol of its own, under a caption.
pub(crate) fn serial(caption: &str, spec: Spec) -> Vec<Row> {
    vec![text(18.0, caption), shown(spec.role(Role::Dsn))]
}

/// A product code as on the shelf.
pub(crate) fn retail(gtin: &str) -> Vec<Row> {
    vec![shown(zint::gtin(gtin))]
}

/// The sticker that covers a product code in a fulfillment center.
pub(crate) fn fnsku(code: &str) -> Vec<Row> {
    vec![shown(zint::code128(code).role(Role::Product)), text(14.0, "New")]
}

/// A box of the printer: serial and MAC address at the left, the product code at the right.
pub(crate) fn printer(dsn: &str, mac: &str, product: Vec<Row>) -> anyhow::Result<Face> {
    let maker = serial("S/N  (ser. no.)", zint::code128(dsn));
    let support = [bare(zint::qr("https://support.example.com/p4")), text(12.0, "SUPPORT")];
    PRINTER.wide(&[&[&maker, &foreign("MAC", mac)], &[&product, &support]])
}

/// A box of the speaker, with a product code and a seal.
pub(crate) fn speaker(dsn: &str, product: Vec<Row>) -> anyhow::Result<Face> {
    let maker = serial("DSN", zint::code128(dsn));
    SPEAKER.wide(&[&[&maker, &product], &[&authentic()]])
}

/// A seal that says the unit is genuine.
fn authentic() -> Vec<Row> {
    vec![bare(zint::data_matrix("AZ:4QX7K2M9P1B6T8C3V5N0H2R7W4")), text(14.0, "AUTHENTIC")]
}

/// A box of the speaker that bears an order's shipping label.
pub(crate) fn shipped_speaker(dsn: &str, product: Vec<Row>, order: &str) -> anyhow::Result<Face> {
    let maker = serial("DSN", zint::code128(dsn));
    SPEAKER.wide(&[&[&maker, &product], &[&shipping(order)]])
}

/// A box of the washing machine; `label` holds the serial.
pub(crate) fn washer(label: Vec<Row>, product: Vec<Row>) -> anyhow::Result<Face> {
    WASHER.wide(&[&[&label, &foreign("PART NO", "WM-W1-220/8")], &[&product]])
}

/// The label of the washing machine in Code 128: the prefix is in the symbol.
pub(crate) fn washer_serial(content: &str) -> Vec<Row> {
    let mut rows = vec![text(20.0, "MODEL NO. WASHER-W1   220-240 V")];
    rows.extend(serial("SERIAL", zint::code128(content)));
    rows
}

/// The label of the washing machine in Data Matrix.
pub(crate) fn washer_matrix(content: &str) -> Vec<Row> {
    vec![Row::Beside(vec![
        vec![bare(zint::data_matrix(content).role(Role::Dsn))],
        vec![text(20.0, "MODEL NO. WASHER-W1"), text(20.0, content), text(14.0, "220-240 V 50 Hz")],
    ])]
}
