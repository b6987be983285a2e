import type { HealthStatus } from './status.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    /** A check has another verdict: `check.verdict` is `up` or `down`. Called when its vhids have been demoted or not. */
    health_event(check: HealthStatus): void;
  }
}
