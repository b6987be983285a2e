import { CarpetError } from '../../core/errors.js';

/**
 * An action that the network or the operating system refused. `code` is the errno(3) name (`EPERM`, `EEXIST` …), so that a
 * caller can tell them apart without reading text; `ifname` the interface, empty where there is none.
 */
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

/** A text that is no address, prefix or link-layer address; `code` is EADDR. */
export class AddressError extends CarpetError {
  constructor(text: string, wanted: string) {
    super('EADDR', `'${text}' is not ${wanted}`);
  }
}
