import { type Ifnet, IfnetError } from '../../modules/ifnet/index.js';

/** No virtual interface can be made on it until that is disposed of: the process is short of descriptors. */
export function shortOfDescriptors(parent: Ifnet): Disposable {
  const create = parent.createMacvlan.bind(parent);
  parent.createMacvlan = () => {
    throw new IfnetError('EMFILE', parent.name, 'too many open files');
  };
  return { [Symbol.dispose]: () => void (parent.createMacvlan = create) };
}
