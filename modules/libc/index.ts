/** The C library: system calls that Node lacks, readiness of descriptors, socket addresses. */
export * from './addresses.js';
export { capabilityNumber, keepCapabilities } from './capabilities.js';
export * from './constants.js';
export { errnoName, SystemError } from './errno.js';
export { lockFile } from './flock.js';
export { type Credentials, int, Libc } from './libc.js';
export { Library, type LibraryCall } from './library.js';
export { MessageBatch } from './message-batch.js';
export { MessageRing, type RingOptions } from './message-ring.js';
export { type Netns, openNetns } from './netns.js';
export { passedDescriptors } from './passed-descriptors.js';
export { type Pipe, PipeMaker } from './pipe.js';
export { Poller } from './poller.js';
export { attachProgram, encodeProgram, type Instruction } from './socket-filter.js';
export { standBack } from './stand-back.js';
export { shortenTimeSlice } from './time-slice.js';
export { UnixDatagram } from './unix-datagram.js';
export { findUser, type User } from './user.js';
