/**
 * @module
 * What the kernel and the thread that serves scrapers say to each other.
 */
import type { MetricsFormat } from '../text/writer.js';

/** What the thread is started with. */
export interface ScrapeServerOptions {
  readonly host: string;
  readonly port: number;
}

/** From the server to the kernel. */
export type ScrapeMessage =
  | { readonly type: 'listening' }
  | { readonly type: 'failed'; readonly code: string }
  /** A client was cut off that asked on and on. */
  | { readonly type: 'cutOff' }
  /** One at a time for each format. */
  | { readonly type: 'scrape'; readonly format: MetricsFormat };

/** From the kernel to the server: the answer to a scrape, or the end. */
export type ScrapeAnswer =
  | { readonly type: 'text'; readonly format: MetricsFormat; readonly text: string }
  | { readonly type: 'stop' };
