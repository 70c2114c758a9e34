#!/usr/bin/env bash
# Runs a scenario against a real Linux camera stack, on a machine that has no camera and whose own kernel has no modules: a
# Debian kernel in QEMU under software emulation (no /dev/kvm needed), with an initramfs of busybox, a few kernel modules,
# and the programs given.
#
#   vm.sh SCENARIO FOLDER PROGRAM...
#
# SCENARIO is a shell script that the virtual machine runs; FOLDER is there as /data; each PROGRAM is copied to /bin there
# with the shared libraries it needs. The console comes out on standard output; the exit status is the scenario's. A
# machine that does not end is killed after $LIMIT seconds.
#
# Time in the machine is counted in instructions (-icount): however busy this machine is, a frame's decoding takes as
# long as it takes there, so that nothing in a scenario hangs on the wall clock.
#
# Debian packages: qemu-system-x86 busybox-static kmod cpio binutils, and the kernel's, which is only downloaded and unpacked.
# Environment: CACHE, LIMIT (460, seconds), MEM (768, MiB), MODULES (kernel modules to pack, with what they depend on).
set -euo pipefail
CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/scanstation-vm} LIMIT=${LIMIT:-460} MEM=${MEM:-768}
MODULES=${MODULES:-uvcvideo vhci-hcd} SHIFT=${SHIFT:-1}
scenario=${1:?usage: vm.sh SCENARIO FOLDER PROGRAM...} folder=${2:?} && shift 2
PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$CACHE"

# 1. The kernel: Debian's own, whose -amd64 flavour has the camera and USB drivers as modules (the smaller -cloud-amd64
#    has none of them). Kept in $CACHE between runs.
if [[ ! -e $CACHE/kernel/ok ]]; then
  newest() { apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends:/ { print $2; exit }'; }
  package=$(newest)
  if [[ -z $package ]]; then
    # A machine whose package lists were thrown away.
    { [[ $(id -u) = 0 ]] && apt-get update -q >/dev/null; } || sudo -n apt-get update -q >/dev/null
    package=$(newest)
  fi
  rm -rf "$CACHE/kernel" && mkdir -p "$CACHE/kernel"
  (cd "$CACHE/kernel" && apt-get -q -o APT::Sandbox::User=root download "$package" >&2)
  dpkg-deb --fsys-tarfile "$CACHE"/kernel/*.deb | tar -x -C "$CACHE/kernel" --wildcards \
    './boot/vmlinuz-*' './lib/modules/*/modules.*' './lib/modules/*/kernel/drivers/media/*' \
    './lib/modules/*/kernel/drivers/usb/*'
  rm "$CACHE"/kernel/*.deb
  depmod -b "$CACHE/kernel" "$(ls "$CACHE/kernel/lib/modules")"
  touch "$CACHE/kernel/ok"
fi
version=$(ls "$CACHE/kernel/lib/modules")

# 2. The initramfs.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,proc,sys,dev,tmp,lib,lib64,ko,data}
cp /bin/busybox "$root/bin/"
for m in $MODULES; do
  modprobe -d "$CACHE/kernel" -S "$version" --show-depends "$m" | awk '$1 == "insmod" { print $2 }'
done | awk '!seen[$0]++' >"$work/order"
while read -r ko; do
  cp "$ko" "$root/ko/"
  basename "$ko" .ko >>"$root/ko/order"
done <"$work/order"
for program in "$@"; do
  strip -o "$root/bin/$(basename "$program")" "$program"
  # ldd fails for a static program: then there is nothing to add.
  { ldd "$program" 2>/dev/null || true; } | grep -o '/[^ ]*' | while read -r lib; do
    mkdir -p "$root$(dirname "$lib")" && cp -L "$lib" "$root$lib"
  done
done
cp -r "$folder"/. "$root/data/"
cp "$scenario" "$root/scenario"
cat >"$root/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp RUST_BACKTRACE=1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
echo "vm: up after $(cut -d' ' -f1 /proc/uptime) s, $(uname -r)"
for m in $(cat /ko/order); do insmod "/ko/$m.ko" || echo "vm: no module $m"; done
(. /scenario)
status=$?
echo "vm: down after $(cut -d' ' -f1 /proc/uptime) s"
echo "vm: exit $status"
poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initrd.gz"

# 3. Boot it.
log=$work/console
SECONDS=0
timeout -k 5 "$LIMIT" qemu-system-x86_64 -accel tcg,thread=single -icount "shift=$SHIFT,sleep=off" -cpu max -smp 1 \
  -m "$MEM" -nodefaults -no-user-config -display none -serial stdio -no-reboot -nic none -rtc clock=vm \
  -kernel "$CACHE/kernel/boot/vmlinuz-$version" -initrd "$work/initrd.gz" \
  -append "console=ttyS0 panic=-1 quiet loglevel=${LOGLEVEL:-3} mitigations=off" </dev/null |
  stdbuf -oL tr -d '\r' | tee "$log" || true
echo "vm: $SECONDS s of wall time, $LIMIT allowed"
exit "$(awk '$1 == "vm:" && $2 == "exit" { s = $3 } END { print s == "" ? 1 : s }' "$log")"
