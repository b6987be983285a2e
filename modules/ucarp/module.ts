/**
 * ucarp's behaviour as a module: one vhid of carp/, ucarp's state lines, its scripts. The protocol, the announcement
 * of the address and the network belong to the modules it depends on; the address itself to the scripts.
 *
 * ucarp knows BACKUP and MASTER only: INIT, where carp/ is without a link, shows as BACKUP. On carp_state_event the
 * state line is written at the users' priority, the script starts last; when an up script has ended the address is
 * announced once more, since only now it is certainly on the interface.
 */
import * as v from 'valibot';
import {
  type Callout,
  CarpetError,
  EventHandler,
  inject,
  Log,
  Module,
  type ModuleLifecycle,
  Scope,
  SETTINGS,
} from '../../core/index.js';
import { CarpModule, type CarpVhid } from '../carp/index.js';
import type { UcarpOptions } from '../cli/ucarp/options.js';
import { formatLladdr, type Ifnet, IfnetModule } from '../ifnet/index.js';
import { NotifyPeers } from '../notify-peers/index.js';
import { ScriptRunner } from './script-runner.js';

/** Behind everything else that listens. */
const PRI_SCRIPTS = 20001;
/** How long ucarp does not listen after SIGUSR2, in milliseconds. */
const DEAF_MS = 3000;

type ShownState = 'BACKUP' | 'MASTER';

@Module({
  name: 'ucarp',
  depends: [IfnetModule, NotifyPeers, CarpModule],
  settings: v.custom<UcarpOptions>((given) => typeof given === 'object'),
})
export class Ucarp implements ModuleLifecycle {
  private ifp!: Ifnet;
  private vhid!: CarpVhid;
  /** What ucarp would show: a line for each change. */
  private shown: ShownState | undefined;
  /** The state whose script was started last. */
  private scripted: ShownState | undefined;
  private readonly scripts: ScriptRunner;
  private readonly deaf: Callout;
  private lost!: () => void;
  /** Resolves when the interface is gone for good. */
  readonly interfaceLost = new Promise<void>((resolve) => {
    this.lost = resolve;
  });

  constructor(
    @inject(SETTINGS) private readonly options: UcarpOptions,
    @inject(IfnetModule) private readonly ifnet: IfnetModule,
    @inject(CarpModule) private readonly carp: CarpModule,
    @inject(NotifyPeers) private readonly peers: NotifyPeers,
    @inject(Log) private readonly log: Log,
    @inject(Scope) scope: Scope,
  ) {
    this.scripts = new ScriptRunner(log);
    this.deaf = scope.callout('deaf', () => this.vhid.setState('BACKUP'));
  }

  start(): void {
    const { options } = this;
    this.ifp = findInterface(this.ifnet, options);
    this.vhid = this.createVhid(); // from here on nothing fails: only now the warnings, so that an error is one line
    for (const warning of options.warnings) this.log.warning(warning);
    this.log.info(`Local advertised ethernet address is [${formatLladdr(this.ifp.lladdr)}]`);
    this.show('BACKUP');
    if (options.neutral) this.scripted = 'BACKUP';
    this.runScript();
  }

  /** The bow-out leaves first, so that a peer is MASTER at once; then, with -z, the scripts have their time. */
  async stop(): Promise<void> {
    this.carp.remove(this.vhid);
    if (!this.options.shutdown) return;
    this.shown = 'BACKUP';
    this.runScript();
    await this.scripts.drained();
  }

  @EventHandler('carp_state_event')
  stateChanged(vhid: CarpVhid): void {
    if (vhid === this.vhid) this.show(vhid.state === 'MASTER' ? 'MASTER' : 'BACKUP');
  }

  @EventHandler('carp_state_event', PRI_SCRIPTS)
  scriptsDue(vhid: CarpVhid): void {
    if (vhid === this.vhid) this.runScript();
  }

  get ifname(): string {
    return this.ifp.name;
  }

  /** Its name may come back, but with it another interface: who supervises us starts us again. */
  @EventHandler('ifnet_departure_event')
  departed(ifp: Ifnet): void {
    if (ifp === this.ifp) this.lost();
  }

  /** SIGUSR1: one line that says what we are. */
  logState(): void {
    this.log.info(`${this.shown} on ${this.ifp.name} id ${this.options.vhid}`);
  }

  /**
   * SIGUSR2: another host shall take over. ucarp becomes BACKUP, is deaf for 3 s and then waits its dead time; here a
   * bow-out tells the others at once. If nobody is there, we are MASTER again after the same time.
   */
  demote(): void {
    if (this.shown !== 'MASTER') return;
    this.vhid.setState('INIT');
    this.deaf.reset(DEAF_MS);
  }

  private createVhid(): CarpVhid {
    const { options } = this;
    return this.carp.create({
      ifname: this.ifp.name,
      vhid: options.vhid,
      password: options.password,
      addresses: [options.vaddr],
      advbase: options.advbase,
      advskew: options.advskew,
      deadRatio: options.deadratio,
      preempt: options.preempt,
      group: options.mcast,
      broadcast: options.nomcast,
      source: options.srcip,
      ignoreLinkState: options.ignoreifstate,
      manageAddresses: false, // the scripts do
    });
  }

  private show(state: ShownState): void {
    if (state === this.shown) return;
    this.shown = state;
    this.log.warning(`Switching to state: ${state}`); // a warning, since it is one in ucarp: it reaches stderr
  }

  private runScript(): void {
    const state = this.shown;
    if (state === this.scripted || state === undefined) return;
    this.scripted = state;
    const { upscript, downscript, vaddr, xparam } = this.options;
    const file = state === 'MASTER' ? upscript : downscript;
    if (file === undefined) return;
    const args = xparam === undefined ? [this.ifp.name, vaddr] : [this.ifp.name, vaddr, xparam];
    this.scripts.run({ file, args }, () => this.scriptEnded(state));
  }

  private scriptEnded(state: ShownState): void {
    if (state !== 'MASTER' || this.shown !== 'MASTER') return;
    this.peers.netifNotifyPeers(this.ifp, { addresses: [this.options.addr] });
  }
}

/** The interface that was named, or the one with the source address; which must have it either way, as with ucarp. */
function findInterface(ifnet: IfnetModule, { interface: name, srcip }: UcarpOptions): Ifnet {
  const there = ifnet.list();
  if (name === undefined) {
    const ifp = there.find((each) => each.hasAddress(srcip));
    if (ifp) return ifp;
    throw new CarpetError('EADDRNOTAVAIL', `no interface has the address ${srcip} (--srcip): see ip address`);
  }
  const ifp = ifnet.byName(name);
  if (!ifp) {
    const names = there.map((each) => each.name).join(', ');
    throw new CarpetError('ENXIO', `there is no interface ${name} (--interface); there are ${names}`);
  }
  if (ifp.hasAddress(srcip)) return ifp;
  const addresses = ifp.addresses.map(({ prefix }) => prefix.address).filter(({ family }) => family === 4);
  const has = addresses.length === 0 ? 'no IPv4 address' : addresses.join(', ');
  throw new CarpetError(
    'EADDRNOTAVAIL',
    `${name} does not have the address ${srcip} (--srcip), it has ${has}`,
  );
}
