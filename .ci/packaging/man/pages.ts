/** A manual page, and the page in docs/ that it is made of. */
export interface ManualPage {
  readonly name: string;
  readonly section: 1 | 5 | 7 | 8;
  /** The file in docs/. */
  readonly source: string;
  /** The command of `carpet` that it describes: it gives the summary and the options. */
  readonly command?: string;
  /** One line for whatis(1) where no command gives it. */
  readonly summary?: string;
  /** Sections of the source that are shown, without its introduction; all unless given. */
  readonly only?: readonly string[];
  /** Sections of the source that are left out: what concerns programmers, and what another manual page shows. */
  readonly without?: readonly string[];
}

/** What an operator needs. Pages for programmers are read in docs/, where their code can be copied. */
export const PAGES: readonly ManualPage[] = [
  {
    name: 'carpet',
    section: 1,
    source: 'carpet.md',
    summary: 'addresses shared between hosts, actions on kernel events, and a kernel for modules',
  },
  {
    name: 'carpet-up',
    section: 8,
    source: 'boot.md',
    command: 'up',
    without: ['The file', 'Mistakes', 'From a program'],
  },
  {
    name: 'carpet.yaml',
    section: 5,
    source: 'boot.md',
    summary: 'settings of carpet up',
    only: ['The file', 'Mistakes'],
  },
  { name: 'carpet-carp', section: 8, source: 'carp.md', command: 'carp', without: ['In a program'] },
  { name: 'carpet-vrrp', section: 8, source: 'vrrp.md', command: 'vrrp', without: ['In a program'] },
  { name: 'carpet-explain', section: 8, source: 'explain.md', command: 'explain' },
  { name: 'carpet-doctor', section: 8, source: 'doctor.md', command: 'doctor' },
  { name: 'carpet-ucarp', section: 8, source: 'ucarp.md', command: 'ucarp', without: ['As a module'] },
  { name: 'carpet-devd', section: 8, source: 'devd.md', command: 'devd', without: ['In a program'] },
  {
    name: 'carpet-devd.conf',
    section: 5,
    source: 'devd.conf.md',
    summary: 'rules of carpet devd',
    without: ["How it is held to FreeBSD's"],
  },
  {
    name: 'carpet-devctl',
    section: 7,
    source: 'devctl.md',
    summary: 'records of kernel events for carpet devd',
    without: ['Synopsis'],
  },
  {
    name: 'carpet-control',
    section: 7,
    source: 'control.md',
    summary: 'the control socket of a running carpet kernel',
    without: ['A verb of your own'],
  },
  {
    name: 'carpet-health',
    section: 7,
    source: 'health.md',
    summary: 'health checks that demote or stop vhids of a running carpet kernel',
    without: ['A kind of your own'],
  },
  {
    name: 'carpet-hooks',
    section: 7,
    source: 'hooks.md',
    summary: 'programs that a carpet kernel tells of changes of state',
  },
  {
    name: 'carpet-vip',
    section: 7,
    source: 'vip.md',
    summary: 'what puts the shared addresses of a carpet kernel in place',
    without: ['A provider of your own', 'Events'],
  },
  {
    name: 'carpet-metrics',
    section: 7,
    source: 'metrics.md',
    summary: 'metrics of a running carpet kernel for Prometheus',
    without: ['Metrics of your own'],
  },
  {
    name: 'carpet-notify-peers',
    section: 8,
    source: 'notify-peers.md',
    command: 'notify-peers',
    without: ['In a program'],
  },
  {
    name: 'carpet-troubleshooting',
    section: 7,
    source: 'troubleshooting.md',
    summary: 'when a shared address does not work: from symptom to cause to remedy',
  },
];

/** `carpet-carp.8`. */
export function fileName({ name, section }: Pick<ManualPage, 'name' | 'section'>): string {
  return `${name}.${section}`;
}
