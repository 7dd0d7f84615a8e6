/** Runs each work once the one before has ended, whatever its outcome. */
export type InOrder = <Result>(work: () => Promise<Result>) => Promise<Result>;

export function createInOrder(): InOrder {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const own = last.then(work);
    last = own.catch(() => undefined);
    return own;
  };
}
