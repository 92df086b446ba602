#!/usr/bin/env bash
# Leat and the two-hop HTTP peer under the same closed loop of wrk, in
# alternating pairs. Prints requests per second of each pair and the median of the ratios.
# Usage: [BROKER=URL] [CONNECTIONS='1 64'] bench/http.sh [PAIRS] [SECONDS]; the broker is the embedded one unless named.
# Needs wrk and a JDK 25 (JAVA_HOME, or java on the path)
set -euo pipefail
cd "$(dirname "$0")/.."
pairs=${1:-5} seconds=${2:-5}
command -v wrk >/dev/null || { echo "wrk is missing: install it and run this again" >&2; exit 1; }
[ -f bench/target/leat-bench.jar ] || { echo "build first: mvn -q -DskipTests -pl bench -am package" >&2; exit 1; }
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
"$java" --version | grep -q '^openjdk 25' || { echo "set JAVA_HOME to a JDK 25" >&2; exit 1; }
log=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; rm -rf "$log"' EXIT

start() { # name, class, arguments
  local name=$1
  shift
  "$java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Xmx1g \
    -cp "bench/target/leat-bench.jar:bench/target/lib/*" "$@" >"$log/$name" 2>&1 &
  pids+=($!)
  until grep -q '^ready' "$log/$name"; do
    kill -0 $! 2>/dev/null || { cat "$log/$name" >&2; exit 1; }
    sleep 0.05
  done
}

load() { # port, connections, seconds -> "requests-per-second p50 p99"
  wrk -t1 -c"$2" -d"$3"s --latency "http://127.0.0.1:$1/echo" |
    awk '/50%/{p50=$2} /99%/{p99=$2} /Requests\/sec/{r=$2} /Non-2xx/{bad=$0} END{print r, p50, p99, bad}'
}

start service dev.leat.bench.HttpPeer service 19001
start peer dev.leat.bench.HttpPeer edge 19002 19001
start leat dev.leat.bench.LeatEcho 19003 "${BROKER:-memory:}"
for port in 19002 19003 19002 19003; do load "$port" 64 8 >/dev/null; done

for connections in ${CONNECTIONS:-1 64 256 1024}; do
  echo "$connections connections      peer (req/s p50 p99)      leat"
  for ((i = 0; i < pairs; i++)); do
    peer=$(load 19002 "$connections" "$seconds")
    leat=$(load 19003 "$connections" "$seconds")
    ratio=$(awk -v l="${leat%% *}" -v p="${peer%% *}" 'BEGIN{printf "%.2f", l / p}')
    echo "  $peer    $leat    x $ratio"
    echo "$ratio" >>"$log/ratios-$connections"
  done
  sort -n "$log/ratios-$connections" | awk '{r[NR]=$1} END{print "  median x " r[int((NR+1)/2)]}'
done
