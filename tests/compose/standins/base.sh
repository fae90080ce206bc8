#!/bin/bash
# Makes the image named: what debian:bookworm-slim is, where no registry of images can be reached.
# Builds on it reach the network as this machine does: its apt configuration, its certificates.
set -euo pipefail
root=$(mktemp --directory)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
debootstrap --variant=minbase --include=ca-certificates bookworm "$root" >/dev/null
cp --recursive /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
cp --recursive /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
chroot "$root" update-ca-certificates >/dev/null 2>&1
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
tar --create --directory "$root" . | "${DOCKER:-docker}" import - "$1"
