import { readFileSync } from 'node:fs';

/** A user as passwd(5) has it. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** A user by name or number, from /etc/passwd; undefined where there is no such user. */
export function findUser(nameOrUid: string, file = '/etc/passwd'): User | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  for (const line of text.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) continue;
    if (name === nameOrUid || uid === nameOrUid) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}
