#!/usr/bin/env bash
# Measures secret beside other tools that keep secrets in files: how long one process takes to get a secret, to set one
# that is there, and to list the names. Prints a Markdown table of medians, in milliseconds.
#
#   bash examples/bench/peers.sh            10, 1,000 and 10,000 secrets; takes some minutes
#   bash examples/bench/peers.sh --quick    10 and 1,000
#
# Needs Go and bash 5. Takes the peers that it finds in PATH: pass, gopass, sops, keepassxc-cli. The processes of all of
# them alternate, so that whatever else the machine does meets them alike. BENCH_SIZES and BENCH_RUNS change how much.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

sizes=(10 1000 10000) runs=${BENCH_RUNS:-21}
case ${1-} in
  '') ;;
  --quick) sizes=(10 1000) ;;
  *) echo "usage: peers.sh [--quick]" >&2; exit 2 ;;
esac
if [[ -n ${BENCH_SIZES-} ]]; then read -ra sizes <<<"$BENCH_SIZES"; fi
peers=(secret age pass gopass sops keepassxc)

work=$(mktemp -d "${TMPDIR:-/tmp}/peers.XXXXXX")
finish() {
  gpgconf --kill all 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
say() { printf '%s\n' "$*" >&2; }

say '# building'
go build -trimpath -ldflags='-s -w' -o "$work/bin/" ./cmd/secret filippo.io/age/cmd/age filippo.io/age/cmd/age-keygen
PATH=$work/bin:$PATH
export HOME=$work/home GNUPGHOME=$work/gpg LC_ALL=C.UTF-8
unset DBUS_SESSION_BUS_ADDRESS XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME
mkdir -m 700 "$HOME" "$GNUPGHOME"
age-keygen -o "$work/age.key" 2>/dev/null
recipient=$(age-keygen -y "$work/age.key")
readonly value=correct-horse-battery-staple
names() { seq -f 'name-%.0f' "$1"; }

# Each peer has a function to fill a store of $1 secrets in $store, and one for each operation that is measured. Those
# run in the shell, so that the time is that of one process of the peer and of its children.

fill_secret() {
  export SECRET_KEY_FILE=$work/secret.key
  SECRET_VAULT=$store secret init
  { echo name,value; names "$1" | sed "s/\$/,$value/"; } | SECRET_VAULT=$store secret import --format csv -
}
get_secret() { secret --vault "$store" get "$1"; }
set_secret() { secret --vault "$store" set "$1"; }
list_secret() { secret --vault "$store" list; }

# age alone: a file for each secret, to a classic key.
fill_age() {
  mkdir "$store"
  printf %s "$value" | age -r "$recipient" -o "$store/sealed"
  names "$1" | while read -r name; do cp "$store/sealed" "$store/$name.age"; done
  rm "$store/sealed"
}
get_age() { age -d -i "$work/age.key" "$store/$1.age"; }
set_age() { age -r "$recipient" -o "$store/$1.age"; }
list_age() { ls "$store"; }

gpg_key() {
  gpg --list-secret-keys bench@example.org >/dev/null 2>&1 ||
    gpg --batch --quiet --passphrase '' --quick-generate-key bench@example.org default default never
}
# One file is sealed and copied: to call the program ten thousand times takes long, and the files are no different.
fill_gpg() {
  printf '%s\n' "$value" | gpg --batch --quiet --trust-model always -e -r bench@example.org -o "$1/sealed"
  names "$2" | while read -r name; do cp "$1/sealed" "$1/$name.gpg"; done
  rm "$1/sealed"
}
fill_pass() {
  gpg_key
  PASSWORD_STORE_DIR=$store pass init bench@example.org
  fill_gpg "$store" "$1"
}
get_pass() { PASSWORD_STORE_DIR=$store pass show "$1"; }
set_pass() { PASSWORD_STORE_DIR=$store pass insert --multiline --force "$1"; }
list_pass() { PASSWORD_STORE_DIR=$store pass ls; }

fill_gopass() {
  gpg_key
  mkdir "$store" "$store.home"
  HOME=$store.home gopass --yes init --crypto gpgcli --storage fs --path "$store" bench@example.org
  fill_gpg "$store" "$1"
}
get_gopass() { HOME=$store.home gopass show --password "$1"; }
set_gopass() { HOME=$store.home gopass insert --multiline --force "$1"; }
list_gopass() { HOME=$store.home gopass ls --flat; }

# sops: one YAML file, whose names are in clear; no command lists them.
fill_sops() {
  export SOPS_AGE_KEY_FILE=$work/age.key
  store+=.yaml
  names "$1" | sed "s/.*/&: $value/" >"$store"
  sops encrypt --age "$recipient" --in-place "$store"
}
get_sops() { sops decrypt --extract "[\"$1\"]" "$store.yaml"; }
set_sops() { sops set --value-stdin "$store.yaml" "[\"$1\"]"; }

# KeePassXC: one file, opened by a key file. Its key derivation is set to the least that the program allows.
fill_keepassxc() {
  {
    echo '<KeePassFile><Meta/><Root><Group><UUID>AAAAAAAAAAAAAAAAAAAAAQ==</UUID><Name>Root</Name>'
    names "$1" | sed "s|.*|<Entry><String><Key>Title</Key><Value>&</Value></String>\
      <String><Key>Password</Key><Value>$value</Value></String></Entry>|"
    echo '</Group></Root></KeePassFile>'
  } >"$store.xml"
  keepassxc-cli import --quiet --set-key-file "$store.key" -t 100 "$store.xml" "$store.kdbx"
}
keepassxc() { local verb=$1; shift; keepassxc-cli "$verb" --quiet --no-password --key-file "$store.key" "$@"; }
get_keepassxc() { keepassxc show --attributes Password "$store.kdbx" "$1"; }
set_keepassxc() { keepassxc edit --password-prompt "$store.kdbx" "$1"; }
list_keepassxc() { keepassxc ls --flatten "$store.kdbx"; }

program_of() {
  case $1 in
    keepassxc) echo keepassxc-cli ;;
    *) echo "$1" ;;
  esac
}
version_of() {
  case $1 in
    age) go list -m -f '{{.Version}}' filippo.io/age ;;
    pass) pass version | grep -o 'v[0-9.]*' ;;
    sops) sops --version --disable-version-check | sed -n '1s/sops //p' ;;
    keepassxc) keepassxc-cli --version ;;
    gopass) gopass --version ;;
    *) git describe --always --dirty 2>/dev/null || echo '' ;;
  esac
}

# once PEER OP NAME INPUT runs one operation and has its output checked: a fast failure is no measure.
once() {
  local output=$work/output began
  began=$EPOCHREALTIME
  "$2_$1" "$3" <<<"$4" >"$output" 2>"$work/errors" || return
  elapsed=$((${EPOCHREALTIME/[.,]/} - ${began/[.,]/}))
  case $2 in
    get) [[ $(<"$output") == "$4" ]] ;;
    list) [[ $(wc -l <"$output") -ge $size ]] ;;
  esac
}
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { printf v[int((NR + 1) / 2)] < 9950 ? "%.1f" : "%.0f", v[int((NR + 1) / 2)] / 1000 }'; }

present=()
for peer in "${peers[@]}"; do
  if ! command -v "$(program_of "$peer")" >/dev/null; then
    say "# skipped: $peer, which is not installed"
  elif [[ $peer == gopass && $(gopass --version 2>/dev/null) != 'gopass '* ]]; then
    say '# skipped: gopass, whose name is that of another program here' # Debian has one
  else
    present+=("$peer")
  fi
done

mkdir "$work/times"
for size in "${sizes[@]}"; do
  ready=()
  for peer in "${present[@]}"; do
    say "# $peer: $size secrets"
    store=$work/$peer-$size
    if ("fill_$peer" "$size") >"$work/log" 2>&1; then
      ready+=("$peer")
    else
      say "# skipped: $peer with $size secrets, which it cannot be filled with: $(tail -n 1 "$work/log")"
    fi
  done
  export SECRET_KEY_FILE=$work/secret.key SOPS_AGE_KEY_FILE=$work/age.key
  for ((run = 0; run <= runs; run++)); do # the first one warms up
    name=name-$((RANDOM % size + 1))
    for op in get set list; do
      for peer in "${ready[@]}"; do
        declare -F "${op}_$peer" >/dev/null || continue
        store=$work/$peer-$size
        input=$value
        if [[ $peer-$op == sops-set ]]; then input="\"$value\""; fi # it takes JSON
        once "$peer" "$op" "$name" "$input" || {
          say "FAILED: $peer $op $name: $(cat "$work/errors")"
          exit 1
        }
        if ((run > 0)); then echo "$elapsed" >>"$work/times/$peer-$op-$size"; fi
      done
    done
  done
done

say ''
printf '| milliseconds, with'
for op in get set list; do for size in "${sizes[@]}"; do printf " | %s, %'d" "$op" "$size"; done; done
printf ' |\n| ---'
for op in get set list; do for size in "${sizes[@]}"; do printf ' | ---:'; done; done
printf ' |\n'
for peer in "${present[@]}"; do
  printf '| %s %s' "$(program_of "$peer")" "$(version_of "$peer")"
  for op in get set list; do
    for size in "${sizes[@]}"; do
      times=$work/times/$peer-$op-$size
      if [[ -s $times ]]; then printf ' | %s' "$(median "$times")"; else printf ' | –'; fi
    done
  done
  printf ' |\n'
done
