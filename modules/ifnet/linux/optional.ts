/** The two native packages that need a compiler: where they are missing, one line says what to do. */
import { createRequire } from 'node:module';
import { IfnetError } from '../index.js';

export function requireOptional(name: 'epoll' | 'raw-socket'): unknown {
  try {
    return createRequire(import.meta.url)(name);
  } catch (cause) {
    const remedy = `install python3, make and g++, then run: npm install ${name}`;
    throw new IfnetError(
      'ENOPKG',
      '',
      `the real network needs the package ${name}, which is not here; ${remedy}`,
      {
        cause,
      },
    );
  }
}
