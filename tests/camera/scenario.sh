# The station on real cameras, as far as a machine without any can have them: run by vm.sh inside the virtual machine.
# What is waited for is a line or a count, with a limit in the machine's own time; nothing is timed by the wall.

export SCANSTATION_HOME=/tmp/home
sections=0

# cam N COMMAND: tells the N-th webcam.
cam() { port=$1; shift; echo "$*" >"/tmp/cam$port"; }
fail() {
  echo "FAILED: $*"
  for file in /tmp/out /tmp/err /tmp/home/logs/* /tmp/try; do echo "== $file"; tail -40 "$file"; done 2>/dev/null
  exit 1
}
count() { n=$(grep -c -- "$1" "$2" 2>/dev/null); echo "${n:-0}"; }
# until_count N PATTERN FILE [SECONDS]: waits until N lines match.
until_count() {
  limit=${4:-30}
  for tick in $(seq $((limit * 5))); do
    [ "$(count "$2" "$3")" -ge "$1" ] && return 0
    sleep 0.2
  done
  fail "$(count "$2" "$3") of $1 lines '$2' in $3 after $limit s"
}
same() { [ "$1" = "$2" ] || fail "$3: '$1', not '$2'"; }
section() { sections=$((sections + 1)); echo "vm: $sections. $* (at $(cut -d' ' -f1 /proc/uptime) s)"; }
LOG=/tmp/home/logs/scanstation_rCURRENT.log

start() { # start SETTINGS: a run on a fresh log
  cp "/data/$1" /tmp/home/station.toml
  rm -f /tmp/home/logs/* /tmp/out
  scanstation run --plain --json >/tmp/out 2>/tmp/err &
  run=$!
}
finish() { # finish: ends the run in order, and keeps its log in $counts
  kill -TERM "$run"
  wait "$run" || fail "run ended with $?"
  grep -h 'frames: ' $LOG >/tmp/counts || fail "no counts in the log"
}
counted() { sed -n "s/.*camera $1: frames:.* \([0-9]*\) $2.*/\1/p" /tmp/counts; } # counted CAMERA WORD
opened() { sed -n "s/.*camera $1: frames: .*opened \([0-9]*\),.*/\1/p" /tmp/counts; }

linked=0 delivered=0
link() { # link N: the box of order N is in view: it is linked
  linked=$((linked + 1))
  until_count "$linked" '"verdict":"linked"' /tmp/out
  grep '"verdict":"linked"' /tmp/out | tail -1 | grep -q "CT00000$1X" || fail "another box was linked than $1"
}
deliver() { # deliver: the table is cleared, the order's code shown again: the pack is closed and told
  cam 0 labels
  sleep 1.5
  cam 0 labels "LPN00000$1"
  delivered=$((delivered + 1))
  until_count "$delivered" '.' /tmp/home/notifications.jsonl
  tail -1 /tmp/home/notifications.jsonl | grep -q "CT00000$1X" || fail "another device was told of than $1"
  cam 0 labels
  sleep 1.5
}

mkfifo /tmp/cam0 /tmp/cam1 /tmp/cam2
camera-sim /tmp/cam0 0 >/tmp/cam0.out &
scanstation init /tmp/home >/dev/null
rm /tmp/home/models/*
cp /data/models/* /tmp/home/models/
cp /data/yuyv.toml /tmp/home/station.toml
scanstation orders import /data/orders.jsonl || fail "orders"

section "a run starts without its camera and takes it when it is plugged in; YUYV"
start yuyv.toml
until_count 1 'no camera is plugged in' "$LOG"
cam 0 plug
until_count 1 'camera top: /dev/video0 opened: YUYV 320x240 at 15' "$LOG"
until_count 1 'camera top: Live' "$LOG"
cam 0 labels LPN000001 CT000001X
link 1
deliver 1
same "$(count 'control 1/4 = 50' /tmp/cam0.out)" 1 "the exposure was set"

section "unplugged and replugged in the middle of an order"
cam 0 labels LPN000002
sleep 2
cam 0 unplug
until_count 1 'camera top: Lost the camera stopped' "$LOG"
cam 0 plug
until_count 2 'camera top: Live' "$LOG"
cam 0 labels LPN000002 CT000002X
link 2
deliver 2
same "$(count 'control 1/4 = 50' /tmp/cam0.out)" 2 "the exposure was set again"

section "silent in the middle of an order"
cam 0 labels LPN000003
sleep 2
cam 0 stall
until_count 1 'has given no frame for 15' "$LOG" 4
sleep 3
cam 0 resume
until_count 3 'camera top: Live' "$LOG"
cam 0 labels LPN000003 CT000003X
link 3
deliver 3
cam 0 err 5
sleep 1
finish
same "$(count '"type":"summary".*"linked":3.*"sent":3' /tmp/out)" 1 "the summary"
[ "$(counted top taken)" -ge 100 ] || fail "$(cat /tmp/counts)"
cat /tmp/counts

section "MJPEG, with frames that are cut"
start mjpeg.toml
linked=0
until_count 1 'opened: MJPEG 320x240 at 15' "$LOG"
cam 0 labels LPN000004 CT000004X
link 4
deliver 4
cam 0 short 1000000
cam 0 labels LPN000005 CT000005X
sleep 5
same "$(count '"verdict":"linked"' /tmp/out)" 1 "nothing is linked from cut frames"
cam 0 short 0
link 5
deliver 5
finish
[ "$(counted top corrupt)" -ge 40 ] || fail "cut frames are counted: $(cat /tmp/counts)"
same "$(wc -l </tmp/home/notifications.jsonl | tr -d ' ')" 5 "notifications"
cat /tmp/counts

section "an older frame's barcode is never read out of a frame that was cut"
cam 0 labels OLD000001
scanstation cameras try top --seconds 7 --json --picture /tmp/try.png >/tmp/try 2>/tmp/err &
try=$!
until_count 2 'OLD000001' /tmp/try
cam 0 labels NEW000001
cam 0 short 1000000
wait "$try" || fail "try ended with $?"
cam 0 short 0
# The second in which it began may hold both.
tail -2 /tmp/try >/tmp/cut
same "$(count '"read":0,' /tmp/cut)" 2 "nothing is read of cut frames"
same "$(count '"symbols":\[\]' /tmp/cut)" 2 "no symbol is seen in cut frames"
same "$(count '"corrupt":0,' /tmp/cut)" 0 "cut frames are counted"
same "$(count NEW000001 /tmp/try)" 0 "a frame cut in half shows no label"
same "$(count '"px_per_bar":[12]' /tmp/try | sed 's/[2-9]/2/')" 2 "pixels per bar"
[ -s /tmp/try.png ] || fail "no picture"

section "what cannot be opened says what to do"
start yuyv.toml
until_count 1 'camera top: Live' "$LOG"
scanstation cameras try top --seconds 1 >/tmp/try 2>&1 && fail "a camera in use was opened"
grep -q '/dev/video0 is in use; close the program that has it' /tmp/try || fail "busy"
scanstation cameras >/tmp/try || fail "list"
cat /tmp/try
for line in 'serial LAB0001, port .*, top in station.toml' "in use by scanstation ($run)" \
  'YUYV   640x480 at 30 15 5, 1280x720 at 30 15 5, 320x240 at 30 15 5' 'GREY   640x480 at' 'exposure 50 (3 to 2047)'; do
  grep -q "$line" /tmp/try || fail "the list lacks: $line"
done
finish
mkdir -p /etc
echo 'nobody:x:65534:65534::/:/bin/sh' >/etc/passwd
su nobody -c 'scanstation cameras --home /tmp/none' >/dev/null 2>/tmp/try
grep -q '/dev/video0: no right to open it; add the user to the group video' /tmp/try || fail "rights: $(cat /tmp/try)"
camera-sim /tmp/cam2 2 LAB0001 >/dev/null &
cam 2 plug
for i in $(seq 50); do [ -e /dev/video2 ] && break; sleep 0.2; done
scanstation cameras try top --seconds 1 >/tmp/try 2>&1
grep -q 'two cameras with serial LAB0001: name each by its usb port' /tmp/try || fail "serials: $(cat /tmp/try)"
cam 2 quit

section "two cameras of one view, told by serial whatever their numbers"
cam 0 unplug
camera-sim /tmp/cam1 1 >/tmp/cam1.out &
sleep 1
cam 1 plug
for i in $(seq 50); do [ -e /dev/video0 ] && break; sleep 0.2; done
start two.toml
linked=0
cam 0 plug
until_count 1 'camera side: /dev/video0 opened: MJPEG' "$LOG"
until_count 1 'camera top: /dev/video2 opened: YUYV' "$LOG"
cam 0 labels LPN000006
cam 1 labels CT000006X
link 6
cam 1 labels
deliver 6

section "twenty replugs: memory and open files stay, and the other camera is not disturbed"
size() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$run/status"; }
files() { ls "/proc/$run/fd" | wc -l | tr -d ' '; }
for replug in $(seq 20); do
  cam 1 unplug
  until_count "$replug" 'camera side: the camera stopped' "$LOG"
  cam 1 plug
  until_count $((replug + 1)) 'camera side: /dev/video0 opened' "$LOG"
  [ "$replug" = 3 ] && sleep 1 && before="$(size) kB, $(files) files" && least=$(size) && open=$(files)
done
sleep 1
echo "vm: after 3 replugs $before; after 20 $(size) kB, $(files) files"
[ "$(size)" -le $((least + 3072)) ] || fail "memory grew: $before, then $(size) kB"
same "$(files)" "$open" "open files"
cam 1 labels CT000007X
cam 0 labels LPN000007
link 7
finish
same "$(opened side)" 21 "openings of the camera that was replugged"
same "$(opened top)" 1 "openings of the other"
cat /tmp/counts

section "tuned on a label held still: a format that arrives, a short exposure, the focus where it is sharp"
cam 1 unplug
cp /data/two.toml /tmp/home/station.toml
cam 0 labels LPN000008
scanstation cameras tune top >/tmp/try 2>&1 || fail "tune ended with $?"
cat /tmp/try
sed '/name = "side"/,$d' /tmp/home/station.toml >/tmp/top
for line in 'format = "[A-Z]*"' 'size = "[0-9x]*"' 'rate = 15' 'exposure = [0-9]*' 'focus = 100'; do
  same "$(count "^$line\$" /tmp/top)" 1 "$line in station.toml"
done
same "$(count '# the one over the table\|# the one beside it' /tmp/home/station.toml)" 2 "the file's comments"
scanstation doctor >/tmp/try 2>&1
grep -q 'settings   OK' /tmp/try || fail "the settings that tune wrote"

cam 0 quit
cam 1 quit
echo "vm: all $sections sections passed"
