import { type Result, type Router, UnsupportedPathError } from 'hono/router';
import { RegExpRouter } from 'hono/router/reg-exp-router';

/**
 * Paths without parameters by a map, which come first, and those with some by the pattern of Hono's quickest router. That one
 * refuses both side by side (`/images/uploads` and `/images/:id`): Hono by itself would take another, which costs each request
 * 2 µs more. It also looks each path up among those without parameters, as the name of a property, which V8 has to intern.
 */
export class LiteralFirstRouter<T> implements Router<T> {
  readonly name = 'LiteralFirstRouter';
  readonly #literal = new Map<string, Result<T>>();
  readonly #others = new PatternRouter<T>();

  /** Every method: a path of ours tells its methods apart itself. */
  add(method: string, path: string, handler: T): void {
    if (method !== 'ALL') throw new UnsupportedPathError(`expected ALL for ${path}; got ${method}`);
    if (/[:*]/.test(path)) this.#others.add(method, path, handler);
    else this.#literal.set(path, [[[handler, {}]]]);
  }

  match(_method: string, path: string): Result<T> {
    return this.#literal.get(path) ?? this.#others.matchPattern(path);
  }
}

class PatternRouter<T> extends RegExpRouter<T> {
  #matcher: ReturnType<RegExpRouter<T>['buildAllMatchers']>[string] | undefined;

  matchPattern(path: string): Result<T> {
    this.#matcher ??= this.buildAllMatchers()['ALL'];
    const found = this.#matcher?.[0].exec(path);
    if (!found || !this.#matcher) return [[]];
    // Which handlers it is for: those whose own group, empty, is the first to have matched.
    return [this.#matcher[1][found.indexOf('', 1)] ?? [], found];
  }
}
