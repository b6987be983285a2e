import { inject, Module, Scope } from 'carpet-kernel';
import * as v from 'valibot';

@Module({ name: 'pager' })
export class Pager {
  muted = false;

  constructor(@inject(Scope) scope: Scope) {
    scope.verb({
      name: 'pager.mute',
      summary: 'page nobody until further notice',
      access: 'write',
      input: v.strictObject({ muted: v.optional(v.boolean(), true) }),
      run: ({ muted }) => (this.muted = muted),
      text: (muted: boolean) => (muted ? 'nobody is paged' : 'pages are sent'),
    });
  }
}
