import * as v from 'valibot';
import {
  CarpetError,
  EventHandlerRegistry,
  inject,
  Log,
  Module,
  Scope,
  SETTINGS,
} from '../../../core/index.js';
import { Libc } from '../../libc/index.js';
import { Logind } from './logind.js';
import { readSleepState } from './sleep-state.js';
import { SleepWatch } from './sleep-watch.js';

/** How long logind may take to answer, in milliseconds. It is started on demand. */
const ANSWER_TIMEOUT_MS = 10_000;

const SleepSettings = v.optional(
  v.strictObject({
    /** The socket of the machine's message bus: a path, or an `@abstract` name. */
    bus: v.optional(v.string(), '/run/dbus/system_bus_socket'),
  }),
  {},
);
/** The settings of the module `host-sleep`, as given: all of them have defaults. */
export type SleepSettings = v.InferInput<typeof SleepSettings>;

/**
 * Loaded, it invokes power_suspend and acpi_sleep_event before the machine sleeps, which waits for their handlers, and
 * acpi_wakeup_event afterwards. From logind, over D-Bus; Linux only.
 */
@Module({ name: 'host-sleep', settings: SleepSettings })
export class SleepModule {
  constructor(
    @inject(EventHandlerRegistry) private readonly eventhandler: EventHandlerRegistry,
    @inject(Scope) private readonly scope: Scope,
    @inject(Log) private readonly log: Log,
    @inject(SETTINGS) private readonly settings: v.InferOutput<typeof SleepSettings>,
  ) {}

  /** @throws CarpetError with the errno's name, or EREMOTE, if logind cannot be reached */
  async start(): Promise<void> {
    const { eventhandler, scope, settings, log } = this;
    const libc = Libc.load();
    const watch = new SleepWatch({
      connect: (events) =>
        scope.timeout('the message bus', ANSWER_TIMEOUT_MS, (signal) =>
          Logind.connect(libc, settings.bus, events, signal),
        ),
      sleepState: readSleepState,
      suspend: eventhandler.defineList('power_suspend'),
      sleep: eventhandler.defineList('acpi_sleep_event'),
      wakeup: eventhandler.defineList('acpi_wakeup_event'),
      count: scope.sysctl.counter('host.sleeps', 'how often the machine was announced to sleep'),
      callout: (name, fn) => scope.callout(name, fn),
      now: () => scope.clock.now(),
      log,
    });
    scope.own(watch);
    try {
      await scope.timeout('logind', ANSWER_TIMEOUT_MS, () => watch.start());
    } catch (cause) {
      const code = cause instanceof CarpetError ? cause.code : 'EIO';
      const message = `cannot reach logind by ${settings.bus}: ${String(cause)}; see: systemctl status systemd-logind dbus`;
      throw new CarpetError(code, message, { cause });
    }
  }
}
