import {
  changedMembers,
  describeChangedMembers,
  inject,
  type Json,
  Module,
  type ModuleEnd,
  type ModuleLifecycle,
  ownMember,
  Scope,
  SETTINGS,
} from '../../core/index.js';
import { type ProviderRegistration, VipModule } from '../vip/index.js';
import { ScriptProvider } from './script.js';
import { type VipScriptConfig, vipScriptSchema } from './settings.js';

/** The module `vip-script`: programs that put shared addresses where their clients reach them. */
@Module({
  name: 'vip-script',
  depends: [VipModule],
  settings: vipScriptSchema,
  reload: 'after', // The version before has the names of the providers.
})
export class VipScriptModule implements ModuleLifecycle {
  readonly #registered = new Map<string, ProviderRegistration>();
  #config: VipScriptConfig;

  constructor(
    @inject(VipModule) private readonly vip: VipModule,
    @inject(Scope) private readonly scope: Scope,
    @inject(SETTINGS) settings: VipScriptConfig,
  ) {
    this.#config = settings;
  }

  start(): void {
    for (const name of Object.keys(this.#config.providers)) this.#register(name);
  }

  /** A program whose settings change goes on with what it has put in place; one that is gone removes it first. */
  async reconfigure(config: VipScriptConfig): Promise<void> {
    const changed = changedMembers(this.#config.providers, config.providers);
    this.#config = config;
    for (const name of changed) {
      const former = this.#registered.get(name);
      if (ownMember(config.providers, name) === undefined) await former?.end();
      former?.[Symbol.dispose]();
      this.#registered.delete(name);
      this.#register(name);
    }
  }

  changes(config: VipScriptConfig): string[] {
    return describeChangedMembers(this.#config.providers, config.providers);
  }

  /** Programs remove their addresses while they can still be called. */
  async stop(end: ModuleEnd): Promise<void> {
    await Promise.all([...this.#registered.values()].map((registration) => registration.end(end)));
  }

  /** Nothing to hand over: that a successor has what is in place is worth knowing at the end. */
  handover(): Json {
    return {};
  }

  /** What is in place the protocols know. */
  takeover(_nothing: Json): void {}

  #register(name: string): void {
    const settings = ownMember(this.#config.providers, name);
    if (settings === undefined) return;
    const provider = new ScriptProvider(settings, this.scope.clock);
    this.#registered.set(name, this.vip.providers.register(name, provider));
  }
}
