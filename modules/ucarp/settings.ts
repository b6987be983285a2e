/**
 * The settings of the ucarp module: what ucarp(8)'s options say, under their long names. What `carp` checks itself
 * (the password's length, advbase together with advskew) is left to it.
 *
 * @module
 */
import * as v from 'valibot';
import { InetAddress } from '../ifnet/index.js';

const integer = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
};

const flag = v.optional(v.boolean('must be true or false'), false);

const inet4 = (fits: (address: InetAddress) => boolean, message: string) =>
  v.pipe(
    v.string(message),
    v.check((text) => {
      const address = parseAddress(text);
      return address?.family === 4 && fits(address);
    }, message),
  );

const hostAddress = inet4(
  (address) => !address.isMulticast && !address.isUnspecified && !address.isBroadcast,
  'must be the IPv4 address of a host',
);

const path = v.pipe(v.string('must be the path of a program'), v.nonEmpty('must be the path of a program'));

export const schema = v.pipe(
  v.strictObject({
    /** Interface of the vhid; default: the interface that has `srcip`. */
    interface: v.optional(v.pipe(v.string(), v.regex(/^[^\s/\p{Cc}]{1,15}$/u, 'must be an interface name'))),
    /** The real address of this host on that interface: source of the advertisements. */
    srcip: hostAddress,
    /** The shared address; scripts receive it exactly as written here. */
    addr: hostAddress,
    /** 1 to 255; the same on all hosts that share the address. */
    vhid: integer(1, 255),
    /** The shared secret; ucarp and BSD peers use at most 19 bytes. */
    password: v.union(
      [v.string(), v.custom<Uint8Array>((given) => given instanceof Uint8Array)],
      'must be a text or bytes',
    ),
    /** Seconds between advertisements. */
    advbase: v.optional(integer(0, 255), 1),
    /** Added to `advbase` in 1/256 s; the host with the shortest interval is preferred. */
    advskew: v.optional(integer(0, 255), 0),
    /** A master silent for this many `advbase` is dead. */
    deadratio: v.optional(integer(1, 255), 3),
    /** Take over from a master with a longer interval. */
    preempt: flag,
    /** Do not run the down script at the start. */
    neutral: flag,
    /** Run the down script when the module is unloaded. */
    shutdown: flag,
    /** Stay MASTER without carrier. */
    ignoreifstate: flag,
    /** Send advertisements as Ethernet broadcasts. */
    nomcast: flag,
    /** Multicast group of the advertisements. */
    mcast: v.optional(
      inet4((address) => address.isMulticast, 'must be an IPv4 multicast address such as 224.0.0.18'),
      '224.0.0.18',
    ),
    /** Run as MASTER: `FILE INTERFACE ADDR [XPARAM]`. Without a slash, a file of the current directory. */
    upscript: v.optional(path),
    /** Run as BACKUP, with the same arguments. */
    downscript: v.optional(path),
    /** Third argument of both scripts. */
    xparam: v.optional(v.string('must be a text')),
  }),
  v.check(
    ({ addr, srcip }) => !InetAddress.parse(addr).equals(InetAddress.parse(srcip)),
    'addr and srcip are the same: the shared address must be another one',
  ),
);

/** What `kernel.load(UcarpModule, …)` takes. */
export type UcarpSettings = v.InferInput<typeof schema>;
/** The settings in force. */
export type UcarpConfig = Readonly<v.InferOutput<typeof schema>>;

function parseAddress(text: string): InetAddress | undefined {
  try {
    return InetAddress.parse(text);
  } catch {
    return undefined;
  }
}
