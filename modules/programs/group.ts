import type { Child, ChildOptions } from './child.js';
import type { ProgramSettings } from './settings.js';
import { ChildStarter } from './starter.js';

/** Starts a program in a session and process group of its own, in `/`. @throws CarpetError if there is no pipe for it */
export function launch(
  { command, user }: ProgramSettings,
  args: readonly string[],
  options: Pick<ChildOptions, 'env' | 'input' | 'output'>,
): Child {
  const words =
    typeof command === 'string' ? ['/bin/sh', '-c', command, 'sh', ...args] : [...command, ...args];
  // runuser(1) sets the user's groups too, which a uid and a gid leave as they are.
  const [file = '', ...rest] = user === undefined ? words : ['runuser', '-u', user, '--', ...words];
  return ChildStarter.shared.start({ ...options, file, args: rest, cwd: '/', session: true });
}
