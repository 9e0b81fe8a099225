#!/usr/bin/env bash
# The main job from end to end, on a machine that has only Go: builds secret, makes a throw-away vault, keeps an API key,
# a pair set and a database credential in it, reads them from a script, replaces one and rolls back, and opens a file
# with the stock age program. Each command is printed before its output; output that is not as expected ends the run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# A quick start asks nothing, even at a terminal.
exec </dev/null

command -v go >/dev/null || { echo 'quickstart: Go is needed: https://go.dev/dl' >&2; exit 1; }
scratch=$(mktemp -d)
finish() {
  local status=$?
  rm -rf "$scratch"
  ((status == 0)) || echo 'quickstart: that is not as expected' >&2
}
trap finish EXIT
# git refuses to describe a clone that belongs to somebody else, and go build then fails.
export GOFLAGS="${GOFLAGS:-} -buildvcs=false"

# show COMMAND: runs it as a person at a prompt would.
show() {
  printf '$ %s\n' "$1"
  eval "$1" || exit
}

# expect VALUE COMMAND: the same, and it has to print VALUE.
expect() {
  local got
  printf '$ %s\n' "$2"
  got=$(eval "$2")
  printf '%s\n' "$got"
  [[ $got == "$1" ]] || { printf 'expected: %s\n' "$1" >&2; exit 1; }
}

printf '\n# Build it, and the stock age program for later. The first time this takes a minute.\n'
mkdir "$scratch/bin"
show "go build -o $scratch/bin/secret ./cmd/secret"
show "go build -o $scratch/bin/age filippo.io/age/cmd/age"

# From here on nothing of yours is read or changed: not your vault, your settings, your keyring.
for name in $(compgen -e); do
  case $name in SECRET_* | XDG_* | CREDENTIALS_DIRECTORY | DBUS_SESSION_BUS_ADDRESS) unset "$name" ;; esac
done
mkdir "$scratch/home"
export HOME=$scratch/home PATH=$scratch/bin:$PATH
cd "$HOME"

printf '\n# Make a vault. Its master key goes into a file here, since a test machine has no keyring.\n'
show "export SECRET_KEY_FILE=$HOME/secret.key SECRET_VAULT=$HOME/vault"
show 'secret init'

printf '\n# Keep an API key.\n'
show "printf 'sk-4242\\n' | secret set openai/key --description 'for the chat bot'"
first_file=$(ls vault/secrets)

printf '\n# Keep a set of pairs: one from a file, one from a pipe.\n'
show "printf pk-1111 >publishable.txt"
show "printf sk-2222 | secret set stripe PUBLISHABLE_KEY=@publishable.txt SECRET_KEY=-"

printf '\n# Keep a database credential, with a password that nobody has to see.\n'
show "secret set prod/db --engine postgres --host db.example.org --dbname shop --username app --generate"

printf '\n# Read them from a script.\n'
cat >app.sh <<'SCRIPT'
#!/bin/sh
set -eu
api_key=$(secret get openai/key)
eval "$(secret get stripe --format shell)"
url=$(secret get prod/db --format url)
echo "key $api_key, stripe $SECRET_KEY, database ${url%%:*} as $(secret get prod/db username)"
SCRIPT
show 'cat app.sh'
expect 'key sk-4242, stripe sk-2222, database postgres as app' 'sh app.sh'

printf '\n# A secret that is not there has an exit code of its own.\n'
expect 3 'secret get opnai/key 2>/dev/null || echo $?'

printf '\n# Replace the password. The one before stays at hand, and a rollback brings it back.\n'
old=$(secret get prod/db password)
show 'secret set prod/db --generate'
new=$(secret get prod/db password)
[[ $new != "$old" ]]
expect "$old" 'secret get prod/db password --label previous'
show 'secret rollback prod/db'
expect "$old" 'secret get prod/db password'
expect "$new" 'secret get prod/db password --version 2'
show 'secret history prod/db'
[[ $(secret history prod/db | cut -f 1,3,4) == $'3\trollback to 1\tcurrent\n2\tset\tprevious\n1\tset\t' ]]

printf '\n# List the secrets.\n'
expect $'openai/key\nprod/db\nstripe' 'secret list'
show 'secret list --long'

printf '\n# The names are not on the disk. The stock age program opens a file with the master key.\n'
show 'ls vault/secrets'
[[ $(find vault/secrets -name '*.age' | wc -l) == 3 ]]
opened=$(age -d -i secret.key "vault/secrets/$first_file")
show "age -d -i secret.key vault/secrets/$first_file"
[[ $opened == *'"name":"openai/key"'*'"value":"sk-4242"'* ]]

printf '\n# Done. All of it is removed again; your own vault begins with: secret init\n'
