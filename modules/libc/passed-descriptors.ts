import { SOL_SOCKET } from './constants.js';

const CMSG_HEADER = 16;
const SCM_RIGHTS = 1;

/** The descriptors that came with a message (SCM_RIGHTS), which are now this process's to close. */
export function passedDescriptors(control: Buffer): number[] {
  const descriptors: number[] = [];
  for (let at = 0; at + CMSG_HEADER <= control.length; ) {
    const length = Number(control.readBigUInt64LE(at));
    if (length < CMSG_HEADER || at + length > control.length) break;
    if (control.readInt32LE(at + 8) === SOL_SOCKET && control.readInt32LE(at + 12) === SCM_RIGHTS) {
      for (let fd = at + CMSG_HEADER; fd + 4 <= at + length; fd += 4)
        descriptors.push(control.readInt32LE(fd));
    }
    at += Math.ceil(length / 8) * 8;
  }
  return descriptors;
}
