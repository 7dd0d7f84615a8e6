import type { Image, ImageChanges } from '@safelight/client';
import type { Field } from './fields.ts';

/** `own` differs from `base` unless it is `clean` or `saved`. */
export type FieldState<Form> = {
  /** What the image had when the edit began. */
  readonly base: Form;
  readonly own: Form;
} & (
  | { readonly status: 'clean' | 'typed' | 'saving' | 'saved' }
  | { readonly status: 'failed'; readonly error: unknown }
  /** Somebody else has changed the same field meanwhile. */
  | { readonly status: 'conflict'; readonly theirs: Form }
);

/** One field of one image, as somebody edits it. */
export interface FieldEdit<Form> {
  readonly field: Field<Form>;
  snapshot(): FieldState<Form>;
  subscribe(listener: () => void): () => void;
  type(own: Form): void;
  /**
   * Saves what is typed, also what is typed while it saves. Nothing of what has a fault, or is in conflict. Never
   * rejects.
   */
  save(): Promise<void>;
  /** Saves `own`, or what is made of it and of theirs, after a conflict. */
  keep(own: Form): Promise<void>;
  /** Takes what the image has; after a conflict, theirs. */
  discard(): void;
  /** The image is known in another state. */
  renew(): void;
}

/** The image whose field it is. */
export interface Record {
  image(): Image;
  /**
   * Changes the image at its revision, and again at a newer one while `mayReplace` says so of the image as it is then.
   * false: it doesn't.
   */
  update(changes: ImageChanges, mayReplace: (found: Image) => boolean): Promise<boolean>;
  changed(): void;
}

export function createFieldEdit<Form>(field: Field<Form>, record: Record): FieldEdit<Form> {
  const listeners = new Set<() => void>();
  const first = field.formOf(record.image());
  let state: FieldState<Form> = { status: 'clean', base: first, own: first };
  const now = (): Form => field.formOf(record.image(), state.own);
  const set = (next: FieldState<Form>): void => {
    state = next;
    for (const listener of listeners) listener();
    record.changed();
  };
  /** By what would be sent: forms may be written differently. */
  const isSame = (one: Form, other: Form): boolean => {
    if (field.faultOf(one) ?? field.faultOf(other)) return JSON.stringify(one) === JSON.stringify(other);
    return isSameJson(field.changesOf(one), field.changesOf(other));
  };

  let running: Promise<void> | undefined;
  const send = (sent: Form): Promise<void> => {
    running = sendOnce(sent);
    return running;
  };

  async function sendOnce(sent: Form): Promise<void> {
    const { base } = state;
    set({ status: 'saving', base, own: state.own });
    const mayReplace = (found: Image): boolean => [base, sent].some((known) => isSame(field.formOf(found), known));
    try {
      const isDone = await record.update(field.changesOf(sent), mayReplace);
      const { own } = state;
      if (!isDone) set({ status: 'conflict', base, own, theirs: now() });
      else if (isSame(own, sent)) set({ status: 'saved', base: now(), own: now() });
      else set({ status: 'typed', base: now(), own });
    } catch (error) {
      set({ status: 'failed', base, own: state.own, error });
    }
  }

  return {
    field,
    snapshot: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    type(own) {
      if (state.status === 'saving' || state.status === 'conflict') set({ ...state, own });
      else set({ status: isSame(own, state.base) ? 'clean' : 'typed', base: state.base, own });
    },
    async save() {
      while (state.status === 'saving') await running;
      const { status, own } = state;
      if ((status === 'typed' || status === 'failed') && field.faultOf(own) === undefined) await send(own);
    },
    async keep(own) {
      if (state.status !== 'conflict' || field.faultOf(own) !== undefined) return;
      set({ status: 'typed', base: state.theirs, own });
      await send(own);
    },
    discard() {
      if (state.status !== 'saving') set({ status: 'clean', base: now(), own: now() });
    },
    renew() {
      const isUntouched = state.status === 'clean' || state.status === 'saved';
      if (isUntouched && !isSame(state.base, now())) set({ status: 'clean', base: now(), own: now() });
    },
  };
}

/** The order of members doesn't matter. */
function isSameJson(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [entries, others] = [Object.entries(one), new Map(Object.entries(other))];
  return (
    entries.length === others.size &&
    entries.every(([name, value]) => others.has(name) && isSameJson(value, others.get(name)))
  );
}
