import { SysctlNode, type SysctlOptions } from './node.js';

export interface SysctlIntOptions extends SysctlOptions<number> {
  /** Smallest value allowed; default: no limit. */
  min?: number;
  /** Largest value allowed; default: no limit. */
  max?: number;
}

/** A whole number within limits. */
export class SysctlInt extends SysctlNode<number> {
  override readonly kind = 'int';
  readonly min: number;
  readonly max: number;

  constructor(name: string, options: SysctlIntOptions) {
    super(name, options);
    this.min = options.min ?? Number.MIN_SAFE_INTEGER;
    this.max = options.max ?? Number.MAX_SAFE_INTEGER;
  }

  protected override parse(written: unknown): number {
    const text = textOf(written);
    if (!/^[-+]?\d+$/.test(text)) throw this.refuse('EINVAL', written, 'a whole number');
    // Not -0, which would count as a change of 0.
    return Number(text) + 0;
  }

  protected override check(value: number): void {
    if (!Number.isSafeInteger(value)) throw this.refuse('EINVAL', value, 'a whole number');
    if (value < this.min || value > this.max) {
      throw this.refuse('ERANGE', value, `within ${this.min} to ${this.max}`);
    }
  }
}

const BOOLEANS = new Map<unknown, boolean>([
  [true, true],
  [false, false],
  ['1', true],
  ['0', false],
  ['true', true],
  ['false', false],
  ['on', true],
  ['off', false],
]);

/** A switch; written as 1 or 0 on FreeBSD, as true or false here too. */
export class SysctlBool extends SysctlNode<boolean> {
  override readonly kind = 'bool';

  protected override parse(written: unknown): boolean {
    const value = BOOLEANS.get(typeof written === 'boolean' ? written : textOf(written));
    if (value === undefined) throw this.refuse('EINVAL', written, '0 or 1');
    return value;
  }

  protected override check(value: boolean): void {
    if (typeof value !== 'boolean') throw this.refuse('EINVAL', value, '0 or 1');
  }
}

/** Empty for what has none. */
function textOf(written: unknown): string {
  try {
    return String(written).trim();
  } catch {
    return '';
  }
}

/** A text. */
export class SysctlString extends SysctlNode<string> {
  override readonly kind = 'string';

  protected override parse(written: unknown): string {
    return String(written);
  }

  protected override check(value: string): void {
    if (typeof value !== 'string') throw this.refuse('EINVAL', value, 'a text');
  }
}

export interface SysctlEnumOptions<V extends string> extends SysctlOptions<V> {
  values: readonly V[];
}

/** One of a few words. */
export class SysctlEnum<V extends string = string> extends SysctlNode<V> {
  override readonly kind = 'enum';
  readonly values: readonly V[];

  constructor(name: string, options: SysctlEnumOptions<V>) {
    super(name, options);
    this.values = options.values;
  }

  protected override parse(written: unknown): V {
    return String(written) as V;
  }

  protected override check(value: V): void {
    if (!this.values.includes(value)) throw this.refuse('EINVAL', value, `one of ${this.values.join(', ')}`);
  }
}

/**
 * A counter that only its owner raises, as the kernel's statistics; others read it. `add` is on hot paths, so the
 * number lives in a plain field and listeners are not called.
 */
export class Counter extends SysctlNode<number> {
  override readonly kind = 'counter';
  #count = 0;

  constructor(name: string, description: string) {
    super(name, { description, value: 0, readonly: true });
  }

  override get value(): number {
    return this.#count;
  }

  override set value(value: number) {
    this.#count = value;
  }

  add(n = 1): void {
    this.#count += n;
  }

  protected override parse(): number {
    return this.#count;
  }

  protected override check(): void {}
}
