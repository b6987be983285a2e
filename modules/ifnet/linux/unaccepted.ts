import { type Libc, type Netns, SystemError } from '../../libc/index.js';
import {
  IfnetError,
  type InetAddress,
  IPPROTO_ICMPV6,
  ND_NEIGHBOR_ADVERT,
  ND_NEIGHBOR_SOLICIT,
} from '../index.js';
import { explain } from './explain.js';
import type { Request } from './netlink/message.js';
import * as nft from './netlink/nftables.js';
import { NftablesSocket } from './netlink/nftables-socket.js';

/** Of as many processes in one network namespace each has a table. */
const MAX_TABLES = 16;
/** There is a table of that name, and (EPERM) another process owns it; EPERM is also what one without the privilege hears. */
const TAKEN = new Set(['EEXIST', 'EPERM']);
const CHAIN = 'input';
/** Before the filter of the administrator (0), as keepalived's: the order makes no difference to what passes both. */
const PRIORITY = -1;
/** Where the destination is in a header. */
const DESTINATION_4 = { offset: 16, bytes: 4 };
const DESTINATION_6 = { offset: 24, bytes: 16 };

/** The sets of addresses: those of a link are another host's on the next link. */
const SETS = {
  unaccepted4: nft.NFT_KEY_IPV4,
  unaccepted6: nft.NFT_KEY_IPV6,
  unaccepted6_link: nft.NFT_KEY_IPV6_IFINDEX,
} as const;

/** An interface has asked for it. */
interface Entry {
  readonly set: keyof typeof SETS;
  readonly key: Uint8Array;
  readonly ifindexes: Set<number>;
}

/**
 * Addresses of this host that accept no packets (RFC 9568 section 6.4.3). What is addressed to them is dropped at the hook
 * LOCAL_IN of nf_tables: so what is routed through the host passes, ARP has nothing to do with it, and neighbour discovery is
 * let through.
 *
 * The table is owned by a socket of this process (Linux 5.12): the kernel removes it when the process ends, however it ends,
 * and `flush ruleset` of a firewall that is loaded anew leaves it alone. It is made with the first such address and stays, empty
 * perhaps, as long as the driver: to remove it takes 30 ms, in which nothing is advertised. Each process has its own, and in an
 * upgrade both have.
 */
export class Unaccepted implements Disposable {
  readonly #libc: Libc;
  readonly #netns: Netns;
  readonly #entries = new Map<string, Entry>();
  #socket: NftablesSocket | undefined;
  #table = '';

  constructor(libc: Libc, netns: Netns) {
    this.#libc = libc;
    this.#netns = netns;
  }

  /** Whether packets to the address are accepted on this interface's behalf. @throws IfnetError */
  set(address: InetAddress, index: number, accepting: boolean): void {
    const { bytes } = address;
    const isOfLink = address.family === 6 && address.isLinkLocal;
    const name = isOfLink ? `${address} ${index}` : address.toString();
    const entry = this.#entries.get(name) ?? {
      set: isOfLink ? 'unaccepted6_link' : address.family === 6 ? 'unaccepted6' : 'unaccepted4',
      key: isOfLink ? nft.withIfindex(bytes, index) : bytes,
      ifindexes: new Set(),
    };
    if (accepting) this.#accept(name, entry, index);
    else this.#refuse(name, entry, index);
  }

  /** The kernel removes the table. */
  [Symbol.dispose](): void {
    this.#entries.clear();
    this.#socket?.[Symbol.dispose]();
    this.#socket = undefined;
  }

  #refuse(name: string, entry: Entry, index: number): void {
    if (entry.ifindexes.size === 0) {
      try {
        this.#socket ??= this.#open();
        this.#socket.commit([nft.addElement(this.#table, entry.set, entry.key)]);
      } catch (error) {
        throw refused(error, `refuse packets to ${name}`);
      }
      this.#entries.set(name, entry);
    }
    entry.ifindexes.add(index);
  }

  #accept(name: string, entry: Entry, index: number): void {
    if (!entry.ifindexes.delete(index) || entry.ifindexes.size > 0) return;
    this.#entries.delete(name);
    try {
      this.#socket?.commit([nft.removeElement(this.#table, entry.set, entry.key)]);
    } catch (error) {
      throw refused(error, `accept packets to ${name} again`);
    }
  }

  #open(): NftablesSocket {
    const socket = this.#netns.run(() => new NftablesSocket(this.#libc));
    try {
      for (let n = 1; ; n++) {
        this.#table = n === 1 ? 'carpet' : `carpet${n}`;
        try {
          socket.commit(tableOf(this.#table));
          return socket;
        } catch (error) {
          if (!(error instanceof SystemError && TAKEN.has(error.code)) || n === MAX_TABLES) throw error;
        }
      }
    } catch (error) {
      socket[Symbol.dispose]();
      throw error;
    }
  }
}

/** Everything but the addresses. */
function tableOf(table: string): Request[] {
  const rule = (...expressions: nft.NftExpression[]) => nft.newRule(table, CHAIN, expressions);
  const drops = (family: 4 | 6, set: keyof typeof SETS, at: Parameters<typeof nft.isInSet>[2]) =>
    rule(
      ...nft.isFamily(family),
      ...nft.isInSet(set, nft.NFT_PAYLOAD_NETWORK_HEADER, at),
      nft.counted,
      nft.dropped,
    );
  return [
    nft.newTable(table),
    nft.newInputChain(table, CHAIN, PRIORITY),
    ...Object.entries(SETS).map(([name, key], i) => nft.newSet(table, name, key, i + 1)),
    drops(4, 'unaccepted4', DESTINATION_4),
    rule(
      ...nft.isFamily(6),
      ...nft.isProtocol(IPPROTO_ICMPV6),
      ...nft.byteIsWithin(nft.NFT_PAYLOAD_TRANSPORT_HEADER, 0, ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT),
      nft.accepted,
    ),
    drops(6, 'unaccepted6', DESTINATION_6),
    drops(6, 'unaccepted6_link', { ...DESTINATION_6, arrival: true }),
  ];
}

const TOO_OLD = new Set(['EPROTONOSUPPORT', 'EOPNOTSUPP', 'EINVAL']);

function refused(error: unknown, what: string): unknown {
  if (!(error instanceof SystemError) || !TOO_OLD.has(error.code)) return explain(error, '', what);
  const remedy = 'it needs Linux 5.12 or newer with nf_tables';
  return new IfnetError('EOPNOTSUPP', '', `cannot ${what}: ${remedy} (${error.code})`, { cause: error });
}
