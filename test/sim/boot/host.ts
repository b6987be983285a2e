/** One host on a virtual LAN, booted from one file after another. */
import assert from 'node:assert/strict';
import { Kernel, Module, seededRandom, VirtualClock } from '../../../core/index.js';
import type { ModuleRegistry } from '../../../modules/boot/index.js';
import { BUILTINS } from '../../../modules/builtin/index.js';
import { CarpModule } from '../../../modules/carp/index.js';
import { IfnetModule } from '../../../modules/ifnet/index.js';
import { Lan, LanDriver } from '../../../modules/ifnet/lan/index.js';
import { Booted } from '../../modules/boot/support/booted.js';
import { Gauge, REGISTRY, Stiff } from '../../modules/boot/support/modules.js';
import { Faults } from './faults.js';
import { type DrawnFile, type DrawnVhid, SETTLED_MS } from './files.js';

@Module({ name: 'user', depends: [Stiff] })
class User {}

const { carp, devctl, trace, 'notify-peers': notifyPeers } = BUILTINS;
const registry: ModuleRegistry = {
  ...REGISTRY,
  carp: { ...carp, brings: [] },
  devctl,
  trace,
  'notify-peers': { ...notifyPeers, brings: [] },
  user: { summary: 'Uses stiff.', load: async () => User },
};

/** Somebody is there, so that what is sent to it can be delivered. */
const PEER = { eth0: ['10.88.0.8/24', '10.88.0.9/24'], eth1: ['10.88.1.8/24', '10.88.1.9/24'] };
const OWN = { eth0: '10.88.0.1/24', eth1: '10.88.1.1/24' };

type Drawn = Pick<DrawnFile, 'modules' | 'sysctl'>;

export class BootSimulation {
  readonly #clock = new VirtualClock();
  readonly #lan = new Lan({ clock: this.#clock, random: seededRandom('lan') });
  readonly #peer = new Kernel({ clock: this.#clock, name: 'peer' });
  readonly #journal: string[] = [];
  #booted!: Booted;
  #faults!: Faults;
  /** CARP has been unloaded since the last look: every vhid began anew. */
  #unloaded = false;
  #transitions: { vhid: string; from: string; to: string }[] = [];
  #file: DrawnFile = { modules: {}, sysctl: {}, lasts: 0, fault: 0 };

  /** Applies the files one after another. Throws an error that tells the story. */
  async run(files: readonly DrawnFile[]): Promise<void> {
    const options = { clock: this.#clock, random: seededRandom('host') };
    this.#booted = new Booted(registry, options);
    await this.#boot();
    try {
      const before = this.#traces();
      for (const file of files) await this.#apply(file);
      await this.#apply({ modules: {}, sysctl: {}, lasts: SETTLED_MS, fault: 0 });
      assert.deepEqual(this.#traces(), before);
    } catch (error) {
      throw new Error(`${String(error)}\n${this.#journal.join('\n')}`, { cause: error });
    } finally {
      await this.#booted[Symbol.asyncDispose]();
      await this.#peer.shutdown();
      this.#lan[Symbol.dispose]();
    }
    assert.equal(this.#clock.armed, 0, 'a callout was left behind');
  }

  async #boot(): Promise<void> {
    const { kernel, folder } = this.#booted;
    const interfaces = Object.entries(OWN).map(([name, address]) => ({ name, addresses: [address] }));
    const theirs = Object.entries(PEER).map(([name, addresses]) => ({ name, addresses }));
    await this.#peer.load(LanDriver, { lan: this.#lan, interfaces: theirs });
    await kernel.load(LanDriver, { lan: this.#lan, interfaces });
    folder.write('a.pass', 'secret');
    folder.write('b.pass', 'another secret');
    kernel.eventhandler.register('carp_state_event', (vhid, { from, to }) => {
      this.#journal.push(`  ${vhid.name} ${from} -> ${to}`);
      this.#transitions.push({ vhid: vhid.name, from, to });
    });
    kernel.eventhandler.register('kld_unload', (name) => {
      if (name === 'carp') this.#unloaded = true;
    });
    this.#faults = new Faults(kernel);
    await this.#booted.start('');
  }

  async #apply(file: DrawnFile): Promise<void> {
    this.#journal.push(JSON.stringify(file));
    const before = this.#file;
    const failure = await this.#attempt(file);
    if (failure === undefined) this.#file = file;
    else await this.#checkTakenBack(failure, before, file);
    await this.#checkState();
    this.#clock.advanceSync(file.lasts);
    this.#checkLasting();
    if (file.lasts >= SETTLED_MS) this.#checkSettled();
  }

  /** @returns why it was not applied */
  async #attempt({ modules, sysctl, fault }: DrawnFile): Promise<Error | undefined> {
    const before = this.#file;
    this.#unloaded = false;
    this.#faults.arm(fault);
    const failure = await this.#booted.apply(JSON.stringify({ modules, sysctl })).then(
      () => undefined,
      (error: Error) => error,
    );
    if (this.#faults.disarm() === (failure === undefined))
      throw failure ?? new Error('a fault was passed over');
    if (failure === undefined) this.#checkApplied(before, { modules, sysctl });
    return failure;
  }

  /** Everything is as before. A vhid that was to stay has not moved, unless its module was to go. */
  async #checkTakenBack({ message }: Error, before: DrawnFile, wanted: DrawnFile): Promise<void> {
    this.#journal.push(`  ${message}`);
    assert.match(message, /\(everything is as before\)$/);
    const { modules, sysctl } = before;
    this.#booted.folder.write('carpet.yaml', JSON.stringify({ modules, sysctl }));
    if (this.#unloaded) this.#transitions.splice(0);
    else this.#checkApplied(before, wanted);
  }

  /** A vhid that stays keeps its state through the change. */
  #checkApplied(before: Drawn, wanted: Drawn): void {
    const keys = new Set(vhidsOf(wanted).map(keyOf));
    const stays = new Set(
      vhidsOf(before)
        .map(keyOf)
        .filter((key) => keys.has(key)),
    );
    const moved = this.#transitions.splice(0).filter(({ vhid }) => stays.has(vhid));
    assert.deepEqual(moved, [], 'a change moved a vhid that stays');
  }

  /** Nobody else is there: who is MASTER stays so. */
  #checkLasting(): void {
    const left = this.#transitions.splice(0).filter(({ from }) => from === 'MASTER');
    assert.deepEqual(left, [], 'a MASTER left');
  }

  /** What runs is what the file says, by the module's own word and by looking. */
  async #checkState(): Promise<void> {
    const { kernel, module } = this.#booted;
    assert.deepEqual((await module.diff()).changes, []);
    const named = Object.keys(this.#file.modules);
    const needed = [
      ...named.flatMap((name) => (name === 'user' ? ['stiff', 'bare'] : name === 'stiff' ? ['bare'] : [])),
      ...(named.includes('carp') ? ['notify-peers', 'vip'] : []),
    ];
    const wanted = new Set(['ifnet', 'lan', ...named, ...needed]);
    assert.deepEqual(this.#booted.modules().toSorted(), [...wanted].toSorted());
    const { gauge, stiff } = this.#file.modules as Record<string, Record<string, number> | null | undefined>;
    if (gauge !== undefined) assert.equal(kernel.get(Gauge).settings.level, gauge?.['level'] ?? 0);
    if (stiff !== undefined) assert.deepEqual({ ...kernel.get(Stiff).settings }, { ...stiff });
    for (const { name, value, default: normal } of kernel.sysctl.list().filter((node) => !node.readonly))
      assert.equal(Number(value), Number(this.#file.sysctl[name] ?? normal), name);
    this.#checkVhids();
  }

  #checkVhids(): void {
    const running = this.#vhids().map((vhid) => [vhid.name, vhid] as const);
    const vhids = vhidsOf(this.#file);
    assert.deepEqual(running.map(([name]) => name).toSorted(), vhids.map(keyOf).toSorted());
    const byName = new Map(running);
    for (const { passwordFile: _passwordFile, ...wanted } of vhids) {
      const settings = byName.get(keyOf(wanted))!.settings as unknown as Record<string, unknown>;
      for (const [name, value] of Object.entries(wanted))
        assert.equal(String(settings[name]), String(value), `${keyOf(wanted)} ${name}`);
    }
  }

  #checkSettled(): void {
    for (const vhid of this.#vhids()) assert.equal(vhid.state, 'MASTER', vhid.name);
    const shared = vhidsOf(this.#file).flatMap(({ addresses, manageAddresses }) =>
      manageAddresses === false ? [] : addresses,
    );
    const there = this.#addresses();
    assert.deepEqual(there, [...Object.values(OWN), ...shared].toSorted());
  }

  #vhids() {
    const { kernel } = this.#booted;
    const isLoaded = kernel.modules().some(({ name }) => name === 'carp');
    return isLoaded ? kernel.get(CarpModule).list() : [];
  }

  #addresses(): string[] {
    const interfaces = this.#booted.kernel.get(IfnetModule).list();
    return interfaces.flatMap(({ addresses }) => addresses.map(({ prefix }) => prefix.toString())).toSorted();
  }

  /** What a module could leave behind. */
  #traces(): unknown {
    const { kernel } = this.#booted;
    return {
      callouts: this.#clock.armed,
      handlers: kernel.eventhandler
        .lists()
        .flatMap(({ name, entries }) => entries.map(({ handler }) => `${name} ${handler}`)),
      sysctls: kernel.sysctl.list().map(({ name }) => name),
      verbs: kernel.verbs.list().map(({ name }) => name),
      interfaces: kernel
        .get(IfnetModule)
        .list()
        .map(({ name }) => name),
      addresses: this.#addresses(),
      refs: kernel.modules().map(({ name, refs }) => `${name} ${refs}`),
    };
  }
}

function vhidsOf({ modules }: Drawn): readonly DrawnVhid[] {
  return (modules['carp'] as { vhids: DrawnVhid[] } | undefined)?.vhids ?? [];
}

function keyOf({ ifname, vhid }: { ifname?: unknown; vhid?: unknown }): string {
  return `${String(vhid)}@${String(ifname)}`;
}
