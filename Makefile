# The commands of the README. Each does its own set-up on a fresh Debian 12 with Rust 1.95.

.PHONY: demo test test-camera setup

demo: setup
	cargo run --release --quiet --locked -- demo

test: setup
	cargo test --release --locked

# The built program on a software USB webcam in a virtual machine; about three minutes of processor time.
test-camera: setup
	@sh tools/setup.sh qemu-system-x86 busybox-static kmod cpio binutils
	tests/camera/run.sh

# Idempotent: does nothing where nothing is missing.
setup:
	@sh tools/setup.sh libclang1-14
