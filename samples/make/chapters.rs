//! The chapters of the story: order after order, and what goes wrong on the way.

use std::path::Path;

use serde_json::json;

use crate::boxes::{self, fnsku, printer, retail, serial, shipped_speaker, speaker, washer};
use crate::boxes::{washer_matrix, washer_serial};
use crate::camera::Ground;
use crate::face::{Area, Face, Row, Stuff};
use crate::labels::{bare, card, foreign, parcel, sheet, shipping, shown, slip, text, tote};
use crate::stage::{Hold, Stage};
use crate::story::Story;
use crate::zint::{self, Role};

const TEST_DEVICE: &str = "TestAmazonPreReg001";
const PRINTER_1: &str = "E74512C4J201337";
const PRINTER_2: &str = "E74512C4J201352";
const PRINTER_3: &str = "E74512D4J300118";
const PRINTER_4: &str = "E74512D4J300264";
const PRINTER_WHITE: &str = "E74513C4K118020";
const WASHER_1: &str = "S/N:AD123456C";
const WASHER_2: &str = "S/N:MZ204817A";
const WASHER_3: &str = "S/N:LT550027B";
const SPEAKER_1: &str = "G091AA01234500F7";
const SPEAKER_2: &str = "G091AA02204711B3";
const SPEAKER_3: &str = "G8M0XK104500Q2T7";
const SPEAKER_4: &str = "G8M0XK208800R5W9";

const TEST_UPC: &str = "614141000012";
const BLACK_UPC: &str = "614141104017";
const WHITE_UPC: &str = "614141104024";
const WASHER_UPC: &str = "614141201013";
const SPEAKER_BLACK_UPC: &str = "614141703012";
const SPEAKER_WHITE_UPC: &str = "614141703029";

/// The whole story, in the world of the orders in `file`.
pub(crate) fn tell(file: &Path) -> anyhow::Result<Story> {
    let mut story = Story::new(file)?;
    first_order(&mut story)?;
    two_printers(&mut story)?;
    printers_done(&mut story)?;
    washers(&mut story)?;
    element_strings(&mut story)?;
    secrets(&mut story)?;
    refused_orders(&mut story)?;
    orders_that_change(&mut story)?;
    stacked_and_square(&mut story)?;
    a_return(&mut story)?;
    box_first(&mut story)?;
    no_check_character(&mut story)?;
    two_of_a_kind(&mut story)?;
    two_colours(&mut story)?;
    held_boxes(&mut story)?;
    none_of_our_business(&mut story)?;
    nothing_to_read(&mut story);
    Ok(story)
}

/// The device of the allow list: called up, linked, shown again, closed by command.
fn first_order(story: &mut Story) -> anyhow::Result<()> {
    let parcel = parcel(&story.shipment(1)?, Some("TBA302781945016"))?;
    story.still(Stage::of(parcel).on(Ground::Belt), 1, &[])?;
    let maker = serial("SERIAL NUMBER", zint::code128(TEST_DEVICE));
    let device = boxes::TEST_DEVICE.wide(&[&[&maker], &[&retail(TEST_UPC)]])?;
    story.still(Stage::of(device.clone()), 1, &["linked"])?;
    story.still(Stage::of(device).on(Ground::Wood).turned(180.0), 1, &["already_done"])?;
    close(story, 1)
}

/// A card that closes the open order.
fn close(story: &mut Story, order: usize) -> anyhow::Result<()> {
    let card = card("CLOSE ORDER", "#SCANSTATION:CLOSE")?;
    story.still(Stage::of(card).on(Ground::Wood), order, &[])
}

/// Two units of one line, with the wrong boxes in between.
fn two_printers(story: &mut Story) -> anyhow::Result<()> {
    let plate = story.plate(2)?;
    story.still(Stage::of(tote(&plate)?).on(Ground::Belt), 2, &[])?;
    let white = printer(PRINTER_WHITE, "3C5AB4E81D07", retail(WHITE_UPC))?;
    story.still(Stage::of(white), 2, &["wrong_variant"])?;
    let other = washer(washer_serial(WASHER_3), retail(WASHER_UPC))?;
    story.still(Stage::of(other), 2, &["wrong_model"])?;
    let first = printer(PRINTER_1, "3C5AB4E80A11", retail(BLACK_UPC))?;
    story.still(Stage::of(first.clone()).on(Ground::Wood), 2, &["linked"])?;
    story.still(Stage::of(first), 2, &["same_box"])
}

fn printers_done(story: &mut Story) -> anyhow::Result<()> {
    let second = printer(PRINTER_2, "3C5AB4E80A2C", fnsku("X00P4BLACK"))?;
    story.still(Stage::of(second).on(Ground::Belt), 2, &["linked"])?;
    let maker = serial("S/N", zint::code128(PRINTER_1));
    let side = boxes::PRINTER.tall(&[&maker, &retail(BLACK_UPC)])?;
    story.still(Stage::of(side).turned(90.0), 2, &["already_done"])?;
    let third = printer(PRINTER_3, "3C5AB4E80B90", retail(BLACK_UPC))?;
    story.still(Stage::of(third), 2, &["order_complete"])
}

/// A prefix before the serial; undone and linked again; taken; not a serial; Data Matrix.
fn washers(story: &mut Story) -> anyhow::Result<()> {
    let (third, fourth) = (story.shipment(3)?, story.shipment(4)?);
    let both = boxes::WASHER.wide(&[&[&washer_serial(WASHER_1)], &[&shipping(&third)]])?;
    story.still(Stage::of(both), 3, &["linked"])?;
    let undo = card("UNDO LAST LINK", "#SCANSTATION:UNDO")?;
    story.still(Stage::of(undo).on(Ground::Wood), 3, &[])?;
    let first = washer(washer_serial(WASHER_1), retail(WASHER_UPC))?;
    story.still(Stage::of(first.clone()), 3, &["linked"])?;
    story.small("png", Stage::of(slip(&fourth)?), 4, &[])?;
    story.still(Stage::of(first).on(Ground::Floor), 4, &["taken"])?;
    let mut label = vec![text(20.0, "MODEL NO. WASHER-W1   220-240 V")];
    label.push(shown(zint::code128("S/N:MZ20481-A")));
    let worn = washer(label, retail(WASHER_UPC))?;
    story.still(Stage::of(worn), 4, &["not_a_serial"])?;
    let second = washer(washer_matrix(WASHER_2), fnsku("X00WSHRW11"))?;
    story.still(Stage::of(second).on(Ground::Belt), 4, &["linked"])
}

/// GS1 application identifier (21) in a linear and in a matrix symbol.
fn element_strings(story: &mut Story) -> anyhow::Result<()> {
    let plate = story.plate(5)?;
    story.small("bmp", Stage::of(slip(&plate)?).on(Ground::Wood), 5, &[])?;
    let elements = [("01", "00614141402014"), ("21", "K2C2315004217")];
    let mut label = vec![text(18.0, "(01)00614141402014 (21)K2C2315004217")];
    label.push(bare(zint::gs1_128(&elements).role(Role::Dsn)));
    let linear = boxes::COFFEE.wide(&[&[&label]])?;
    story.still(Stage::of(linear), 5, &["linked"])?;
    let elements = [("01", "00614141402014"), ("10", "LOT-7A"), ("21", "K2D2341017733")];
    let label = [
        bare(zint::gs1_data_matrix(&elements).role(Role::Dsn)),
        text(15.0, "(01)00614141402014"),
        text(15.0, "(10)LOT-7A (21)K2D2341017733"),
    ];
    let sixth = story.shipment(6)?;
    let matrix = boxes::COFFEE.wide(&[&[&label], &[&shipping(&sixth)]])?;
    story.still(Stage::of(matrix).on(Ground::Wood), 6, &["linked"])
}

/// Codes that must not be stored, and the set-up code and URL beside which they are found.
fn secrets(story: &mut Story) -> anyhow::Result<()> {
    let plate = story.plate(7)?;
    story.still(Stage::of(tote(&plate)?), 7, &[])?;
    let inner = "ABV:IB01;SERNUM:AP5C230K7QX4M2P9;PID:ebK3;PIN:48201937;";
    let leaflet =
        [text(24.0, "SET-UP CODE - KEEP IT"), bare(zint::data_matrix(inner).role(Role::Secret))];
    story.still(Stage::of(sheet(460.0, 520.0, &leaflet)?).on(Ground::Wood), 7, &["secret"])?;
    let outer = "ABV:OB01;SERNUM:AP5C230K7QX4M2P9;PID:ebK3;UPC:614141505012;";
    let label = [bare(zint::data_matrix(outer).role(Role::Dsn)), text(16.0, "AIR-A5  ONE UNIT")];
    let purifier =
        boxes::PURIFIER.wide(&[&[&label], &[&retail("614141505012"), &fnsku("X00PRFRA51")]])?;
    story.still(Stage::of(purifier), 7, &["linked"])?;
    let eighth = story.shipment(8)?;
    story.small("webp", Stage::of(slip(&eighth)?), 8, &[])?;
    let wifi = "WIFI:T:WPA;S:PackingHall;P:example-pass-8;;";
    let note = [text(24.0, "GUEST WI-FI"), bare(zint::qr(wifi).role(Role::Secret))];
    story.still(Stage::of(sheet(420.0, 420.0, &note)?), 8, &["secret"])?;
    let support = "https://support.example.com/v8?sn=RV823W17A0C4E2&m=V8";
    let label = [bare(zint::qr(support).role(Role::Dsn)), text(15.0, "SN RV823W17A0C4E2")];
    let vacuum = boxes::VACUUM.wide(&[&[&label], &[&retail("95200088")]])?;
    story.still(Stage::of(vacuum).on(Ground::Floor), 8, &["linked"])
}

/// Orders that end at their call-up.
fn refused_orders(story: &mut Story) -> anyhow::Result<()> {
    let shipments = [story.shipment(9)?, story.shipment(10)?, story.plate(11)?];
    story.small("gif", Stage::of(slip(&shipments[0])?), 9, &["no_rule"])?;
    let parcel = parcel(&shipments[1], Some("TBA302781945229"))?;
    story.still(Stage::of(parcel), 10, &["not_preregistered"])?;
    story.small("pgm", Stage::of(slip(&shipments[2])?).on(Ground::Belt), 11, &["cancelled"])?;
    story.aside("png", Stage::of(slip("SP00ZZ99ZZ99")?), &["unknown_order"]);
    Ok(())
}

/// Cancelled and changed while the order is open.
fn orders_that_change(story: &mut Story) -> anyhow::Result<()> {
    let (twelfth, thirteenth) = (story.shipment(12)?, story.shipment(13)?);
    story.still(Stage::of(parcel(&twelfth, None)?), 12, &[])?;
    story.step(json!({"before": "", "do": "cancel", "order_id": story.order_id(12)?}));
    let first = speaker(SPEAKER_1, retail(SPEAKER_BLACK_UPC))?;
    story.still(Stage::of(first), 12, &["cancelled"])?;
    story.small("webp", Stage::of(slip(&thirteenth)?).on(Ground::Wood), 13, &[])?;
    let mut order = story.order(13)?.clone();
    order["version"] = json!(2);
    order["lines"][0]["slot_asins"]["salt"] = json!("B0DWSALT21");
    story.step(json!({"before": "", "do": "update", "order": order}));
    let maker = serial("FD-NR.", zint::code93("FD9306004512S"));
    let dishwasher = boxes::DISHWASHER.wide(&[&[&maker], &[&retail("9523000006069")]])?;
    story.still(Stage::of(dishwasher.clone()), 13, &["changed"])?;
    story.still(Stage::of(dishwasher).on(Ground::Belt), 13, &["linked"])
}

/// PDF417 and Aztec.
fn stacked_and_square(story: &mut Story) -> anyhow::Result<()> {
    let (fourteenth, fifteenth) = (story.shipment(14)?, story.shipment(15)?);
    let label =
        [bare(zint::pdf417("0B2X4PAK700123M").role(Role::Dsn)), text(16.0, "0B2X4PAK700123M")];
    let stacked = boxes::FRIDGE.wide(&[&[&label], &[&shipping(&fourteenth)]])?;
    story.still(Stage::of(stacked), 14, &["linked"])?;
    story.small("bmp", Stage::of(slip(&fifteenth)?).on(Ground::Belt), 15, &[])?;
    let mut square = boxes::FRIDGE.blank(1190.0, 640.0);
    let serial = "3C7T1QMRA0455KD";
    // Rxing looks for an Aztec code in the middle of the picture only.
    square.label(500.0, 220.0, &[bare(zint::aztec(serial).role(Role::Dsn)), text(14.0, serial)])?;
    square.label(60.0, 240.0, &retail("614141907014"))?;
    story.still(Stage::of(square).on(Ground::Wood), 15, &["linked"])
}

/// A unit linked, returned, shown with the next order; then another one.
fn a_return(story: &mut Story) -> anyhow::Result<()> {
    let (sixteenth, seventeenth) = (story.shipment(16)?, story.shipment(17)?);
    let both = shipped_speaker(SPEAKER_2, retail(SPEAKER_WHITE_UPC), &sixteenth)?;
    story.still(Stage::of(both), 16, &["linked"])?;
    story.step(json!({"before": "", "do": "undo", "dsn": SPEAKER_2, "reason": "return"}));
    story.small("gif", Stage::of(slip(&seventeenth)?).on(Ground::Wood), 17, &[])?;
    let returned = speaker(SPEAKER_2, retail(SPEAKER_WHITE_UPC))?;
    story.still(Stage::of(returned), 17, &["returned"])?;
    let fresh = speaker(SPEAKER_3, fnsku("X00SPKE3WH"))?;
    story.still(Stage::of(fresh).on(Ground::Belt), 17, &["linked"])?;
    close(story, 17)
}

/// The box before the order: shown again with the order's code, and held until it is forgotten.
fn box_first(story: &mut Story) -> anyhow::Result<()> {
    let (eighteenth, nineteenth) = (story.shipment(18)?, story.shipment(19)?);
    let maker = serial("SERIAL", zint::itf("7723170000451298"));
    let upc = retail("614141601011");
    let feeder = boxes::FEEDER.wide(&[&[&maker], &[&upc]])?;
    story.still(Stage::of(feeder), 18, &["no_order"])?;
    let both = boxes::FEEDER.wide(&[&[&maker, &upc], &[&shipping(&eighteenth)]])?;
    story.still(Stage::of(both).on(Ground::Wood), 18, &["linked"])?;
    close(story, 18)?;
    let maker = serial("S/N", zint::code128("411KN7X02815"));
    let ean = retail("9527000003035");
    let aircon = boxes::AIRCON.tall(&[&maker, &ean])?;
    story.still(Stage::of(aircon.clone()).turned(270.0), 19, &["no_order"])?;
    story.step(json!({"before": "", "do": "wait_ms", "ms": 21000}));
    story.small("pgm", Stage::of(slip(&nineteenth)?), 19, &[])?;
    story.still(Stage::of(aircon).turned(90.0).on(Ground::Floor), 19, &["linked"])
}

/// Code 39, alone and behind a prefix.
fn no_check_character(story: &mut Story) -> anyhow::Result<()> {
    let (twentieth, last) = (story.shipment(20)?, story.shipment(24)?);
    story.small("png", Stage::of(slip(&twentieth)?).on(Ground::Floor), 20, &[])?;
    let maker = serial("SERIENNUMMER", zint::code39("CNB3K20417"));
    let laser = boxes::LASER
        .wide(&[&[&maker, &foreign("MAC", "9C2DF0418B6E")], &[&retail("9521000009011")]])?;
    story.still(Stage::of(laser), 20, &["linked"])?;
    let maker = serial("SERIAL NO", zint::code39("SNCR2300417"));
    let softener = boxes::SOFTENER.wide(&[&[&maker], &[&shipping(&last)]])?;
    story.still(Stage::of(softener).on(Ground::Belt), 24, &["linked"])
}

/// Two boxes at once, and two serials on one label.
fn two_of_a_kind(story: &mut Story) -> anyhow::Result<()> {
    let plate = story.plate(21)?;
    story.still(Stage::of(tote(&plate)?).on(Ground::Floor), 21, &[])?;
    let half = |dsn: &str| sheet_box(dsn);
    let mut two = Stage::of(half(SPEAKER_1)?).on(Ground::Wood);
    two.faces[0].1 = Hold { turn: -3.0, offset: (-30.0, -185.0), nearer: 0.0 };
    two.faces.push((half(SPEAKER_4)?, Hold { turn: 4.0, offset: (40.0, 185.0), nearer: 0.0 }));
    story.still(two, 21, &["two_boxes"])?;
    let mut label = serial("DSN 1", zint::code128(SPEAKER_1));
    label.extend(serial("DSN 2", zint::code128(SPEAKER_4)));
    let pair = boxes::SPEAKER.wide(&[&[&label], &[&retail(SPEAKER_BLACK_UPC)]])?;
    story.still(Stage::of(pair), 21, &["ambiguous"])?;
    let right = speaker(SPEAKER_1, retail(SPEAKER_BLACK_UPC))?;
    story.still(Stage::of(right).turned(180.0), 21, &["linked"])
}

/// A box so low that two fit into the picture.
fn sheet_box(dsn: &str) -> anyhow::Result<Face> {
    let mut face = boxes::SPEAKER.blank(1000.0, 290.0);
    face.label(120.0, 120.0, &serial("DSN", zint::code128(dsn)))?;
    Ok(face)
}

/// One order with both colours: the product code tells which line a box is for.
fn two_colours(story: &mut Story) -> anyhow::Result<()> {
    let plate = story.plate(22)?;
    story.still(Stage::of(tote(&plate)?).turned(90.0), 22, &[])?;
    let bare_box = boxes::PRINTER.wide(&[&[&serial("S/N", zint::code128(PRINTER_4))]])?;
    story.still(Stage::of(bare_box).on(Ground::Wood), 22, &["ambiguous"])?;
    let black = printer(PRINTER_4, "3C5AB4E80C01", retail(BLACK_UPC))?;
    story.still(Stage::of(black), 22, &["linked"])?;
    let white = printer(PRINTER_WHITE, "3C5AB4E81D07", retail(WHITE_UPC))?;
    story.still(Stage::of(white).on(Ground::Floor), 22, &["linked"])
}

/// Sequences: no serial on any face, two readings at one place, and a box that comes and goes.
fn held_boxes(story: &mut Story) -> anyhow::Result<()> {
    let code = story.shipment(23)?;
    story.still(Stage::of(parcel(&code, Some("TBA302781945731"))?).on(Ground::Wood), 23, &[])?;
    let back = near_box(&[&foreign("MAC", "A4C1386F20B7"), &retail(WASHER_UPC)])?;
    let held = (0..20).map(|n| (270 * n, near(&back, if n == 0 { -520.0 } else { 0.0 })));
    story.sequence(held.collect(), 23, &["no_serial"])?;
    story.step(json!({"before": "", "do": "wait_ms", "ms": 2000}));
    let labels = ["S/N:HF730164S", "S/N:HF730184S"];
    let label = |text: &str| near_box(&[&washer_serial(text), &retail(WASHER_UPC)]);
    let swapped = [label(labels[0])?, label(labels[1])?];
    let held = (0_u8..20).map(|n| (300 * u64::from(n), near(&swapped[usize::from(n % 2)], 0.0)));
    story.sequence(held.collect(), 23, &["checking", "unreadable"])?;
    story.step(json!({"before": "", "do": "wait_ms", "ms": 2000}));
    let last = near_box(&[&washer_serial("S/N:VR904412T"), &retail(WASHER_UPC)])?;
    let passes = (0..20).map(|n| (100 * n, passing(&last, n)));
    story.sequence(passes.collect(), 23, &["linked"])?;
    story.step(json!({"before": "", "do": "wait_ms", "ms": 2000}));
    Ok(())
}

/// A box for the small frames of a sequence.
fn near_box(labels: &[&[Row]]) -> anyhow::Result<Face> {
    let mut face = boxes::WASHER.blank(690.0, 430.0);
    let mut y = 108.0;
    for rows in labels {
        y += face.label(40.0, y, rows)?.height + 8.0;
    }
    Ok(face)
}

/// A frame of a sequence: `face` so far to the right of the middle.
fn near(face: &Face, offset: f32) -> Stage {
    let mut stage = Stage::of(face.clone());
    stage.faces[0].1.offset.0 = offset;
    Stage { size: (800, 450), unrest: 0.2, ..stage }
}

/// Frame `n` of twenty: the table, the box from the left, held, gone to the right, the table.
fn passing(face: &Face, n: u64) -> Stage {
    match n {
        1 => near(face, -640.0),
        2 => near(face, -330.0),
        3..=15 => near(face, 0.0),
        16 => near(face, 420.0),
        17 => near(face, 680.0),
        _ => Stage { size: (800, 450), unrest: 0.2, ..Stage::empty(Ground::Table) },
    }
}

/// A finished order called up again; then, with none open, codes that are not for the station.
fn none_of_our_business(story: &mut Story) -> anyhow::Result<()> {
    let first = story.shipment(1)?;
    story.small("webp", Stage::of(slip(&first)?), 1, &["order_complete"])?;
    close(story, 23)?;
    let hostile = "\u{1b}]0;x\u{7}'; DROP TABLE links;--";
    let note = [text(22.0, "SCAN ME"), bare(zint::qr(hostile))];
    story.aside("jpg", Stage::of(sheet(420.0, 400.0, &note)?).on(Ground::Wood), &[]);
    story.aside("jpg", Stage::of(parcel_bars()?).on(Ground::Belt), &[]);
    let label = [Row::Beside(vec![
        vec![text(16.0, "SAMPLE"), shown(zint::data_bar("09524000059109"))],
        vec![text(16.0, "BIN"), bare(zint::micro_qr("SEA8"))],
    ])];
    story.aside("jpg", Stage::of(sheet(760.0, 420.0, &label)?), &[]);
    let label = [Row::Beside(vec![
        vec![text(12.0, "VERIFY"), bare(zint::data_matrix("AZ:4QX7K2M9P1B6T8C3V5N0H2R7W4"))],
        vec![text(12.0, "SUPPORT"), bare(zint::qr("https://support.example.com/help"))],
    ])];
    story.aside("png", Stage::of(sheet(400.0, 240.0, &label)?), &[]);
    Ok(())
}

/// A parcel with bars of other trades: a library's Codabar, an IMEI.
fn parcel_bars() -> anyhow::Result<Face> {
    let mut face = boxes::TEST_DEVICE.blank(1000.0, 600.0);
    let rows = [
        text(16.0, "RETURN TO LIBRARY"),
        shown(zint::codabar("31117013206375")),
        shown(zint::code128("IMEI 490154203237518")),
    ];
    face.label(90.0, 130.0, &rows)?;
    Ok(face)
}

/// Pictures that hold no symbol: every one of them must read nothing.
fn nothing_to_read(story: &mut Story) {
    story.aside("jpg", Stage::empty(Ground::Floor), &[]);
    let side = boxes::FRIDGE.blank(1190.0, 640.0);
    story.aside("jpg", Stage::of(side).on(Ground::Table), &[]);
    let mut lettered = Face::new(Stuff::Paper, 900.0, 560.0);
    for n in 0..14_u16 {
        let line = "Keep this leaflet. Model and serial number are on the rating plate 0123456789";
        let start = usize::from(n % 7);
        lettered.letter((40.0, 30.0 + 36.0 * f32::from(n)), 18.0, &line[start..start + 48], 40);
    }
    story.aside("jpg", Stage::of(lettered).on(Ground::Belt), &[]);
    let mut striped = Face::new(Stuff::Cardboard, 1000.0, 560.0);
    for n in 0..40_u16 {
        let x = 24.0 + 24.0 * f32::from(n);
        striped.fill(Area { x, y: 60.0, width: 12.0, height: 440.0 }, 60);
    }
    story.aside("jpg", Stage::of(striped).on(Ground::Wood), &[]);
    story.aside("bmp", Stage::empty(Ground::Wood), &[]);
}
