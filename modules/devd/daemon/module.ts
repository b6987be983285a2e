/**
 * devd(8): the reader of devctl. Each record goes first to all clients of the sockets, then to the rules. The actions of
 * the rule that fires are queued in the action runner, which starts them in a later turn of the event loop: neither a
 * client nor an action delays a record.
 *
 * A reload swaps the rules between two batches of records: none is lost, and none meets both sets of rules. Clients and
 * queued or running actions are not affected. If the main file cannot be read or parsed, the start fails, and a reload
 * keeps the old rules. A bad file of a directory is reported and left out; with `strict` it is taken as the main file is.
 *
 * Not supported: several readers. Other code in the process that wants the records listens to devctl_event.
 *
 * @module
 */
import * as v from 'valibot';
import {
  CarpetError,
  Clock,
  describe,
  EventHandler,
  inject,
  type Json,
  Log,
  Module,
  type ModuleEnd,
  printable,
  Scope,
  SETTINGS,
  Succession,
  type SuccessionPhase,
  type SysctlInt,
} from '../../../core/index.js';
import { DevctlModule, type DevctlReader, type DevEventInfo } from '../../devctl/index.js';
import type {} from '../../host/index.js';
import { findUser, type User } from '../../libc/index.js';
import { ActionRunner, actionEnvironment } from '../actions/index.js';
import { type DevctlRecord, readRecord } from '../record/index.js';
import { ClientSockets, type ClientTunables, clientTunables } from '../sockets/index.js';
import { Debouncer } from './debounce.js';
import type { Engine } from './firing.js';
import { probeMedia } from './media.js';
import { loadRules } from './rules.js';
import { type DevdStatistics, devdStatistics } from './statistics.js';

/** YAML takes 0660 for six hundred and sixty, which would be other permissions. */
const permissions = v.pipe(
  v.number(),
  v.check(
    (mode) => Number.isInteger(mode) && mode >= 0 && mode <= 0o777,
    'is no permissions: write them in octal, as 0o660',
  ),
);

const schema = v.optional(
  v.strictObject({
    /** The main configuration file. */
    config: v.optional(v.string(), '/etc/devd.conf'),
    /** Whether a bad file in a directory stops the start, as on FreeBSD, or is reported and left out. */
    strict: v.optional(v.boolean(), false),
    /** How values are quoted; `bsd` needs a shell that knows `$'…'`, and is not safe. */
    quote: v.optional(v.picklist(['shell', 'bsd']), 'shell'),
    /** Log every record and the commands it runs. */
    trace: v.optional(v.boolean(), false),
    /** The clients' sockets; false for none. */
    sockets: v.optional(
      v.union([
        v.literal(false),
        v.strictObject({
          /** Path or `@name`; null for none. */
          seqpacket: v.optional(v.nullable(v.string()), '/var/run/devd.seqpacket.pipe'),
          stream: v.optional(v.nullable(v.string()), '/var/run/devd.pipe'),
          mode: v.optional(permissions, 0o666),
          owner: v.exactOptional(v.strictObject({ uid: v.number(), gid: v.number() })),
          /** Clients at once, over both sockets. */
          limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 10),
        }),
      ]),
      {},
    ),
    /** The name or number of the user as whom actions run. Default: as this process. */
    actionUser: v.exactOptional(v.string()),
    /** Milliseconds that unloading waits for running actions. */
    patience: v.optional(v.pipe(v.number(), v.minValue(0)), 2000),
  }),
  {},
);

/** What a successor waits between two trials to open the sockets, and how often it tries. */
const RETRY_MS = 50;
const MAX_TRIES = 200;
/** What running actions have at least when a successor is at work. */
const PATIENCE_MS = 60_000;
/** Of `settled`. */
const POLL_INTERVAL_MS = 10;

/** Settings of the module. */
export type DevdSettings = v.InferInput<typeof schema>;

/** @throws CarpetError ENOENT */
function actionUser({ actionUser: name }: v.InferOutput<typeof schema>): User | undefined {
  if (name === undefined) return undefined;
  const user = findUser(name);
  if (user !== undefined) return user;
  throw new CarpetError('ENOENT', `devd: there is no user "${name}" to run actions as; see /etc/passwd`);
}

/** devd(8) as a module: rules, actions and clients over the records of devctl. */
@Module({
  name: 'devd',
  depends: [DevctlModule],
  settings: schema,
  reload: 'after', // One version only may listen on the sockets and open devctl.
})
export class DevdModule {
  readonly statistics: DevdStatistics;
  readonly #debounce: SysctlInt;
  readonly #debouncer: Debouncer<DevctlRecord>;
  readonly #runner: ActionRunner;
  /** Undefined without sockets. */
  readonly #clients: ClientTunables | undefined;
  #sockets: ClientSockets | undefined;
  #reader: DevctlReader | undefined;
  #engine: Engine;
  #pidFile: string | undefined;
  readonly #settings: v.InferOutput<typeof schema>;
  readonly #devctl: DevctlModule;
  readonly #succession: Succession;
  readonly #scope: Scope;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(
    @inject(SETTINGS) settings: v.InferOutput<typeof schema>,
    @inject(DevctlModule) devctl: DevctlModule,
    @inject(Scope) scope: Scope,
    @inject(Clock) clock: Clock,
    @inject(Log) log: Log,
    @inject(Succession) succession: Succession,
  ) {
    this.#succession = succession;
    this.#settings = settings;
    this.#devctl = devctl;
    this.#scope = scope;
    this.#clock = clock;
    this.#log = log;
    this.statistics = devdStatistics(scope.sysctl);
    this.#debounce = scope.sysctl.int('devd.debounce', {
      description:
        'milliseconds that a flapping source must be silent before its state is acted on; 0 for at once',
      value: 0,
      min: 0,
      max: 3_600_000,
    });
    // Not with the sockets: those of a successor open later, and its file may set these.
    if (settings.sockets !== false) this.#clients = clientTunables(scope.sysctl, settings.sockets.limit);
    this.#engine = this.#load();
    this.#runner = scope.own(
      new ActionRunner({ clock, log, sysctl: scope.sysctl, user: actionUser(settings) }),
    );
    this.#debouncer = scope.own(new Debouncer(clock, (latest, suppressed) => this.#fire(latest, suppressed)));
  }

  /** The `pid-file` option of the configuration. */
  get pidFile(): string | undefined {
    return this.#pidFile;
  }

  /** Rules in force. */
  get rules(): number {
    const { attach, detach, nomatch, notify } = this.#engine.ruleset.rules;
    return attach.length + detach.length + nomatch.length + notify.length;
  }

  start(): void {
    if (this.#succession.standby) return;
    this.#openSockets();
    this.#openDevctl();
  }

  /** Nothing to hand over: that a successor is at work is worth knowing at the end. */
  handover(): Json {
    return {};
  }

  async stop(end: ModuleEnd): Promise<void> {
    this.#leave();
    this.#debouncer.flush();
    await this.#runner.stop(
      end === 'replace' ? Math.max(PATIENCE_MS, this.#settings.patience) : this.#settings.patience,
    );
  }

  /** The records and the sockets pass to the successor; what they have set off already runs to its end here. */
  @EventHandler('succession_event')
  onSuccession(phase: SuccessionPhase): void {
    if (phase === 'begun') {
      this.#openDevctl();
      this.#openSocketsSoon();
    } else if (phase === 'given') this.#leave();
  }

  /** SIGHUP. */
  @EventHandler('host_reload')
  onReload(): void {
    this.reload();
  }

  /** Resolves when nothing is queued and no action runs or waits, so all earlier records are processed; or at unloading. */
  async settled(): Promise<void> {
    const isBusy = (): boolean =>
      this.#devctl.queued > 0 || this.#runner.running > 0 || this.#runner.waiting > 0;
    while (isBusy() && !this.#scope.signal.aborted)
      await this.#scope.sleep(POLL_INTERVAL_MS).catch(() => undefined); // rejects at the unloading
  }

  /** Reads the configuration again. @returns false if the main file is bad, or with `strict` any file: the old rules stay */
  reload(): boolean {
    try {
      this.#engine = this.#load();
    } catch (error) {
      this.#log.error(`the old rules stay: ${(error as Error).message}`);
      return false;
    }
    this.statistics.reloads.add();
    this.#log.notice(`reloaded ${this.#settings.config}: ${this.rules} rules`);
    return true;
  }

  /** No action would run any more of what comes from now on: it waits for the next reader. Clients see the end first. */
  #leave(): void {
    this.#reader?.close();
    this.#sockets?.[Symbol.dispose]();
    this.#sockets = undefined;
  }

  #openDevctl(): void {
    this.#reader = this.#scope.own(this.#devctl.open((records, dropped) => this.#read(records, dropped)));
  }

  /** The predecessor closes its own within some milliseconds. */
  #openSocketsSoon(): void {
    let tries = 0;
    const open = (): void => {
      try {
        this.#openSockets();
      } catch (error) {
        if (tries++ < MAX_TRIES) return retry.reset(RETRY_MS);
        this.#log.error(describe(error));
      }
      retry[Symbol.dispose]();
    };
    const retry = this.#scope.callout('devd sockets', open);
    open();
  }

  #openSockets(): void {
    const { sockets } = this.#settings;
    if (sockets === false || this.#clients === undefined) return;
    const services = { clock: this.#clock, log: this.#log, tunables: this.#clients };
    this.#sockets = this.#scope.own(new ClientSockets({ ...services, ...sockets }));
  }

  #load(): Engine {
    const { engine, pidFile } = loadRules(
      this.#settings.config,
      this.#settings.quote,
      probeMedia,
      this.#settings.strict,
      this.#log,
    );
    this.#pidFile = pidFile;
    return engine;
  }

  #read(records: readonly DevEventInfo[], dropped: number): void {
    if (dropped > 0)
      this.#log.warning(`${dropped} records were lost: the queue was full; see hw.bus.devctl_queue`);
    this.statistics.records.add(records.length);
    for (const { text } of records) this.#sockets?.broadcast(`${text}\n`);
    this.#sockets?.flush();
    for (const record of records) this.#process(record);
  }

  #process({ text, time }: DevEventInfo): void {
    if (this.#settings.trace) this.#log.info(`Processing event '${printable(text)}'`);
    const record = readRecord(text, { faithful: this.#settings.quote === 'bsd', time });
    this.#debouncer.push(record.variables, record, this.#debounce.value);
  }

  #fire(record: DevctlRecord, suppressed: number): void {
    const firing = this.#engine.fire(record);
    if (firing === undefined) return;
    const rule = `${firing.rule.file}:${firing.rule.line}`;
    this.statistics.fired.add();
    if (suppressed > 0)
      this.#log.notice(`${rule}: fires once for ${suppressed + 1} records of a flapping source`);
    for (const error of firing.refused) {
      this.statistics.refused.add();
      this.#log.limited(`refused ${rule}`).error(`${rule}: an action is not run: ${error.message}`);
    }
    if (firing.commands.length === 0) return;
    const variables = new Map([...this.#engine.ruleset.globals, ...record.variables]);
    const environment = actionEnvironment(variables, process.env);
    this.#runner.submit({ rule, commands: firing.commands, environment });
  }
}
