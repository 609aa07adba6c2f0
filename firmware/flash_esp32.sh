#!/usr/bin/env bash
# Builds this firmware with ESP-IDF, flashes it onto an ESP32-CAM and shows what it says.
#
#   ./flash_esp32.sh [PORT]          PORT such as /dev/ttyUSB0; without one ESP-IDF looks for a board
#   VARIANT=4bit ./flash_esp32.sh    over sdkconfig.defaults also sdkconfig.4bit (or rev3)
set -euo pipefail
cd "$(dirname "$0")"

fail() {
  echo "flash_esp32: $1" >&2
  exit 1
}

[ $# -le 1 ] || fail "takes one argument at most, the serial port"
case ${1:-} in -*) fail "takes a serial port such as /dev/ttyUSB0, not $1" ;; esac
port=${1:-}
[ -z "$port" ] || [ -e "$port" ] || fail "there is no $port; look for the board with: ls /dev/ttyUSB* /dev/ttyACM* /dev/cu.usb*"

if ! command -v idf.py >/dev/null; then
  found=
  for folder in "${IDF_PATH:-}" "$HOME/esp/esp-idf" "$HOME"/esp/v5.5*/esp-idf; do
    if [ -n "$folder" ] && [ -f "$folder/export.sh" ]; then found=$folder; break; fi
  done
  [ -n "$found" ] || fail "ESP-IDF was not found: install release 5.5, or set IDF_PATH to where it is"
  # Its messages belong to it; what counts is whether idf.py is there afterwards.
  set +eu
  . "$found/export.sh" >/dev/null
  set -eu
  command -v idf.py >/dev/null || fail "$found is there but not set up: run $found/install.sh esp32"
fi

defaults=sdkconfig.defaults
folder=build
if [ -n "${VARIANT:-}" ]; then
  [ -f "sdkconfig.$VARIANT" ] || fail "there is no sdkconfig.$VARIANT; VARIANT is 4bit or rev3"
  defaults="$defaults;sdkconfig.$VARIANT"
  folder=build-$VARIANT
fi

# A configuration of its own for each variant: ESP-IDF keeps what was first made from the defaults.
build=(idf.py -B "$folder" -D SDKCONFIG="$folder/sdkconfig" -D SDKCONFIG_DEFAULTS="$defaults")
mkdir -p "$folder"
"${build[@]}" build || fail "the build failed; the compiler's messages are above"
echo "In a rack, the same build goes onto a board with: npx tokenrack flash firmware/$folder --board ID"
"${build[@]}" ${port:+-p "$port"} flash monitor ||
  fail "flashing failed: close whatever else has the port open, feed 5 V, or hold IO0 to GND while you press reset"
