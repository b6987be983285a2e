import * as v from 'valibot';
import { inject, Kernel, Module, Scope, SETTINGS } from '../../../core/index.js';
import { IfnetModule, InetPrefix, parseLladdr } from '../index.js';
import { LanIfnet } from './ifnet.js';
import { Lan } from './lan.js';
import { LanNic } from './nic.js';

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
});

const Settings = v.object({
  /** The segment that the interfaces are plugged into. */
  lan: v.instance(Lan),
  interfaces: v.optional(v.array(Interface), []),
});

/** One interface to be made, as in the settings. */
export type LanInterfaceOptions = v.InferInput<typeof Interface>;
export type LanDriverSettings = v.InferInput<typeof Settings>;

/** Gives a kernel interfaces on a virtual LAN. Several kernels share one `Lan`. */
@Module({ name: 'lan', depends: [IfnetModule], settings: Settings })
export class LanDriver {
  readonly lan: Lan;
  readonly #made = new Set<LanIfnet>();
  #lastIndex = 0;

  constructor(
    @inject(Kernel) private readonly kernel: Kernel,
    @inject(IfnetModule) private readonly table: IfnetModule,
    @inject(SETTINGS) private readonly settings: v.InferOutput<typeof Settings>,
    @inject(Scope) scope: Scope,
  ) {
    this.lan = settings.lan;
    scope.defer(() => {
      for (const ifp of this.#made) ifp.destroy();
    });
  }

  start(): void {
    for (const options of this.settings.interfaces) this.create(options);
  }

  /**
   * Makes an interface and plugs it in; its port is named after the kernel and the interface: `alpha:eth0`.
   * Throws what `InetPrefix.parse` and `Lan.connect` throw.
   */
  create(options: LanInterfaceOptions): LanIfnet {
    const { name, lladdr, addresses, mtu, up, linkLocal } = v.parse(Interface, options);
    const prefixes = addresses.map((text) => InetPrefix.parse(text));
    this.#lastIndex = Math.max(this.#lastIndex, ...this.table.list().map((ifp) => ifp.index)) + 1;
    const nic = new LanNic(this.lan, {
      index: this.#lastIndex,
      name,
      lladdr: lladdr === undefined ? this.lan.nextLladdr() : parseLladdr(lladdr),
      mtu,
      up,
      linkLocal,
      port: `${this.kernel.name}:${name}`,
    });
    const ifp = new LanIfnet(this.table, nic);
    this.#made.add(ifp);
    this.table.attach(ifp);
    if (up) nic.cameUp();
    for (const prefix of prefixes) ifp.addAddress(prefix, { nodad: true });
    return ifp;
  }
}
