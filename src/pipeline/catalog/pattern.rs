//! A serial's regex: anchored, linear-time, size-limited; it also tells where a text stops matching.

use std::collections::{HashSet, VecDeque};
use std::fmt;

use regex_automata::dfa::Automaton;
use regex_automata::dfa::dense;
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::util::syntax;
use regex_automata::{Anchored, MatchKind};

use crate::pipeline::command::Command;

/// The most memory that a compiled rule may take, in bytes.
const SIZE_LIMIT: usize = 1 << 20;
/// The longest rule, in characters.
const MAX_LENGTH: usize = 500;
/// The most pairs of states that a search for a common text visits.
const MAX_PAIRS: usize = 200_000;

/// A whole-match, case-sensitive, ASCII rule for a serial (requirement 43).
#[derive(Clone)]
pub struct Pattern {
    text: String,
    whole: regex::bytes::Regex,
    automaton: dense::DFA<Vec<u32>>,
}

/// Why a text is no rule for a serial.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPattern {
    /// Longer than a rule may be.
    #[error("it is longer than {MAX_LENGTH} characters")]
    Long,
    /// Not a regular expression, or too large compiled.
    #[error("{0}")]
    Syntax(String),
    /// It accepts the empty text.
    #[error("it accepts the empty text")]
    Empty,
    /// It accepts one of the station's own command barcodes.
    #[error("it accepts the command barcode {0}")]
    Command(&'static str),
}

/// How much of a text is the beginning of some match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch {
    /// Bytes that fit; the byte at this position is the first that does not, or the text ends too early.
    pub position: usize,
}

impl Pattern {
    /// Compiles `text`, anchored at both ends.
    pub fn new(text: &str) -> Result<Self, BadPattern> {
        if text.chars().count() > MAX_LENGTH {
            return Err(BadPattern::Long);
        }
        // Alone first: "a)|(b" must not slip out of the group that anchors it.
        compile(text)?;
        let whole = compile(&format!(r"\A(?:{text})\z"))?;
        if whole.is_match(b"") {
            return Err(BadPattern::Empty);
        }
        let command = Command::ALL.iter().find(|c| whole.is_match(c.barcode().as_bytes()));
        if let Some(command) = command {
            return Err(BadPattern::Command(command.barcode()));
        }
        Ok(Self { text: text.to_owned(), whole, automaton: automaton(text)? })
    }

    /// The rule as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether all of `text` matches; where it stops, if not.
    pub fn check(&self, text: &str) -> Result<(), Mismatch> {
        if self.whole.is_match(text.as_bytes()) { Ok(()) } else { Err(self.mismatch(text)) }
    }

    fn mismatch(&self, text: &str) -> Mismatch {
        let Some(mut state) = start(&self.automaton) else { return Mismatch { position: 0 } };
        for (position, byte) in text.bytes().enumerate() {
            state = self.automaton.next_state(state, byte);
            if self.automaton.is_dead_state(state) {
                return Mismatch { position };
            }
        }
        Mismatch { position: text.len() }
    }

    /// A shortest text that both rules accept; `None` where there is none.
    pub fn common(&self, other: &Self) -> Option<String> {
        let (a, b) = (&self.automaton, &other.automaton);
        let first = (start(a)?, start(b)?);
        let mut seen = HashSet::from([first]);
        let mut queue = VecDeque::from([(first, Vec::new())]);
        while let Some(((at_a, at_b), text)) = queue.pop_front() {
            if accepts(a, at_a) && accepts(b, at_b) {
                return String::from_utf8(text).ok();
            }
            for byte in b' '..=b'~' {
                let next = (a.next_state(at_a, byte), b.next_state(at_b, byte));
                let dead = a.is_dead_state(next.0) || b.is_dead_state(next.1);
                if !dead && seen.len() < MAX_PAIRS && seen.insert(next) {
                    let longer = text.iter().copied().chain([byte]).collect();
                    queue.push_back((next, longer));
                }
            }
        }
        None
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

fn compile(text: &str) -> Result<regex::bytes::Regex, BadPattern> {
    regex::bytes::RegexBuilder::new(text)
        .unicode(false)
        .size_limit(SIZE_LIMIT)
        .build()
        .map_err(|e| BadPattern::Syntax(last_line(&e.to_string())))
}

fn automaton(text: &str) -> Result<dense::DFA<Vec<u32>>, BadPattern> {
    let limits = dense::Config::new()
        .dfa_size_limit(Some(SIZE_LIMIT))
        .determinize_size_limit(Some(SIZE_LIMIT))
        .match_kind(MatchKind::All)
        .start_kind(regex_automata::dfa::StartKind::Anchored);
    dense::Builder::new()
        .configure(limits)
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        // Anchored at its end too: a text that goes on after a match is dead at once, not a byte later.
        .build(&format!(r"(?:{text})\z"))
        .map_err(|e| BadPattern::Syntax(format!("it is too large to check: {e}")))
}

fn start(automaton: &dense::DFA<Vec<u32>>) -> Option<StateID> {
    automaton.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()
}

fn accepts(automaton: &dense::DFA<Vec<u32>>, state: StateID) -> bool {
    automaton.is_match_state(automaton.next_eoi_state(state))
}

/// The sentence of a regex error: what stands above it draws the pattern again.
fn last_line(message: &str) -> String {
    let line = message.lines().last().unwrap_or(message);
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    #[test_case("[ADFGHLMRSTVZ]{2}[0-9]{6}[A-Z]", "AD123456C", Ok(()); "a washer")]
    #[test_case("[ADFGHLMRSTVZ]{2}[0-9]{6}[A-Z]", "AD12345OC", Err(7); "a letter among digits")]
    #[test_case("[ADFGHLMRSTVZ]{2}[0-9]{6}[A-Z]", "AD123456", Err(8); "too short")]
    #[test_case("[ADFGHLMRSTVZ]{2}[0-9]{6}[A-Z]", "AD123456CC", Err(9); "too long")]
    #[test_case("[0-9]{3}", "x123", Err(0); "anchored in front")]
    #[test_case("a|ab", "ab", Ok(()); "the longer alternative")]
    #[test_case("TestAmazonPreReg001", "TESTAMAZONPREREG001", Err(1); "case counts")]
    fn matches(pattern: &str, text: &str, expected: Result<(), usize>) {
        let pattern = Pattern::new(pattern).unwrap();
        assert_eq!(pattern.check(text).map_err(|m| m.position), expected);
    }

    #[test_case("[0-9]{8"; "an open repetition")]
    #[test_case(".*"; "anything")]
    #[test_case("a)|(b"; "a way out of the anchors")]
    #[test_case("(x{1000}){1000}"; "a large one")]
    #[test_case("(?x)a # b"; "a comment over the end")]
    #[test_case("#[A-Z]+:[A-Z]+"; "a command barcode")]
    fn refuses(pattern: &str) {
        assert!(Pattern::new(pattern).is_err());
    }

    #[test]
    fn a_catastrophic_one_is_linear_here() {
        let pattern = Pattern::new("(a+)+").unwrap();
        assert!(pattern.check(&("a".repeat(50_000) + "!")).is_err());
    }

    #[test_case("G[0-9A-Z]{15}", "[0-9A-Z]{16}", Some("G000000000000000"))]
    #[test_case("FD[0-9]{2}(0[1-9]|1[0-2])[0-9]{6}", "[0-9A-F]{12}", Some("FD0001000000"))]
    #[test_case("[A-Z]{9}", "[0-9]{9}", None)]
    fn overlaps(a: &str, b: &str, witness: Option<&str>) {
        let (a, b) = (Pattern::new(a).unwrap(), Pattern::new(b).unwrap());
        assert_eq!(a.common(&b).as_deref(), witness);
    }

    proptest! {
        #[test]
        fn any_pattern_and_text_do_not_panic(pattern in ".{0,20}", text in any::<String>()) {
            if let Ok(pattern) = Pattern::new(&pattern) {
                let _ = pattern.check(&text);
            }
        }

        #[test]
        fn both_engines_agree(text in "[AD][0-9D]{0,8}[A-Z]?") {
            let pattern = Pattern::new("[AD]{2}[0-9]{6}[A-Z]").unwrap();
            let whole = pattern.check(&text).is_ok();
            let state = text.bytes().fold(start(&pattern.automaton).unwrap(), |state, byte| {
                pattern.automaton.next_state(state, byte)
            });
            prop_assert_eq!(whole, accepts(&pattern.automaton, state));
        }
    }
}
