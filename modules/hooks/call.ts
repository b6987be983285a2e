import type { ProgramSettings } from '../programs/index.js';
import type { HookMessage } from './message.js';
import type { CalledSettings } from './settings.js';

/** keepalived's names of the states that it names otherwise. */
const KEEPALIVED: Readonly<Record<string, string>> = { INIT: 'FAULT' };

/** One run of a program. */
export interface HookCall {
  readonly command: ProgramSettings['command'];
  readonly args: readonly string[];
}

/** The programs to run for a message, in their order, with the arguments that their form asks for. */
export function callsFor(settings: CalledSettings, message: HookMessage): HookCall[] {
  switch (settings.form) {
    case 'json':
      return [{ command: settings.command, args: [] }];
    case 'keepalived': {
      const { instance = message.name, command } = settings;
      const state = KEEPALIVED[message.state] ?? message.state;
      return [{ command, args: ['INSTANCE', instance, state, String(message.priority)] }];
    }
    case 'ucarp': {
      const { up, down, xparam } = settings;
      const command = message.state === 'MASTER' ? up : down;
      if (command === undefined) return [];
      const last = xparam === undefined ? [] : [xparam];
      const addresses = message.addresses.map((prefix) => prefix.replace(/\/\d+$/, ''));
      return addresses.map((address) => ({ command, args: [message.ifname, address, ...last] }));
    }
  }
}
