import { createRequire } from 'node:module';

/** The package epoll, which brings no types. One instance may watch several descriptors. */
export interface Epoll {
  add(fd: number, events: number): this;
  /** Also removes every descriptor; to be called before they are closed. */
  close(): void;
  readonly closed: boolean;
}

export interface EpollClass {
  new (ready: (error: Error | null, fd: number, events: number) => void): Epoll;
  readonly EPOLLPRI: number;
  readonly EPOLLERR: number;
}

/** @returns undefined where the optional package could not be built */
export function openEpoll(): EpollClass | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return (createRequire(import.meta.url)('epoll') as { Epoll: EpollClass }).Epoll;
  } catch {
    return undefined;
  }
}
