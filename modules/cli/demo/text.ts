import { styleText } from 'node:util';
import type { DemoEvent, DemoHostFact } from './events.js';

type Style = Parameters<typeof styleText>[0];
/** An event on one host; the others structure the text. */
type DemoHappening = Exclude<DemoEvent, Of<'start' | 'act' | 'now' | 'list' | 'end'>>;
type Of<E extends DemoEvent['event']> = Extract<DemoEvent, { event: E }>;

const HOST_STYLES: Readonly<Record<string, Style>> = {
  alpha: 'cyan',
  beta: 'yellow',
  gamma: 'magenta',
  client: 'blue',
};
const STATE_STYLES: Readonly<Record<string, Style>> = {
  MASTER: ['bold', 'green'],
  stopped: 'red',
  INIT: 'red',
};

/** Shows the demonstration to people: a line for each event, a heading for each act. */
export class DemoText {
  /** Times are shown relative to the start of the act. */
  #actStart = 0;
  readonly #colours: boolean;

  constructor(colours: boolean) {
    this.#colours = colours;
  }

  /** Zero or more lines, each with its newline. */
  lines(event: DemoEvent): string {
    switch (event.event) {
      case 'start':
        return this.#start(event);
      case 'act':
        return this.#act(event);
      case 'now':
        return this.#now(event);
      case 'list':
        return this.#list(event);
      case 'end':
        return this.#end(event);
      default:
        return this.#happening(event);
    }
  }

  #start({ seed, address, hosts }: Of<'start'>): string {
    const lines = hosts.map((host) => this.#host(host));
    const title = this.#style('bold', `Three hosts on a virtual LAN share the address ${address}.`);
    return `${title}\n\n${lines.join('')}\n  Each is a kernel of its own; --seed ${seed} repeats this run.\n`;
  }

  #host({ host, address, lladdr, advskew }: DemoHostFact): string {
    const role = advskew === undefined ? 'pings the shared address ten times a second' : `advskew ${advskew}`;
    return `  ${this.#name(host)} ${address.padEnd(10)} ${lladdr}  ${role}\n`;
  }

  #act({ t, act, title, text }: Of<'act'>): string {
    this.#actStart = t;
    return `\n${this.#style('bold', `${act}. ${title}`)}\n   ${text}\n`;
  }

  #happening(event: DemoHappening): string {
    const time = ((event.t - this.#actStart) / 1000).toFixed(3).padStart(8);
    return `${this.#style('dim', `${time} s`)}  ${this.#name(event.host)} ${this.#what(event)}\n`;
  }

  #what(event: DemoHappening): string {
    switch (event.event) {
      case 'state':
        return `${event.from} -> ${this.#state(event.to)}: ${event.reason}`;
      case 'link':
        return `the link is ${event.state}`;
      case 'address':
        return event.op === 'ADD' ? `${event.address} is on eth0 now` : `${event.address} is off eth0 now`;
      case 'announce':
        return `gratuitous ARP: ${event.address} is at ${event.lladdr}`;
      case 'handler':
        return `handler '${event.handler}' called, priority ${event.priority}`;
      case 'bow-out':
        return 'advertises 255/255: the others may take over at once';
      case 'learnt':
        return `its ARP cache: ${event.address} is at ${event.lladdr}, ${this.#coloured(event.at)}`;
      default:
        return this.#reachable(event);
    }
  }

  #reachable({ address, at, silentMs }: Of<'reachable'>): string {
    const silence = silentMs > 300 ? ` after ${(silentMs / 1000).toFixed(2)} s of silence` : '';
    return `${address} answers${silence}: it is ${this.#coloured(at)}`;
  }

  #now({ states }: Of<'now'>): string {
    const each = Object.entries(states).map(
      ([host, state]) => `${this.#coloured(host)} ${this.#state(state)}`,
    );
    return `   => ${each.join('   ')}\n`;
  }

  #list({ host, list, handlers }: Of<'list'>): string {
    const rows = handlers.map(
      ({ priority, handler, calls }) => `   ${String(priority).padStart(8)}  ${handler.padEnd(28)} ${calls}`,
    );
    const title = `   The list ${this.#style('bold', list)} on ${this.#coloured(host)}, in the order of calls:`;
    return `\n${title}\n   priority  handler                      calls\n${rows.join('\n')}\n`;
  }

  #end({ takeoverMs, handoverMs, frames, t }: Of<'end'>): string {
    const takeover = `The cut cable cost ${(takeoverMs / 1000).toFixed(2)} s, the graceful stop ${handoverMs.toFixed(1)} ms.`;
    return `\n${this.#style('bold', takeover)} ${frames} frames in ${(t / 1000).toFixed(1)} s.\n`;
  }

  #name(host: string): string {
    return this.#style(HOST_STYLES[host] ?? 'reset', host.padEnd(7));
  }

  #coloured(host: string): string {
    return this.#style(HOST_STYLES[host] ?? 'reset', host);
  }

  #state(state: string): string {
    return this.#style(STATE_STYLES[state] ?? 'reset', state);
  }

  #style(style: Style, text: string): string {
    return this.#colours ? styleText(style, text) : text;
  }
}
