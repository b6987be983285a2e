import { HostSettings, IfnetError, type IfnetSetting, type InetFamily } from '../index.js';

/** The settings of an interface that the virtual LAN knows, with the defaults of a Linux distribution. */
const DEFAULTS: Readonly<Record<InetFamily, Readonly<Record<string, number>>>> = {
  4: {
    accept_local: 0,
    arp_announce: 0,
    arp_filter: 0,
    arp_ignore: 0,
    arp_notify: 0,
    forwarding: 0,
    promote_secondaries: 1,
    rp_filter: 0,
  },
  6: { disable_ipv6: 0, forwarding: 0, keep_addr_on_down: 0, ndisc_notify: 0 },
};

/**
 * net.ipv4.conf.<if>.* and net.ipv6.conf.<if>.* of one interface. Of these accept_local, promote_secondaries and
 * keep_addr_on_down change what the virtual host does; the others are there to be read and set by modules that go by them.
 */
export class LanSysctls {
  readonly #values = new Map<string, number>();
  readonly #settings = new HostSettings();

  constructor(private readonly ifname: () => string) {}

  get(family: InetFamily, name: string): number | undefined {
    return this.#values.get(`${family} ${name}`) ?? DEFAULTS[family][name];
  }

  /** As the linux driver's. Throws IfnetError ENOENT for a name that is not there. */
  set(family: InetFamily, name: string, value: number, before?: number): IfnetSetting {
    if (this.get(family, name) === undefined) {
      const ifname = this.ifname();
      throw new IfnetError('ENOENT', ifname, `has no sysctl net.ipv${family}.conf.${ifname}.${name}`);
    }
    const key = `${family} ${name}`;
    const variable = {
      read: () => this.get(family, name),
      write: (to: number) => void this.#values.set(key, to),
    };
    return this.#settings.set(key, variable, value, before);
  }
}
