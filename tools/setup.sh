#!/bin/sh
# Installs the Debian packages named on the command line that are missing: setup.sh PACKAGE...
# libclang1-14: nokhwa's V4L2 bindings are generated at build time and need libclang.
set -eu
missing=
for package in "$@"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then as=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as=sudo
else
  echo "Packages are missing. Please run: sudo apt-get update && sudo apt-get install -y$missing" >&2
  exit 1
fi
echo "installing$missing" >&2
$as apt-get update -q >/dev/null
# shellcheck disable=SC2086  # a list of words, made above
$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null
