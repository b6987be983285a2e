/**
 * The kinds of values that settings of shared addresses are made of.
 *
 * @module
 */
import * as v from 'valibot';
import { InetAddress, InetPrefix, parseLladdr } from '../../ifnet/index.js';

/** A setting with what it means, for editors of settings files. */
export const about = <S extends v.GenericSchema>(text: string, schema: S): S =>
  v.pipe(schema, v.description(text)) as unknown as S;

/** A whole number. */
export const integer = (min: number, max: number) =>
  v.pipe(
    v.number(`is not a whole number ${min} to ${max}`),
    v.integer(`is not a whole number ${min} to ${max}`),
    v.minValue(min, `is not ${min} to ${max}`),
    v.maxValue(max, `is not ${min} to ${max}`),
  );

/** A time in milliseconds, 0 or more. */
export const milliseconds = v.pipe(
  v.number('is not a number of milliseconds'),
  v.finite('is not a number of milliseconds'),
  v.minValue(0, 'is negative'),
);

/** An address of either family. */
export const inetAddress = v.pipe(
  v.union([v.string(), v.custom<InetAddress>((given) => given instanceof InetAddress)], 'is not an address'),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    if (dataset.value instanceof InetAddress) return dataset.value;
    try {
      return InetAddress.parse(dataset.value);
    } catch {
      addIssue({ message: `'${dataset.value}' is not an IPv4 or IPv6 address` });
      return NEVER;
    }
  }),
);

/** An address with the length of its network: `10.0.0.100/24`. */
export const inetPrefix = v.pipe(
  v.union([v.string(), v.instance(InetPrefix)], 'is not an address'),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    if (dataset.value instanceof InetPrefix) return dataset.value;
    try {
      return InetPrefix.parse(dataset.value);
    } catch {
      addIssue({ message: `'${dataset.value}' is not an address like 10.0.0.100/24 or fd00::100/64` });
      return NEVER;
    }
  }),
);

/** A shared address: a host's, with its length written out, since a wrong guess shows only when it is MASTER. */
export const sharedAddress = v.pipe(
  v.union([v.string(), v.instance(InetPrefix)], 'is not an address'),
  v.rawCheck(({ dataset, addIssue }) => {
    const refusal =
      dataset.typed && typeof dataset.value === 'string' ? lengthRefusal(dataset.value) : undefined;
    if (refusal !== undefined) addIssue({ message: refusal });
  }),
  inetPrefix,
  v.rawCheck(({ dataset, addIssue }) => {
    const refusal = dataset.typed ? hostRefusal(dataset.value) : undefined;
    if (refusal !== undefined) addIssue({ message: refusal });
  }),
);

function lengthRefusal(text: string): string | undefined {
  if (text.includes('/') || !/^[\d.]+$|:/.test(text)) return undefined;
  const [network, whole] = text.includes(':') ? [64, 128] : [24, 32];
  return `'${text}' has no prefix length: write its network's, as in ${text}/${network}, or /${whole} for none`;
}

function hostRefusal(prefix: InetPrefix): string | undefined {
  const { address, broadcast, network } = prefix;
  if (address.isMulticast || address.isUnspecified || address.isBroadcast)
    return `'${prefix}' is not the address of a host`;
  if (network !== undefined && address.equals(network))
    return `'${prefix}' is the address of the network itself: name a host's`;
  if (broadcast !== undefined && address.equals(broadcast))
    return `'${prefix}' is the network's broadcast address: name a host's`;
  return undefined;
}

/** A unicast link-layer address of six bytes. */
export const linkAddress = v.pipe(
  v.union(
    [v.string(), v.custom<Uint8Array>((given) => given instanceof Uint8Array)],
    'is not a link-layer address',
  ),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    if (typeof dataset.value !== 'string') return dataset.value.slice();
    try {
      return parseLladdr(dataset.value);
    } catch {
      addIssue({ message: `'${dataset.value}' is not a link-layer address like 02:00:00:00:00:01` });
      return NEVER;
    }
  }),
  v.check(
    (given) => given.length === 6 && (given[0]! & 1) === 0 && given.some((byte) => byte !== 0),
    'is not a unicast address of six bytes',
  ),
);

/** An address of one host. */
export const hostAddress = v.pipe(
  inetAddress,
  v.check((a) => !a.isMulticast && !a.isUnspecified && !a.isBroadcast, 'is not a unicast address'),
);

/** An address of one family. */
export const ofFamily = (family: 4 | 6) =>
  v.pipe(
    inetAddress,
    v.check((given) => given.family === family, `is not an IPv${family} address`),
  );

/** A multicast group of one family. */
export const group = (family: 4 | 6) =>
  v.pipe(
    ofFamily(family),
    v.check((given) => given.isMulticast, 'is not a multicast address; for unicast use peers'),
  );

/** Names of letters, digits, `.`, `_` and `-`. */
export const words = v.array(
  v.pipe(v.string(), v.regex(/^[\w.-]{1,32}$/, 'is not a name of letters, digits, . _ -')),
);
