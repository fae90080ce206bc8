#!/bin/bash
# Writes .env from .env.example: each empty value becomes a random secret. An existing .env keeps its
# values; settings that a newer version needs are added.
set -euo pipefail
target=${1:-.env}
umask 077
touch "$target"
existing=$(<"$target")
while IFS= read -r line; do
    name=${line%%=*}
    if [[ $line == [A-Z]*=* ]]; then
        [[ $'\n'$existing == *$'\n'"$name="* ]] && continue
        [[ $line == *= ]] && line+=$(head --bytes=32 /dev/urandom | base64 | tr '+/' '-_')
    elif [ -n "$existing" ]; then
        continue
    fi
    printf '%s\n' "$line"
done <"$(dirname "$0")/../.env.example" | cat "$target" - >"$target.new"
mv "$target.new" "$target"
echo "$target: random secrets, only you can read it."
