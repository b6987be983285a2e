import type { KernelFault } from '../../core/index.js';

/**
 * For the kernels of tests: what a handler or a callout throws, an assertion among it, fails the test instead of going to
 * the log. `new Kernel({ ...strict, clock })`.
 */
export const strict = {
  onError: (error: KernelFault): void => {
    queueMicrotask(() => {
      throw error;
    });
  },
};
