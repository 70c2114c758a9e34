# The two commands of the README. Each does its own set-up on a fresh Debian 12 with Rust 1.95.

.PHONY: demo test setup

demo: setup
	cargo run --release --quiet --locked -- demo

test: setup
	cargo test --release --locked

# Idempotent: does nothing where nothing is missing.
setup:
	@sh tools/setup.sh libclang1-14
