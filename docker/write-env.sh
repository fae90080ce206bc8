#!/bin/bash
# Writes .env from .env.example: every value left empty there becomes a random secret. A .env that
# is there keeps what it says; what a newer version needs is added.
set -euo pipefail
target=${1:-.env}
umask 077
touch "$target"
said=$(<"$target")
while IFS= read -r line; do
    name=${line%%=*}
    if [[ $line == [A-Z]*=* ]]; then
        [[ $'\n'$said == *$'\n'"$name="* ]] && continue
        [[ $line == *= ]] && line+=$(head --bytes=32 /dev/urandom | base64 | tr '+/' '-_')
    elif [ -n "$said" ]; then
        continue
    fi
    printf '%s\n' "$line"
done <"$(dirname "$0")/../.env.example" | cat "$target" - >"$target.new"
mv "$target.new" "$target"
echo "$target: random secrets, readable by you alone."
