//! The screens themselves. A row begins after the bar.

use super::floor::SCENES;

/// The scene `name` in a window of `width` x `height`.
fn screen(name: &str, width: u16, height: u16) -> String {
    let (_, make) = SCENES.iter().find(|(of, _)| *of == name).unwrap();
    let text = make().text(width, height);
    text.lines().fold(String::new(), |all, row| all + "|" + row + "\n")
}

#[test]
fn ready() {
    insta::assert_snapshot!(screen("ready", 80, 24), @"
|
|  █        ███  ████  ██  ███  █   █
|  ███      █  █ █    █  █ █  █  █ █
|  █████    ███  ███  ████ █  █   █
|  ███      █ █  █    █  █ █  █   █
|  █        █  █ ████ █  █ ███    █
|
|  4 models on file.
|
|  → Scan an order or show a box.
|
| ORDER ────────────────────────────  IN VIEW ───────────────────────────────────
| Scan an order, or press o.          Nothing.
|
|
|
|
| LAST ─────────────────────────────
| Nothing yet.
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn order_open() {
    insta::assert_snapshot!(screen("order_open", 80, 24), @"
|
|  █         ███ █  █  ██  █   █    ███   ██  █   █
|  ███      █    █  █ █  █ █   █    █  █ █  █  █ █
|  █████     ██  ████ █  █ █ █ █    ███  █  █   █
|  ███         █ █  █ █  █ ██ ██    █  █ █  █  █ █
|  █        ███  █  █  ██  █   █    ███   ██  █   █
|
|  Order …0005: 1 × Coffee machine K2
|
|  → Hold a box of the order under the camera.
|
| ORDER …0005  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Coffee machine K2        0 of 1   Nothing.
|
|
|
|
| LAST ─────────────────────────────
| Nothing yet.
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn linked() {
    insta::assert_snapshot!(screen("linked", 80, 24), @"
|
|        █    █    ███ █   █ █  █ ████ ███
|       ██    █     █  ██  █ █ █  █    █  █
|  █   ██     █     █  █ █ █ ██   ███  █  █
|  ██ ██      █     █  █  ██ █ █  █    █  █
|   ███       ████ ███ █   █ █  █ ████ ███
|
|  Linked: Washing machine W1.                              █  █ █▀▀▀ ▄▀▀  ▄▀▀▀
|                                                           ▀▀▀█ ▀▀▀▄ █▀▀▄ █
|  → Pack it. Then show CLOSE or press c.                      ▀ ▀▀▀   ▀▀   ▀▀▀
|
| ORDER …0003  1 of 1 ──────────────  IN VIEW ───────────────────────────────────
| ✔ Washing machine W1       1 of 1   Code128 serial  ✔ 3/3 S/N:AD123456C
|   …456C                               linked
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✔ LINKED           …456C
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn linked_at_60() {
    insta::assert_snapshot!(screen("linked", 60, 16), @"
|       ▄█    █    ▀█▀ █▄  █ █ ▄▀ █▀▀▀ █▀▀▄
|  █▄ ▄█▀     █     █  █ ▀▄█ █▀▄  █▀▀  █  █
|   ▀▀▀       ▀▀▀▀ ▀▀▀ ▀   ▀ ▀  ▀ ▀▀▀▀ ▀▀▀
|  Linked: Washing machine W1.
|                                                      456C
|  → Pack it. Then show CLOSE or press c.
| ORDER …0003  1 of 1 ─────  IN VIEW ────────────────────────
| ✔ Washing machin… 1 of 1   Code128 serial  ✔ 3/3
|   …456C                      S/N:AD123456C
|                              linked
| LAST ────────────────────
| 10:42:00 ✔ LINKED  …456C
|
|
| ✔ top   queue 0  sent 0                           10:42:00
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn linked_one_of_two() {
    insta::assert_snapshot!(screen("linked_one_of_two", 80, 24), @"
|
|        █     █      ██  ████    ███
|       ██    ██     █  █ █          █
|  █   ██      █     █  █ ███      ██
|  ██ ██       █     █  █ █       █
|   ███       ███     ██  █       ████
|
|  Linked: Ink jet printer P4, unit 1 of 2.                 ▀▀▀▄ █  █ █▀▀▀ ▄▀▀
|                                                            ▀▀▄ ▀▀▀█ ▀▀▀▄ █▀▀▄
|  → Next box.                                              ▀▀▀     ▀ ▀▀▀   ▀▀
|
| ORDER …0002  1 of 2 ──────────────  IN VIEW ───────────────────────────────────
| … Ink jet printer P4       1 of 2   Code128 serial  ✔ 3/3 X12345A1B123456
|   …3456                               linked
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✔ LINKED           …3456
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn linked_one_of_two_at_120() {
    insta::assert_snapshot!(screen("linked_one_of_two", 120, 40), @"
|
|
|        █     █      ██  ████    ███
|       ██    ██     █  █ █          █
|  █   ██      █     █  █ ███      ██
|  ██ ██       █     █  █ █       █
|   ███       ███     ██  █       ████
|
|
|
|  Linked: Ink jet printer P4, unit 1 of 2.                                                         ███  █  █ ████  ██
|                                                                                                      █ █  █ █    █
|                                                                                                    ██  ████ ███  ███
|                                                                                                      █    █    █ █  █
|  → Next box.                                                                                      ███     █ ███   ██
|
| ORDER …0002  1 of 2 ──────────────   IN VIEW ─────────────────────────────────────   LAST ─────────────────────────────
| … Ink jet printer P4       1 of 2    Code128 serial  ✔ 3/3 X12345A1B123456           10:42:00 ✔ LINKED           …3456
|   …3456                                linked
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
| ✔ top   queue 0  sent 0                                                                                   10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn already_done() {
    insta::assert_snapshot!(screen("already_done", 80, 24), @"
|
|               ██  █    ███  ████  ██  ███  █   █    ███   ██  █   █ ████
|              █  █ █    █  █ █    █  █ █  █  █ █     █  █ █  █ ██  █ █
|              ████ █    ███  ███  ████ █  █   █      █  █ █  █ █ █ █ ███
|  ██ ██ ██    █  █ █    █ █  █    █  █ █  █   █      █  █ █  █ █  ██ █
|  ██ ██ ██    █  █ ████ █  █ ████ █  █ ███    █      ███   ██  █   █ ████
|
|  This box is linked as unit 1.                            █  █ █▀▀▀ ▄▀▀  ▄▀▀▀
|                                                           ▀▀▀█ ▀▀▀▄ █▀▀▄ █
|  → Pack it; nothing more to scan.                            ▀ ▀▀▀   ▀▀   ▀▀▀
|
| ORDER …0003  1 of 1 ──────────────  IN VIEW ───────────────────────────────────
| ✔ Washing machine W1       1 of 1   Code128 serial  ✔ 3/3 S/N:AD123456C
|   …456C                               Washing machine W1
|
|
|
| LAST ─────────────────────────────
| 10:42:02 … ALREADY DONE     …456C
| 10:42:00 ✔ LINKED           …456C
|
|
| ✔ top   queue 0  sent 0                                           10:42:02 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn same_box() {
    insta::assert_snapshot!(screen("same_box", 80, 24), @"
|
|  █   █     ███  ██  █   █ ████    ███   ██  █   █
|  ██ ██    █    █  █ ██ ██ █       █  █ █  █  █ █
|   ███      ██  ████ █ █ █ ███     ███  █  █   █
|  ██ ██       █ █  █ █   █ █       █  █ █  █  █ █
|  █   █    ███  █  █ █   █ ████    ███   ██  █   █
|
|  This is the box of unit 1.                               ▀▀▀▄ █  █ █▀▀▀ ▄▀▀
|                                                            ▀▀▄ ▀▀▀█ ▀▀▀▄ █▀▀▄
|  → Show the next box.                                     ▀▀▀     ▀ ▀▀▀   ▀▀
|
| ORDER …0002  1 of 2 ──────────────  IN VIEW ───────────────────────────────────
| … Ink jet printer P4       1 of 2   Code128 serial  ✔ 3/3 X12345A1B123456
|   …3456                               Ink jet printer P4
|
|
|
| LAST ─────────────────────────────
| 10:42:02 ✖ SAME BOX         …3456
| 10:42:00 ✔ LINKED           …3456
|
|
| ✔ top   queue 0  sent 0                                           10:42:02 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn wrong_model() {
    insta::assert_snapshot!(screen("wrong_model", 80, 24), @"
|
|  █   █    █   █ ███   ██  █   █  ███    ███  ███   ██  ███  █  █  ███ █████
|  ██ ██    █   █ █  █ █  █ ██  █ █       █  █ █  █ █  █ █  █ █  █ █      █
|   ███     █ █ █ ███  █  █ █ █ █ █ ██    ███  ███  █  █ █  █ █  █ █      █
|  ██ ██    ██ ██ █ █  █  █ █  ██ █  █    █    █ █  █  █ █  █ █  █ █      █
|  █   █    █   █ █  █  ██  █   █  ███    █    █  █  ██  ███   ██   ███   █
|
|  Box is Ink jet printer P4, order wants Coffee machine    ▀▀▀▄ █  █ █▀▀▀ ▄▀▀
|  K2.                                                       ▀▀▄ ▀▀▀█ ▀▀▀▄ █▀▀▄
|  → Swap the box, then press space.                        ▀▀▀     ▀ ▀▀▀   ▀▀
|
| ORDER …0005  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Coffee machine K2        0 of 1   Code128 serial  ✔ 3/3 X12345A1B123456
|                                       Ink jet printer P4
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✖ WRONG PRODUCT    …3456
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn wrong_model_at_60() {
    insta::assert_snapshot!(screen("wrong_model", 60, 16), @"
|
|  ✖ WRONG PRODUCT
|
|  Box is Ink jet printer P4, order wants Coffee
|  machine K2.                                         3456
|  → Swap the box, then press space.
| ORDER …0005  0 of 1 ─────  IN VIEW ────────────────────────
| … Coffee machine… 0 of 1   Code128 serial  ✔ 3/3
|                              X12345A1B123456
|                              Ink jet printer P4
| LAST ────────────────────
| 10:42:00 ✖ WRONG … …3456
|
|
| ✔ top   queue 0  sent 0                           10:42:00
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn wrong_model_at_120() {
    insta::assert_snapshot!(screen("wrong_model", 120, 40), @"
|
|
|  █   █    █   █ ███   ██  █   █  ███    ███  ███   ██  ███  █  █  ███ █████
|  ██ ██    █   █ █  █ █  █ ██  █ █       █  █ █  █ █  █ █  █ █  █ █      █
|   ███     █ █ █ ███  █  █ █ █ █ █ ██    ███  ███  █  █ █  █ █  █ █      █
|  ██ ██    ██ ██ █ █  █  █ █  ██ █  █    █    █ █  █  █ █  █ █  █ █      █
|  █   █    █   █ █  █  ██  █   █  ███    █    █  █  ██  ███   ██   ███   █
|
|
|
|  Box is Ink jet printer P4, order wants Coffee machine K2.                                        ███  █  █ ████  ██
|                                                                                                      █ █  █ █    █
|                                                                                                    ██  ████ ███  ███
|                                                                                                      █    █    █ █  █
|  → Swap the box, then press space.                                                                ███     █ ███   ██
|
| ORDER …0005  0 of 1 ──────────────   IN VIEW ─────────────────────────────────────   LAST ─────────────────────────────
| … Coffee machine K2        0 of 1    Code128 serial  ✔ 3/3 X12345A1B123456           10:42:00 ✖ WRONG PRODUCT    …3456
|                                        Ink jet printer P4
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
| ✔ top   queue 0  sent 0                                                                                   10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn wrong_model_acknowledged() {
    insta::assert_snapshot!(screen("wrong_model_acknowledged", 80, 24), @"
|
|  █   █    █   █ ███   ██  █   █  ███    ███  ███   ██  ███  █  █  ███ █████
|  ██ ██    █   █ █  █ █  █ ██  █ █       █  █ █  █ █  █ █  █ █  █ █      █
|   ███     █ █ █ ███  █  █ █ █ █ █ ██    ███  ███  █  █ █  █ █  █ █      █
|  ██ ██    ██ ██ █ █  █  █ █  ██ █  █    █    █ █  █  █ █  █ █  █ █      █
|  █   █    █   █ █  █  ██  █   █  ███    █    █  █  ██  ███   ██   ███   █
|
|  Box is Ink jet printer P4, order wants Coffee machine    ▀▀▀▄ █  █ █▀▀▀ ▄▀▀
|  K2.                                                       ▀▀▄ ▀▀▀█ ▀▀▀▄ █▀▀▄
|  → Swap the box.                                          ▀▀▀     ▀ ▀▀▀   ▀▀
|
| ORDER …0005  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Coffee machine K2        0 of 1   Code128 serial  ✔ 3/3 X12345A1B123456
|                                       Ink jet printer P4
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✖ WRONG PRODUCT    …3456
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn wrong_variant() {
    insta::assert_snapshot!(screen("wrong_variant", 80, 24), @"
|
|  █   █    █   █ ███   ██  █   █  ███    █   █  ██  ███  ███  ██  █   █ █████
|  ██ ██    █   █ █  █ █  █ ██  █ █       █   █ █  █ █  █  █  █  █ ██  █   █
|   ███     █ █ █ ███  █  █ █ █ █ █ ██    █   █ ████ ███   █  ████ █ █ █   █
|  ██ ██    ██ ██ █ █  █  █ █  ██ █  █     █ █  █  █ █ █   █  █  █ █  ██   █
|  █   █    █   █ █  █  ██  █   █  ███      █   █  █ █  █ ███ █  █ █   █   █
|
|  Label says B0PRNTP4WH, order wants B0PRNTP4BK.           ▀▀▀▄ █  █ █▀▀▀ ▄▀▀
|                                                            ▀▀▄ ▀▀▀█ ▀▀▀▄ █▀▀▄
|  → Swap the box, then press space.                        ▀▀▀     ▀ ▀▀▀   ▀▀
|
| ORDER …0002  0 of 2 ──────────────  IN VIEW ───────────────────────────────────
| … Ink jet printer P4       0 of 2   Code128 serial  ✔ 3/3 X12345A1B123456
|                                       Ink jet printer P4
|                                     Code128 product ✔ 3/3 X00P4WHITE
|                                       Ink jet printer P4
|
| LAST ─────────────────────────────
| 10:42:00 ✖ WRONG VARIANT    …3456
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn not_a_serial() {
    insta::assert_snapshot!(screen("not_a_serial", 80, 24), @"
|
|  █   █    █   █  ██  █████     ██      ███ ████ ███  ███  ██  █
|  ██ ██    ██  █ █  █   █      █  █    █    █    █  █  █  █  █ █
|   ███     █ █ █ █  █   █      ████     ██  ███  ███   █  ████ █
|  ██ ██    █  ██ █  █   █      █  █       █ █    █ █   █  █  █ █
|  █   █    █   █  ██    █      █  █    ███  ████ █  █ ███ █  █ ████
|
|  AD12345 is no serial of Washing machine W1: wrong at character 8.
|
|  → Show another code on the box.
|
| ORDER …0003  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Washing machine W1       0 of 1   Code128 other   ✔ 3/3 S/N:AD12345
|                                       wrong at 8 for Washing machine W1
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✖ NOT A SERIAL
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn no_rule() {
    insta::assert_snapshot!(screen("no_rule", 80, 24), @"
|
|  █   █    █   █  ██  █████    ███  ████  ██  ███  █   █
|  ██ ██    ██  █ █  █   █      █  █ █    █  █ █  █  █ █
|   ███     █ █ █ █  █   █      ███  ███  ████ █  █   █
|  ██ ██    █  ██ █  █   █      █ █  █    █  █ █  █   █
|  █   █    █   █  ██    █      █  █ ████ █  █ ███    █
|
|  No serial rule on file for Coffee machine K2.
|
|  → Take another order, then press space.
|
| ORDER …0005  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Coffee machine K2        0 of 1   Nothing.
|
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✖ NOT READY
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn taken() {
    insta::assert_snapshot!(screen("taken", 80, 24), @"
|
|  █   █    █████  ██  █  █ ████ █   █
|  ██ ██      █   █  █ █ █  █    ██  █
|   ███       █   ████ ██   ███  █ █ █
|  ██ ██      █   █  █ █ █  █    █  ██
|  █   █      █   █  █ █  █ ████ █   █
|
|  Order …0876 has it: pack-1, 10 min ago.                  █  █ █▀▀▀ ▄▀▀  ▄▀▀▀
|                                                           ▀▀▀█ ▀▀▀▄ █▀▀▄ █
|  → Box aside, call a supervisor, then press space.           ▀ ▀▀▀   ▀▀   ▀▀▀
|
| ORDER …0003  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Washing machine W1       0 of 1   Code128 serial  ✔ 3/3 S/N:AD123456C
|                                       take it away first
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✖ TAKEN            …456C
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn taken_at_60() {
    insta::assert_snapshot!(screen("taken", 60, 16), @"
|  █▄ ▄█    ▀▀█▀▀ ▄▀▀▄ █ ▄▀ █▀▀▀ █▄  █
|  ▄█▀█▄      █   █▀▀█ █▀▄  █▀▀  █ ▀▄█
|  ▀   ▀      ▀   ▀  ▀ ▀  ▀ ▀▀▀▀ ▀   ▀
|  Order …0876 has it: pack-1, 10 min ago.
|                                                      456C
|  → Box aside, call a supervisor, then press space.
| ORDER …0003  0 of 1 ─────  IN VIEW ────────────────────────
| … Washing machin… 0 of 1   Code128 serial  ✔ 3/3
|                              S/N:AD123456C
|                              take it away first
| LAST ────────────────────
| 10:42:00 ✖ TAKEN   …456C
|
|
| ✔ top   queue 0  sent 0                           10:42:00
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn returned() {
    insta::assert_snapshot!(screen("returned", 80, 24), @"
|
|  █   █    ███  ████ █████ █  █ ███  █   █ ████ ███
|  ██ ██    █  █ █      █   █  █ █  █ ██  █ █    █  █
|   ███     ███  ███    █   █  █ ███  █ █ █ ███  █  █
|  ██ ██    █ █  █      █   █  █ █ █  █  ██ █    █  █
|  █   █    █  █ ████   █    ██  █  █ █   █ ████ ███
|
|  It came back from order …0876 2 days ago.                █  █ █▀▀▀ ▄▀▀  ▄▀▀▀
|                                                           ▀▀▀█ ▀▀▀▄ █▀▀▄ █
|  → Take another box; this one aside.                         ▀ ▀▀▀   ▀▀   ▀▀▀
|
| ORDER …0003  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Washing machine W1       0 of 1   Code128 serial  ✔ 3/3 S/N:AD123456C
|                                       take it away first
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✖ RETURNED         …456C
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn not_preregistered() {
    insta::assert_snapshot!(screen("not_preregistered", 80, 24), @"
|
|              █   █  ██      ███  ███  ██  █   █
|              ██  █ █  █    █    █    █  █ ██  █
|              █ █ █ █  █     ██  █    ████ █ █ █
|  ██ ██ ██    █  ██ █  █       █ █    █  █ █  ██
|  ██ ██ ██    █   █  ██     ███   ███ █  █ █   █
|
|  The customer asked for no replenishment.
|
|  → Pack normally; nothing to scan.
|
| ORDER …0010  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Voice speaker E3         0 of 1   Nothing.
|
|
|
|
| LAST ─────────────────────────────
| 10:42:00 … NO SCAN
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn cancelled() {
    insta::assert_snapshot!(screen("cancelled", 80, 24), @"
|
|  █   █     ███  ██  █   █  ███ ████ █    █    ████ ███
|  ██ ██    █    █  █ ██  █ █    █    █    █    █    █  █
|   ███     █    ████ █ █ █ █    ███  █    █    ███  █  █
|  ██ ██    █    █  █ █  ██ █    █    █    █    █    █  █
|  █   █     ███ █  █ █   █  ███ ████ ████ ████ ████ ███
|
|  The order is cancelled; its links are taken back.
|
|  → Do not pack; restock the box, then press space.
|
| ORDER …0011  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Voice speaker E3         0 of 1   Nothing.
|
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✖ CANCELLED
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn changed() {
    insta::assert_snapshot!(screen("changed", 80, 24), @"
|
|  █   █     ███ █  █  ██  █   █  ███ ████ ███
|  ██ ██    █    █  █ █  █ ██  █ █    █    █  █
|   ███     █    ████ ████ █ █ █ █ ██ ███  █  █
|  ██ ██    █    █  █ █  █ █  ██ █  █ █    █  █
|  █   █     ███ █  █ █  █ █   █  ███ ████ ███
|
|  The order was changed and is loaded anew.                █  █ █▀▀▀ ▄▀▀  ▄▀▀▀
|                                                           ▀▀▀█ ▀▀▀▄ █▀▀▄ █
|  → Take it away, show it again, then press space.            ▀ ▀▀▀   ▀▀   ▀▀▀
|
| ORDER …0003  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Washing machine W1       0 of 1   Code128 serial  ✔ 3/3 S/N:AD123456C
|                                       take it away first
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✖ CHANGED          …456C
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn order_complete() {
    insta::assert_snapshot!(screen("order_complete", 80, 24), @"
|
|               ███  ██  █   █ ███  █    ████ █████ ████
|              █    █  █ ██ ██ █  █ █    █      █   █
|              █    █  █ █ █ █ ███  █    ███    █   ███
|  ██ ██ ██    █    █  █ █   █ █    █    █      █   █
|  ██ ██ ██     ███  ██  █   █ █    ████ ████   █   ████
|
|  Every unit of the order is linked.                       █  █ █▀▀▀ ▄▀▀  ▄▀▀▀
|                                                           ▀▀▀█ ▀▀▀▄ █▀▀▄ █
|  → Show CLOSE or press c; no more boxes.                     ▀ ▀▀▀   ▀▀   ▀▀▀
|
| ORDER …0003  1 of 1 ──────────────  IN VIEW ───────────────────────────────────
| ✔ Washing machine W1       1 of 1   Code128 serial  ✔ 3/3 S/N:AF123456C
|   …456C                               Washing machine W1
|
|
|
| LAST ─────────────────────────────
| 10:42:02 … COMPLETE         …456C
| 10:42:00 ✔ LINKED           …456C
|
|
| ✔ top   queue 0  sent 0                                           10:42:02 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn two_boxes() {
    insta::assert_snapshot!(screen("two_boxes", 80, 24), @"
|
|  █   █    █████ █   █  ██     ███   ██  █   █ ████  ███
|  ██ ██      █   █   █ █  █    █  █ █  █  █ █  █    █
|   ███       █   █ █ █ █  █    ███  █  █   █   ███   ██
|  ██ ██      █   ██ ██ █  █    █  █ █  █  █ █  █       █
|  █   █      █   █   █  ██     ███   ██  █   █ ████ ███
|
|  Two devices are in view.
|
|  → Take one away.
|
| ORDER …0003  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Washing machine W1       0 of 1   Code128 serial  ✔ 3/3 S/N:AD123456C
|                                       Washing machine W1
|                                     Code128 serial  ✔ 3/3 S/N:AF123456C
|                                       Washing machine W1
|
| LAST ─────────────────────────────
| 10:42:00 ✖ TWO BOXES
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn ambiguous() {
    insta::assert_snapshot!(screen("ambiguous", 80, 24), @"
|
|              █   █ █  █ ███  ███ █  █     ██  █   █ ████ ███
|              █   █ █  █  █  █    █  █    █  █ ██  █ █       █
|              █ █ █ ████  █  █    ████    █  █ █ █ █ ███   ██
|  ██ ██ ██    ██ ██ █  █  █  █    █  █    █  █ █  ██ █
|  ██ ██ ██    █   █ █  █ ███  ███ █  █     ██  █   █ ████  █
|
|  Two lines are possible.                                  ▀▀▀▄ █  █ █▀▀▀ ▄▀▀
|                                                            ▀▀▄ ▀▀▀█ ▀▀▀▄ █▀▀▄
|  → Show the product code beside the serial.               ▀▀▀     ▀ ▀▀▀   ▀▀
|
| ORDER …0022  0 of 2 ──────────────  IN VIEW ───────────────────────────────────
| … Ink jet printer P4       0 of 1   Code128 serial  ✔ 3/3 X12345A1B123456
| … Ink jet printer P4       0 of 1     Ink jet printer P4
|   0000000019              no scan
|
|
| LAST ─────────────────────────────
| 10:42:00 … WHICH ONE?       …3456
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn secret() {
    insta::assert_snapshot!(screen("secret", 80, 24), @"
|
|  █   █    █   █  ██  █████    ████  ██  ███     █  █  ███
|  ██ ██    ██  █ █  █   █      █    █  █ █  █    █  █ █
|   ███     █ █ █ █  █   █      ███  █  █ ███     █  █  ██
|  ██ ██    █  ██ █  █   █      █    █  █ █ █     █  █    █
|  █   █    █   █  ██    █      █     ██  █  █     ██  ███
|
|  A Wi-Fi password in view, 32 characters, not kept.
|
|  → Cover that code; show another face.
|
| ORDER …0003  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Washing machine W1       0 of 1   QRCode secret  ✔ 2/2 A Wi-Fi password, no…
|
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✖ NOT FOR US
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn unknown_order() {
    insta::assert_snapshot!(screen("unknown_order", 80, 24), @"
|
|  █   █    █   █  ██      ███ █  █  ███ █  █     ██  ███  ███  ████ ███
|  ██ ██    ██  █ █  █    █    █  █ █    █  █    █  █ █  █ █  █ █    █  █
|   ███     █ █ █ █  █     ██  █  █ █    ████    █  █ ███  █  █ ███  ███
|  ██ ██    █  ██ █  █       █ █  █ █    █  █    █  █ █ █  █  █ █    █ █
|  █   █    █   █  ██     ███   ██   ███ █  █     ██  █  █ ███  ████ █  █
|
|  No order has that code.
|
|  → Scan the order's label again.
|
| ORDER ────────────────────────────  IN VIEW ───────────────────────────────────
| Scan an order, or press o.          Nothing.
|
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✖ NO SUCH ORDER
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn no_order_held() {
    insta::assert_snapshot!(screen("no_order_held", 80, 24), @"
|
|              █  █ ████ █    ███
|              █  █ █    █    █  █
|              ████ ███  █    █  █
|  ██ ██ ██    █  █ █    █    █  █
|  ██ ██ ██    █  █ ████ ████ ███
|
|  Box …456C waits: 20 s left.                              █  █ █▀▀▀ ▄▀▀  ▄▀▀▀
|                                                           ▀▀▀█ ▀▀▀▄ █▀▀▄ █
|  → Now scan the order.                                       ▀ ▀▀▀   ▀▀   ▀▀▀
|
| ORDER ────────────────────────────  IN VIEW ───────────────────────────────────
| Box …456C waits: 20 s left.         Code128 serial  ✔ 3/3 S/N:AD123456C
|                                       Washing machine W1
|
|
|
| LAST ─────────────────────────────
| 10:42:00 … HELD             …456C
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn no_serial() {
    insta::assert_snapshot!(screen("no_serial", 80, 24), @"
|
|  █   █    █   █  ██      ███ ████ ███  ███  ██  █
|  ██ ██    ██  █ █  █    █    █    █  █  █  █  █ █
|   ███     █ █ █ █  █     ██  ███  ███   █  ████ █
|  ██ ██    █  ██ █  █       █ █    █ █   █  █  █ █
|  █   █    █   █  ██     ███  ████ █  █ ███ █  █ ████
|
|  No serial number in view.
|
|  → Turn the box; else set it aside.
|
| ORDER …0003  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Washing machine W1       0 of 1   Code128 product ✔ 3/3 X00WSHRW11
|                                       Washing machine W1
|
|
|
| LAST ─────────────────────────────
| 10:42:04 ✖ NO SERIAL
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:04 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn checking() {
    insta::assert_snapshot!(screen("checking", 80, 24), @"
|
|               ███ █  █ ████  ███ █  █ ███ █   █  ███
|              █    █  █ █    █    █ █   █  ██  █ █
|              █    ████ ███  █    ██    █  █ █ █ █ ██
|  ██ ██ ██    █    █  █ █    █    █ █   █  █  ██ █  █
|  ██ ██ ██     ███ █  █ ████  ███ █  █ ███ █   █  ███
|
|  Two readings of one code differ.
|
|  → Keep the box still.
|
| ORDER …0003  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Washing machine W1       0 of 1   Code128 serial  ✔ 3/3 S/N:AD123456C
|                                       Washing machine W1
|                                     Code128 serial  ✔ 3/3 S/N:AD123458C
|                                       Washing machine W1
|
| LAST ─────────────────────────────
| 10:42:00 … CHECKING
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn unreadable() {
    insta::assert_snapshot!(screen("unreadable", 80, 24), @"
|
|              █  █ █   █ ███  ████  ██  ███   ██  ███  █    ████
|              █  █ ██  █ █  █ █    █  █ █  █ █  █ █  █ █    █
|              █  █ █ █ █ ███  ███  ████ █  █ ████ ███  █    ███
|  ██ ██ ██    █  █ █  ██ █ █  █    █  █ █  █ █  █ █  █ █    █
|  ██ ██ ██     ██  █   █ █  █ ████ █  █ ███  █  █ ███  ████ ████
|
|  The serial cannot be read for sure.
|
|  → Nearer and still, or another label.
|
| ORDER …0003  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Washing machine W1       0 of 1   Code128 serial  ✔ 3/3 S/N:AD123456C
|                                       take it away first
|                                     Code128 serial  ✔ 3/3 S/N:AD123458C
|                                       take it away first
|
| LAST ─────────────────────────────
| 10:42:03 … UNREADABLE
| 10:42:00 … CHECKING
|
|
| ✔ top   queue 0  sent 0                                           10:42:05 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn closed() {
    insta::assert_snapshot!(screen("closed", 80, 24), @"
|
|        █     ███ █     ██   ███ ████ ███
|       ██    █    █    █  █ █    █    █  █
|  █   ██     █    █    █  █  ██  ███  █  █
|  ██ ██      █    █    █  █    █ █    █  █
|   ███        ███ ████  ██  ███  ████ ███
|
|  1 box linked; the label may print.
|
|  → Print the label. Next order.
|
| ORDER ────────────────────────────  IN VIEW ───────────────────────────────────
| Scan an order, or press o.          Code128 serial  ✔ 3/3 S/N:AD123456C
|                                       linked
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✔ LINKED           …456C
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn units_missing() {
    insta::assert_snapshot!(screen("units_missing", 80, 24), @"
|
|  █   █    █   █  ██  █████    ████ █  █ █    █
|  ██ ██    ██  █ █  █   █      █    █  █ █    █
|   ███     █ █ █ █  █   █      ███  █  █ █    █
|  ██ ██    █  ██ █  █   █      █    █  █ █    █
|  █   █    █   █  ██    █      █     ██  ████ ████
|
|  0 of 2 linked in this order.
|
|  → Show the boxes that are missing.
|
| ORDER …0002  0 of 2 ──────────────  IN VIEW ───────────────────────────────────
| … Ink jet printer P4       0 of 2   Nothing.
|
|
|
|
| LAST ─────────────────────────────
| Nothing yet.
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn nothing_to_close() {
    insta::assert_snapshot!(screen("nothing_to_close", 80, 24), @"
|
|  █   █    █   █  ██      ██  ███  ███  ████ ███
|  ██ ██    ██  █ █  █    █  █ █  █ █  █ █    █  █
|   ███     █ █ █ █  █    █  █ ███  █  █ ███  ███
|  ██ ██    █  ██ █  █    █  █ █ █  █  █ █    █ █
|  █   █    █   █  ██      ██  █  █ ███  ████ █  █
|
|  There is nothing on the table to close.
|
|  → Scan an order first.
|
| ORDER ────────────────────────────  IN VIEW ───────────────────────────────────
| Scan an order, or press o.          Nothing.
|
|
|
|
| LAST ─────────────────────────────
| Nothing yet.
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn order_still_open() {
    insta::assert_snapshot!(screen("order_still_open", 80, 24), @"
|
|  █   █    █   █  ██  █████    ████ █  █ █    █
|  ██ ██    ██  █ █  █   █      █    █  █ █    █
|   ███     █ █ █ █  █   █      ███  █  █ █    █
|  ██ ██    █  ██ █  █   █      █    █  █ █    █
|  █   █    █   █  ██    █      █     ██  ████ ████
|
|  1 of 2 linked in this order.
|
|  → Finish this order before the next.
|
| ORDER …0002  1 of 2 ──────────────  IN VIEW ───────────────────────────────────
| … Ink jet printer P4       1 of 2   Code128 serial  ✔ 3/3 X12345A1B123456
|   …3456                               linked
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✔ LINKED           …3456
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn unlinked() {
    insta::assert_snapshot!(screen("unlinked", 80, 24), @"
|
|              █  █ █   █ █    ███ █   █ █  █ ████ ███
|              █  █ ██  █ █     █  ██  █ █ █  █    █  █
|              █  █ █ █ █ █     █  █ █ █ ██   ███  █  █
|  ██ ██ ██    █  █ █  ██ █     █  █  ██ █ █  █    █  █
|  ██ ██ ██     ██  █   █ ████ ███ █   █ █  █ ████ ███
|
|  The link is taken back; nothing was sent.                █  █ █▀▀▀ ▄▀▀  ▄▀▀▀
|                                                           ▀▀▀█ ▀▀▀▄ █▀▀▄ █
|  → Take the box away; show the right one.                    ▀ ▀▀▀   ▀▀   ▀▀▀
|
| ORDER …0003  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Washing machine W1       0 of 1   Code128 serial  ✔ 3/3 S/N:AD123456C
|                                       take it away first
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✔ LINKED           …456C
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn nothing_to_undo() {
    insta::assert_snapshot!(screen("nothing_to_undo", 80, 24), @"
|
|              █   █  ██     █  █ █   █ ███   ██
|              ██  █ █  █    █  █ ██  █ █  █ █  █
|              █ █ █ █  █    █  █ █ █ █ █  █ █  █
|  ██ ██ ██    █  ██ █  █    █  █ █  ██ █  █ █  █
|  ██ ██ ██    █   █  ██      ██  █   █ ███   ██
|
|  No link of this order can be undone.
|
|  → Go on with the order.
|
| ORDER …0003  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Washing machine W1       0 of 1   Nothing.
|
|
|
|
| LAST ─────────────────────────────
| Nothing yet.
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn already_sent() {
    insta::assert_snapshot!(screen("already_sent", 80, 24), @"
|
|  █   █     ██  █    ███  ████  ██  ███  █   █     ███ ████ █   █ █████
|  ██ ██    █  █ █    █  █ █    █  █ █  █  █ █     █    █    ██  █   █
|   ███     ████ █    ███  ███  ████ █  █   █       ██  ███  █ █ █   █
|  ██ ██    █  █ █    █ █  █    █  █ █  █   █         █ █    █  ██   █
|  █   █    █  █ ████ █  █ ████ █  █ ███    █      ███  ████ █   █   █
|
|  The link cannot be taken back: its event has gone.
|
|  → Call a supervisor, then press space.
|
| ORDER …0003  1 of 1 ──────────────  IN VIEW ───────────────────────────────────
| ✔ Washing machine W1       1 of 1   Code128 serial  ✔ 3/3 S/N:AD123456C
|   …456C                               take it away first
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✔ LINKED           …456C
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn hold_expired() {
    insta::assert_snapshot!(screen("hold_expired", 80, 24), @"
|
|              █    ████ █████     ███  ██
|              █    █      █      █    █  █
|              █    ███    █      █ ██ █  █
|  ██ ██ ██    █    █      █      █  █ █  █
|  ██ ██ ██    ████ ████   █       ███  ██
|
|  No order came for the box in time.
|
|  → Scan the order, then show the box again.
|
| ORDER ────────────────────────────  IN VIEW ───────────────────────────────────
| Scan an order, or press o.          Nothing.
|
|
|
|
| LAST ─────────────────────────────
| 10:42:00 … HELD             …456C
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:21 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn store_failed() {
    insta::assert_snapshot!(screen("store_failed", 80, 24), @"
|
|  █   █     ███ █████  ██  ███
|  ██ ██    █      █   █  █ █  █
|   ███      ██    █   █  █ ███
|  ██ ██       █   █   █  █ █
|  █   █    ███    █    ██  █
|
|  Nothing more is linked. database: disk I/O error
|
|  → Restart the station; call a supervisor.
|
| ORDER …0003  1 of 1 ──────────────  IN VIEW ───────────────────────────────────
| ✔ Washing machine W1       1 of 1   Code128 serial  ✔ 3/3 S/N:AD123456C
|   …456C                               linked
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✔ LINKED           …456C
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn store_failed_at_60() {
    insta::assert_snapshot!(screen("store_failed", 60, 16), @"
|  █▄ ▄█    ▄▀▀▀ ▀▀█▀▀ ▄▀▀▄ █▀▀▄
|  ▄█▀█▄     ▀▀▄   █   █  █ █▀▀
|  ▀   ▀    ▀▀▀    ▀    ▀▀  ▀
|  Nothing more is linked. database: disk I/O error
|
|  → Restart the station; call a supervisor.
| ORDER …0003  1 of 1 ─────  IN VIEW ────────────────────────
| ✔ Washing machin… 1 of 1   Code128 serial  ✔ 3/3
|   …456C                      S/N:AD123456C
|                              linked
| LAST ────────────────────
| 10:42:00 ✔ LINKED  …456C
|
|
| ✔ top   queue 0  sent 0                           10:42:00
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn two_lines() {
    insta::assert_snapshot!(screen("two_lines", 80, 24), @"
|
|        █     █      ██  ████    ███
|       ██    ██     █  █ █          █
|  █   ██      █     █  █ ███      ██
|  ██ ██       █     █  █ █       █
|   ███       ███     ██  █       ████
|
|  Linked: Ink jet printer P4.                              ▀▀▀▄ █  █ █▀▀▀ ▄▀▀
|                                                            ▀▀▄ ▀▀▀█ ▀▀▀▄ █▀▀▄
|  → Next box.                                              ▀▀▀     ▀ ▀▀▀   ▀▀
|
| ORDER …0022  1 of 2 ──────────────  IN VIEW ───────────────────────────────────
| ✔ Ink jet printer P4       1 of 1   Code128 serial  ✔ 3/3 X12345A1B123456
|   …3456                               linked
| … Ink jet printer P4       0 of 1   Code128 product ✔ 3/3 X00P4BLACK
|   0000000019              no scan     Ink jet printer P4
|
| LAST ─────────────────────────────
| 10:42:00 ✔ LINKED           …3456
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn two_lines_at_120() {
    insta::assert_snapshot!(screen("two_lines", 120, 40), @"
|
|
|        █     █      ██  ████    ███
|       ██    ██     █  █ █          █
|  █   ██      █     █  █ ███      ██
|  ██ ██       █     █  █ █       █
|   ███       ███     ██  █       ████
|
|
|
|  Linked: Ink jet printer P4.                                                                      ███  █  █ ████  ██
|                                                                                                      █ █  █ █    █
|                                                                                                    ██  ████ ███  ███
|                                                                                                      █    █    █ █  █
|  → Next box.                                                                                      ███     █ ███   ██
|
| ORDER …0022  1 of 2 ──────────────   IN VIEW ─────────────────────────────────────   LAST ─────────────────────────────
| ✔ Ink jet printer P4       1 of 1    Code128 serial  ✔ 3/3 X12345A1B123456           10:42:00 ✔ LINKED           …3456
|   …3456                                linked
| … Ink jet printer P4       0 of 1    Code128 product ✔ 3/3 X00P4BLACK
|   0000000019              no scan      Ink jet printer P4
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
| ✔ top   queue 0  sent 0                                                                                   10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn queue() {
    insta::assert_snapshot!(screen("queue", 80, 24), @"
|
|        █    █    ███ █   █ █  █ ████ ███
|       ██    █     █  ██  █ █ █  █    █  █
|  █   ██     █     █  █ █ █ ██   ███  █  █
|  ██ ██      █     █  █  ██ █ █  █    █  █
|   ███       ████ ███ █   █ █  █ ████ ███
|
|  Linked: Washing machine W1.                              █  █ █▀▀▀ ▄▀▀  ▄▀▀▀
|                                                           ▀▀▀█ ▀▀▀▄ █▀▀▄ █
|  → Pack it. Then show CLOSE or press c.                      ▀ ▀▀▀   ▀▀   ▀▀▀
|
| ORDER …0003  1 of 1 ──────────────  IN VIEW ───────────────────────────────────
| ✔ Washing machine W1       1 of 1   Code128 serial  ✔ 3/3 S/N:AD123456C
|   …456C                               linked
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✔ LINKED           …456C
|
|
|
| ✔ top   … QUEUE 14, oldest 3 min – keep packing                   10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn queue_at_60() {
    insta::assert_snapshot!(screen("queue", 60, 16), @"
|       ▄█    █    ▀█▀ █▄  █ █ ▄▀ █▀▀▀ █▀▀▄
|  █▄ ▄█▀     █     █  █ ▀▄█ █▀▄  █▀▀  █  █
|   ▀▀▀       ▀▀▀▀ ▀▀▀ ▀   ▀ ▀  ▀ ▀▀▀▀ ▀▀▀
|  Linked: Washing machine W1.
|                                                      456C
|  → Pack it. Then show CLOSE or press c.
| ORDER …0003  1 of 1 ─────  IN VIEW ────────────────────────
| ✔ Washing machin… 1 of 1   Code128 serial  ✔ 3/3
|   …456C                      S/N:AD123456C
|                              linked
| LAST ────────────────────
| 10:42:00 ✔ LINKED  …456C
|
|
| ✔ top   … QUEUE 14, oldest 3 min – keep packing   10:42:00
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn queue_halted() {
    insta::assert_snapshot!(screen("queue_halted", 80, 24), @"
|
|        █    █    ███ █   █ █  █ ████ ███
|       ██    █     █  ██  █ █ █  █    █  █
|  █   ██     █     █  █ █ █ ██   ███  █  █
|  ██ ██      █     █  █  ██ █ █  █    █  █
|   ███       ████ ███ █   █ █  █ ████ ███
|
|  Linked: Washing machine W1.                              █  █ █▀▀▀ ▄▀▀  ▄▀▀▀
|                                                           ▀▀▀█ ▀▀▀▄ █▀▀▄ █
|  → Pack it. Then show CLOSE or press c.                      ▀ ▀▀▀   ▀▀   ▀▀▀
|
| ORDER …0003  1 of 1 ──────────────  IN VIEW ───────────────────────────────────
| ✔ Washing machine W1       1 of 1   Code128 serial  ✔ 3/3 S/N:AD123456C
|   …456C                               linked
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✔ LINKED           …456C
|
|
|
| ✔ top   ✖ QUEUE 14 HALTED – tell a supervisor                     10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn queue_dead() {
    insta::assert_snapshot!(screen("queue_dead", 80, 24), @"
|
|        █    █    ███ █   █ █  █ ████ ███
|       ██    █     █  ██  █ █ █  █    █  █
|  █   ██     █     █  █ █ █ ██   ███  █  █
|  ██ ██      █     █  █  ██ █ █  █    █  █
|   ███       ████ ███ █   █ █  █ ████ ███
|
|  Linked: Washing machine W1.                              █  █ █▀▀▀ ▄▀▀  ▄▀▀▀
|                                                           ▀▀▀█ ▀▀▀▄ █▀▀▄ █
|  → Pack it. Then show CLOSE or press c.                      ▀ ▀▀▀   ▀▀   ▀▀▀
|
| ORDER …0003  1 of 1 ──────────────  IN VIEW ───────────────────────────────────
| ✔ Washing machine W1       1 of 1   Code128 serial  ✔ 3/3 S/N:AD123456C
|   …456C                               linked
|
|
|
| LAST ─────────────────────────────
| 10:42:00 ✔ LINKED           …456C
|
|
|
| ✔ top   ✖ 2 REFUSED – tell a supervisor                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn camera_lost() {
    insta::assert_snapshot!(screen("camera_lost", 80, 24), @"
|  ✖ CAMERA top LOST – plug it in again; press o to type an order
|
|  █   █    █   █  ██      ███  ██  █   █ ████ ███   ██
|  ██ ██    ██  █ █  █    █    █  █ ██ ██ █    █  █ █  █
|   ███     █ █ █ █  █    █    ████ █ █ █ ███  ███  ████
|  ██ ██    █  ██ █  █    █    █  █ █   █ █    █ █  █  █
|  █   █    █   █  ██      ███ █  █ █   █ ████ █  █ █  █
|
|  No camera gives new pictures: nothing is linked.
|
|  → Plug it in again, or call a supervisor.
|
| ORDER …0003  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Washing machine W1       0 of 1   Nothing.
|
|
|
| LAST ─────────────────────────────
| Nothing yet.
|
|
|
| ✖ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn camera_frozen() {
    insta::assert_snapshot!(screen("camera_frozen", 80, 24), @"
|  ✖ CAMERA top FROZEN – unplug it and plug it in again
|
|  █   █    █   █  ██      ███  ██  █   █ ████ ███   ██
|  ██ ██    ██  █ █  █    █    █  █ ██ ██ █    █  █ █  █
|   ███     █ █ █ █  █    █    ████ █ █ █ ███  ███  ████
|  ██ ██    █  ██ █  █    █    █  █ █   █ █    █ █  █  █
|  █   █    █   █  ██      ███ █  █ █   █ ████ █  █ █  █
|
|  No camera gives new pictures: nothing is linked.
|
|  → Plug it in again, or call a supervisor.
|
| ORDER …0003  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Washing machine W1       0 of 1   Nothing.
|
|
|
| LAST ─────────────────────────────
| Nothing yet.
|
|
|
| ✖ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn typing() {
    insta::assert_snapshot!(screen("typing", 80, 24), @"
|
|  █         ███ █  █  ██  █   █    ███   ██  █   █
|  ███      █    █  █ █  █ █   █    █  █ █  █  █ █
|  █████     ██  ████ █  █ █ █ █    ███  █  █   █
|  ███         █ █  █ █  █ ██ ██    █  █ █  █  █ █
|  █        ███  █  █  ██  █   █    ███   ██  █   █
|
|  Order …0003: 1 × Washing machine W1
|
|  → Hold a box of the order under the camera.
|
| ORDER …0003  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Washing machine W1       0 of 1   Nothing.
|
|
|
|
| LAST ─────────────────────────────
| Nothing yet.
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| Order: SP00A1B2    enter call up   esc back
");
}

#[test]
fn help() {
    insta::assert_snapshot!(screen("help", 80, 24), @"
|
|  █         ███ █  █  ██  █   █    ███   ██  █   █
|  ███      █    █  █ █  █ █   █    █  █ █  █  █ █
|  █████     ██  ████ █  █ █ █ █    ███  █  █   █
|  ███         █ █  █ █  █ ██ ██    █  █ █  █  █ █
|  █        ███  █  █  ██  █   █    ███   ██  █   █
|              ╭ KEYS ────────────────────────────────────────────╮
|  Order …0003:│                                                  │
|              │  o       type an order's code or id              │
|  → Hold a box│  u       take the last link back                 │
|              │  c       close the pack                          │
| ORDER …0003  │  space   seen: ends a stop                       │──────────────
| … Washing mac│  ?       show or hide this help                  │
|              │  q       quit; asks while an order is open       │
|              │  Ctrl-C  quit at once                            │
|              │                                                  │
|              │  Barcodes CLOSE, UNDO, NO-BARCODE do it by hand  │
| LAST ────────╰──────────────────────────────────────────────────╯
| Nothing yet.
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn help_at_60() {
    insta::assert_snapshot!(screen("help", 60, 16), @"
|  █▄▄      ▄▀▀▀ █  █ ▄▀▀▄ █   █    █▀▀▄ ▄▀▀▄ ▀▄ ▄▀
|  ███▀▀     ▀▀▄ █▀▀█ █  █ █▄▀▄█    █▀▀▄ █  █  ▄▀▄
|  ▀ ╭ KEYS ────────────────────────────────────────────╮
|  Or│                                                  │
|    │  o       type an order's code or id              │
|  → │  u       take the last link back                 │
| ORD│  c       close the pack                          │────
| … W│  space   seen: ends a stop                       │
|    │  ?       show or hide this help                  │
|    │  q       quit; asks while an order is open       │
| LAS│  Ctrl-C  quit at once                            │
| Not│                                                  │
|    │  Barcodes CLOSE, UNDO, NO-BARCODE do it by hand  │
|    ╰──────────────────────────────────────────────────╯
| ✔ top   queue 0  sent 0                           10:42:00
| o order   u undo   c close   space seen   ? help   q quit
");
}

#[test]
fn quit() {
    insta::assert_snapshot!(screen("quit", 80, 24), @"
|
|  █         ███ █  █  ██  █   █    ███   ██  █   █
|  ███      █    █  █ █  █ █   █    █  █ █  █  █ █
|  █████     ██  ████ █  █ █ █ █    ███  █  █   █
|  ███         █ █  █ █  █ ██ ██    █  █ █  █  █ █
|  █        ███  █  █  ██  █   █    ███   ██  █   █
|
|  Order …0003: 1 × Washing machine W1
|
|  → Hold a box of the order under the camera.
|
| ORDER …0003  0 of 1 ──────────────  IN VIEW ───────────────────────────────────
| … Washing machine W1       0 of 1   Nothing.
|
|
|
|
| LAST ─────────────────────────────
| Nothing yet.
|
|
|
| ✔ top   queue 0  sent 0                                           10:42:00 UTC
| An order is open. Quit all the same?   y yes   n no
");
}
