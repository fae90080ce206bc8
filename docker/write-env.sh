#!/bin/bash
# Writes .env from .env.example: every value left empty there becomes a random secret.
set -euo pipefail
target=${1:-.env}
if [ -e "$target" ]; then
    echo "$target exists and stays as it is."
    exit
fi
umask 077
while IFS= read -r line; do
    [[ $line == [A-Z]*= ]] && line+=$(head --bytes=32 /dev/urandom | base64 | tr '+/' '-_')
    printf '%s\n' "$line"
done <"$(dirname "$0")/../.env.example" >"$target.new"
mv "$target.new" "$target"
echo "Wrote $target: random secrets, readable by you alone."
