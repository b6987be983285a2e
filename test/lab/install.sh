#!/bin/sh
# Installs the programs that tests run as peers and witnesses, the shells for completion and quoting, and what judges
# manual pages and the specification (Debian packages).
set -eu

packages="ucarp keepalived frr tcpdump iproute2 nftables procps zsh fish busybox ksh93u+m mksh mandoc man-db
  groff-base prometheus dbus spin gcc libc6-dev"
missing=""
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "lab:install needs root to install:$missing" >&2
  exit 1
fi
apt-get update -qq
# policy-rc.d keeps Debian from starting keepalived, FRR and Prometheus as services: the tests start their own, in namespaces.
policy=/usr/sbin/policy-rc.d
[ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' > "$policy"; chmod +x "$policy"; made=yes; }
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
[ -z "${made:-}" ] || rm -f "$policy"
