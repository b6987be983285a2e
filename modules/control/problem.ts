import { CarpetError } from '../../core/index.js';
import type { Problem } from './protocol.js';

/** HTTP's view of carpet's codes; what is not listed went wrong on our side. */
const STATUS: Readonly<Record<string, number>> = {
  ENOENT: 404,
  EINVAL: 400,
  ERANGE: 400,
  EADDR: 400,
  EUSAGE: 400,
  ESETTINGS: 400,
  ECONFIG: 400,
  ESYNTAX: 400,
  EMODULE: 400,
  EDEPEND: 400,
  ELOOP: 400,
  EPERM: 403,
  EACCES: 403,
  EEXIST: 409,
  EAGAIN: 409,
  EBUSY: 409,
  ECONFIRM: 409,
  EUNDO: 409,
  ECLOSED: 503,
  ETIMEDOUT: 504,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Content too large',
  415: 'Unsupported media type',
  500: 'Internal error',
  503: 'Unavailable',
  504: 'Timed out',
};

export function problem(status: number, detail: string, code?: string): Problem {
  const title = TITLES[status] ?? 'Error';
  return { status, title, detail, ...(code === undefined ? {} : { code }) };
}

/** A verb's failure as its caller learns of it. */
export function problemOf(error: unknown): Problem {
  if (error instanceof CarpetError) return problem(STATUS[error.code] ?? 500, error.message, error.code);
  return problem(500, error instanceof Error ? error.message || error.name : String(error));
}
