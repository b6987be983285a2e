import type { Kernel } from '../../core/index.js';
import { IfnetModule } from '../../modules/ifnet/index.js';

/** Counts the sockets on eth0 that are opened from now on, and not closed. */
export function countSockets(kernel: Kernel): { readonly open: number } {
  const ifp = kernel.get(IfnetModule).byName('eth0')!;
  const openIp = ifp.openIp.bind(ifp);
  const sockets = { open: 0 };
  ifp.openIp = (options) => {
    const socket = openIp(options);
    const close = socket[Symbol.dispose].bind(socket);
    sockets.open++;
    socket[Symbol.dispose] = () => {
      sockets.open--;
      close();
    };
    return socket;
  };
  return sockets;
}
