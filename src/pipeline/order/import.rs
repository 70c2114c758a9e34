//! Order files.
