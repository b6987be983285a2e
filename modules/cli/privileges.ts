import { capabilityNumber, keepCapabilities } from '../libc/index.js';
import { UsageError } from './failure.js';

/**
 * Takes all capabilities from this process but those of `--capabilities`. No-op for `all`, and where there are none.
 *
 * @param text names as of capabilities(7), separated by commas; `none`; `all`
 * @throws UsageError for a name that is none
 */
export async function keepPrivileges(text: string): Promise<void> {
  if (text === 'all' || process.platform !== 'linux') return;
  const names = text === 'none' ? [] : text.split(',');
  await keepCapabilities(
    names.map((name) => {
      const number = capabilityNumber(name);
      if (number !== undefined) return number;
      throw new UsageError(
        `--capabilities: there is no "${name}"; write all, none, or names as net_admin,net_raw (capabilities(7))`,
      );
    }),
  );
}
