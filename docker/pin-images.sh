#!/bin/bash
# Pulls the base images and writes their digests into .env, so that later builds use exactly these.
# Run it again to upgrade them.
set -euo pipefail
target=${1:-.env}
[ -e "$target" ] || { echo "$target does not exist: run make env first." >&2; exit 1; }

pin() {
    local variable=$1 tag=$2 digest
    "${DOCKER:-docker}" pull --quiet "$tag" >/dev/null
    digest=$("${DOCKER:-docker}" image inspect --format '{{index .RepoDigests 0}}' "$tag")
    sed --in-place "/^$variable=/d" "$target"
    echo "$variable=$digest" | tee --append "$target"
}

pin POSTGRES_IMAGE postgres:18
pin BASE_IMAGE debian:bookworm-slim
