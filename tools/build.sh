# Sourced by the tools: builds what is asked for when sources are newer than the last build.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
sunny_dll="$root/src/SunnySwitch.Host/bin/Release/net10.0/sunny.dll"

need_dotnet() {
  command -v dotnet >/dev/null && return
  echo "the .NET SDK 10 is needed: https://dotnet.microsoft.com/download" >&2
  exit 2
}

# Builds the sunny executable if a source file is newer than it. Says so only when it takes time.
build_sunny() {
  need_dotnet
  local newer
  [ -f "$sunny_dll" ] && newer=$(find "$root/src" "$root/config" "$root"/Directory.*.props "$root/global.json" \
    \( -name bin -o -name obj \) -prune -o -type f -newer "$sunny_dll" -print -quit)
  [ -f "$sunny_dll" ] && [ -z "$newer" ] && return
  (
    flock 9
    local log
    log=$(mktemp)
    if ! dotnet build -c Release -v quiet --nologo "$root/src/SunnySwitch.Host/SunnySwitch.Host.csproj" >"$log" 2>&1; then
      cat "$log" >&2
      rm -f "$log"
      exit 1
    fi
    rm -f "$log"
    touch "$sunny_dll"
  ) 9>"$root/.build.lock" || exit 1
}

# A build with rules to break and places to crash at, apart from the normal one.
build_mutants() {
  local out="$root/artifacts/mutants"
  export SUNNY_MUTANTS="$out/bin/SunnySwitch.Host/release/sunny"
  export SUNNY_RULE_MUTANTS="$out/bin/SunnySwitch.Core.Tests/release/SunnySwitch.Core.Tests.dll"
  local project
  for project in src/SunnySwitch.Host/SunnySwitch.Host.csproj tests/SunnySwitch.Core.Tests/SunnySwitch.Core.Tests.csproj; do
    dotnet build -c Release -v quiet --nologo -p:Mutants=true --artifacts-path "$out" "$root/$project" || return 1
  done
}

# SoftHSM2, and a compiler for the library that makes its tokens fail; installed where that is possible.
need_softhsm() {
  command -v softhsm2-util >/dev/null && command -v cc >/dev/null && return
  command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] || return 1
  { apt-get install -y -qq softhsm2 gcc libc6-dev || { apt-get update -qq && apt-get install -y -qq softhsm2 gcc libc6-dev; }; } >/dev/null 2>&1
}

# The tracer that answers system calls with errors; installed where that is possible.
need_strace() {
  command -v strace >/dev/null && return
  command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] || return 1
  { apt-get install -y -qq strace || { apt-get update -qq && apt-get install -y -qq strace; }; } >/dev/null 2>&1
}

# A real PostgreSQL for the ledger's tests, which start servers of their own; installed where that is possible, without a cluster of the system's.
need_postgres() {
  [ -x /usr/lib/postgresql/15/bin/postgres ] && return
  command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] || return 1
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
  fi
  local install="apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold install -y -qq --no-install-recommends postgresql-15"
  export DEBIAN_FRONTEND=noninteractive
  { $install || { apt-get update -qq && $install; }; } >/dev/null 2>&1
}

# A pooler before it, likewise.
need_pgbouncer() {
  [ -x /usr/sbin/pgbouncer ] && return
  command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] || return 1
  local install="apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends pgbouncer"
  export DEBIAN_FRONTEND=noninteractive
  { $install || { apt-get update -qq && $install; }; } >/dev/null 2>&1
  command -v systemctl >/dev/null && systemctl disable -q --now pgbouncer >/dev/null 2>&1
  [ -x /usr/sbin/pgbouncer ]
}

# A real Redis for the ledger's tests, which start servers of their own; installed where that is possible, the system's own is not left running.
need_redis() {
  command -v redis-server >/dev/null && return
  command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] || return 1
  local install="apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends redis-server"
  export DEBIAN_FRONTEND=noninteractive
  { $install || { apt-get update -qq && $install; }; } >/dev/null 2>&1
  # Where there is a service manager, the package has started one on the usual port.
  command -v systemctl >/dev/null && systemctl disable -q --now redis-server >/dev/null 2>&1
  command -v redis-server >/dev/null
}
