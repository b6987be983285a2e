import * as v from 'valibot';
import { inject, Kernel, Module, Scope, SETTINGS } from '../../../core/index.js';
import {
  type Ifnet,
  IfnetError,
  IfnetModule,
  InetPrefix,
  type MacvlanOptions,
  parseLladdr,
} from '../index.js';
import { LanIfnet } from './ifnet.js';
import { Lan } from './lan.js';
import { LanNic } from './nic.js';
import { LanRouting } from './routing.js';

const Interface = v.object({
  /** `eth0` and the like; unique in the kernel. */
  name: v.pipe(v.string(), v.minLength(1)),
  /** `02:00:00:00:00:01`; if not given, the segment's next free one. */
  lladdr: v.optional(v.string()),
  /** `10.0.0.1/24`, `fd00::1/64`; usable at once, without duplicate address detection. */
  addresses: v.optional(v.array(v.string()), []),
  mtu: v.optional(v.pipe(v.number(), v.minValue(68), v.maxValue(65_535)), 1500),
  up: v.optional(v.boolean(), true),
  /** Whether it makes itself a link-local IPv6 address whenever it comes up (RFC 4862 section 5.3). */
  linkLocal: v.optional(v.boolean(), false),
  /** Whether the host notes which program put an address there, as Linux does since 5.18. */
  notesProtocols: v.optional(v.boolean(), true),
  /** The segment it is plugged into, where that is not the driver's. */
  lan: v.optional(v.instance(Lan)),
});

const Settings = v.object({
  /** The segment that the interfaces are plugged into; each may name another. */
  lan: v.instance(Lan),
  interfaces: v.optional(v.array(Interface), []),
});

/** One interface to be made, as in the settings. */
export type LanInterfaceOptions = v.InferInput<typeof Interface>;
/** Settings of the module `lan`. */
export type LanDriverSettings = v.InferInput<typeof Settings>;

/** As the linux driver's. Every mode is the same here: the parent hears what comes in, its macvlans too. */
export interface LanMacvlanOptions extends MacvlanOptions {
  readonly parent: Ifnet;
}

/** Gives a kernel interfaces on a virtual LAN. Several kernels share one `Lan`. */
@Module({
  name: 'lan',
  depends: [IfnetModule],
  settings: Settings,
  reload: 'after', // Two versions would both plug their interfaces into the same ports.
})
export class LanDriver {
  readonly lan: Lan;
  /** The host's own: each kernel has a driver. */
  readonly routing = new LanRouting();
  readonly #made = new Map<Ifnet, LanNic>();
  #lastIndex = 0;

  constructor(
    @inject(Kernel) private readonly kernel: Kernel,
    @inject(IfnetModule) private readonly table: IfnetModule,
    @inject(SETTINGS) private readonly settings: v.InferOutput<typeof Settings>,
    @inject(Scope) scope: Scope,
  ) {
    this.lan = settings.lan;
    scope.defer(() => {
      for (const ifp of this.#made.keys()) this.destroy(ifp);
    });
  }

  start(): void {
    for (const options of this.settings.interfaces) this.create(options);
  }

  /**
   * Makes an interface and plugs it in; its port is named after the kernel and the interface: `alpha:eth0`.
   *
   * @throws AddressError as `InetPrefix.parse`, CarpetError as `Lan.connect`
   */
  create(options: LanInterfaceOptions): LanIfnet {
    const {
      name,
      lladdr,
      addresses,
      mtu,
      up,
      linkLocal,
      notesProtocols,
      lan = this.lan,
    } = v.parse(Interface, options);
    const prefixes = addresses.map((text) => InetPrefix.parse(text));
    const ifp = this.#attach(
      new LanNic(
        {
          index: this.#nextIndex(),
          name,
          lladdr: lladdr === undefined ? lan.nextLladdr() : parseLladdr(lladdr),
          mtu,
          up,
          linkLocal,
          notesProtocols,
        },
        { lan, port: `${this.kernel.name}:${name}` },
      ),
    );
    for (const prefix of prefixes) ifp.addAddress(prefix, { nodad: true });
    return ifp;
  }

  /**
   * Makes a macvlan on `parent`, down and without addresses: a link-layer address of its own on the same cable.
   *
   * @throws IfnetError EINVAL for a parent that is not on this LAN, EEXIST for a name that is taken
   */
  createMacvlan({ parent, name, lladdr, alias }: LanMacvlanOptions): LanIfnet {
    const on = this.#made.get(parent);
    if (on === undefined || on.gone)
      throw new IfnetError('EINVAL', parent.name, 'is not an interface of this LAN');
    // Not the table, which lags while handlers run.
    if ([...this.#made.values()].some((nic) => nic.name === name))
      throw new IfnetError('EEXIST', name, 'the name is taken');
    const index = this.#nextIndex();
    const { notesProtocols } = on;
    const options = {
      index,
      name,
      lladdr,
      alias,
      mtu: parent.mtu,
      up: false,
      linkLocal: false,
      notesProtocols,
    };
    return this.#attach(new LanNic(options, on));
  }

  /** Removes an interface that this driver made; its macvlans go with it. */
  destroy(ifp: Ifnet): void {
    if (this.#made.has(ifp)) ifp.destroy();
  }

  /** @internal */
  destroyed(ifp: Ifnet): void {
    this.#made.delete(ifp);
  }

  #attach(nic: LanNic): LanIfnet {
    const ifp = new LanIfnet(this.table, nic, this);
    this.#made.set(ifp, nic);
    this.table.attach(ifp);
    if (nic.up) nic.cameUp();
    return ifp;
  }

  #nextIndex(): number {
    this.#lastIndex = Math.max(this.#lastIndex, ...this.table.list().map((ifp) => ifp.index)) + 1;
    return this.#lastIndex;
  }
}
