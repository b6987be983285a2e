import { Module, type ModuleClass, moduleDefinition } from '../../core/index.js';

/** A class that its heirs build as it is built itself. */
type Startable = new () => { start(): void };

/** Newer code of a module whose start is done at once; with a fault, it cannot start. */
export function newer<Class extends ModuleClass>(module: Class, fault?: string): Class {
  class Newer extends (module as unknown as Startable) {
    override start(): void {
      super.start();
      if (fault !== undefined) throw new Error(fault);
    }
  }
  Module(moduleDefinition(module))(Newer);
  return Newer as unknown as Class;
}
