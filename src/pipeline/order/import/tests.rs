use proptest::prelude::*;
use test_case::test_case;

use super::*;

const WASHER: &str = include_str!("../../../../models/washer-w1.toml");

const GOOD: &str = r#"{"order_id":"112-1","version":1,"codes":["SP00A1B2C3D4","LPNRR00000001"],"marketplace":"amazon.com","directed_customer_id":"amzn1.account.AHEXAMPLE0001","pre_registered":true,"cancelled":false,"lines":[{"line":1,"asin":"ASIN","quantity":2,"scan":true,"directed_customer_id":null,"slot_asins":{"detergent":"B0EXAMPL91"}},{"line":2,"asin":"0306406152","quantity":1,"scan":false,"directed_customer_id":null,"slot_asins":{}}]}"#;

const HEADER: &str = "order_id,version,codes,marketplace,directed_customer_id,pre_registered,cancelled,line,asin,quantity,scan,slot_asins";

fn catalog() -> Catalog {
    let (catalog, faults) = Catalog::load([("washer-w1.toml", WASHER)]);
    assert_eq!(faults, []);
    catalog
}

/// The first product and a serial of the washer.
fn asin() -> String {
    catalog().models()[0].products[0].asin.to_string()
}

fn good() -> String {
    GOOD.replace("ASIN", &asin())
}

fn bad_lines(text: &str) -> Vec<String> {
    let Parsed { orders, bad } = parse(text.as_bytes(), &catalog());
    assert_eq!(orders, [], "nothing of it is good");
    bad.iter().map(BadLine::to_string).collect()
}

#[test]
fn a_good_order_is_read_whole() {
    let text = format!("\u{feff}\n{}\r\n\n", good());
    let Parsed { orders, bad } = parse(text.as_bytes(), &catalog());
    assert_eq!(bad, []);
    let [(2, order)] = orders.as_slice() else { panic!("{orders:?}") };
    assert_eq!(order.lines.len(), 2);
    assert_eq!(serde_json::to_string(order).unwrap(), good(), "written again it is the same");
}

#[test]
fn csv_gives_the_same_order() {
    let asin = asin();
    let text = format!(
        "{HEADER}\n\
         112-1,1,SP00A1B2C3D4 LPNRR00000001,amazon.com,amzn1.account.AHEXAMPLE0001,true,false,1,{asin},2,true,detergent=B0EXAMPL91\n\
         112-1,1,SP00A1B2C3D4 LPNRR00000001,amazon.com,amzn1.account.AHEXAMPLE0001,true,false,2,0306406152,1,false,\n"
    );
    let from_csv = parse(text.as_bytes(), &catalog());
    let from_json = parse(format!("\n{}", good()).as_bytes(), &catalog());
    assert_eq!(from_csv, from_json);
    assert_eq!(from_csv.orders.len(), 1);
}

#[test]
fn csv_rows_with_several_customers_have_each_their_own() {
    let asin = asin();
    let text = format!(
        "{HEADER}\n112-1,1,A,amazon.com,amzn1.account.A1,true,false,1,{asin},1,true,\n112-2,1,,amazon.com,,false,false,1,{asin},1,true,\n112-1,1,A,amazon.com,amzn1.account.A2,true,false,2,{asin},1,true,"
    );
    let Parsed { orders, bad } = parse(text.as_bytes(), &catalog());
    assert_eq!(bad, []);
    assert_eq!(orders.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3]);
    let order = &orders[0].1;
    let customers: Vec<_> = order.lines.iter().filter_map(|l| order.customer(l)).collect();
    assert_eq!(customers.len(), 2);
    assert_ne!(customers[0], customers[1]);
}

#[test_case("\"quantity\":2", "\"quantity\":0", "lines[0].quantity = \"0\": write a whole number from 1 to 1000"; "quantity of none")]
#[test_case("\"quantity\":2", "\"quantity\":1001", "lines[0].quantity = \"1001\": write a whole number from 1 to 1000"; "absurd quantity")]
#[test_case("\"quantity\":2", "\"quantity\":\"2\"", "lines[0].quantity = \"2\": write a whole number from 1 to 1000"; "quantity as text")]
#[test_case("\"quantity\":2", "\"quantity\":-1", "lines[0].quantity = \"-1\": write a whole number from 1 to 1000"; "negative")]
#[test_case("\"version\":1,", "", "version: it is missing"; "missing key")]
#[test_case("\"directed_customer_id\":null,", "", "directed_customer_id: it is missing"; "missing nullable key")]
#[test_case("\"version\":1,", "\"version\":1,\"version\":2,", "version: it stands there twice"; "key twice")]
#[test_case("\"version\":1,", "\"version\":1,\"prioriti`ty\":2,", "prioriti`ty: no such key"; "unknown key")]
#[test_case("\"scan\":true", "\"scan\":true,\"at\":2", "at: no such key"; "our own field is no key")]
#[test_case("\"line\":2", "\"line\":1", "lines[1].line = \"1\": another line has this number"; "line twice")]
#[test_case("\"codes\":[", "\"codes\":[\"SP00A1B2C3D4\",", "codes = \"SP00A1B2C3D4\": it stands there twice"; "code twice")]
#[test_case("\"codes\":[", "\"codes\":[\"#SCANSTATION:CLOSE\",", "codes = \"#SCANSTATION:CLOSE\": it cannot call an order up: it is a command of the station"; "code is a command")]
#[test_case("\"codes\":[", "\"codes\":[\"a b\",", "codes = \"a b\": it has 1 to 64 printable ASCII characters and no space"; "code with a space")]
#[test_case("[\"SP00A1B2C3D4\",\"LPNRR00000001\"]", "null", "codes = \"null\": write a list of texts"; "no codes")]
#[test_case("\"amazon.com\"", "\"\\u001b]0;x\\u0007'; DROP TABLE links;--\"", "marketplace = \"\\u{1b}]0;x\\u{7}'; DROP TABLE links;--\": it is a shop's domain such as amazon.com"; "hostile")]
#[test_case("amzn1.account.AHEXAMPLE0001", "AHEXAMPLE9876", "directed_customer_id = \"…9876\": it begins with amzn1.account."; "customer id is cut")]
#[test_case("\"amazon.com\"", "\"amzn1.account.AHEXAMPLE9876\"", "marketplace = \"…9876\": it is a shop's domain such as amazon.com"; "customer id in the wrong place is cut")]
#[test_case("\"amzn1.account.AHEXAMPLE0001\"", "null", "lines[0].directed_customer_id: a pre-registered order needs a customer for each scan line, here or on the order"; "no customer")]
#[test_case("\"scan\":false", "\"scan\":true", "lines[1].asin = \"0306406152\": no model on file sells it; add the model, or set scan to false"; "unknown product")]
#[test_case("\"scan\":false", "\"scan\":1", "lines[1].scan = \"1\": write true or false"; "no truth")]
#[test_case("\"detergent\":\"B0EXAMPL91\"", "\"detergent\":\"B0EXAMPL91\",\"detergent\":\"B0EXAMPL91\"", "lines[0].slot_asins = \"detergent\": the slot stands there twice"; "slot twice")]
#[test_case("\"slot_asins\":{}", "\"slot_asins\":3", "expected slot_asins as an object at column 424"; "slots no object")]
#[test_case("\"lines\":[", "\"lines\":3,\"x\":[", "expected a sequence at column 202"; "lines no list")]
#[test_case("{\"order_id\":", "{\"order_id\"", "not JSON: expected `:` at column 12"; "not JSON")]
fn a_bad_order_is_named(from: &str, to: &str, expected: &str) {
    let text = format!("\n{}", good().replacen(from, to, 1));
    assert_eq!(bad_lines(&text), [format!("line 2: {expected}")]);
}

#[test]
fn no_lines_are_refused() {
    let start = good().find("\"lines\":[").unwrap() + "\"lines\":[".len();
    let text = format!("{}]}}", &good()[..start]);
    assert_eq!(bad_lines(&text), ["line 1: lines: the order has none"]);
}

#[test]
fn a_code_that_a_box_carries_calls_nothing_up() {
    let (with_gtin, product) = (catalog(), "\"order_id\":\"112-1\"");
    let gtin = with_gtin.models()[0].products[0].gtins[0].to_string();
    let text = good().replace(product, &format!("\"order_id\":\"{gtin}\""));
    assert!(bad_lines(&text)[0].ends_with("it is the code of a product on file"));
    let text = good().replace("LPNRR00000001", &asin());
    assert!(bad_lines(&text)[0].ends_with("it is the code of a product"));
    let text = good().replace("LPNRR00000001", "WIFI:S:x;P:secret;;");
    assert!(bad_lines(&text)[0].ends_with("it is a code that holds a secret"));
    let text = good().replace("LPNRR00000001", "S/N:AD123456C");
    assert!(bad_lines(&text)[0].ends_with("it is a serial number of a model on file"));
}

#[test]
fn the_other_lines_of_a_bad_file_are_good() {
    let text = format!("{}\nnothing\n{}", good(), good().replace("112-1", "112-2"));
    let Parsed { orders, bad } = parse(text.as_bytes(), &catalog());
    assert_eq!(orders.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(bad[0].to_string(), "line 2: no JSON object; write an order a line");
}

#[test_case("order_id,version", "line 1: codes: the column is missing"; "missing column")]
#[test_case("order_id,sku", "line 1: sku: no such column"; "unknown column")]
#[test_case("order_id,order_id", "line 1: order_id: the column stands there twice"; "column twice")]
fn a_bad_header_is_named(header: &str, expected: &str) {
    assert_eq!(bad_lines(&format!("{header}\n1,2")), [expected]);
}

#[test_case("112-1,2,A,amazon.com,amzn1.account.A1,true,false,2,{asin},1,true,", "line 3: version = \"2\": not as on line 2, of the same order"; "another version")]
#[test_case("112-1,1,A,amazon.com,amzn1.account.A1,true,false,1,{asin},1,true,", "line 3: line = \"1\": another line has this number"; "line twice")]
#[test_case("112-1,1,A,amazon.com,amzn1.account.A1,true,false,2,{asin},one,true,", "line 3: quantity = \"one\": write a whole number from 1 to 1000"; "no number")]
#[test_case("112-1,1,A,amazon.com,amzn1.account.A1,true,false,2,{asin},1,yes,", "line 3: scan = \"yes\": write true or false"; "no truth")]
#[test_case("112-1,1,A,amazon.com,amzn1.account.A1,true,false,2,{asin},1,true,x", "line 3: slot_asins = \"x\": write it as slot=ASIN"; "no slot")]
#[test_case("112-1,1,A", "line 3: 3 fields where the header has 12"; "short row")]
#[test_case("112-1,1,A,amazon.com,\"amzn1", "line 3: 5 fields where the header has 12"; "open quote")]
fn a_bad_row_spoils_its_order(row: &str, expected: &str) {
    let first = "112-1,1,A,amazon.com,amzn1.account.A1,true,false,1,{asin},1,true,";
    let text = format!("{HEADER}\n{first}\n{row}").replace("{asin}", &asin());
    assert_eq!(bad_lines(&text), [expected]);
}

#[test]
fn an_empty_file_holds_nothing() {
    assert_eq!(parse(b"", &catalog()), Parsed::default());
    assert_eq!(parse(b"\n\n  \n", &catalog()), Parsed::default());
}

proptest! {
    #[test]
    fn any_bytes_do_not_panic(bytes in any::<Vec<u8>>()) {
        let catalog = Catalog::default();
        let _ = parse(&bytes, &catalog);
        let _ = parse(&[b"{", bytes.as_slice()].concat(), &catalog);
        let _ = parse(&[HEADER.as_bytes(), b"\n", bytes.as_slice()].concat(), &catalog);
    }

    #[test]
    fn a_damaged_order_shows_nothing_unprintable(at in 0..GOOD.len(), byte in any::<u8>()) {
        let mut bytes = GOOD.as_bytes().to_vec();
        bytes[at] = byte;
        for bad in parse(&bytes, &Catalog::default()).bad {
            prop_assert!(!bad.to_string().chars().any(char::is_control));
            prop_assert!(!bad.to_string().contains("AHEXAMPLE0001"));
        }
    }

    #[test]
    fn a_damaged_row_shows_nothing_unprintable(at in 0_usize..80, byte in any::<u8>()) {
        let row = "112-1,1,A,amazon.com,amzn1.account.AHEXAMPLE0001,true,false,1,B0WASHRW11,1,true,";
        let mut bytes = format!("{HEADER}\n{row}").into_bytes();
        bytes[HEADER.len() + 1 + at] = byte;
        for bad in parse(&bytes, &Catalog::default()).bad {
            prop_assert!(!bad.to_string().chars().any(char::is_control));
            prop_assert!(!bad.to_string().contains("AHEXAMPLE0001"));
        }
    }
}
