/** At hand, or still to come. Awaiting what is at hand costs a request for it a twentieth of its time. */
export type Awaitable<T> = T | Promise<T>;

/** What `next` makes of the value: at once where it is at hand. */
export const andThen = <T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> =>
  value instanceof Promise ? value.then(next) : next(value);

/** What `work` gives, else what `recover` makes of its error, thrown at once or later. */
export function orElse<T, U>(work: () => Awaitable<T>, recover: (error: unknown) => U): Awaitable<T | U> {
  try {
    const value = work();
    return value instanceof Promise ? value.catch(recover) : value;
  } catch (error) {
    return recover(error);
  }
}
