#!/bin/bash
# Makes the image debian:bookworm-slim where no registry of images can be reached.
# Builds on it reach the network as this machine does: its apt configuration, its certificates.
set -euo pipefail
docker=${DOCKER:-docker}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
debootstrap --variant=minbase --include=ca-certificates bookworm "$root" >/dev/null
cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/" && : > "$root/etc/apt/sources.list"
cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
chroot "$root" update-ca-certificates >/dev/null
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
tar --create --directory "$root" --one-file-system . | "$docker" import --change 'CMD ["bash"]' - debian:bookworm-slim
