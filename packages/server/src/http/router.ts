import { type Result, type Router, UnsupportedPathError } from 'hono/router';
import { RegExpRouter } from 'hono/router/reg-exp-router';

/**
 * Paths without parameters in a map, which is asked first; the others in Hono's quickest router, which refuses both
 * side by side (`/images/uploads` and `/images/:id`). It has one for each number of segments, so that
 * `/s/albums/:album_id/:link_id` and `/s/:id/:link_id` are in different ones. Wildcards come last.
 */
export class LiteralFirstRouter<T> implements Router<T> {
  readonly name = 'LiteralFirstRouter';
  readonly #literal = new Map<string, Result<T>>();
  readonly #bySegments = new Map<number, RegExpRouter<T>>();
  readonly #wildcards = new RegExpRouter<T>();

  /** Every method: a path of ours tells its methods apart itself. */
  add(method: string, path: string, handler: T): void {
    if (method !== 'ALL') throw new UnsupportedPathError(`expected ALL for ${path}; got ${method}`);
    if (path.includes('*')) this.#wildcards.add(method, path, handler);
    else if (path.includes(':')) this.#routerFor(path).add(method, path, handler);
    else this.#literal.set(path, [[[handler, {}]]]);
  }

  match(method: string, path: string): Result<T> {
    const literal = this.#literal.get(path);
    if (literal) return literal;
    const found = this.#bySegments.get(segmentsIn(path))?.match(method, path);
    return found && found[0].length > 0 ? found : this.#wildcards.match(method, path);
  }

  #routerFor(path: string): RegExpRouter<T> {
    const segments = segmentsIn(path);
    const router = this.#bySegments.get(segments) ?? new RegExpRouter<T>();
    this.#bySegments.set(segments, router);
    return router;
  }
}

const segmentsIn = (path: string): number => path.split('/').length;
