import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Architecture } from './architecture.js';
import { type Manifest, maintainer } from './manifest.js';

/** Debian's packages with the shared libraries that koffi may need. */
const LIBRARIES: Readonly<Record<string, string>> = {
  'libgcc_s.so.1': 'libgcc-s1',
  'libstdc++.so.6': 'libstdc++6',
};

const DESCRIPTION = `addresses shared between hosts by CARP and VRRP, and actions on events
 carpet lets several hosts share addresses: when one host dies, another takes
 its addresses within seconds. It speaks CARP with FreeBSD, OpenBSD and ucarp,
 and VRRP with keepalived and FRR, over IPv4 and IPv6, and runs rules of
 devd.conf on the events of the kernel.
 .
 One kernel runs from one settings file, which can be changed while it runs,
 and takes modules of your own. The service starts when /etc/carpet/carpet.yaml
 has been written.`;

/** What the control file says that the package's files do not. */
export interface ControlFields {
  readonly version: string;
  readonly architecture: Architecture;
  /** Of everything that is installed, in KiB. */
  readonly installedSize: number;
  /** koffi's prebuilt library. */
  readonly prebuilt: string;
}

/** The file `control`: what dpkg knows of the package. */
export function control(manifest: Manifest, fields: ControlFields): string {
  return `Package: carpet
Version: ${fields.version}
Architecture: ${fields.architecture.debian}
Maintainer: ${maintainer(manifest)}
Installed-Size: ${fields.installedSize}
Depends: ${dependencies(manifest, readFileSync(fields.prebuilt)).join(', ')}
Section: net
Priority: optional
Homepage: ${manifest.homepage}
Description: ${DESCRIPTION}
`;
}

/** The user is made by systemd, or where there is none by adduser. */
function dependencies({ engines }: Manifest, library: Buffer): string[] {
  const text = library.toString('latin1');
  const wanted = [...text.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
  return [
    `nodejs (${engines.node.replace('>=', '>= ')})`,
    `libc6 (>= 2.${Math.max(...wanted)})`,
    ...Object.entries(LIBRARIES).flatMap(([name, shipped]) => (text.includes(name) ? [shipped] : [])),
    'systemd | systemd-standalone-sysusers | adduser',
  ];
}

/** The file `md5sums`, by which dpkg --verify finds what was changed. @param files path in the package, and on disk */
export function md5sums(files: readonly (readonly [name: string, path: string])[]): string {
  return files
    .map(([name, path]) => `${createHash('md5').update(readFileSync(path)).digest('hex')}  ${name}\n`)
    .join('');
}

/** Debian's changelog, which has the package's own version; what is new in carpet stands in CHANGELOG.md. */
export function changelog(manifest: Manifest, version: string, epoch: number): string {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  return `carpet (${version}) unstable; urgency=medium

  * Built from ${manifest.name} ${manifest.version}; changelog.gz says what is new in it.

 -- ${maintainer(manifest)}  ${date}
`;
}
