/** The architectures that koffi is prebuilt for on Linux with glibc: Debian's name, and Node's. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  amd64: 'x64',
  arm64: 'arm64',
  armhf: 'arm',
  i386: 'ia32',
  loong64: 'loong64',
  ppc64el: 'ppc64',
  riscv64: 'riscv64',
};

/** An architecture by the names that it has. */
export interface Architecture {
  /** Debian's, such as `amd64`. */
  readonly debian: string;
  /** Node's, such as `x64`. */
  readonly node: string;
}

/** @param name Debian's name; without it that of this machine @throws Error for one that koffi is not prebuilt for */
export function architecture(name: string | undefined): Architecture {
  const found = Object.entries(ARCHITECTURES).find(([debian, node]) =>
    name === undefined ? node === process.arch : debian === name,
  );
  if (found === undefined) {
    const known = Object.keys(ARCHITECTURES).join(', ');
    throw new Error(`koffi is not prebuilt for ${name ?? process.arch}; there is ${known}`);
  }
  return { debian: found[0], node: found[1] };
}
