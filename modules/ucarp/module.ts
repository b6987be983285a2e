/**
 * One vhid of `carp`, with ucarp's state lines and scripts. The protocol, the announcement of the address and the
 * network belong to the modules this one depends on; the scripts own the address.
 *
 * Order on carp_state_event: the state line is written at the default priority; the script starts after everything
 * else. When an up script has ended, the address is announced once more: only now is it certain to be on the interface.
 *
 * @module
 */
import {
  type Callout,
  Clock,
  EventHandler,
  inject,
  Log,
  Module,
  type ModuleLifecycle,
  Scope,
  SETTINGS,
} from '../../core/index.js';
import { CarpModule, type CarpVhid } from '../carp/index.js';
import { formatLladdr, type Ifnet, IfnetModule, InetAddress } from '../ifnet/index.js';
import { NotifyPeers } from '../notify-peers/index.js';
import { findInterface } from './interface.js';
import { ScriptRunner } from './script-runner.js';
import { schema, type UcarpConfig } from './settings.js';

/** Behind every other handler. */
const PRI_SCRIPTS = 20001;
/** ucarp ignores advertisements for this long after SIGUSR2. */
const DEAF_MS = 3000;

/** ucarp knows only these; INIT (no carrier) shows as BACKUP. */
type ShownState = 'BACKUP' | 'MASTER';

/**
 * ucarp(8)'s behaviour: runs the up script as MASTER and the down script as BACKUP, and logs ucarp's own lines.
 *
 * @throws CarpetError from `kernel.load`: ENXIO or EADDRNOTAVAIL for the interface, ESETTINGS for the settings
 */
@Module({
  name: 'ucarp',
  depends: [IfnetModule, NotifyPeers, CarpModule],
  settings: schema,
  secrets: ['password'],
})
export class UcarpModule implements ModuleLifecycle {
  readonly #settings: UcarpConfig;
  readonly #ifnet: IfnetModule;
  readonly #carp: CarpModule;
  readonly #peers: NotifyPeers;
  readonly #log: Log;
  readonly #scripts: ScriptRunner;
  readonly #deaf: Callout;
  #ifp!: Ifnet;
  #vhid!: CarpVhid;
  /** The state of the last log line. */
  #shown: ShownState | undefined;
  /** The state whose script was started last. */
  #scripted: ShownState | undefined;
  #lost!: () => void;
  /** Resolves when the interface departs. An interface of the same name that appears later is a different one. */
  readonly interfaceLost = new Promise<void>((resolve) => {
    this.#lost = resolve;
  });

  constructor(
    @inject(SETTINGS) settings: UcarpConfig,
    @inject(IfnetModule) ifnet: IfnetModule,
    @inject(CarpModule) carp: CarpModule,
    @inject(NotifyPeers) peers: NotifyPeers,
    @inject(Log) log: Log,
    @inject(Clock) clock: Clock,
    @inject(Scope) scope: Scope,
  ) {
    this.#settings = settings;
    this.#ifnet = ifnet;
    this.#carp = carp;
    this.#peers = peers;
    this.#log = log;
    this.#scripts = new ScriptRunner(log, clock);
    this.#deaf = scope.callout('deaf', () => this.#vhid.setState('BACKUP'));
  }

  /** Name of the interface in use. */
  get ifname(): string {
    return this.#ifp.name;
  }

  start(): void {
    const { interface: name, srcip, neutral, upscript, downscript } = this.#settings;
    this.#ifp = findInterface(this.#ifnet, name, InetAddress.parse(srcip));
    this.#vhid = this.#createVhid(); // nothing fails from here on: warnings before this would double an error's line
    if (upscript === undefined) this.#log.warning('Warning: no script called when going up');
    if (downscript === undefined) this.#log.warning('Warning: no script called when going down');
    this.#log.info(`Local advertised ethernet address is [${formatLladdr(this.#ifp.lladdr)}]`);
    this.#show('BACKUP');
    if (neutral) this.#scripted = 'BACKUP';
    this.#runScript();
  }

  /** Bows out first, so that a peer becomes MASTER at once; then, with `shutdown`, waits for the scripts. */
  async stop(): Promise<void> {
    this.#carp.remove(this.#vhid);
    if (!this.#settings.shutdown) return;
    this.#shown = 'BACKUP';
    this.#runScript();
    await this.#scripts.drained();
  }

  @EventHandler('carp_state_event')
  stateChanged(vhid: CarpVhid): void {
    if (vhid === this.#vhid) this.#show(vhid.state === 'MASTER' ? 'MASTER' : 'BACKUP');
  }

  @EventHandler('carp_state_event', PRI_SCRIPTS)
  scriptsDue(vhid: CarpVhid): void {
    if (vhid === this.#vhid) this.#runScript();
  }

  @EventHandler('ifnet_departure_event')
  @EventHandler('ifnet_release_event')
  departed(ifp: Ifnet): void {
    if (ifp === this.#ifp) this.#lost();
  }

  /** ucarp's SIGUSR1: logs the state in one line. */
  logState(): void {
    this.#log.info(`${this.#shown} on ${this.#ifp.name} id ${this.#settings.vhid}`);
  }

  /**
   * ucarp's SIGUSR2: hands over to another host. ucarp becomes BACKUP, ignores advertisements for 3 s and then waits
   * its dead time; here a bow-out lets a peer take over at once. Without a peer, this host is MASTER again after the
   * same time. No-op as BACKUP.
   */
  demote(): void {
    if (this.#shown !== 'MASTER') return;
    this.#vhid.setState('INIT');
    this.#deaf.reset(DEAF_MS);
  }

  #createVhid(): CarpVhid {
    const settings = this.#settings;
    return this.#carp.create({
      ifname: this.#ifp.name,
      vhid: settings.vhid,
      password: settings.password,
      addresses: [`${settings.addr}/32`], // only the scripts put it on an interface
      advbase: settings.advbase,
      advskew: settings.advskew,
      deadRatio: settings.deadratio,
      preempt: settings.preempt,
      group: settings.mcast,
      broadcast: settings.nomcast,
      source: settings.srcip,
      ignoreLinkState: settings.ignoreifstate,
      manageAddresses: false, // the scripts do
    });
  }

  #show(state: ShownState): void {
    if (state === this.#shown) return;
    this.#shown = state;
    this.#log.warning(`Switching to state: ${state}`); // a warning, as in ucarp: it reaches stderr
  }

  #runScript(): void {
    const state = this.#shown;
    if (state === this.#scripted || state === undefined) return;
    this.#scripted = state;
    const { upscript, downscript, addr, xparam } = this.#settings;
    const file = state === 'MASTER' ? upscript : downscript;
    if (file === undefined) return;
    const args = xparam === undefined ? [this.#ifp.name, addr] : [this.#ifp.name, addr, xparam];
    this.#scripts.run({ file, args }, () => this.#scriptEnded(state));
  }

  #scriptEnded(state: ShownState): void {
    if (state !== 'MASTER' || this.#shown !== 'MASTER') return;
    this.#peers.netifNotifyPeers(this.#ifp, { addresses: [InetAddress.parse(this.#settings.addr)] });
  }
}
