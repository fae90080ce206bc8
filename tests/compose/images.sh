#!/bin/bash
# Makes the images that the test starts: penstock-test and penstock-test-postgres.
# With debootstrap installed none is pulled: stand-ins are made of Debian's packages instead.
set -euo pipefail
cd "$(dirname "$0")"
export DOCKER=${DOCKER:-docker} DOCKER_BUILDKIT=1

build() {
    "$DOCKER" build --quiet --network host "$@"
}

if command -v debootstrap >/dev/null; then
    "$DOCKER" image inspect penstock-test-base >/dev/null 2>&1 || standins/base.sh penstock-test-base
    build --tag penstock-test --build-arg BASE=penstock-test-base ../..
    build --tag penstock-test-postgres standins/postgres
else
    build --tag penstock-test ../..
    "$DOCKER" pull --quiet postgres:18
    "$DOCKER" tag postgres:18 penstock-test-postgres
fi
