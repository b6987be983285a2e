import type { InetAddress } from '../../ifnet/index.js';
import type { Finding } from '../finding.js';

/** One of several MASTERs. */
interface Master {
  readonly source: InetAddress;
}

/**
 * Several hosts are MASTER at the same time.
 *
 * @param on what they are MASTER of
 * @param senders whether each source is this host
 * @param remedy what it may come from, and how to find out
 */
export function twoMastersFinding(
  on: string,
  masters: readonly Master[],
  senders: ReadonlyMap<string, { readonly own: boolean }>,
  remedy: string,
): Finding {
  const names = masters
    .map(({ source }) => source.toString())
    .map((name) => (senders.get(name)?.own === true ? `${name} (this host)` : name));
  return {
    code: 'two-masters',
    severity: 'error',
    on,
    text: `${names.join(' and ')} are MASTER at the same time`,
    remedy,
  };
}
