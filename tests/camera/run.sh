#!/usr/bin/env bash
# `make test-camera`: the release binary against a software USB webcam behind the real uvcvideo driver, in a virtual machine.
# Needs no camera, no kernel module, no /dev/kvm and no root beyond what tools/setup.sh installs.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --release --locked --bin scanstation --example camera-sim
target=$(cargo metadata --format-version 1 --no-deps --locked | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
exec tests/camera/vm.sh tests/camera/scenario.sh tests/camera/data \
  "$target/release/scanstation" "$target/release/examples/camera-sim"
