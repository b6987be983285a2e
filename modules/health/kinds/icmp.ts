import type { Random } from '../../../core/index.js';
import {
  checksummed6,
  type Ifnet,
  type IfnetModule,
  InetAddress,
  type InetFamily,
  internetChecksum,
} from '../../ifnet/index.js';
import { HealthError } from '../errors.js';

const IPPROTO_ICMP = { 4: 1, 6: 58 } as const;
const ECHO_REQUEST = { 4: 8, 6: 128 } as const;
const ECHO_REPLY = { 4: 0, 6: 129 } as const;
/** Type, code, checksum, and an identifier and sequence, which are one random number here. */
const LENGTH = 16;
const TTL = 64;

/** Who is to answer. */
export interface IcmpSettings {
  readonly to: string;
  /** Default: the interface in whose network the address is. */
  readonly interface?: string | undefined;
}

/** Sends one echo request (RFC 792, RFC 4443 section 4), and waits for the reply. */
export function probeIcmp(
  settings: IcmpSettings,
  signal: AbortSignal,
  { ifnet, random }: { readonly ifnet: IfnetModule; readonly random: Random },
): Promise<void> {
  const to = InetAddress.parse(settings.to);
  const { family } = to;
  const ifp = interfaceTo(ifnet, to, settings.interface);
  const own = ifp.addresses.filter(
    ({ prefix, vhid }) => prefix.address.family === family && vhid === undefined,
  );
  // From another network the reply would take another way, or none.
  const source = own.find(({ prefix }) => prefix.contains(to)) ?? own[0];
  if (source === undefined) throw new HealthError('EFAILED', `${ifp.name} has no IPv${family} address`);
  const mark = [random.uint32(), random.uint32()] as const;
  return new Promise((resolve, reject) => {
    const socket = ifp.openIp({
      family,
      protocol: IPPROTO_ICMP[family],
      filter: { bytes: [{ offset: 0, mask: 0xff, values: [ECHO_REPLY[family]] }] },
      input: ({ payload, source: from }) => {
        if (from.equals(to) && isReply(payload, mark)) done(resolve);
      },
      error: (error) => done(() => reject(error)),
    });
    const aborted = (): void => done(() => reject(new HealthError('EFAILED', `${to} does not answer`)));
    const done = (settle: () => void): void => {
      signal.removeEventListener('abort', aborted);
      // Not within the call that gave the packet.
      queueMicrotask(() => socket[Symbol.dispose]());
      settle();
    };
    signal.addEventListener('abort', aborted, { once: true });
    try {
      const packet = echoRequest(family, mark, source.prefix.address, to);
      socket.send(packet, { destination: to, source: source.prefix.address, ttl: TTL });
    } catch (error) {
      done(() => reject(error));
    }
  });
}

/** @throws HealthError */
function interfaceTo(ifnet: IfnetModule, to: InetAddress, name: string | undefined): Ifnet {
  const ifp =
    name === undefined
      ? ifnet.list().find(({ addresses }) => addresses.some(({ prefix }) => prefix.contains(to)))
      : ifnet.byName(name);
  if (ifp !== undefined) return ifp;
  throw new HealthError(
    'EFAILED',
    name === undefined
      ? `${to} is in the network of no interface: name the interface`
      : `there is no interface ${name}`,
  );
}

function echoRequest(
  family: InetFamily,
  [first, second]: readonly [number, number],
  source: InetAddress,
  destination: InetAddress,
): Uint8Array {
  const bytes = new Uint8Array(LENGTH);
  const view = new DataView(bytes.buffer);
  bytes[0] = ECHO_REQUEST[family];
  view.setUint32(4, first);
  view.setUint32(8, second);
  if (family === 6) return checksummed6(bytes, source.bytes, destination.bytes);
  view.setUint16(2, internetChecksum(bytes));
  return bytes;
}

function isReply(payload: Uint8Array, [first, second]: readonly [number, number]): boolean {
  if (payload.length < LENGTH) return false;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  return view.getUint32(4) === first && view.getUint32(8) === second;
}
