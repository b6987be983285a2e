/**
 * IfnetError: what the network or the kernel below it refused, with the interface's name and the system's own code,
 * so that a caller can tell EEXIST from EPERM without reading text.
 */
import { CarpetError } from '../../core/errors.js';

/** `code` is the errno(3) name (`EPERM`, `EEXIST` …); `ifname` the interface it happened on, empty where none. */
export class IfnetError extends CarpetError {
  constructor(
    code: string,
    readonly ifname: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(code, ifname === '' ? message : `${ifname}: ${message}`, options);
  }
}

/** Text that is no address, prefix or link-layer address; `code` is EADDR. */
export class AddressError extends CarpetError {
  constructor(text: string, wanted: string) {
    super('EADDR', `'${text}' is not ${wanted}`);
  }
}
