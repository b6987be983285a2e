/**
 * The settings of health checks: docs/health.md lists them for people.
 *
 * @module
 */
import * as v from 'valibot';
import { InetAddress } from '../ifnet/index.js';
import { programSchema } from '../programs/index.js';

const MAX_MS = 86_400_000;

const about = <T extends v.GenericSchema>(text: string, schema: T) => v.pipe(schema, v.description(text));
const text = v.pipe(v.string(), v.nonEmpty('is empty'));
const ms = (min: number) =>
  v.pipe(
    v.number('is not a number of milliseconds'),
    v.minValue(min, `is below ${min} ms`),
    v.maxValue(MAX_MS, 'is longer than a day'),
  );
const count = v.pipe(v.number(), v.integer('is not whole'), v.minValue(1, 'is below 1'), v.maxValue(1000));

const common = {
  interval: about(
    'Milliseconds from the beginning of one run to that of the next.',
    v.optional(ms(100), 2000),
  ),
  timeout: about(
    'Milliseconds after which a run is ended, which counts as a failure.',
    v.optional(ms(10), 1000),
  ),
  rise: about('Successes in a row that make it up again.', v.optional(count, 2)),
  fall: about('Failures in a row that make it down.', v.optional(count, 3)),
  hold: about(
    'Milliseconds without a failure before it is up again. Doubles each time it fails soon after.',
    v.optional(ms(0), 10_000),
  ),
  demote: about(
    'Added to the advskew of what it concerns, and taken from the priority, while it is not up: 240 yields to every peer.',
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(255)), 240),
  ),
  weight: about(
    "keepalived's: a positive one raises priorities while it is up, a negative one lowers them while it is not; instead of `demote`.",
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(-253), v.maxValue(253))),
  ),
  stop: about('Puts what it concerns into INIT while it is not up.', v.optional(v.boolean(), false)),
  vhids: about(
    'What it concerns: vhids and virtual routers, as 1@eth0 or 7v6@eth0; default: all.',
    v.optional(
      v.pipe(
        v.array(v.pipe(v.string(), v.regex(/^\d{1,3}(v6)?@\S{1,15}$/, 'is no vhid, as 1@eth0'))),
        v.minLength(1, 'is empty: leave it out for all vhids'),
      ),
    ),
  ),
  group: about('What it concerns: a failover group, or a group of interfaces.', v.optional(text)),
};

const kind = <K extends string, T extends v.ObjectEntries>(name: K, entries: T) =>
  v.strictObject({ kind: v.literal(name), ...entries, ...common });

const inetAddress = v.pipe(
  text,
  v.check((given) => {
    try {
      InetAddress.parse(given);
      return true;
    } catch {
      return false;
    }
  }, 'is not an IPv4 or IPv6 address'),
);

const webUrl = v.pipe(
  text,
  v.check((given) => /^https?:/.test(given) && URL.canParse(given), 'is no URL, as https://127.0.0.1/'),
);
const statusCode = v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(599));

const kinds = v.variant('kind', [
  kind('command', programSchema.entries),
  kind('file', {
    path: about('The file.', text),
    absent: about('It must not exist.', v.optional(v.boolean(), false)),
    maxAge: about('It must have been written less than so many milliseconds ago.', v.optional(ms(1))),
    contains: about('Its first 64 KiB must have this text in them.', v.optional(text)),
  }),
  kind('process', {
    name: about('Its name, as in /proc/PID/comm.', v.optional(text)),
    pidFile: about('The file with its number.', v.optional(text)),
  }),
  kind('tcp', {
    host: about('A name or an address.', v.optional(text, '127.0.0.1')),
    port: about('Its port.', v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
  }),
  kind('http', {
    url: about('What is asked for, with http: or https:.', webUrl),
    method: about('GET or HEAD.', v.optional(v.picklist(['GET', 'HEAD']), 'GET')),
    status: about(
      'The lowest and the highest status that are right.',
      v.optional(
        v.pipe(
          v.tuple([statusCode, statusCode]),
          v.check(([from, to]) => from <= to, 'has the highest status first'),
        ),
        [200, 399],
      ),
    ),
    contains: about('The first 64 KiB of the answer must have this text in them.', v.optional(text)),
    insecure: about('Takes any certificate.', v.optional(v.boolean(), false)),
    headers: about('Headers of the request.', v.optional(v.record(v.string(), v.string()), {})),
  }),
  kind('icmp', {
    to: about('The address that is to answer an echo request: a gateway.', inetAddress),
    interface: about('By default the one in whose network it is.', v.optional(text)),
  }),
  kind('interface', { name: about('It must be up and have a link.', text) }),
  kind('unit', {
    name: about('A unit of systemd that must be active.', text),
    userManager: about("Of this user's own service manager.", v.optional(v.boolean(), false)),
  }),
  kind('pressure', {
    resource: about('cpu, memory or io.', v.picklist(['cpu', 'memory', 'io'])),
    who: about('some: one task waits; full: all do.', v.optional(v.picklist(['some', 'full']), 'some')),
    limit: about(
      'Percent of the last ten seconds.',
      v.pipe(v.number(), v.minValue(0, 'is negative'), v.maxValue(100, 'is above 100')),
    ),
  }),
  kind('module', {
    of: about('The kind that a module of yours offers.', text),
    with: about('Its settings.', v.optional(v.unknown())),
  }),
]);

const check = v.pipe(
  kinds,
  v.check(
    ({ vhids, group }) => vhids === undefined || group === undefined,
    'has vhids and a group: give one',
  ),
  v.check(
    ({ weight, stop }) => weight === undefined || !stop,
    'has a weight and stops what it concerns: give one',
  ),
  v.check(({ timeout, interval }) => timeout <= interval, 'has a timeout that is longer than its interval'),
  v.check(
    (given) => given.kind !== 'process' || given.name !== undefined || given.pidFile !== undefined,
    'names no process: give a name or a pidFile',
  ),
  v.check(
    (given) => given.kind !== 'http' || given.method === 'GET' || given.contains === undefined,
    'asks by HEAD, and a text is in no answer to that: use GET',
  ),
);

const names = v.pipe(
  v.string(),
  v.regex(/^[a-z][\w-]{0,31}$/i, 'is no name of a check: up to 32 letters, digits, _ and -'),
);

export const healthSchema = v.optional(
  v.strictObject(
    { checks: about('Checks by their names.', v.optional(v.record(names, check), {})) },
    'is not a mapping',
  ),
  {},
);

/** What `kernel.load(HealthModule, …)` takes. */
export type HealthSettings = v.InferInput<typeof healthSchema>;
/** Defaults filled in. */
export type HealthConfig = Readonly<v.InferOutput<typeof healthSchema>>;
/** The settings of one check. */
export type CheckSettings = Readonly<v.InferOutput<typeof check>>;
