/** The operation of a request, and the kind of object it is about. */
export type CallName = `${string} ${string}`;

export interface Fault<Kind extends string> {
  readonly kind: Kind;
  readonly name: CallName;
  /** Counted from 1, from now on. */
  readonly nth: number;
  /** That call only, all later ones of its name, or every later call. */
  readonly lasts: 'once' | 'for this call' | 'for every call';
}

export interface InjectedFault {
  hits(): number;
}

/** Says which calls fail. */
export interface Injection<Kind extends string> {
  fail(fault: Fault<Kind>): InjectedFault;
  /** From now on all calls pass. */
  repair(): void;
  /** How the next call of this name fails; undefined: it passes. */
  faultFor(name: CallName): Kind | undefined;
}

export function createInjection<Kind extends string>(): Injection<Kind> {
  let injected: { readonly fault: Fault<Kind>; seen: number; hits: number } | undefined;
  return {
    fail(fault) {
      const one = { fault, seen: 0, hits: 0 };
      injected = one;
      return { hits: () => one.hits };
    },
    repair() {
      injected = undefined;
    },
    faultFor(name) {
      if (!injected) return undefined;
      const { fault } = injected;
      const isSuch = name === fault.name;
      if (isSuch) injected.seen += 1;
      const isNow = {
        once: isSuch && injected.seen === fault.nth,
        'for this call': isSuch && injected.seen >= fault.nth,
        'for every call': injected.seen >= fault.nth,
      }[fault.lasts];
      if (!isNow) return undefined;
      injected.hits += 1;
      return fault.kind;
    },
  };
}
