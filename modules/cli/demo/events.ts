/**
 * @module
 * What happens in the demonstration, as facts; text.ts and json.ts are two ways to show them.
 */
import type { CarpState } from '../../carp/index.js';

/** A fact with its time: `t` is ms since the start, on the demonstration's clock. */
export type DemoEvent = { readonly t: number } & DemoFact;

/** One observation. */
export type DemoFact =
  | {
      readonly event: 'start';
      readonly seed: string;
      readonly address: string;
      readonly hosts: readonly DemoHostFact[];
    }
  | { readonly event: 'act'; readonly act: number; readonly title: string; readonly text: string }
  | {
      readonly event: 'state';
      readonly host: string;
      readonly from: CarpState;
      readonly to: CarpState;
      readonly reason: string;
    }
  | { readonly event: 'link'; readonly host: string; readonly state: string }
  | { readonly event: 'address'; readonly host: string; readonly address: string; readonly op: 'ADD' | 'DEL' }
  | { readonly event: 'announce'; readonly host: string; readonly address: string; readonly lladdr: string }
  | { readonly event: 'handler'; readonly host: string; readonly handler: string; readonly priority: number }
  | { readonly event: 'bow-out'; readonly host: string }
  | {
      readonly event: 'learnt';
      readonly host: string;
      readonly address: string;
      readonly lladdr: string;
      readonly at: string;
    }
  | {
      readonly event: 'reachable';
      readonly host: string;
      readonly address: string;
      readonly at: string;
      readonly silentMs: number;
    }
  | { readonly event: 'now'; readonly states: Readonly<Record<string, string>> }
  | {
      readonly event: 'list';
      readonly host: string;
      readonly list: string;
      readonly handlers: readonly DemoListEntry[];
    }
  | {
      readonly event: 'end';
      readonly takeoverMs: number;
      readonly handoverMs: number;
      readonly frames: number;
    };

/** A host and its addresses. */
export interface DemoHostFact {
  readonly host: string;
  readonly address: string;
  readonly lladdr: string;
  /** Absent on the client, which takes no part in the election. */
  readonly advskew?: number;
}

/** A handler on an event list, as the kernel shows it. */
export interface DemoListEntry {
  readonly priority: number;
  readonly handler: string;
  readonly calls: number;
}

/** Receives every event. */
export type DemoSink = (event: DemoEvent) => void;
/** Adds the time to a fact and passes it on. */
export type DemoTell = (fact: DemoFact) => void;
