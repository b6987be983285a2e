/** A vhid whose interface may have changed. */
interface Evaluated {
  halt(): void;
  restore(): void;
  evaluate(): void;
}

/**
 * Brings vhids in line with their interface, in three rounds. Otherwise the first vhid to stop would have the others, which
 * are MASTER on the dead interface still, advertise that the host is demoted: they would note an advertisement that nobody
 * heard. And the first one to start would call itself demoted, since the others are down: every peer would take over.
 */
export function evaluateAll(vhids: Iterable<Evaluated>): void {
  const all = [...vhids];
  for (const vhid of all) vhid.halt();
  for (const vhid of all) vhid.restore();
  for (const vhid of all) vhid.evaluate();
}
