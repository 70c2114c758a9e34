//! One test binary: on two cores, linking once is what counts.

#[cfg(test)]
mod cli;
