import { type Result, type Router, UnsupportedPathError } from 'hono/router';
import { RegExpRouter } from 'hono/router/reg-exp-router';

/**
 * Paths without parameters by a map, which come first, and those with some by Hono's quickest router. That one refuses both side
 * by side (`/images/uploads` and `/images/:id`): Hono by itself would take another, which costs each request 2 µs more.
 */
export class LiteralFirstRouter<T> implements Router<T> {
  readonly name = 'LiteralFirstRouter';
  readonly #literal = new Map<string, Result<T>>();
  readonly #others = new RegExpRouter<T>();

  /** Every method: a path of ours tells its methods apart itself. */
  add(method: string, path: string, handler: T): void {
    if (method !== 'ALL') throw new UnsupportedPathError(`expected ALL for ${path}; came ${method}`);
    if (/[:*]/.test(path)) this.#others.add(method, path, handler);
    else this.#literal.set(path, [[[handler, {}]]]);
  }

  match(method: string, path: string): Result<T> {
    return this.#literal.get(path) ?? this.#others.match(method, path);
  }
}
