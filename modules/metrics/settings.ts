import ipaddr from 'ipaddr.js';
import * as v from 'valibot';

/** A host and a port to listen on. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const listen = v.pipe(
  v.string(),
  v.check(
    (text) => parseListen(text) !== undefined,
    'an address and a port, as 127.0.0.1:9112 or [::1]:9112',
  ),
  v.check(
    (text) => isLoopback(text),
    'only 127.0.0.0/8 and ::1 are taken: metrics have no password, so let an agent or a reverse proxy on this host pass them on',
  ),
);

/** Settings of the module `metrics`. */
export const metricsSettings = v.strictObject({
  listen: v.optional(
    v.pipe(listen, v.description('where Prometheus finds /metrics: 127.0.0.1:9112; default: nowhere')),
  ),
  handlers: v.optional(
    v.pipe(v.boolean(), v.description('measure every call of every handler; it slows each of them down')),
    false,
  ),
});

/** The settings of the module `metrics`, defaults filled in. */
export type MetricsSettings = v.InferOutput<typeof metricsSettings>;

/** @returns undefined for what is no address with a port from 1 to 65535 */
export function parseListen(text: string): ListenAddress | undefined {
  const [, six, four, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (!(port >= 1 && port <= 65535)) return undefined;
  if (six !== undefined) return ipaddr.IPv6.isValid(six) ? { host: six, port } : undefined;
  return four !== undefined && ipaddr.IPv4.isValidFourPartDecimal(four) ? { host: four, port } : undefined;
}

function isLoopback(text: string): boolean {
  const address = parseListen(text);
  return address === undefined || ipaddr.parse(address.host).range() === 'loopback';
}
