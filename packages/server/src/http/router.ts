import { type Result, type Router, UnsupportedPathError } from 'hono/router';
import { RegExpRouter } from 'hono/router/reg-exp-router';

/**
 * Paths without parameters in a map, which is asked first; the others in Hono's quickest router, which refuses both
 * side by side (`/images/uploads` and `/images/:id`).
 */
export class LiteralFirstRouter<T> implements Router<T> {
  readonly name = 'LiteralFirstRouter';
  readonly #literal = new Map<string, Result<T>>();
  readonly #others = new RegExpRouter<T>();

  /** Every method: a path of ours tells its methods apart itself. */
  add(method: string, path: string, handler: T): void {
    if (method !== 'ALL') throw new UnsupportedPathError(`expected ALL for ${path}; got ${method}`);
    if (/[:*]/.test(path)) this.#others.add(method, path, handler);
    else this.#literal.set(path, [[[handler, {}]]]);
  }

  match(method: string, path: string): Result<T> {
    return this.#literal.get(path) ?? this.#others.match(method, path);
  }
}
