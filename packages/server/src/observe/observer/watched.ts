import type { Part } from '../health/part-health.ts';
import type { CallOf } from './calls.ts';
import type { StoreCalls } from './store-calls.ts';

type Kind = keyof StoreCalls<Part>;

/** How a method is watched, under its own name or another one; null: it isn't. */
type How<Called extends Part, Name> =
  | readonly [Kind, CallOf<Called>]
  | null
  | (Name extends CallOf<Called> ? Kind : never);

/** A row for each method that answers later. */
export type Methods<Store, Called extends Part> = {
  readonly [Name in keyof Store as Store[Name] extends (...args: never[]) => Promise<unknown> ? Name : never]: How<
    Called,
    Name
  >;
};

type Method = (...args: unknown[]) => Promise<unknown>;

/** `store` with watched calls. */
export function watched<Store extends object, Called extends Part>(
  store: Store,
  calls: StoreCalls<Called>,
  methods: Methods<Store, Called>,
): Store {
  const rows = Object.entries(methods as Record<string, How<Called, string>>);
  const wrapped = rows.flatMap(([name, how]) => {
    if (how === null) return [];
    const [kind, call] = typeof how === 'string' ? [how, name as CallOf<Called>] : how;
    const begin = store[name as keyof Store] as Method;
    const watch = calls[kind];
    return [[name, (...args: unknown[]) => watch(call, () => begin(...args))] as const];
  });
  return { ...store, ...Object.fromEntries(wrapped) };
}
